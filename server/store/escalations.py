"""Escalations: a person is needed, who was tried and how, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from agent.model import TextKind
from server.store.engine import insert
from server.store.tables import escalation, escalation_step, handset, text


class Way(StrEnum):
    TEXT = "text"
    CALL = "call"
    BELL = "bell"  # browsers and channels
    CONNECT = "connect"  # a call that a person has asked for: it joins them with the caller
    INBOX = "inbox"  # taken there


class StepState(StrEnum):
    DUE = "due"  # to be done at its time
    DOING = "doing"  # under way: a phone rings
    DONE = "done"  # it has reached somebody, or that is not known better
    FAILED = "failed"  # it has not


ALERT = "escalation:"
"""Begins the keys of alerts."""
BEFORE_END = (StepState.DUE, StepState.DOING)


class Ended(StrEnum):
    TAKEN = "taken"  # somebody has the conversation
    ANSWERED = "answered"  # the caller has spoken with a person
    RESOLVED = "resolved"  # the conversation is over
    NOBODY = "nobody"  # the ladder was climbed in vain
    WITHDRAWN = "withdrawn"  # the caller needs nobody any more


_ASKED_FOR = ~(
    sa.exists()
    .where(escalation_step.c.escalation == escalation.c.id, escalation_step.c.way == Way.CONNECT)
    .correlate(escalation)
)
"""Somebody else was asked to come; a call that a person wants for themselves asks nobody."""


@dataclass(frozen=True, kw_only=True)
class EscalationRow:
    id: int
    key: str
    business: str
    thread: str | None
    reason: str
    is_urgent: bool
    words: str
    began_at: datetime
    rung: int
    round: int
    next_at: datetime | None
    told_nobody_at: datetime | None
    ended_at: datetime | None
    ended: str | None
    taken_by: str | None

    @property
    def is_test(self) -> bool:
        return self.thread is None


@dataclass(frozen=True, kw_only=True)
class StepRow:
    id: int
    escalation: int
    at: datetime
    staff: str
    way: str
    state: str
    detail: str | None
    sid: str | None
    text: str | None
    changed_at: datetime


def add(connection: sa.Connection, **values: Any) -> int | None:
    """Insert once by `key`; returns the id, or None when that key is already there."""
    row = insert(connection, escalation).values(round=1, rung=-1, **values)
    new = row.on_conflict_do_nothing(index_elements=["key"]).returning(escalation.c.id)
    made: int | None = connection.scalar(new)
    return made


def get(connection: sa.Connection, name: int) -> EscalationRow | None:
    return _one(connection, escalation.c.id == name)


def lock(connection: sa.Connection, name: int) -> EscalationRow | None:
    """The escalation, kept from other writers until this transaction ends; its thread is locked before it."""
    same = (
        sa.update(escalation).where(escalation.c.id == name).values(round=escalation.c.round)
    ).returning(*escalation.c)
    row = connection.execute(same).one_or_none()
    return EscalationRow(**row._mapping) if row else None


def update(connection: sa.Connection, name: int, **values: Any) -> None:
    connection.execute(sa.update(escalation).where(escalation.c.id == name).values(**values))


def end(
    connection: sa.Connection, name: int, ended: Ended, now: datetime, by: str | None = None
) -> None:
    """Nobody is tried any more; `by`: whoever took it."""
    update(connection, name, ended=ended, ended_at=now, taken_by=by, next_at=None)
    drop_due_steps(connection, name, now, "not needed any more")


def open_of(connection: sa.Connection, thread: str) -> EscalationRow | None:
    """The one that climbs, of a locked thread."""
    return _one(connection, escalation.c.thread == thread, escalation.c.ended_at.is_(None))


def latest_of(connection: sa.Connection, thread: str) -> EscalationRow | None:
    return _one(connection, escalation.c.thread == thread)


def taken_lately(
    connection: sa.Connection, thread: str, staff: str, since: datetime
) -> EscalationRow | None:
    """The newest danger on a thread that this person took since then."""
    mine = (escalation.c.taken_by == staff, escalation.c.ended_at >= since)
    return _one(connection, escalation.c.thread == thread, escalation.c.is_urgent, *mine)


def due(connection: sa.Connection, now: datetime, limit: int) -> list[EscalationRow]:
    """Those that are to climb on, the longest waiting first."""
    query = sa.select(escalation).where(escalation.c.next_at <= now)
    return _rows(connection, query.order_by(escalation.c.next_at).limit(limit))


def of_business(connection: sa.Connection, business: str, limit: int) -> list[EscalationRow]:
    """The newest first."""
    query = sa.select(escalation).where(escalation.c.business == business, _ASKED_FOR)
    return _rows(connection, query.order_by(escalation.c.began_at.desc()).limit(limit))


def tests_of(connection: sa.Connection, business: str, limit: int) -> list[EscalationRow]:
    """The newest tests, the last one first."""
    tests = (escalation.c.business == business, escalation.c.thread.is_(None))
    query = sa.select(escalation).where(*tests).order_by(escalation.c.began_at.desc())
    return _rows(connection, query.limit(limit))


def tests_since(connection: sa.Connection, business: str, since: datetime) -> int:
    query = sa.select(sa.func.count()).where(
        escalation.c.business == business,
        escalation.c.thread.is_(None),
        escalation.c.began_at > since,
    )
    return connection.scalar(query) or 0


def that_reached(
    connection: sa.Connection, business: str, staff: str, since: datetime
) -> list[EscalationRow]:
    """The escalations about which this person was tried since then, the last tried first."""
    tried = (
        sa.select(escalation_step.c.escalation, sa.func.max(escalation_step.c.id).label("last"))
        .where(
            escalation_step.c.staff == staff,
            escalation_step.c.at >= since,
            escalation_step.c.way.in_((Way.TEXT, Way.CALL, Way.BELL)),
        )
        .group_by(escalation_step.c.escalation)
        .subquery()
    )
    query = (
        sa.select(escalation)
        .join(tried, tried.c.escalation == escalation.c.id)
        .where(escalation.c.business == business)
        .order_by(tried.c.last.desc())
    )
    return _rows(connection, query)


def ended_since(connection: sa.Connection, since: datetime) -> list[EscalationRow]:
    """Of every business, tests left out."""
    lately = escalation.c.began_at >= since - timedelta(days=1)
    query = sa.select(escalation).where(
        lately, escalation.c.ended_at >= since, escalation.c.thread.is_not(None), _ASKED_FOR
    )
    return _rows(connection, query)


def add_step(connection: sa.Connection, of: int, now: datetime, **values: Any) -> int:
    """One try to reach a person; `at` is now unless it is given."""
    new = sa.insert(escalation_step).values(**({"at": now} | values), escalation=of, changed_at=now)
    made: int = connection.scalars(new.returning(escalation_step.c.id)).one()
    return made


def step(connection: sa.Connection, name: int) -> StepRow | None:
    row = connection.execute(
        sa.select(escalation_step).where(escalation_step.c.id == name)
    ).one_or_none()
    return StepRow(**row._mapping) if row else None


def step_of_text(connection: sa.Connection, key: str) -> StepRow | None:
    """The try that this alert is."""
    if not key.startswith(ALERT):
        return None
    found = _steps(connection, sa.select(escalation_step).where(escalation_step.c.text == key))
    return found[0] if found else None


def steps_of(connection: sa.Connection, *of: int) -> list[StepRow]:
    """In the order in which they were tried."""
    query = sa.select(escalation_step).where(escalation_step.c.escalation.in_(of))
    return _steps(connection, query.order_by(escalation_step.c.at, escalation_step.c.id))


def steps_of_thread(connection: sa.Connection, thread: str) -> list[StepRow]:
    """Of all escalations of a thread, oldest first."""
    ours = sa.select(escalation.c.id).where(escalation.c.thread == thread)
    return steps_of(connection, *connection.scalars(ours))


def due_steps(connection: sa.Connection, now: datetime, limit: int) -> list[StepRow]:
    """Calls first: bells may take a while."""
    query = sa.select(escalation_step).where(
        escalation_step.c.state == StepState.DUE, escalation_step.c.at <= now
    )
    in_order = (escalation_step.c.way == Way.BELL, escalation_step.c.id)
    return _steps(connection, query.order_by(*in_order).limit(limit))


def silent_steps(connection: sa.Connection, before: datetime) -> list[StepRow]:
    """Under way, and nothing was heard of them since then."""
    query = sa.select(escalation_step).where(
        escalation_step.c.state == StepState.DOING, escalation_step.c.changed_at < before
    )
    return _steps(connection, query.order_by(escalation_step.c.id))


def move_step(
    connection: sa.Connection,
    name: int,
    now: datetime,
    to: StepState,
    *,
    only_from: Sequence[StepState],
    **values: Any,
) -> bool:
    """False: it is further already, or another process was quicker."""
    moved = (
        sa.update(escalation_step)
        .where(escalation_step.c.id == name, escalation_step.c.state.in_(only_from))
        .values(state=to, changed_at=now, **values)
    )
    return connection.execute(moved).rowcount > 0


def note_step(connection: sa.Connection, name: int, now: datetime, **values: Any) -> None:
    """What else is known of a step; its state stays."""
    mine = sa.update(escalation_step).where(escalation_step.c.id == name)
    connection.execute(mine.values(changed_at=now, **values))


def drop_due_steps(connection: sa.Connection, of: int, now: datetime, why: str) -> None:
    """What was not begun is not begun any more."""
    waiting = sa.update(escalation_step).where(
        escalation_step.c.escalation == of,
        escalation_step.c.state == StepState.DUE,
        escalation_step.c.way != Way.CONNECT,
    )
    connection.execute(waiting.values(state=StepState.FAILED, detail=why, changed_at=now))


def next_moment(connection: sa.Connection, thread: str | None = None) -> datetime | None:
    """When something is to be done next, of one thread or of all."""
    of_thread = escalation.c.thread == thread if thread else sa.true()
    climb = sa.select(sa.func.min(escalation.c.next_at)).where(of_thread)
    begin = (
        sa.select(sa.func.min(escalation_step.c.at))
        .join(escalation, escalation.c.id == escalation_step.c.escalation)
        .where(of_thread, escalation_step.c.state == StepState.DUE)
    )
    moments = [connection.scalar(climb), connection.scalar(begin)]
    return min((one for one in moments if one), default=None)


def busy(connection: sa.Connection, business: str, now: datetime) -> set[str]:
    """Staff who have said that they cannot be reached until later."""
    query = sa.select(handset.c.staff).where(
        handset.c.business == business, handset.c.busy_until > now
    )
    return set(connection.scalars(query))


def busy_until(connection: sa.Connection, business: str, now: datetime) -> dict[str, datetime]:
    query = sa.select(handset.c.staff, handset.c.busy_until).where(
        handset.c.business == business, handset.c.busy_until > now
    )
    return {row.staff: row.busy_until for row in connection.execute(query)}


def staff_wrote_since(connection: sa.Connection, thread: str, moment: datetime) -> bool:
    """Has a person written to the caller since then?"""
    wrote = sa.exists().where(
        text.c.thread == thread,
        text.c.kind == TextKind.STAFF,
        text.c.at >= moment,
        text.c.status != "dropped",
    )
    return bool(connection.scalar(sa.select(wrote)))


def _one(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> EscalationRow | None:
    """The newest of those."""
    query = sa.select(escalation).where(*conditions).order_by(escalation.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return EscalationRow(**row._mapping) if row else None


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[EscalationRow]:
    return [EscalationRow(**row._mapping) for row in connection.execute(query)]


def _steps(connection: sa.Connection, query: sa.Select[Any]) -> list[StepRow]:
    return [StepRow(**row._mapping) for row in connection.execute(query)]
