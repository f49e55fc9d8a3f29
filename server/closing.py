"""A person says that a thread is done, opens it again, or puts it aside for a while."""

from datetime import UTC, datetime

import sqlalchemy as sa

from agent import takeover
from agent.errors import BadInput
from agent.model import Outcome
from agent.rules import snoozes
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
    anyway: bool = False,
    ladder: Ladder | None = None,
) -> int:
    """Say what came of a thread and close it; returns how many things are still to do, 0: it is closed.

    Args:
        anyway: what is still to do is ticked off with it.
        ladder: asks nobody any more to come; None: nobody is being asked.

    Raises:
        BadInput: no such outcome.
    """
    if outcome not in set(Outcome):
        raise BadInput("Choose what came of it.")
    thread = locked(connection, thread_id)
    owed = tasks.open_of_thread(connection, thread.id)
    if owed and not anyway:
        return len(owed)
    for one in owed:
        finish_task(connection, thread.business, one.id, staff, now)
    over = {"resolved_at": now, "outcome": outcome, "look_at": None}
    own(connection, thread, takeover.resolve(outcome), staff, now, **over)
    if ladder:
        ladder.over(connection, thread.id, Ended.RESOLVED, now)
    return 0


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
