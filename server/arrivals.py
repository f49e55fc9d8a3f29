"""A caller is here, by text or by phone: their thread, and what is going on in it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent import followup
from agent.business import Business
from agent.model import TaskKind
from agent.rules import callers, hours
from server.store import suppressions, tasks, threads

WITHHELD = "withheld"
"""In the place of a number, where callers hide theirs."""


def thread_of(
    connection: sa.Connection, business: Business, caller: str, now: datetime
) -> threads.ThreadRow:
    """The caller's thread, locked; whoever was erased after an opt-out is still opted out in a new one."""
    thread, is_new = threads.locked(connection, business.slug, caller, now)
    if is_new and (since := suppressions.since(connection, business.slug, caller)):
        threads.update(connection, thread.id, opted_out_at=since)
        return threads.lock(connection, thread.id) or thread
    return thread


def caller_thread(
    connection: sa.Connection, business: Business, caller: str, now: datetime
) -> threads.ThreadRow:
    """The thread of whoever called, as `thread_of`."""
    return thread_of(connection, business, thread_name(caller), now)


def thread_name(caller: str) -> str:
    """Who hides the number shares a thread with all who do."""
    return WITHHELD if callers.is_withheld(caller) else caller


def language_of(business: Business, thread: threads.ThreadRow) -> str | None:
    """The one that the caller writes, where that is known and the business speaks it."""
    known = thread.memory.get("language")
    return known if known in business.languages else None


def goes_on(
    connection: sa.Connection, business: Business, thread: threads.ThreadRow, now: datetime
) -> None:
    """A new episode if the last one was over; a snooze ends."""
    values: dict[str, Any] = {
        "last_at": now,
        "look_at": followup.next_look(business, thread.owner, now),
        "snoozed_until": None,
    }
    if thread.resolved_at is not None or thread.episode_at is None:
        values |= {"episode_at": now, "resolved_at": None, "outcome": None}
    threads.update(connection, thread.id, **values)


def ask_a_person(
    connection: sa.Connection,
    business: Business,
    thread: str,
    key: str,
    note: str,
    now: datetime,
    kind: TaskKind = TaskKind.PHONE_CALLER,
    due_at: datetime | None = None,
) -> bool:
    """Somebody owes the caller something, at once or when the business opens; False: it was asked by this key before."""
    return tasks.add(
        connection,
        key,
        business=business.slug,
        thread=thread,
        kind=kind,
        note=note,
        due_at=due_at or hours.due(business, now),
        created_at=now,
    )
