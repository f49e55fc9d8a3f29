"""Where a business's calendars live: changed by its owner, on the way that an import takes."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from agent.business import Business, CalendarSource
from agent.errors import NotFound
from agent.model import CalendarAddress
from server.profile_changes import change
from server.store import appointments, calendar_secrets, mirror
from server.store.appointments import AppointmentRow
from server.store.calendar_secrets import CalendarSecrets
from server.store.mirror import Place


def connect(
    connection: sa.Connection,
    secrets: CalendarSecrets,
    at: CalendarAddress,
    password: str,
    now: datetime,
    *,
    by: str,
) -> Business:
    """From now on the calendar is the one at this address.

    Raises:
        NotFound: the business has no such calendar.
    """
    place = {"url": at.url, "username": at.username}
    changed = change(connection, at.business, partial(_placed, at.calendar, place), by=by, now=now)
    secrets.save(connection, at, password, now)
    mirror.forget(connection, Place(business=at.business, calendar=at.calendar))
    return changed


def disconnect(
    connection: sa.Connection, slug: str, calendar: str, now: datetime, *, by: str
) -> Business:
    """From now on Ringback keeps the calendar itself; the password of the other server is forgotten.

    Raises:
        NotFound: the business has no such calendar.
    """
    nowhere = {"url": None, "username": None}
    changed = change(connection, slug, partial(_placed, calendar, nowhere), by=by, now=now)
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


def _placed(calendar: str, place: Mapping[str, str | None], held: Business) -> Business:
    """The business with one calendar elsewhere."""
    source = calendar_of(held, calendar)
    changed = source.model_copy(update={**place, "password_env": None})
    sources = tuple(changed if one.id == calendar else one for one in held.calendars)
    return held.model_copy(update={"calendars": sources})
