"""Replies of the agent that were kept back for a person: dropped when something else is said, or nothing may be."""

from datetime import datetime

import sqlalchemy as sa

from server.store import escalations, tasks, texts
from server.store.escalations import Ended

REVIEW = "suggested:"
"""Begins the keys of the tasks and of the escalations to look at the agent's reply."""


def is_review(key: str) -> bool:
    """Of a task, or of an escalation: somebody is to look at what the agent suggests."""
    return key.startswith(REVIEW)


def looked_at(connection: sa.Connection, thread: str, who: str, now: datetime) -> None:
    """Nobody has to look any more at what was suggested on a locked thread."""
    tasks.settle(connection, thread, [REVIEW], who, now)
    climbs = escalations.open_of(connection, thread)
    if climbs and is_review(climbs.key):
        escalations.end(connection, climbs.id, Ended.ANSWERED, now)


def overtake(connection: sa.Connection, thread: str) -> None:
    """A newer text is about to be answered: what was kept back is answered with it, unless more than words came of it."""
    for row in texts.kept_back(connection, thread):
        can_redo = bool((row.why or {}).get("can_redo"))
        if can_redo or row.status == texts.SUGGESTED:
            drop(connection, row, "a newer text came first")
        if can_redo and row.turn:
            texts.give_back(connection, thread, row.turn)


def drop_all(connection: sa.Connection, thread: str, why: str, who: str, now: datetime) -> None:
    """Nothing that was kept back on a locked thread is said, and nobody has to look at it any more."""
    for row in texts.kept_back(connection, thread):
        drop(connection, row, why)
    looked_at(connection, thread, who, now)


def drop_waiting(connection: sa.Connection, thread: str, why: str) -> None:
    """What would leave by itself is not said; what is only suggested can still be chosen."""
    for row in texts.kept_back(connection, thread):
        if row.status != texts.SUGGESTED:
            drop(connection, row, why)


def drop(connection: sa.Connection, row: texts.TextRow, why: str) -> None:
    texts.advance(connection, row.key, "dropped", status_reason=why)
    texts.forget_last(connection, str(row.thread), row.seq)
