"""Calls and what came of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import call

LONGEST_RING = timedelta(seconds=75)
"""Of a call of which nobody has said how long it may ring; one that rings longer has lost its callbacks."""
_LONGEST_TALK = timedelta(hours=4)
RINGING = "outcome = 'ringing'"
"""Word for word as in ix_call_ringing, or SQLite does not use it."""
_TEXTED = ("first text", "held", "shadow")


def begin(connection: sa.Connection, **values: Any) -> None:
    """A call arrived; a repeated webhook changes nothing."""
    rings_until = values["at"] + LONGEST_RING
    row = insert(connection, call).values(
        outcome="ringing", is_test=False, rings_until=rings_until, **values
    )
    connection.execute(row.on_conflict_do_nothing(index_elements=["sid"]))


def announce_test(
    connection: sa.Connection, business: str, sid: str, caller: str, dialled: str, at: datetime
) -> None:
    """The owner is about to try it out: the webhook of this call will be ours."""
    row = insert(connection, call).values(
        sid=sid,
        business=business,
        caller=caller,
        dialled=dialled,
        at=at,
        outcome="ringing",
        rings_until=at + LONGEST_RING,
        is_test=True,
        raw={},
    )
    connection.execute(row.on_conflict_do_nothing(index_elements=["sid"]))


def end(connection: sa.Connection, sid: str, outcome: str, **values: Any) -> Any:
    """Settle a call; the row, or None when it was settled so before or is unknown.

    An answer outweighs a miss reported earlier, a miss only an answer that was concluded (`looked_at`).
    """
    before = ("ringing", "missed", "unanswered") if outcome == "answered" else ("ringing",)
    concluded = sa.and_(call.c.outcome == "answered", call.c.looked_at.is_not(None))
    ended = connection.execute(
        sa.update(call)
        .where(call.c.sid == sid, sa.or_(call.c.outcome.in_(before), concluded))
        .values(outcome=outcome, **values)
        .returning(*call.c)
    )
    return ended.one_or_none()


def note_once(connection: sa.Connection, business: str, sid: str, what: str, now: datetime) -> None:
    """`asked_at` or `accepted_at`: the first time counts."""
    mine = sa.update(call).where(
        call.c.sid == sid, call.c.business == business, call.c[what].is_(None)
    )
    connection.execute(mine.values({what: now}))


def learn_reason(connection: sa.Connection, sid: str, reason: str) -> None:
    """The callback that says how the ringing ended came after the call's end."""
    mine = (call.c.sid == sid, call.c.outcome == "missed", call.c.reason == "unknown")
    connection.execute(sa.update(call).where(*mine).values(reason=reason))


def get(connection: sa.Connection, sid: str) -> Any:
    return connection.execute(sa.select(call).where(call.c.sid == sid)).one_or_none()


def update(connection: sa.Connection, sid: str, **values: Any) -> None:
    connection.execute(sa.update(call).where(call.c.sid == sid).values(**values))


def answered_since(connection: sa.Connection, business: str, caller: str, moment: datetime) -> bool:
    """Has a person had this caller on the phone at that moment or later? A talk that was over before does not count."""
    taken = sa.or_(
        sa.and_(call.c.outcome == "answered", call.c.settled_at >= moment),
        sa.and_(call.c.outcome == "ringing", call.c.accepted_at >= moment),
    )
    query = sa.exists().where(
        call.c.business == business,
        call.c.caller == caller,
        taken,
        call.c.at >= moment - _LONGEST_TALK,
    )
    return bool(connection.scalar(sa.select(query)))


def is_ringing(connection: sa.Connection, business: str, caller: str, now: datetime) -> bool:
    """Does a call of this caller ring just now?"""
    query = sa.exists().where(
        call.c.business == business,
        call.c.caller == caller,
        call.c.outcome == "ringing",
        call.c.accepted_at.is_(None),
        call.c.rings_until > now,
    )
    return bool(connection.scalar(sa.select(query)))


def left_ringing(
    connection: sa.Connection, silent_since: datetime, surely_over: datetime, limit: int
) -> list[Any]:
    """Calls without an end: those that nobody took and that should have stopped ringing by the first moment, all by the second; the oldest first."""
    untaken = sa.and_(call.c.accepted_at.is_(None), call.c.looked_at.is_(None))
    query = (
        sa.select(call)
        .where(
            sa.text(RINGING),
            call.c.rings_until < silent_since,
            sa.or_(untaken, call.c.at < surely_over),
        )
        .order_by(call.c.at)
        .limit(limit)
    )
    return list(connection.execute(query))


def last_texted(connection: sa.Connection, thread: str) -> datetime | None:
    """When the caller's last missed call was that got a first text, or would have got one."""
    query = sa.select(call.c.at).where(
        call.c.thread == thread, call.c.decision.in_(_TEXTED), call.c.is_test.is_(False)
    )
    return connection.scalar(query.order_by(call.c.at.desc()).limit(1))


def tests_from(
    connection: sa.Connection, business: str, callers: Sequence[str], dialled: str, limit: int
) -> list[str]:
    """The ids of the newest test calls of these phones to a number, the last one first."""
    query = sa.select(call.c.sid).where(
        call.c.caller.in_(callers),
        call.c.business == business,
        call.c.dialled == dialled,
        call.c.is_test,
    )
    return list(connection.scalars(query.order_by(call.c.at.desc()).limit(limit)))


def businesses_called(connection: sa.Connection, caller: str, since: datetime) -> int:
    """How many businesses of this installation a number has called since then."""
    query = sa.select(sa.func.count(call.c.business.distinct())).where(
        call.c.caller == caller, call.c.at >= since
    )
    return connection.scalar(query) or 0


def of_thread(connection: sa.Connection, thread: str) -> list[Any]:
    return list(connection.execute(sa.select(call).where(call.c.thread == thread)))
