"""Businesses whose agent says nothing, because a person has said so."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import pause

_OF = sa.select(pause).where(pause.c.business == sa.bindparam("of"))


@dataclass(frozen=True, kw_only=True)
class PauseRow:
    business: str
    at: datetime
    by: str
    """Staff id."""


def of(connection: sa.Connection, business: str) -> PauseRow | None:
    """None: the agent answers."""
    row = connection.execute(_OF, {"of": business}).one_or_none()
    return PauseRow(**row._mapping) if row else None


def begin(connection: sa.Connection, business: str, by: str, now: datetime) -> bool:
    """False: it was paused before, and stays as it was."""
    new = insert(connection, pause).values(business=business, at=now, by=by)
    return connection.execute(new.on_conflict_do_nothing()).rowcount > 0


def end(connection: sa.Connection, business: str) -> bool:
    """False: it was not paused."""
    gone = sa.delete(pause).where(pause.c.business == business)
    return connection.execute(gone).rowcount > 0
