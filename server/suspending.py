"""While a business is suspended its agent does nothing: whoever texts is noted for its people, and nothing is sent late."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from agent import followup
from agent.business import Business
from agent.model import TaskKind
from agent.state import AGENT, NOBODY
from server.store import standings, tasks, texts, threads

_SUSPENDED = "suspended"
"""Why a thread was handed over."""
_NOTE = "Texted while this business was suspended, and got no answer."


def to_people(
    connection: sa.Connection,
    thread: threads.ThreadRow,
    business: Business,
    waiting: Sequence[texts.TextRow],
    now: datetime,
) -> threads.ThreadRow:
    """The locked thread as a turn finds it: nobody's while its business is suspended, so that nothing is booked either.

    Nobody is texted about it. Where the turn finds danger in what the caller writes, people on call are rung.

    Args:
        waiting: the texts of the turn.
    """
    if standings.suspension(connection, business.slug) is None:
        return thread
    if thread.opted_out_at is None:
        tasks.add(
            connection,
            f"suspended:{waiting[0].key}",
            business=thread.business,
            thread=thread.id,
            kind=TaskKind.OTHER,
            note=_NOTE,
            created_at=now,
        )
    if thread.owner != AGENT:
        return thread
    look_at = followup.next_look(business, NOBODY, now)
    threads.update(connection, thread.id, owner=NOBODY, look_at=look_at)
    threads.mark(connection, thread.id, "handed over", AGENT, now, _SUSPENDED)
    return threads.lock(connection, thread.id) or thread
