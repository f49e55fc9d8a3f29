"""What people owe callers."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.model import TaskKind
from server.store.engine import insert
from server.store.tables import task


def add(connection: sa.Connection, key: str, **values: Any) -> bool:
    """Insert once by key; False: it was there."""
    row = insert(connection, task).values(key=key, **values)
    new = row.on_conflict_do_nothing(index_elements=["key"]).returning(task.c.id)
    return connection.execute(new).one_or_none() is not None


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


def open_of_thread(connection: sa.Connection, thread: str) -> list[Any]:
    query = sa.select(task).where(task.c.thread == thread, task.c.done_at.is_(None))
    return list(connection.execute(query.order_by(task.c.id)))


def open_counts(connection: sa.Connection, business: str) -> dict[str, int]:
    """Thread id -> number of open tasks."""
    query = (
        sa.select(task.c.thread, sa.func.count())
        .where(task.c.business == business, task.c.done_at.is_(None))
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
