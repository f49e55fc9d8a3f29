"""Where a thread stands in the list of conversations, decided in SQL."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

import sqlalchemy as sa

from agent.model import Reason, TextKind
from agent.rules import lateness
from agent.state import AGENT, NOBODY
from server.store.tables import seen, task, text, thread
from server.store.tasks import BACK
from server.store.texts import NOT_SAID

QUIET = timedelta(hours=24)
"""A conversation in which nothing is owed and nothing was said for so long is done."""
CALLED_AGAIN = "again:"
"""Begins the keys of tasks for callers whose second call was missed too."""

_AWAITS_ANSWER = (TextKind.FIRST_TEXT, TextKind.NUDGE, TextKind.STAFF, TextKind.OPT_IN_ASK)


class Place(IntEnum):
    """Where a thread stands in the list, the most pressing first."""

    EMERGENCY = 0  # and nobody has taken it
    AGAIN = 1  # a second call was missed, and nobody has phoned back
    URGENT = 2  # the business's own trade presses, and nobody has taken it
    PERSON = 3  # a person is asked for, owes something, or has not answered
    AGENT = 4  # the agent talks
    CALLER = 5  # we had the last word, and it was no answer of the agent
    SNOOZED = 6  # a person wants it out of the way for a while
    DONE = 7


WAITING = (Place.EMERGENCY, Place.AGAIN, Place.URGENT, Place.PERSON)
"""Somebody of the business has to see to it."""


@dataclass(frozen=True, kw_only=True)
class Looking:
    """Who looks at the list of a business, and when."""

    business: str
    staff: str
    own_phones: Collection[str]
    """Threads with the business's own people are not listed."""
    now: datetime


class Standing:
    """The threads of a business with what decides where they stand.

    What needs another table is asked last and only where it decides, so that ten thousand ended conversations
    cost little.
    """

    def __init__(self, looking: Looking) -> None:
        self._now = looking.now
        self.owed = _owed(looking).subquery("owed")
        self._seen = sa.alias(seen, "looked")
        self.source = thread.outerjoin(self.owed, self.owed.c.thread == thread.c.id).outerjoin(
            self._seen,
            sa.and_(self._seen.c.thread == thread.c.id, self._seen.c.staff == looking.staff),
        )
        self.place = self._place()
        self.unread = self._unread()

    def _place(self) -> sa.ColumnElement[int]:
        owed, now = self.owed.c, self._now
        is_nobodys, is_agents = thread.c.owner == NOBODY, thread.c.owner == AGENT
        is_persons = thread.c.owner.not_in((AGENT, NOBODY))
        unanswered = sa.and_(is_persons, sa.not_(_last_is_ours()))
        danger = thread.c.reason == Reason.EMERGENCY
        urgent = thread.c.reason == Reason.URGENT
        settled = sa.and_(
            thread.c.resolved_at.is_not(None),
            sa.or_(owed.owed.is_(None), owed.newest <= thread.c.resolved_at),
        )
        may_snooze = sa.or_(
            thread.c.reason.is_(None), sa.not_(danger), sa.not_(sa.or_(is_nobodys, unanswered))
        )
        over = sa.or_(thread.c.opted_out_at.is_not(None), thread.c.last_at < now - QUIET)
        return sa.case(
            (settled, Place.DONE),
            (sa.and_(thread.c.snoozed_until > now, may_snooze), Place.SNOOZED),
            (sa.and_(danger, is_nobodys), Place.EMERGENCY),
            (owed.again > 0, Place.AGAIN),
            (
                sa.and_(urgent, sa.or_(is_nobodys, sa.and_(is_agents, owed.owed > 0))),
                Place.URGENT,
            ),
            (sa.or_(is_nobodys, owed.owed > 0), Place.PERSON),
            (sa.and_(thread.c.opted_out_at.is_(None), unanswered), Place.PERSON),
            (over, Place.DONE),
            (sa.or_(is_persons, _last_awaits_answer()), Place.CALLER),
            else_=Place.AGENT,
        )

    def _unread(self) -> sa.ColumnElement[bool]:
        """The caller wrote what this person has not seen; who never looked is not told of what is over."""
        never_looked = self._seen.c.seq.is_(None)
        is_over = sa.and_(
            thread.c.owner == AGENT,
            self.owed.c.owed.is_(None),
            sa.or_(
                thread.c.resolved_at.is_not(None),
                thread.c.last_at < self._now - QUIET,
            ),
        )
        newer = sa.exists().where(
            text.c.thread == thread.c.id,
            text.c.author == "caller",
            text.c.seq > sa.func.coalesce(self._seen.c.seq, 0),
        )
        return sa.case(
            (self._seen.c.seq < 0, sa.true()),
            (thread.c.last_text <= self._seen.c.seq, sa.false()),
            (sa.and_(never_looked, is_over), sa.false()),
            else_=newer,
        )


def total(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """How many rows of a group are so; a sum of booleans is none of PostgreSQL's."""
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _owed(looking: Looking) -> sa.Select[Any]:
    """The open tasks of each thread, without those that are owed only from an opening on."""
    waits = sa.and_(task.c.key.startswith(BACK, autoescape=True), task.c.due_at > looking.now)
    return (
        sa.select(
            task.c.thread,
            sa.func.count().label("owed"),
            sa.func.max(task.c.created_at).label("newest"),
            total(task.c.due_at < looking.now - lateness.GRACE).label("overdue"),
            total(task.c.key.startswith(CALLED_AGAIN, autoescape=True)).label("again"),
        )
        .where(
            task.c.business == looking.business,
            task.c.done_at.is_(None),
            task.c.thread.is_not(None),
            sa.or_(task.c.due_at.is_(None), sa.not_(waits)),
        )
        .group_by(task.c.thread)
    )


def _last_is_ours() -> sa.ColumnElement[bool]:
    """The caller has read a text of ours since their own."""
    return sa.exists().where(
        text.c.seq == thread.c.last_text,
        text.c.kind.is_not(None),
        text.c.status.not_in(NOT_SAID),
    )


def _last_awaits_answer() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        text.c.seq == thread.c.last_text,
        text.c.kind.in_(_AWAITS_ANSWER),
        text.c.status.not_in(NOT_SAID),
    )
