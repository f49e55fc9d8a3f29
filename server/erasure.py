"""Erase one caller of one business; whoever had opted out stays opted out by a salted hash alone."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from dbos import DBOSClient

from agent.errors import BadInput, NotFound
from agent.rules.phone import spoken
from server import erased_words
from server.store import appointments, audit, businesses, lines, suppressions, texts, threads
from server.store.tables import (
    appointment,
    call,
    claim,
    consent,
    escalation,
    marker,
    model_call,
    photo,
    question,
    task,
    text,
    thread,
)
from server.wiring import Tools

_WITH_THREAD = (task, marker, question, appointment, photo, escalation, text, call)


def erase(
    tools: Tools, jobs: DBOSClient, business: str, caller: str, now: datetime
) -> dict[str, int]:
    """Delete everything of a caller, the engine's rows included; returns how many rows of each kind.

    Their wordings go first: an erasure that is cut short can be begun again as long as the thread is there.

    Args:
        caller: E.164.

    Raises:
        NotFound: this business knows no such caller.
        BadInput: a visit is still to come: it stands in the calendar, and a person has to see to it first.
    """
    name = threads.thread_id(business, caller)
    with tools.database.connect() as connection:
        _check(connection, business, caller, name, now)
        keys = [row.key for row in texts.of_thread(connection, name)]
        words = erased_words.words_of(connection, name)
    erased_words.forget(tools, business, words)
    with tools.database.begin() as connection:
        gone = _erase(connection, business, caller, name, now)
    _forget_jobs(jobs, keys)  # in connections of its own: SQLite has one writer
    return gone


def _check(connection: sa.Connection, business: str, caller: str, name: str, now: datetime) -> None:
    if threads.get(connection, name) is None and not _is_on_record(connection, business, caller):
        raise NotFound(f"{business} knows no caller {caller}.")
    if appointments.visits(connection, name, now) or appointments.is_under_way(connection, name):
        raise BadInput("This caller has a visit ahead. Cancel or finish it first.")


def _is_on_record(connection: sa.Connection, business: str, caller: str) -> bool:
    """Whoever is never texted has calls all the same."""
    rows = (
        sa.select(sa.literal(1)).where(table.c.business == business, table.c.caller == caller)
        for table in (call, consent)
    )
    return connection.scalar(sa.union_all(*rows).limit(1)) is not None


def _erase(
    connection: sa.Connection, business: str, caller: str, name: str, now: datetime
) -> dict[str, int]:
    row = threads.lock(connection, name)
    _check(connection, business, caller, name, now)
    if row and row.opted_out_at is not None:
        suppressions.add(connection, business, caller, row.opted_out_at)
    for holder in (appointment.c.offer, appointment.c.id):
        held = sa.select(holder).where(appointment.c.thread == name)
        connection.execute(sa.delete(claim).where(claim.c.holder.in_(held)))
    _forget_handsets(connection, business, row)
    gone = {
        table.name: connection.execute(sa.delete(table).where(table.c.thread == name)).rowcount
        for table in _WITH_THREAD
    }
    for table in (consent, call):
        theirs = (table.c.business == business, table.c.caller == caller)
        found = connection.execute(sa.delete(table).where(*theirs)).rowcount
        gone[table.name] = gone.get(table.name, 0) + found
    audit.forget_caller(connection, business, caller)
    _forget_calls(connection, name)
    lines.forget(connection, caller)
    connection.execute(sa.delete(thread).where(thread.c.id == name))
    return gone


def _forget_calls(connection: sa.Connection, name: str) -> None:
    """What a model took stays counted; which text it was for does not stay."""
    theirs = model_call.c.thread == name
    turns = connection.execute(sa.select(model_call.c.turn).where(theirs).distinct()).scalars()
    for turn in list(turns):
        forgotten = {"thread": None, "turn": f"erased:{uuid.uuid4()}"}
        mine = sa.update(model_call).where(theirs, model_call.c.turn == turn)
        connection.execute(mine.values(forgotten))


def _forget_handsets(
    connection: sa.Connection, business: str, row: threads.ThreadRow | None
) -> None:
    """What staff texted for this caller from their own phones, and lists in which the caller stood."""
    profile = businesses.get(connection, business)
    if row is None or profile is None:
        return
    own = [threads.thread_id(business, one.phone) for one in profile.staff if one.phone]
    relayed = (one.key.rpartition(":")[2] for one in texts.of_thread(connection, row.id))
    named = (
        text.c.body.contains(one, autoescape=True) for one in (row.name, spoken(row.caller)) if one
    )
    theirs = sa.or_(text.c.key.in_(list(relayed)), *named)
    connection.execute(sa.delete(text).where(text.c.thread.in_(own), theirs))


def _forget_jobs(jobs: DBOSClient, keys: list[str]) -> None:
    """Jobs carry the caller's number as the name of their line."""
    names = [f"{kind}:{key}" for key in keys for kind in ("turn", "deliver")]
    if not names:
        return
    found = jobs.list_workflows(workflow_id_prefix=names, load_input=False, load_output=False)
    if found:
        jobs.delete_workflows([flow.workflow_id for flow in found])
