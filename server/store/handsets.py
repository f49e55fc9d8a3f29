"""Phones of staff who work without an app: whether one is confirmed, what it has in hand, and what waits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.model import TextKind
from agent.state import AGENT, NOBODY
from server.store import threads
from server.store.engine import insert
from server.store.tables import handset, marker, text, thread
from server.store.threads import ThreadRow

BY_PHONE = "by phone"
"""The marker of a thread whose owner works on it from their own phone."""
_HANDS = (BY_PHONE, "claimed", "handed on", "released", "resolved", "reopened")
"""Markers after which it is known anew who works on a thread, and how."""


@dataclass(frozen=True, kw_only=True)
class HandsetRow:
    business: str
    staff: str
    phone: str | None
    confirmed_at: datetime | None
    code: str | None
    code_at: datetime | None
    code_tries: int
    pending: str | None
    thread: str | None
    busy_until: datetime | None


def of_phone(connection: sa.Connection, business: str, staff: str, phone: str) -> HandsetRow:
    """A person's handset; another phone than before has to be confirmed anew, and has nothing in hand.

    Its own thread is locked: two texts of one phone are read one after the other.
    """
    new = insert(connection, handset).values(business=business, staff=staff, phone=phone)
    connection.execute(new.on_conflict_do_nothing())
    mine = (handset.c.business == business, handset.c.staff == staff)
    other = sa.or_(handset.c.phone.is_(None), handset.c.phone != phone)
    connection.execute(
        sa.update(handset)
        .where(*mine, other)
        .values(phone=phone, confirmed_at=None, code=None, code_tries=0, pending=None, thread=None)
    )
    row = connection.execute(sa.select(handset).where(*mine)).one()
    return HandsetRow(**row._mapping)


def update(connection: sa.Connection, row: HandsetRow, **values: Any) -> None:
    mine = (handset.c.business == row.business, handset.c.staff == row.staff)
    connection.execute(sa.update(handset).where(*mine).values(**values))


def worked_by(connection: sa.Connection, held: ThreadRow) -> str | None:
    """The person who has a thread and works on it by phone; None: nobody, or somebody in the inbox."""
    if held.owner in (AGENT, NOBODY):
        return None
    latest = connection.execute(
        sa.select(marker.c.what, marker.c.who)
        .where(marker.c.thread == held.id, marker.c.what.in_(_HANDS))
        .order_by(marker.c.id.desc())
        .limit(1)
    ).one_or_none()
    by_phone = latest is not None and latest.what == BY_PHONE and latest.who == held.owner
    return held.owner if by_phone else None


def works_by_phone(connection: sa.Connection, thread_id: str, staff: str, now: datetime) -> None:
    """From now on the texts of a locked thread's caller come to its owner's phone, whose plain words go there."""
    known = threads.get(connection, thread_id)
    if known is not None and worked_by(connection, known) != staff:
        threads.mark(connection, thread_id, BY_PHONE, staff, now)
    mine = (handset.c.business == thread_id.partition(":")[0], handset.c.staff == staff)
    connection.execute(sa.update(handset).where(*mine).values(thread=thread_id))


def numbers(connection: sa.Connection, business: str) -> dict[int, str]:
    """The short numbers of open threads -> those threads."""
    query = sa.select(thread.c.number, thread.c.id).where(
        thread.c.business == business,
        thread.c.number.is_not(None),
        thread.c.resolved_at.is_(None),
    )
    return {row.number: row.id for row in connection.execute(query)}


def is_closed(connection: sa.Connection, business: str, number: int) -> bool:
    """Did a thread that is over last have this short number?"""
    query = sa.exists().where(
        thread.c.business == business,
        thread.c.number == number,
        thread.c.resolved_at.is_not(None),
    )
    return bool(connection.scalar(sa.select(query)))


def in_peoples_hands(
    connection: sa.Connection, business: str, since: datetime, limit: int
) -> list[str]:
    """Open threads that wait for a person or that one has: danger first, then what nobody has, the longest waiting first."""
    danger = thread.c.reason.in_(("emergency", "urgent")) & (thread.c.owner == NOBODY)
    query = sa.select(thread.c.id).where(
        thread.c.business == business,
        thread.c.owner != AGENT,
        thread.c.resolved_at.is_(None),
        thread.c.last_at >= since,
    )
    in_order = (sa.desc(danger), sa.desc(thread.c.owner == NOBODY), thread.c.last_at)
    return list(connection.scalars(query.order_by(*in_order).limit(limit)))


def told_since(connection: sa.Connection, phone: str, since: datetime) -> int:
    """How many texts one handset was sent since then, alerts left out."""
    query = sa.select(sa.func.count()).where(
        text.c.recipient == phone,
        text.c.at > since,
        text.c.kind == TextKind.ALERT,
        text.c.why["handset"].as_string().is_not(None),
        text.c.status.not_in(("dropped", "queued")),
    )
    return connection.scalar(query) or 0
