"""What a person owes a caller: added by hand, taken, put off, done and undone; each under the thread's lock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agent.business import Business
from agent.errors import BadInput, NotFound
from agent.model import TaskKind
from agent.rules import hours
from agent.rules.harmless import harmless
from agent.rules.segments import plain
from server.store import tasks, threads

UNDO_FOR = timedelta(minutes=10)
LONGEST_NOTE = 500
_AHEAD = timedelta(days=366)
_SHORT = 90
_KEPT = {True: "kept", False: "late"}
"""The thread's markers."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A task as a person wants it."""

    note: str
    kind: TaskKind = TaskKind.OTHER
    due_at: datetime | None = None
    """None: as soon as somebody is there."""
    owner: str | None = None
    """A staff id; None: whoever has the conversation, else anybody."""


def add(
    connection: sa.Connection,
    business: Business,
    thread_id: str,
    key: str,
    wanted: Wanted,
    now: datetime,
) -> None:
    """Note what is owed to a caller; the same form sent twice is one task.

    Raises:
        NotFound: there is no such conversation.
        BadInput: the note is empty or too long, the time lies behind or too far ahead, or nobody has that name.
    """
    if threads.lock(connection, thread_id) is None:
        raise NotFound("There is no such conversation.")
    note = plain(wanted.note.strip())
    if not note or len(note) > LONGEST_NOTE:
        raise BadInput(f"Write what is to be done, in at most {LONGEST_NOTE} characters.")
    _refuse_owner(business, wanted.owner)
    if wanted.due_at:
        _refuse_time(wanted.due_at, now)
    tasks.add(
        connection,
        f"hand:{thread_id}:{key}",
        business=business.slug,
        thread=thread_id,
        kind=wanted.kind,
        note=note,
        due_at=wanted.due_at or hours.due(business, now),
        created_at=now,
        owner=wanted.owner,
    )


def finish(connection: sa.Connection, business: str, task_id: int, who: str, now: datetime) -> None:
    """Mark a task as done; whether a promise was kept stands in its conversation.

    Raises:
        NotFound: it is done already, or not of this business.
    """
    _locked(connection, business, task_id)
    done = tasks.done(connection, business, task_id, who, now)
    if done is None:
        raise NotFound("That task is already done.")
    note_kept(connection, done, who, now)


def undo(connection: sa.Connection, business: str, task_id: int, who: str, now: datetime) -> None:
    """Put back on the list what this person has just marked as done.

    Raises:
        NotFound: they have not, or it is too long ago.
    """
    _locked(connection, business, task_id)
    back = tasks.undo(connection, business, task_id, who, now - UNDO_FOR)
    if back is None:
        raise NotFound("That task cannot be put back any more. Add it anew in its conversation.")
    if back.thread:
        threads.mark(connection, back.thread, "owed again", who, now, _short(back.note))


def assign(connection: sa.Connection, business: Business, task_id: int, owner: str | None) -> None:
    """Give a task to a person; None: to whoever has the conversation.

    Raises:
        NotFound: it is done, or not of this business.
        BadInput: nobody has that name.
    """
    _refuse_owner(business, owner)
    _changed(connection, business.slug, task_id, owner=owner)


def put_off(
    connection: sa.Connection, business: str, task_id: int, due_at: datetime, now: datetime
) -> None:
    """Let it be due at another time, at which people are told anew if it is late.

    Raises:
        NotFound: it is done, or not of this business.
        BadInput: the time lies behind, or more than a year ahead.
    """
    _refuse_time(due_at, now)
    _changed(connection, business, task_id, due_at=due_at, alarmed_at=None)


def spoke(
    connection: sa.Connection, thread_id: str, who: str, now: datetime, ended_at: datetime | None
) -> None:
    """A person and the caller have talked: the calls that were owed until then have been made."""
    for done in tasks.spoken(connection, thread_id, who, now, ended_at or now):
        note_kept(connection, done, who, now)


def note_kept(connection: sa.Connection, done: Any, who: str, now: datetime) -> None:
    if done.thread and done.kept is not None:
        threads.mark(connection, done.thread, _KEPT[done.kept], who, now, _short(done.note))


def _changed(connection: sa.Connection, business: str, task_id: int, **values: Any) -> None:
    _locked(connection, business, task_id)
    if not tasks.change(connection, business, task_id, **values):
        raise NotFound("That task is already done.")


def _locked(connection: sa.Connection, business: str, task_id: int) -> None:
    known = tasks.get(connection, business, task_id)
    if known is None:
        raise NotFound("There is no such task.")
    if known.thread:
        threads.lock(connection, known.thread)


def _refuse_owner(business: Business, owner: str | None) -> None:
    if owner and business.person(owner) is None:
        raise BadInput("Nobody of that name works here.")


def _refuse_time(due_at: datetime, now: datetime) -> None:
    if not now <= due_at <= now + _AHEAD:
        raise BadInput("Choose a time that lies ahead, within a year.")


def _short(note: str) -> str:
    words = harmless(" ".join(note.split()))
    return words if len(words) <= _SHORT else f"{words[: _SHORT - 3]}..."
