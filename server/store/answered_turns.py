"""Turns of the last days that the agent answered, and calls that got a first text: what a change is tried on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.model import TextKind
from agent.state import AGENT
from server.store.tables import call, mirrored_event, text, thread
from server.store.texts import NOT_SAID, TextRow

_A_TURN = 4
"""Replies that one turn may have left, with room to spare."""
_TEXTED = ("first text", "held")


def lately(
    connection: sa.Connection, business: str, since: datetime, limit: int
) -> list[tuple[str, str]]:
    """(thread, turn) of those that the agent replied to, newest first; none of a caller who opted out."""
    query = (
        sa.select(text.c.thread, text.c.turn)
        .join(thread, thread.c.id == text.c.thread)
        .where(
            text.c.business == business,
            text.c.at >= since,
            text.c.author == AGENT,
            text.c.turn.is_not(None),
            text.c.kind != TextKind.ALERT,
            thread.c.opted_out_at.is_(None),
        )
        .order_by(text.c.at.desc(), text.c.seq.desc())
        .limit(_A_TURN * limit)
    )
    found = [(row.thread, row.turn) for row in connection.execute(query)]
    return list(dict.fromkeys(found))[:limit]


def texts_of(connection: sa.Connection, of_thread: str, since: datetime) -> list[TextRow]:
    """What both sides saw of a thread since then, oldest first."""
    query = sa.select(text).where(
        text.c.thread == of_thread,
        text.c.at >= since,
        text.c.status.not_in(NOT_SAID),
        sa.or_(text.c.kind.is_(None), text.c.kind != TextKind.ALERT),
    )
    return [TextRow(**row._mapping) for row in connection.execute(query.order_by(text.c.seq))]


def texted_calls(
    connection: sa.Connection, business: str, since: datetime, limit: int
) -> Sequence[Any]:
    """Missed calls that got a first text, newest first: `at`, `caller`, `told_as`, the thread's `memory`."""
    query = (
        sa.select(call.c.at, call.c.caller, call.c.told_as, thread.c.memory)
        .join(thread, thread.c.id == call.c.thread)
        .where(
            call.c.business == business,
            call.c.at >= since,
            call.c.decision.in_(_TEXTED),
            call.c.is_test.is_(False),
            thread.c.opted_out_at.is_(None),
        )
        .order_by(call.c.at.desc())
        .limit(limit)
    )
    return connection.execute(query).all()


def events(connection: sa.Connection, business: str, since: datetime) -> Sequence[Any]:
    """What every calendar of the business was last read to hold since then: `calendar`, `begins`, `ends`, `text`."""
    row = mirrored_event.c
    query = sa.select(row.calendar, row.begins, row.ends, row.text).where(
        row.business == business, sa.or_(row.ends.is_(None), row.ends >= since)
    )
    return connection.execute(query).all()
