"""After a restore nothing is said that was meant for another day: what waited then is left to a person."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.model import TaskKind
from agent.state import AGENT, NOBODY
from server.consent import opt_out_now
from server.store import calls, engine, suppressions, tasks, texts, threads
from server.store.appointments import State
from server.store.escalations import BEFORE_END, Ended, StepState
from server.store.tables import (
    appointment,
    business,
    call,
    consent,
    escalation,
    escalation_step,
    text,
    thread,
)

WHY = "It waited when the backup was made, and was not sent after the restore."
_NOTE = "This conversation was under way when the backup was made. Look whether the caller still waits for something."

_HALF_DONE = (State.WRITING, State.REVIEW, State.WITHDRAWING, State.CANCELLING)
_REMINDED = timedelta(days=3)
"""Whose visit is so near may have had the reminder since."""


def make_quiet(url: str, now: datetime, opted_out: Sequence[str]) -> tuple[str, ...]:
    """What waited in a restored database is not done; what that was, in words.

    A text of ours that had not left may have left since, and its caller may have opted out: it is dropped. A
    caller's text that had no answer yet is a person's. Nobody is paged for what was urgent then: it is a to-do, like
    a visit that was being written, of which the agent says nothing.

    Args:
        opted_out: numbers that opted out since.
    """
    database = engine.make_engine(url)
    with database.begin() as connection:
        waited = _drop_unsent(connection)
        waited |= _leave_unanswered(connection)
        waited |= _end_escalations(connection, now)
        waited |= _take_half_done_visits(connection)
        connection.execute(sa.update(thread).values(look_at=None))
        connection.execute(
            sa.update(call)
            .where(sa.text(calls.RINGING))
            .values(outcome="unanswered", settled_at=now)
        )
        connection.execute(
            sa.update(appointment)
            .where(appointment.c.reminded_at.is_(None), appointment.c.start < now + _REMINDED)
            .values(reminded_at=now)
        )
        for name in sorted(waited):
            _ask_a_person(connection, name, now)
        for number in opted_out:
            _opt_out(connection, number, now)
    database.dispose()
    return tuple(_said(len(waited), len(opted_out)))


def _drop_unsent(connection: sa.Connection) -> set[str]:
    waiting = text.c.status.in_(texts.UNSENT)
    dropped = sa.update(text).where(waiting).values(status="dropped", status_reason=WHY)
    names = connection.scalars(dropped.returning(text.c.thread))
    return {name for name in names if name is not None}


def _leave_unanswered(connection: sa.Connection) -> set[str]:
    read = sa.update(text).where(text.c.status == "received").values(status="answered")
    names = connection.scalars(read.returning(text.c.thread))
    return {name for name in names if name is not None}


def _end_escalations(connection: sa.Connection, now: datetime) -> set[str]:
    climbing = sa.update(escalation).where(escalation.c.next_at.is_not(None))
    ended = climbing.values(next_at=None, ended_at=now, ended=Ended.NOBODY)
    names = connection.scalars(ended.returning(escalation.c.thread)).all()
    due = sa.update(escalation_step).where(escalation_step.c.state.in_(BEFORE_END))
    connection.execute(due.values(state=StepState.FAILED, detail=WHY, changed_at=now))
    return {name for name in names if name is not None}


def _take_half_done_visits(connection: sa.Connection) -> set[str]:
    """They are brought to an end in the calendar; what their callers are told of it is a person's to say."""
    half_done = appointment.c.state.in_(_HALF_DONE)
    names = set(connection.scalars(sa.select(appointment.c.thread).where(half_done)))
    agents = (thread.c.id.in_(names), thread.c.owner == AGENT)
    connection.execute(sa.update(thread).where(*agents).values(owner=NOBODY))
    return names


def _ask_a_person(connection: sa.Connection, name: str, now: datetime) -> None:
    tasks.add(
        connection,
        f"restored:{name}:{now:%Y%m%d%H%M%S}",
        business=name.partition(":")[0],
        thread=name,
        kind=TaskKind.REVIEW,
        note=_NOTE,
        created_at=now,
    )


def _opt_out(connection: sa.Connection, number: str, now: datetime) -> None:
    """Of every business: which one they wrote to is not known here."""
    evidence = {"means": "told at a restore"}
    for slug in connection.scalars(sa.select(business.c.slug)).all():
        row = threads.get(connection, threads.thread_id(slug, number))
        if row is not None and row.opted_out_at is None:
            opt_out_now(connection, row, evidence, now)
        elif row is None:
            suppressions.add(connection, slug, number, now)
            values = {"business": slug, "caller": number, "change": "opt_out"}
            connection.execute(sa.insert(consent).values(**values, evidence=evidence, at=now))


def _said(waited: int, opted_out: int) -> Iterator[str]:
    if waited:
        yield f"to look at: {waited} conversations were under way; nothing was sent, and each has a to-do"
    if opted_out:
        yield f"opted out as told: {opted_out} numbers"
