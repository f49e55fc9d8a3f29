"""Pre-flights: what is to be published, how far its comparison has come, and what it found."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from server.store.engine import in_turn
from server.store.tables import preflight

KEPT_FOR = timedelta(days=7)
SILENT_FOR = timedelta(seconds=45)
"""A process that works on one says so far more often than this."""


class State(StrEnum):
    WAITING = "waiting"  # for a process to take it
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # `found` says why
    STOPPED = "stopped"  # by a person, or a newer one took its place
    PUBLISHED = "published"


UNDER_WAY = (State.WAITING, State.RUNNING)


@dataclass(frozen=True, kw_only=True)
class PreflightRow:
    id: str
    business: str
    at: datetime
    by: str
    """Staff id."""
    change: dict[str, Any]
    """`server.preflight_changes.Change` as JSON, with what it was compared against."""
    state: str
    done: int
    """Texts compared so far, of `total`."""
    total: int
    beat_at: datetime | None
    found: dict[str, Any]
    """`server.preflight.Found` as JSON; empty before it is done. Holds callers' words."""


_COLUMNS = tuple(preflight.c[one.name] for one in fields(PreflightRow))


def add(connection: sa.Connection, row: PreflightRow) -> None:
    """Keep a new one, and stop what the business had under way: one at a time."""
    in_turn(connection, f"preflights of {row.business}")
    mine = (preflight.c.business == row.business, preflight.c.state.in_(UNDER_WAY))
    connection.execute(sa.update(preflight).where(*mine).values(state=State.STOPPED))
    connection.execute(sa.insert(preflight), vars(row))


def get(connection: sa.Connection, business: str, name: str) -> PreflightRow | None:
    found = connection.execute(
        sa.select(*_COLUMNS).where(preflight.c.id == name, preflight.c.business == business)
    ).one_or_none()
    return PreflightRow(**found._mapping) if found else None


def of_business(connection: sa.Connection, business: str, limit: int) -> list[PreflightRow]:
    """Newest first."""
    query = sa.select(*_COLUMNS).where(preflight.c.business == business)
    newest = query.order_by(preflight.c.at.desc(), preflight.c.id).limit(limit)
    return [PreflightRow(**row._mapping) for row in connection.execute(newest)]


def take_next(connection: sa.Connection, now: datetime) -> PreflightRow | None:
    """The one that has waited longest, running from now on; None: none waits, or another process was faster."""
    waits = sa.select(*_COLUMNS).where(preflight.c.state == State.WAITING)
    found = connection.execute(waits.order_by(preflight.c.at).limit(1)).one_or_none()
    if found is None or not _moved(
        connection, found.id, State.WAITING, state=State.RUNNING, beat_at=now
    ):
        return None
    return PreflightRow(**found._mapping)


def beat(connection: sa.Connection, name: str, now: datetime, done: int, total: int) -> bool:
    """Somebody works on it; False: it was stopped or is gone, and nothing of it is wanted any more."""
    return _moved(connection, name, State.RUNNING, beat_at=now, done=done, total=total)


def end(connection: sa.Connection, name: str, state: State, found: dict[str, Any]) -> bool:
    """Keep what it found; False: it was stopped or is gone, and nothing is kept."""
    return _moved(connection, name, State.RUNNING, state=state, found=found)


def stop(connection: sa.Connection, name: str) -> bool:
    return any(_moved(connection, name, one, state=State.STOPPED) for one in UNDER_WAY)


def publish(connection: sa.Connection, name: str) -> bool:
    """Mark one that is done as published; False: it is not, or was already."""
    return _moved(connection, name, State.DONE, state=State.PUBLISHED)


def bury(connection: sa.Connection, before: datetime, why: str) -> int:
    """Those that nobody has worked on since that moment have failed; returns how many."""
    silent = (preflight.c.state == State.RUNNING, preflight.c.beat_at < before)
    if connection.scalar(sa.select(sa.exists().where(*silent))):
        values = {"state": State.FAILED, "found": {"why": why}}
        return connection.execute(sa.update(preflight).where(*silent).values(values)).rowcount
    return 0


def forget(connection: sa.Connection, before: datetime) -> int:
    """Delete those that were begun before that moment; returns how many."""
    old = preflight.c.at < before
    if connection.scalar(sa.select(sa.exists().where(old))):  # else SQLite would be locked in vain
        return connection.execute(sa.delete(preflight).where(old)).rowcount
    return 0


def forget_business(connection: sa.Connection, business: str) -> int:
    """Delete all of a business, for they quote its callers; one under way ends without a trace. Returns how many."""
    return connection.execute(sa.delete(preflight).where(preflight.c.business == business)).rowcount


def _moved(connection: sa.Connection, name: str, was: State, /, **values: Any) -> bool:
    here = (preflight.c.id == name, preflight.c.state == was)
    return bool(connection.execute(sa.update(preflight).where(*here).values(values)).rowcount)
