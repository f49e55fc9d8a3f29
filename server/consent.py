"""Opt-out and opt-in of one caller with one business: the thread's state and the ledger, in one transaction."""

from datetime import datetime

import sqlalchemy as sa

from agent.state import AGENT
from server.kept_back import drop_all
from server.store import appointments, consents, threads

Evidence = dict[str, str]
"""The carrier's id of what was said, the wording, the version of the rules that read it."""


def opt_out_now(
    connection: sa.Connection, thread: threads.ThreadRow, evidence: Evidence, now: datetime
) -> None:
    """No text of this business reaches the caller from this commit on, from none of its numbers."""
    threads.update(connection, thread.id, opted_out_at=now)
    appointments.release_offers(connection, thread.id, now)
    drop_all(connection, thread.id, "the caller has opted out of texts", AGENT, now)
    consents.note(connection, thread.business, thread.caller, "opt_out", evidence, now)
    threads.mark(connection, thread.id, "opted out", "caller", now, evidence)


def opt_in_now(
    connection: sa.Connection, thread: threads.ThreadRow, evidence: Evidence, now: datetime
) -> None:
    threads.update(connection, thread.id, opted_out_at=None)
    consents.note(connection, thread.business, thread.caller, "opt_in", evidence, now)
    threads.mark(connection, thread.id, "opted in", "caller", now)
