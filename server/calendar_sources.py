"""Where a business's calendars live: changed by its owner, on the way that an import takes."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.business import Business, CalendarSource
from agent.errors import NotFound
from agent.model import CalendarAddress
from server.store import appointments, businesses, calendar_secrets, mirror
from server.store.appointments import AppointmentRow
from server.store.calendar_secrets import CalendarSecrets
from server.store.mirror import Place


def connect(
    connection: sa.Connection,
    secrets: CalendarSecrets,
    at: CalendarAddress,
    password: str,
    now: datetime,
) -> Business:
    """From now on the calendar is the one at this address.

    Raises:
        NotFound: the business has no such calendar.
    """
    changed = _changed(connection, at.business, at.calendar, url=at.url, username=at.username)
    businesses.save(connection, changed, now)
    secrets.save(connection, at, password, now)
    mirror.forget(connection, Place(business=at.business, calendar=at.calendar))
    return changed


def disconnect(connection: sa.Connection, slug: str, calendar: str, now: datetime) -> Business:
    """From now on Ringback keeps the calendar itself; the password of the other server is forgotten.

    Raises:
        NotFound: the business has no such calendar.
    """
    changed = _changed(connection, slug, calendar, url=None, username=None)
    businesses.save(connection, changed, now)
    calendar_secrets.delete(connection, slug, calendar)
    mirror.forget(connection, Place(business=slug, calendar=calendar))
    return changed


def visits_ahead(
    connection: sa.Connection, business: Business, calendar: str, now: datetime
) -> list[AppointmentRow]:
    """What is booked in a calendar and not over, soonest first."""
    booked = appointments.booked_ahead(connection, business.slug, now)
    return [row for row in booked if calendar in (row.calendar, *row.beside)]


def calendar_of(business: Business, calendar: str) -> CalendarSource:
    """A business's calendar by its id.

    Raises:
        NotFound: it has none of that id.
    """
    source = business.calendar(calendar)
    if source is None:
        raise NotFound(f"There is no calendar {calendar!r} here.")
    return source


def _changed(connection: sa.Connection, slug: str, calendar: str, **values: Any) -> Business:
    """The stored profile with one calendar changed and all of it checked again; nobody else changes it meanwhile."""
    businesses.lock(connection, slug)
    held = businesses.get(connection, slug)
    if held is None:
        raise NotFound("This business is not here any more.")
    source = calendar_of(held, calendar)
    changed = source.model_copy(update=values | {"password_env": None})
    sources = [changed if one.id == calendar else one for one in held.calendars]
    plain = held.model_dump() | {"calendars": [one.model_dump() for one in sources]}
    return Business.model_validate(plain)
