"""Texts in and out: the caller's not yet answered, and the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.model import TextKind
from server.store.engine import insert
from server.store.tables import text

#: How far a text has come; a status never goes back to a lower rank.
RANK = {
    "queued": 0,
    "sending": 1,
    "accepted": 2,
    "sent": 3,
    "dropped": 4,
    "delivered": 4,
    "undelivered": 4,
    "failed": 4,
}


@dataclass(frozen=True, kw_only=True)
class TextRow:
    seq: int
    key: str
    business: str
    thread: str | None
    author: str
    kind: str | None
    sender: str
    recipient: str
    body: str
    media: list[dict[str, str]]
    at: datetime
    turn: str | None
    carrier_acts: bool
    status: str
    status_reason: str | None
    sid: str | None
    sending_at: datetime | None
    why: dict[str, Any] | None

    @property
    def is_callers(self) -> bool:
        return self.kind is None


def add(connection: sa.Connection, **values: Any) -> int | None:
    """Insert once by `key`; returns the seq, or None when that key is already there."""
    row = insert(connection, text).values(**({"media": [], "carrier_acts": False} | values))
    seq: int | None = connection.scalar(
        row.on_conflict_do_nothing(index_elements=["key"]).returning(text.c.seq)
    )
    return seq


def get(connection: sa.Connection, key: str) -> TextRow | None:
    row = connection.execute(sa.select(text).where(text.c.key == key)).one_or_none()
    return TextRow(**row._asdict()) if row else None


def unanswered(connection: sa.Connection, thread: str) -> list[TextRow]:
    """The caller's texts that no turn has taken, in order of arrival."""
    return _rows(
        connection,
        text.c.thread == thread,
        text.c.author == "caller",
        text.c.turn.is_(None),
    )


def take(connection: sa.Connection, seqs: Sequence[int], turn: str | None) -> None:
    """Give texts to a turn; None gives them back."""
    connection.execute(sa.update(text).where(text.c.seq.in_(seqs)).values(turn=turn))


def taken_by(connection: sa.Connection, thread: str, turn: str) -> list[TextRow]:
    return _rows(
        connection,
        text.c.thread == thread,
        text.c.author == "caller",
        text.c.turn == turn,
    )


def history(connection: sa.Connection, thread: str, before: int, limit: int) -> list[TextRow]:
    """The last texts that both sides saw before a seq, oldest first."""
    seen = (
        sa.select(text)
        .where(
            text.c.thread == thread,
            text.c.seq < before,
            text.c.status.not_in(("dropped", "failed", "undelivered")),
            sa.or_(text.c.kind.is_(None), text.c.kind != TextKind.ALERT),
        )
        .order_by(text.c.seq.desc())
        .limit(limit)
    )
    return [TextRow(**row._asdict()) for row in connection.execute(seen)][::-1]


def sids_to(connection: sa.Connection, recipient: str, since: datetime) -> list[str]:
    """The carrier's ids of what was sent to a phone since then."""
    query = sa.select(text.c.sid).where(
        text.c.recipient == recipient, text.c.at >= since, text.c.sid.is_not(None)
    )
    return [str(sid) for sid in connection.scalars(query)]


def of_thread(connection: sa.Connection, thread: str) -> list[TextRow]:
    """Everything of a thread, alerts and dropped texts included, oldest first."""
    return _rows(connection, text.c.thread == thread)


def caller_wrote_after(connection: sa.Connection, thread: str, seq: int) -> bool:
    query = sa.exists().where(text.c.thread == thread, text.c.seq > seq, text.c.author == "caller")
    return bool(connection.scalar(sa.select(query)))


def staff_wrote_after(connection: sa.Connection, thread: str, seq: int) -> bool:
    query = sa.exists().where(
        text.c.thread == thread, text.c.seq > seq, text.c.kind == TextKind.STAFF
    )
    return bool(connection.scalar(sa.select(query)))


def advance(connection: sa.Connection, key: str, status: str, **values: Any) -> bool:
    """Move a text to a status unless it is already further; other values are kept in any case."""
    if values:
        connection.execute(sa.update(text).where(text.c.key == key).values(**values))
    lower = [name for name, rank in RANK.items() if rank < RANK[status]]
    moved = connection.execute(
        sa.update(text)
        .where(text.c.key == key, text.c.status.in_(lower))
        .values(status=status)
        .returning(text.c.seq)
    )
    return moved.one_or_none() is not None


def last_of_threads(connection: sa.Connection, business: str) -> dict[str, TextRow]:
    """The newest text of each thread of a business, alerts left out."""
    newest = (
        sa.select(sa.func.max(text.c.seq))
        .where(
            text.c.business == business,
            sa.or_(text.c.kind.is_(None), text.c.kind != TextKind.ALERT),
        )
        .group_by(text.c.thread)
    )
    rows = _rows(connection, text.c.seq.in_(newest))
    return {row.thread: row for row in rows if row.thread}


def _rows(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[TextRow]:
    query = sa.select(text).where(*conditions).order_by(text.c.seq)
    return [TextRow(**row._asdict()) for row in connection.execute(query)]
