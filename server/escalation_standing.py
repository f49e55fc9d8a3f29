"""How an escalation stands: whether it still waits for somebody, and what of it a new one joins."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.model import Reason
from agent.state import AGENT, NOBODY
from server.kept_back import is_review
from server.store import calls, threads
from server.store import escalations as store
from server.store.escalations import Ended, EscalationRow

TEST_ANSWERS_FOR = timedelta(minutes=10)
"""So long a test can be answered with 1."""
SEES_TO_IT_FOR = timedelta(minutes=15)
"""Whoever has taken a danger reads so long what more its caller writes, and nobody's phone rings for it."""


def is_held(thread: threads.ThreadRow) -> bool:
    return thread.owner not in (AGENT, NOBODY)


def still_climbing(
    connection: sa.Connection, thread: threads.ThreadRow, key: str, now: datetime
) -> EscalationRow | None:
    """What a new one joins: not what is left of an earlier episode, nor a look at a reply, since whoever comes sees both."""
    row = store.open_of(connection, thread.id)
    if row and thread.episode_at and row.began_at < thread.episode_at:
        store.end(connection, row.id, Ended.RESOLVED, now)
        return None
    if row and is_review(row.key) and not is_review(key):
        store.end(connection, row.id, Ended.ANSWERED, now)
        return None
    return row


def sees_to_it(
    connection: sa.Connection, thread: threads.ThreadRow, reason: Reason, now: datetime
) -> EscalationRow | None:
    """The danger that whoever has the thread has just taken, unless it is a worse one by now."""
    row = store.taken_lately(connection, thread.id, thread.owner, now - SEES_TO_IT_FOR)
    if row and reason == Reason.EMERGENCY != row.reason:
        return None
    return row


def rank(connection: sa.Connection, row: EscalationRow, now: datetime) -> tuple[bool, ...]:
    """Small comes first; what was climbed in vain still waits for somebody."""
    thread = threads.get(connection, row.thread) if row.thread else None
    if thread:
        waits = is_takeable(row, thread) and not is_over(connection, row, thread)
    else:
        waits = row.ended_at is None and now - row.began_at <= TEST_ANSWERS_FOR
    return (False, row.is_test, not row.is_urgent) if waits else (True,)


def is_takeable(row: EscalationRow, thread: threads.ThreadRow) -> bool:
    """It climbs, or was climbed in vain in this episode."""
    in_vain = row.ended == Ended.NOBODY and row.began_at >= (thread.episode_at or row.began_at)
    return row.ended_at is None or in_vain


def is_over(
    connection: sa.Connection, row: EscalationRow, thread: threads.ThreadRow
) -> Ended | None:
    """Why nobody need be tried any more, whoever brought that about."""
    if thread.resolved_at is not None:
        return Ended.RESOLVED
    return Ended.ANSWERED if was_answered(connection, row, thread) else None


def was_answered(connection: sa.Connection, row: EscalationRow, thread: threads.ThreadRow) -> bool:
    if row.ended in (Ended.ANSWERED, Ended.RESOLVED):
        return True
    return calls.answered_since(connection, row.business, thread.caller, row.began_at)
