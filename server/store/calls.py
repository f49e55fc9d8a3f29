"""Calls and what came of them."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import call

_LONGEST_RING = timedelta(minutes=3)


def begin(connection: sa.Connection, **values: Any) -> None:
    """A call arrived; a repeated webhook changes nothing."""
    row = insert(connection, call).values(outcome="ringing", **values)
    connection.execute(row.on_conflict_do_nothing(index_elements=["sid"]))


def end(connection: sa.Connection, sid: str, outcome: str) -> bool:
    """Settle a call; False when it was settled so before or is unknown. An answer outweighs a miss reported earlier."""
    before = ("ringing", "missed") if outcome == "answered" else ("ringing",)
    ended = connection.execute(
        sa.update(call)
        .where(call.c.sid == sid, call.c.outcome.in_(before))
        .values(outcome=outcome)
        .returning(call.c.sid)
    )
    return ended.one_or_none() is not None


def get(connection: sa.Connection, sid: str) -> Any:
    return connection.execute(sa.select(call).where(call.c.sid == sid)).one_or_none()


def decided(connection: sa.Connection, sid: str, thread: str | None, decision: str) -> None:
    connection.execute(
        sa.update(call).where(call.c.sid == sid).values(thread=thread, decision=decision)
    )


def answered_since(connection: sa.Connection, business: str, caller: str, moment: datetime) -> bool:
    """Has a person answered a call of this caller that began after a long ring before that moment, or later?"""
    query = sa.exists().where(
        call.c.business == business,
        call.c.caller == caller,
        call.c.outcome == "answered",
        call.c.at >= moment - _LONGEST_RING,
    )
    return bool(connection.scalar(sa.select(query)))


def of_thread(connection: sa.Connection, thread: str) -> list[Any]:
    return list(connection.execute(sa.select(call).where(call.c.thread == thread)))
