"""What people owe callers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.model import TaskKind
from server.store.engine import insert
from server.store.tables import task

BACK = "back:"
"""Begins the keys of what a first text after hours promises: a person is back then."""


def add(connection: sa.Connection, key: str, **values: Any) -> bool:
    """Insert once by key; False: it was there."""
    row = insert(connection, task).values(key=key, **values)
    new = row.on_conflict_do_nothing(index_elements=["key"]).returning(task.c.id)
    return connection.execute(new).one_or_none() is not None


def reword(connection: sa.Connection, key: str, note: str) -> None:
    """Of a task that is still open."""
    mine = sa.update(task).where(task.c.key == key, task.c.done_at.is_(None))
    connection.execute(mine.values(note=note))


def for_questions(connection: sa.Connection, thread: str, created_at: datetime) -> list[Any]:
    """The open tasks for the questions of the turn at that moment."""
    query = sa.select(task.c.id, task.c.note, task.c.tell).where(
        task.c.thread == thread,
        task.c.kind == TaskKind.QUESTION,
        task.c.created_at == created_at,
        task.c.done_at.is_(None),
    )
    return list(connection.execute(query.order_by(task.c.id)))


def propose(connection: sa.Connection, task_id: int, tell: str) -> None:
    """Let a task propose this text to the caller."""
    connection.execute(sa.update(task).where(task.c.id == task_id).values(tell=tell))


def supersede(connection: sa.Connection, thread: str, about: str, now: datetime) -> None:
    """Close the open tasks of a thread that propose a text about this visit: it is different by now."""
    same = (task.c.thread == thread, task.c.done_at.is_(None), task.c.tell.is_not(None))
    connection.execute(
        sa.update(task)
        .where(*same, task.c.key.contains(about, autoescape=True))
        .values(done_at=now, done_by="agent")
    )


def settle(
    connection: sa.Connection,
    thread: str,
    keys: Sequence[str],
    who: str,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Close the open tasks of a thread whose keys begin so: what they ask for has happened.

    Args:
        until: when it happened; what is owed since then stays owed. None: now.
    """
    begun = sa.or_(*(task.c.key.startswith(key, autoescape=True) for key in keys))
    mine = (task.c.thread == thread, task.c.done_at.is_(None), task.c.created_at <= (until or now))
    connection.execute(sa.update(task).where(*mine, begun).values(done_at=now, done_by=who))


def open_with_key(connection: sa.Connection, business: str, begun: str) -> set[str]:
    """The threads of a business with an open task whose key begins so."""
    query = (
        sa.select(task.c.thread)
        .distinct()
        .where(
            task.c.business == business,
            task.c.done_at.is_(None),
            task.c.key.startswith(begun, autoescape=True),
        )
    )
    return {str(name) for name in connection.scalars(query)}


def open_of_thread(connection: sa.Connection, thread: str) -> list[Any]:
    query = sa.select(task).where(task.c.thread == thread, task.c.done_at.is_(None))
    return list(connection.execute(query.order_by(task.c.id)))


def presses(owed: Any, now: datetime) -> bool:
    """Somebody has to see to it now: that a person is back is owed only from the opening on."""
    return not (owed.key.startswith(BACK) and owed.due_at > now)


def pressing_counts(connection: sa.Connection, business: str, now: datetime) -> dict[str, int]:
    """Thread id -> number of open tasks that press."""
    waits = sa.and_(task.c.key.startswith(BACK, autoescape=True), task.c.due_at > now)
    query = (
        sa.select(task.c.thread, sa.func.count())
        .where(task.c.business == business, task.c.done_at.is_(None), sa.not_(waits))
        .group_by(task.c.thread)
    )
    return {name: count for name, count in connection.execute(query) if name}


def done(connection: sa.Connection, business: str, task_id: int, who: str, now: datetime) -> bool:
    finished = connection.execute(
        sa.update(task)
        .where(task.c.id == task_id, task.c.business == business, task.c.done_at.is_(None))
        .values(done_at=now, done_by=who)
        .returning(task.c.id)
    )
    return finished.one_or_none() is not None
