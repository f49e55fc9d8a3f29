"""Threads: one caller with one business, who speaks on it, and what staff see of it."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import sqlalchemy as sa

from agent.business import Business
from agent.state import AGENT, NOBODY
from server.store import businesses
from server.store.engine import insert
from server.store.tables import marker, text, thread

NUMBER_RESTS = timedelta(days=1)
"""So long after the end of a thread its short number goes to no other: a late text may still mean it."""
_FIRST_NUMBER = 2
"""1 answers an alert."""


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
    episode_at: datetime | None
    resolved_at: datetime | None
    untextable: str | None
    look_at: datetime | None
    last_text: int | None
    snoozed_until: datetime | None
    outcome: str | None
    number: int | None
    version: int
    sealed: int

    @property
    def language(self) -> str:
        """The one that the caller writes."""
        return str(self.memory.get("language", "en"))

    @property
    def name(self) -> str:
        """As the caller gave it; empty: not given."""
        return str(self.memory.get("details", {}).get("name", ""))


# Statements of every turn, built once. A lock is an UPDATE that changes what pages follow.
_TOUCH = (
    sa.update(thread)
    .where(thread.c.id == sa.bindparam("of"))
    .values(version=sa.bindparam("now", type_=sa.BigInteger()))
)
_LOCK = _TOUCH.returning(*thread.c)
_LOCK_OF_TEXT = (
    sa.update(thread)
    .where(
        thread.c.id
        == sa.select(text.c.thread).where(text.c.key == sa.bindparam("key")).scalar_subquery()
    )
    .values(version=sa.bindparam("now", type_=sa.BigInteger()))
    .returning(*thread.c)
)


def thread_id(business: str, caller: str) -> str:
    """Always business + caller, never the caller alone."""
    return f"{business}:{caller}"


def locked(
    connection: sa.Connection, business: str, caller: str, now: datetime
) -> tuple[ThreadRow, bool]:
    """The thread and whether it was made now, locked until this transaction ends.

    The lock is an UPDATE, so that it holds on SQLite (which locks only for writes) as on PostgreSQL.
    """
    name = thread_id(business, caller)
    if known := lock(connection, name):
        return known, False
    new = insert(connection, thread).values(
        id=name,
        business=business,
        caller=caller,
        owner=AGENT,
        escalated=False,
        memory={},
        last_at=now,
    )
    made = connection.execute(new.on_conflict_do_nothing()).rowcount > 0
    found = lock(connection, name)
    assert found is not None  # noqa: S101 - made above, by us or by another
    return found, made


def lock(connection: sa.Connection, name: str) -> ThreadRow | None:
    """The thread locked until this transaction ends, or None."""
    row = connection.execute(_LOCK, {"of": name, "now": time.time_ns()}).one_or_none()
    return ThreadRow(**row._mapping) if row else None


def lock_of_text(connection: sa.Connection, key: str) -> ThreadRow | None:
    """The thread of a text, locked until this transaction ends, or None."""
    row = connection.execute(_LOCK_OF_TEXT, {"key": key, "now": time.time_ns()}).one_or_none()
    return ThreadRow(**row._mapping) if row else None


def caller_of_text(connection: sa.Connection, business: str, seq: int) -> str | None:
    """In whose thread a text of this business stands."""
    both = thread.join(text, text.c.thread == thread.c.id)
    mine = (text.c.seq == seq, thread.c.business == business)
    found: str | None = connection.scalar(sa.select(thread.c.caller).select_from(both).where(*mine))
    return found


def touch(connection: sa.Connection, name: str) -> None:
    """Pages that show the thread are to show it anew."""
    connection.execute(_TOUCH, {"of": name, "now": time.time_ns()})


def get(connection: sa.Connection, name: str) -> ThreadRow | None:
    row = connection.execute(sa.select(thread).where(thread.c.id == name)).one_or_none()
    return ThreadRow(**row._mapping) if row else None


def update(connection: sa.Connection, name: str, **values: Any) -> None:
    connection.execute(_set(*sorted(values)), {"of": name, **values})


@cache
def _set(*columns: str) -> sa.Update:
    """Built once for each set of columns: building costs as much as running."""
    return (
        sa.update(thread)
        .where(thread.c.id == sa.bindparam("of"))
        .values({name: sa.bindparam(name, type_=thread.c[name].type) for name in columns})
    )


def number(connection: sa.Connection, thread_row: ThreadRow, now: datetime) -> int:
    """The short number of a locked thread by which staff name it from their own phones; the lowest that is free."""
    if thread_row.number is not None:
        return thread_row.number
    businesses.lock(connection, thread_row.business)
    numbered = (thread.c.business == thread_row.business, thread.c.number.is_not(None))
    in_use = sa.or_(thread.c.resolved_at.is_(None), thread.c.resolved_at > now - NUMBER_RESTS)
    taken = set(connection.scalars(sa.select(thread.c.number).where(*numbered, in_use)))
    free = next(one for one in count(_FIRST_NUMBER) if one not in taken)
    before = sa.update(thread).where(*numbered, thread.c.number == free)
    connection.execute(before.values(number=None))
    update(connection, thread_row.id, number=free)
    return free


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


def deaf_phones(connection: sa.Connection, business: Business) -> list[str]:
    """Of its staff who opted out of texts, alerts included."""
    phones = [person.phone for person in business.staff if person.phone]
    theirs = thread.c.id.in_([thread_id(business.slug, phone) for phone in phones])
    query = sa.select(thread.c.caller).where(theirs, thread.c.opted_out_at.is_not(None))
    return list(connection.scalars(query)) if phones else []


def version(connection: sa.Connection, business: str) -> int:
    """Grows whenever any thread of the business changes."""
    newest = sa.select(sa.func.max(thread.c.version)).where(thread.c.business == business)
    return connection.scalar(newest) or 0


def to_look_at(connection: sa.Connection, now: datetime, limit: int) -> list[str]:
    """Threads on which something may have fallen due, the longest waiting first."""
    due = sa.select(thread.c.id).where(thread.c.look_at <= now)
    return list(connection.scalars(due.order_by(thread.c.look_at).limit(limit)))


def count_marks(connection: sa.Connection, name: str, what: str, since: datetime) -> int:
    query = sa.select(sa.func.count()).where(
        marker.c.thread == name, marker.c.what == what, marker.c.at >= since
    )
    return connection.scalar(query) or 0


def last_marked(connection: sa.Connection, name: str, what: str) -> datetime | None:
    """When something last happened to a thread."""
    query = sa.select(sa.func.max(marker.c.at)).where(
        marker.c.thread == name, marker.c.what == what
    )
    found: datetime | None = connection.scalar(query)
    return found


def handed_over(connection: sa.Connection, business: str, why: str, since: datetime) -> list[str]:
    """The threads that nobody has and that were handed over since then, for this reason last."""
    last = (
        sa.select(marker.c.why)
        .where(marker.c.thread == thread.c.id, marker.c.what == "handed over", marker.c.at >= since)
        .order_by(marker.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(thread.c.id, last).where(
        thread.c.business == business,
        thread.c.owner == NOBODY,
        thread.c.resolved_at.is_(None),
        thread.c.last_at >= since,
    )
    return [name for name, reason in connection.execute(query) if reason == why]


def markers(connection: sa.Connection, name: str) -> list[Any]:
    return list(connection.execute(sa.select(marker).where(marker.c.thread == name)))
