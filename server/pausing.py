"""While a person has paused the agent, whoever texts needs a person."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from agent import followup
from agent.business import Business
from agent.model import Reason, Urgency
from agent.rules import urgency
from agent.rules.phone import spoken
from agent.state import AGENT, NOBODY
from server.escalations import Escalations
from server.jobs import Jobs
from server.store import pauses, texts, threads


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

    Danger is still read in what the caller writes, and asks for people itself.

    Args:
        waiting: the texts of the turn.
    """
    held = pauses.of(connection, business.slug) if thread.owner == AGENT else None
    if held is None or thread.opted_out_at is not None:
        return thread
    look_at = followup.next_look(business, NOBODY, now)
    threads.update(connection, thread.id, owner=NOBODY, look_at=look_at)
    threads.mark(connection, thread.id, "handed over", AGENT, now, "paused")
    given = threads.lock(connection, thread.id) or thread
    if any(urgency.read(row.body).urgency is not Urgency.ROUTINE for row in waiting):
        return given
    who = "A caller" if business.privacy.health else spoken(thread.caller)
    gist = f"{business.name}: {who} texted while the agent is paused."
    escalations = Escalations(jobs=jobs, public_url=public_url)
    escalations.begin(
        connection, given, business, f"{waiting[-1].key}:paused", Reason.HUMAN_REQUEST, gist, now
    )
    return threads.lock(connection, thread.id) or given
