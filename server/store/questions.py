"""Callers' questions one by one: what was answered to each, and which still want an answer of the owner's."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server.store.tables import question


@dataclass(frozen=True, kw_only=True)
class QuestionRow:
    id: int
    business: str
    thread: str | None
    at: datetime
    words: str
    """One question, as the caller asked it."""
    reply: str
    """Empty: it was passed to a person."""
    passage: str | None
    """The id of the passage it was answered from; None also where the business's profile answered."""
    score: float
    """0..1, of the best passage."""
    answered: bool
    dismissed: bool
    """It is not for the business to answer."""
    settled_at: datetime | None
    """When the owner answered or dismissed it; None: not yet."""


_COLUMNS = tuple(question.c[one.name] for one in fields(QuestionRow))
_NEWEST = (question.c.at.desc(), question.c.id.desc())
_OPEN = sa.text("settled_at is null and not answered")
"""Word for word as in ix_question_open, or SQLite does not use it."""


def add(
    connection: sa.Connection,
    *,
    business: str,
    thread: str | None,
    at: datetime,
    words: str,
    reply: str,
    passage: str | None,
    score: float,
    answered: bool,
) -> None:
    values = {"words": words, "reply": reply, "passage": passage, "score": score}
    connection.execute(
        sa.insert(question).values(
            business=business, thread=thread, at=at, answered=answered, **values
        )
    )


def get(connection: sa.Connection, business: str, question_id: int) -> QuestionRow | None:
    found = _rows(connection, question.c.business == business, question.c.id == question_id)
    return found[0] if found else None


def recent(
    connection: sa.Connection, business: str, *, since: datetime, limit: int
) -> list[QuestionRow]:
    """Asked since then, answered or not, newest first."""
    return _rows(connection, question.c.business == business, question.c.at >= since, limit=limit)


def open_ones(connection: sa.Connection, business: str, limit: int) -> list[QuestionRow]:
    """Neither answered nor settled, newest first."""
    return _rows(connection, question.c.business == business, _OPEN, limit=limit)


def count_open(connection: sa.Connection, business: str) -> int:
    query = sa.select(sa.func.count()).where(question.c.business == business, _OPEN)
    return connection.scalar(query) or 0


def settled_at(connection: sa.Connection, business: str, moment: datetime) -> list[QuestionRow]:
    """Those that were settled together at that moment, newest first."""
    return _rows(connection, question.c.business == business, question.c.settled_at == moment)


def of_thread(connection: sa.Connection, thread: str) -> list[QuestionRow]:
    """All that a caller asked, newest first."""
    return _rows(connection, question.c.thread == thread)


def of_turn(connection: sa.Connection, thread: str, moment: datetime) -> list[QuestionRow]:
    """What one turn of a thread asked, newest first."""
    return _rows(connection, question.c.thread == thread, question.c.at == moment)


def settle(
    connection: sa.Connection,
    business: str,
    ids: Sequence[int],
    now: datetime,
    *,
    dismissed: bool = False,
) -> list[QuestionRow]:
    """Settle those that are open; returns them."""
    settled = connection.execute(
        sa.update(question)
        .where(question.c.business == business, question.c.id.in_(ids), _OPEN)
        .values(settled_at=now, dismissed=dismissed)
        .returning(*_COLUMNS)
    )
    return [QuestionRow(**row._mapping) for row in settled]


def reopen(connection: sa.Connection, business: str, moment: datetime) -> None:
    """Open again what was dismissed at that moment."""
    settled = (question.c.business == business, question.c.settled_at == moment)
    gone = sa.update(question).where(*settled, question.c.dismissed)
    connection.execute(gone.values(settled_at=None, dismissed=False))


def forget(connection: sa.Connection, before: datetime, limit: int) -> int:
    """Delete what was asked before that moment, so many at a time, oldest first; returns how many."""
    oldest = sa.select(question.c.id, question.c.at).order_by(question.c.id).limit(limit).subquery()
    old = connection.scalars(sa.select(oldest.c.id).where(oldest.c.at < before)).all()
    if old:  # else SQLite would be locked for nothing
        connection.execute(sa.delete(question).where(question.c.id.in_(old)))
    return len(old)


def _rows(
    connection: sa.Connection, *where: sa.ColumnElement[bool] | Any, limit: int | None = None
) -> list[QuestionRow]:
    query = sa.select(*_COLUMNS).where(*where).order_by(*_NEWEST).limit(limit)
    return [QuestionRow(**row._mapping) for row in connection.execute(query)]
