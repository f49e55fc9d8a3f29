"""Who speaks on a thread changes hands: one column, one marker, nothing of the agent's left on offer."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agent import followup, takeover
from agent.business import Business
from agent.errors import NotFound
from agent.model import TextKind
from agent.state import AGENT
from server.jobs import Jobs
from server.kept_back import drop_all, drop_waiting
from server.store import appointments, businesses, texts, threads

GIVEN_BACK = "given-back:"
"""Begins the keys of turns over texts that came while a person had the thread."""
ANSWERED_LATE = timedelta(hours=24)
"""Older texts are not answered when the agent gets a thread back."""
_ANSWERS = {TextKind.STAFF, TextKind.REPLY, TextKind.HAND_OFF, TextKind.HELP}
_NOT_SAID = set(texts.NOT_SAID)


def locked(connection: sa.Connection, thread_id: str) -> threads.ThreadRow:
    """The thread, locked until the transaction ends.

    Raises:
        NotFound: there is no such conversation.
    """
    thread = threads.lock(connection, thread_id)
    if thread is None:
        raise NotFound("There is no such conversation.")
    return thread


def business_of(connection: sa.Connection, thread: threads.ThreadRow) -> Business:
    """The thread's business as it is now.

    Raises:
        NotFound: it was taken away.
    """
    business = businesses.get(connection, thread.business)
    if business is None:
        raise NotFound("This business is not here any more.")
    return business


def own(
    connection: sa.Connection,
    thread: threads.ThreadRow,
    ownership: takeover.Ownership,
    staff: str,
    now: datetime,
    **values: Any,
) -> bool:
    """Let somebody speak on a locked thread from now on; False: they did before.

    What the agent has on offer is released, a closed thread is open again and a snooze is over.

    Args:
        values: further columns of the thread.
    """
    is_open = thread.resolved_at is None
    if thread.owner == ownership.owner and is_open and not values:
        return False
    opens = not is_open and "resolved_at" not in values
    back: dict[str, Any] = {}
    if opens:
        back = {"resolved_at": None, "outcome": None, "episode_at": now}
    if ownership.owner == AGENT:
        back |= {"memory": takeover.memory_after(thread.memory)}
    if thread.look_at is None:
        business = business_of(connection, thread)
        back |= {"look_at": followup.next_look(business, ownership.owner, now)}
    changed = {"owner": ownership.owner, "snoozed_until": None} | back | values
    threads.update(connection, thread.id, **changed)
    appointments.release_offers(connection, thread.id, now)
    if changed.get("resolved_at"):
        drop_all(connection, thread.id, "the conversation is closed", staff, now)
    else:
        drop_waiting(connection, thread.id, "a person has taken the thread")
    threads.mark(connection, thread.id, ownership.marker, staff, now, ownership.why)
    return True


def give_back(
    connection: sa.Connection, jobs: Jobs, thread: threads.ThreadRow, now: datetime
) -> None:
    """Let the agent answer what the caller asked meanwhile and nobody has answered."""
    if thread.opted_out_at is not None:
        return
    waiting = _unanswered(connection, thread.id, now)
    back = [waiting[place] for place in takeover.goes_back([row.body for row in waiting])]
    if not back:
        return
    newest = back[-1]
    texts.take(connection, [row.seq for row in back], None, status="received")
    key = f"{GIVEN_BACK}{newest.key}:{now:%Y%m%d%H%M%S%f}"
    jobs.turn(connection, thread.id, key, newest.seq, 0.0)


def _unanswered(connection: sa.Connection, thread_id: str, now: datetime) -> list[texts.TextRow]:
    """The caller's last texts in a row, oldest first; one that waits to be sent is an answer already."""
    found: list[texts.TextRow] = []
    for row in reversed(texts.of_thread(connection, thread_id)):
        if row.is_callers and now - row.at <= ANSWERED_LATE:
            found.append(row)
        elif row.kind in _ANSWERS and row.status not in _NOT_SAID:
            break
    return found[::-1]
