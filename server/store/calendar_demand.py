"""Whose calendars are wanted soon."""

from datetime import datetime

import sqlalchemy as sa

from server.store.appointments import State
from server.store.tables import appointment, business, text
from server.store.texts import WAITS


def with_waiting_callers(connection: sa.Connection, since: datetime) -> set[str]:
    """Businesses with texts, come since then, that wait for their turn."""
    wanted = sa.select(text.c.business).where(
        sa.text(WAITS), text.c.status == "received", text.c.author == "caller", text.c.at > since
    )
    return set(connection.scalars(wanted.distinct()))


def with_callers_or_visits(connection: sa.Connection, since: datetime, now: datetime) -> set[str]:
    """Businesses that a caller has texted since then, or that have a visit ahead."""
    wrote = sa.exists().where(
        text.c.business == business.c.slug, text.c.at > since, text.c.author == "caller"
    )
    ahead = sa.select(appointment.c.business).where(
        appointment.c.state == State.BOOKED, appointment.c.start > now
    )
    written = connection.scalars(sa.select(business.c.slug).where(wrote))
    return {*written, *connection.scalars(ahead.distinct())}


def profiles(connection: sa.Connection) -> dict[str, datetime]:
    """When each business's profile was changed last."""
    found = connection.execute(sa.select(business.c.slug, business.c.updated_at))
    return {row.slug: row.updated_at for row in found}
