"""What a reply leans on: does it still hold?"""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from server.store import appointments
from server.store.appointments import State
from server.store.tables import business, passage

_OF_PROFILE = "profile-"
"""Begins the ids of facts from the business's own details."""


def lost(
    connection: sa.Connection, slug: str, ids: Iterable[str], since: datetime, now: datetime
) -> str:
    """What does not hold any more of what was so at `since`, in words for staff; empty: all of it holds."""
    for name in ids:
        if name.startswith(_OF_PROFILE):
            if _profile_changed(connection, slug, since):
                return "The details of the business have changed since it was written."
        elif visit := appointments.get(connection, name):
            if not _stands(visit, since, now):
                return "The times in it are not kept for this caller any more."
        elif not _is_written(connection, slug, name):
            return "The document that it quotes has changed."
    return ""


def _stands(visit: appointments.AppointmentRow, since: datetime, now: datetime) -> bool:
    if visit.state == State.HELD:
        return visit.expires_at > now and visit.start > now
    return visit.state == State.BOOKED and visit.changed_at <= since


def _profile_changed(connection: sa.Connection, slug: str, since: datetime) -> bool:
    query = sa.exists().where(business.c.slug == slug, business.c.updated_at > since)
    return bool(connection.scalar(sa.select(query)))


def _is_written(connection: sa.Connection, slug: str, name: str) -> bool:
    query = sa.exists().where(passage.c.business == slug, passage.c.id == name)
    return bool(connection.scalar(sa.select(query)))
