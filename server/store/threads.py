"""Threads: one caller with one business, who speaks on it, and what staff see of it."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.state import AGENT
from server.store.engine import insert
from server.store.tables import marker, thread


@dataclass(frozen=True, kw_only=True)
class ThreadRow:
    id: str
    business: str
    caller: str
    owner: str
    escalated: bool
    reason: str | None
    opted_out_at: datetime | None
    memory: dict[str, Any]
    first_text_at: datetime | None
    last_at: datetime
    version: int


def thread_id(business: str, caller: str) -> str:
    """Always business + caller, never the caller alone."""
    return f"{business}:{caller}"


def locked(connection: sa.Connection, business: str, caller: str, now: datetime) -> ThreadRow:
    """The thread, made if new, locked until this transaction ends.

    The lock is an UPDATE, so that it holds on SQLite (which locks only for writes) as on PostgreSQL.
    """
    name = thread_id(business, caller)
    new = insert(connection, thread).values(
        id=name,
        business=business,
        caller=caller,
        owner=AGENT,
        escalated=False,
        memory={},
        last_at=now,
    )
    connection.execute(new.on_conflict_do_nothing())
    return ThreadRow(**connection.execute(_lock(name)).one()._asdict())


def lock(connection: sa.Connection, name: str) -> ThreadRow | None:
    """The thread locked until this transaction ends, or None."""
    row = connection.execute(_lock(name)).one_or_none()
    return ThreadRow(**row._asdict()) if row else None


def get(connection: sa.Connection, name: str) -> ThreadRow | None:
    row = connection.execute(sa.select(thread).where(thread.c.id == name)).one_or_none()
    return ThreadRow(**row._asdict()) if row else None


def update(connection: sa.Connection, name: str, **values: Any) -> None:
    connection.execute(sa.update(thread).where(thread.c.id == name).values(**values))


def mark(
    connection: sa.Connection,
    name: str,
    what: str,
    who: str,
    now: datetime,
    why: object = None,
) -> None:
    """Note what happened to a thread, for staff to see."""
    connection.execute(sa.insert(marker).values(thread=name, what=what, who=who, at=now, why=why))


def of_business(connection: sa.Connection, business: str, limit: int = 200) -> list[ThreadRow]:
    """The newest threads of one business."""
    rows = connection.execute(
        sa.select(thread)
        .where(thread.c.business == business)
        .order_by(thread.c.last_at.desc())
        .limit(limit)
    )
    return [ThreadRow(**row._asdict()) for row in rows]


def version(connection: sa.Connection, business: str) -> int:
    """Grows whenever any thread of the business changes."""
    newest = sa.select(sa.func.max(thread.c.version)).where(thread.c.business == business)
    return connection.scalar(newest) or 0


def markers(connection: sa.Connection, name: str) -> list[Any]:
    return list(connection.execute(sa.select(marker).where(marker.c.thread == name)))


def _lock(name: str) -> sa.UpdateBase:
    held = sa.update(thread).where(thread.c.id == name).values(version=time.time_ns())
    return held.returning(*thread.c)
