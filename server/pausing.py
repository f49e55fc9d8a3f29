"""While a person has paused the agent, whoever texts needs a person; afterwards the agent answers what nobody has taken."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from agent import followup
from agent.business import Business
from agent.model import Reason
from agent.rules.phone import spoken
from agent.state import AGENT, NOBODY
from server.escalations import Escalations
from server.jobs import Jobs
from server.store import escalations, pauses, texts, threads
from server.threads import StaffDesk

_PAUSED = "paused"
"""Why a thread was handed over."""


def to_people(
    connection: sa.Connection,
    jobs: Jobs,
    public_url: str,
    thread: threads.ThreadRow,
    business: Business,
    waiting: Sequence[texts.TextRow],
    now: datetime,
) -> threads.ThreadRow:
    """The locked thread as a turn finds it: nobody's while the agent is paused, and people on call are asked.

    Where the turn finds danger in what the caller writes, it raises that to an emergency.

    Args:
        waiting: the texts of the turn.
    """
    held = pauses.of(connection, business.slug) if thread.owner == AGENT else None
    if held is None or thread.opted_out_at is not None:
        return thread
    look_at = followup.next_look(business, NOBODY, now)
    threads.update(connection, thread.id, owner=NOBODY, look_at=look_at)
    threads.mark(connection, thread.id, "handed over", AGENT, now, _PAUSED)
    given = threads.lock(connection, thread.id) or thread
    who = "A caller" if business.privacy.health else spoken(thread.caller)
    gist = f"{business.name}: {who} texted while the agent is paused."
    escalations = Escalations(jobs=jobs, public_url=public_url)
    escalations.begin(
        connection, given, business, f"{waiting[-1].key}:paused", Reason.HUMAN_REQUEST, gist, now
    )
    return threads.lock(connection, thread.id) or given


def lift(
    connection: sa.Connection, desk: StaffDesk, business: str, staff: str, now: datetime
) -> bool:
    """The agent answers again, also what came in while it was paused; danger, and what a person has, stays with people.

    Returns:
        False: it was not paused.
    """
    held = pauses.of(connection, business)
    if held is None or not pauses.end(connection, business):
        return False
    for name in threads.handed_over(connection, business, _PAUSED, held.at):
        climbs = escalations.open_of(connection, name)
        if climbs is None or not climbs.is_urgent:
            desk.release(connection, name, staff, now)
    return True
