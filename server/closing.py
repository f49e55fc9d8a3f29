"""A thread is done, opened again, or put aside for a while."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from agent import takeover
from agent.errors import BadInput
from agent.model import Outcome
from agent.rules import snoozes
from server import events
from server.ownership import business_of, locked, own
from server.store import tasks, threads
from server.store.escalations import Ended
from server.threads import Ladder, finish_task


def resolve(
    connection: sa.Connection,
    thread_id: str,
    staff: str,
    outcome: str,
    now: datetime,
    *,
    ladder: Ladder,
    anyway: bool = False,
) -> int:
    """Say what came of a thread and close it; returns how many things are still to do, 0: it is closed.

    Args:
        anyway: what is still to do is ticked off with it.
        ladder: asks nobody any more to come.

    Raises:
        BadInput: no such outcome.
    """
    if outcome not in set(Outcome):
        raise BadInput("Choose what came of it.")
    thread = locked(connection, thread_id)
    owed = tasks.open_of_thread(connection, thread.id)
    if owed and not anyway:
        return len(owed)
    close(connection, thread, staff, now, ladder=ladder, why=outcome, outcome=outcome, done=owed)
    return 0


def close(
    connection: sa.Connection,
    thread: threads.ThreadRow,
    who: str,
    now: datetime,
    *,
    ladder: Ladder,
    why: str | None = None,
    outcome: str | None = None,
    done: Iterable[Any] = (),
) -> None:
    """The one way in which a locked thread ends, whoever says so: nothing is on offer, nobody is asked to come.

    Args:
        who: a staff id, or the agent after a long silence.
        why: for its marker.
        done: open tasks that are over with it.
    """
    for one in done:
        finish_task(connection, thread.business, one.id, who, now)
    over = {"resolved_at": now, "outcome": outcome, "look_at": None}
    own(connection, thread, takeover.resolve(why), who, now, **over)
    ladder.over(connection, thread.id, Ended.RESOLVED, now)
    told = {"outcome": outcome, "by": who}
    events.emit(connection, thread.business, events.Kind.THREAD_DONE, now, told, thread.id)


def reopen(connection: sa.Connection, thread_id: str, staff: str, now: datetime) -> None:
    """Whoever opens a closed thread again has it."""
    thread = locked(connection, thread_id)
    if thread.resolved_at is not None:
        own(connection, thread, takeover.reopen(staff), staff, now)


def snooze(
    connection: sa.Connection, thread_id: str, staff: str, choice: str, chosen: str, now: datetime
) -> datetime:
    """Put a thread aside; says until when, with the business's offset.

    Args:
        chosen: wall time of the business, where that is the choice.

    Raises:
        BadInput: no such time, or one that is over.
    """
    thread = locked(connection, thread_id)
    until = snoozes.until(business_of(connection, thread), choice, chosen, now)
    threads.update(connection, thread.id, snoozed_until=until.astimezone(UTC))
    threads.mark(connection, thread.id, "snoozed", staff, now, until.isoformat())
    return until


def wake(connection: sa.Connection, thread_id: str, staff: str, now: datetime) -> None:
    """Bring a thread back before its time."""
    thread = locked(connection, thread_id)
    if thread.snoozed_until is not None:
        threads.update(connection, thread.id, snoozed_until=None)
        threads.mark(connection, thread.id, "woken", staff, now)
