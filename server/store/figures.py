"""The raw rows that figures are made of, for one business and some time; each query by an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.model import NoText, TaskKind
from server.store.appointments import State
from server.store.escalations import Way
from server.store.model_calls import Spent, of_business
from server.store.tables import appointment, call, consent, escalation, escalation_step, task, text
from server.store.texts import FIRST

GOES_ON = (NoText.ALREADY_TEXTED, NoText.IN_CONVERSATION, NoText.PERSON_HAS_THREAD)
"""Decisions about a call that belongs to what is going on already."""
_NOBODYS = (NoText.STAFF, NoText.BLOCKED)
_PROMISED = (TaskKind.CALLBACK, TaskKind.PROMISE)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A missed call that counts, with its first text where there is one."""

    sid: str
    thread: str | None
    caller: str
    at: datetime
    reason: str | None
    decision: str | None
    settled_at: datetime | None
    status: str | None
    """Of its first text; None: there is none."""
    text_sid: str | None
    sending_at: datetime | None
    error_code: str | None
    held: bool | None
    template: str | None

    @property
    def goes_on(self) -> bool:
        """It opens no episode where one is going on."""
        return self.status is None and self.decision in GOES_ON


@dataclass(frozen=True, slots=True)
class VisitRow:
    thread: str
    service: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OwedRow:
    """A callback or a promise for a time."""

    kept: bool | None
    is_open: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class RaisedRow:
    """A person was asked for."""

    began_at: datetime
    ended_at: datetime | None
    ended: str | None


def _is_ours(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Staff called."""
    direction = table.c.raw["Direction"].as_string()
    return sa.func.coalesce(direction, "").startswith("outbound")


def _counts(table: sa.FromClause) -> tuple[sa.ColumnElement[bool], ...]:
    """Missed calls of callers: no test, none of ours, none of staff or of who is blocked."""
    return (
        table.c.outcome == "missed",
        table.c.is_test.is_(False),
        sa.not_(_is_ours(table)),
        sa.func.coalesce(table.c.decision, "").not_in(_NOBODYS),
    )


_FIRST_TEXT = call.outerjoin(text, text.c.key == sa.literal(FIRST) + call.c.sid)
_MISSED: sa.Select[Any] = (
    sa.select(
        call.c.sid,
        call.c.thread,
        call.c.caller,
        call.c.at,
        call.c.reason,
        call.c.decision,
        call.c.settled_at,
        text.c.status,
        text.c.sid.label("text_sid"),
        text.c.sending_at,
        text.c.error_code,
        text.c.why["held"].as_boolean().label("held"),
        text.c.why["template"].as_string().label("template"),
    )
    .select_from(_FIRST_TEXT)
    .where(*_counts(call))
    .order_by(call.c.at, call.c.sid)
)


def missed(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> list[CallRow]:
    """Missed calls in [since, until), oldest first."""
    rows = connection.execute(
        _MISSED.where(*_within(call, business, call.c.at, since, until))
    ).all()
    return [CallRow(*row) for row in rows]


def known_before(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> set[str]:
    """Threads of calls in [since, until) that belong to what goes on, and had a missed call before."""
    earlier = call.alias("earlier")
    before = sa.exists().where(
        earlier.c.thread == call.c.thread, earlier.c.at < since, *_counts(earlier)
    )
    query = sa.select(call.c.thread).where(
        *_within(call, business, call.c.at, since, until),
        call.c.decision.in_(GOES_ON),
        before,
    )
    return set(connection.scalars(query.distinct()))


def answered(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> list[tuple[str, datetime]]:
    """(caller, when) of the calls of callers that a person took."""
    query = sa.select(call.c.caller, call.c.at).where(
        *_within(call, business, call.c.at, since, until),
        call.c.outcome == "answered",
        call.c.is_test.is_(False),
        sa.not_(_is_ours(call)),
    )
    return [(caller, at) for caller, at in connection.execute(query.order_by(call.c.at)).all()]


def first_call(connection: sa.Connection, business: str) -> datetime | None:
    """When the first call of a business was; None: nobody has ever called."""
    mine = (call.c.business == business, call.c.is_test.is_(False))
    query = sa.select(call.c.at).where(*mine).order_by(call.c.at).limit(1)
    found: datetime | None = connection.scalar(query)
    return found


def last_shadow(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> datetime | None:
    """The last missed call in [since, until) that was only noted."""
    query = sa.select(call.c.at).where(
        *_within(call, business, call.c.at, since, until),
        *_counts(call),
        call.c.decision == NoText.SHADOW,
    )
    found: datetime | None = connection.scalar(query.order_by(call.c.at.desc()).limit(1))
    return found


def written(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> list[tuple[str, datetime]]:
    """(thread, when) of callers' texts, oldest first."""
    query = sa.select(text.c.thread, text.c.at).where(
        *_within(text, business, text.c.at, since, until), text.c.author == "caller"
    )
    return [(thread, at) for thread, at in connection.execute(query.order_by(text.c.at)).all()]


def booked(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> list[VisitRow]:
    """Visits that stand, by when they were chosen, the oldest first."""
    query = sa.select(appointment.c.thread, appointment.c.service, appointment.c.created_at).where(
        *_within(appointment, business, appointment.c.created_at, since, until),
        appointment.c.state == State.BOOKED,
    )
    rows = connection.execute(query.order_by(appointment.c.created_at, appointment.c.id)).all()
    return [VisitRow(*row) for row in rows]


def opted_out(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> list[tuple[str, datetime]]:
    """(caller, when), oldest first."""
    query = sa.select(consent.c.caller, consent.c.at).where(
        *_within(consent, business, consent.c.at, since, until), consent.c.change == "opt_out"
    )
    return [(caller, at) for caller, at in connection.execute(query.order_by(consent.c.at)).all()]


def callbacks(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> list[tuple[str, datetime]]:
    """(thread, when) of the callbacks that callers have asked for, oldest first."""
    query = sa.select(task.c.thread, task.c.created_at).where(
        *_within(task, business, task.c.created_at, since, until),
        task.c.kind == TaskKind.CALLBACK,
        task.c.thread.is_not(None),
    )
    return [
        (thread, at) for thread, at in connection.execute(query.order_by(task.c.created_at)).all()
    ]


def owed(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> list[OwedRow]:
    """Callbacks and promises that fell due."""
    query = sa.select(task.c.kept, task.c.done_at.is_(None), task.c.due_at).where(
        *_within(task, business, task.c.due_at, since, until), task.c.kind.in_(_PROMISED)
    )
    return [OwedRow(*row) for row in connection.execute(query).all()]


def raised(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> list[RaisedRow]:
    """Escalations about callers; a call that somebody wants for themselves asks nobody."""
    for_oneself = sa.exists().where(
        escalation_step.c.escalation == escalation.c.id, escalation_step.c.way == Way.CONNECT
    )
    query = sa.select(escalation.c.began_at, escalation.c.ended_at, escalation.c.ended).where(
        *_within(escalation, business, escalation.c.began_at, since, until),
        escalation.c.thread.is_not(None),
        sa.not_(for_oneself),
    )
    return [RaisedRow(*row) for row in connection.execute(query).all()]


def model(connection: sa.Connection, business: str, since: datetime, until: datetime) -> Spent:
    """What was asked of a model."""
    return of_business(connection, business, since, until)


def _within(
    table: sa.FromClause, business: str, at: sa.Column[Any], since: datetime, until: datetime
) -> Sequence[sa.ColumnElement[bool]]:
    return (table.c.business == business, at >= since, at < until)
