"""Opt-out and opt-in of one caller with one business: the thread's state and the ledger, in one transaction."""

from datetime import datetime

import sqlalchemy as sa

from agent.state import AGENT
from server import events
from server.kept_back import drop_all
from server.store import appointments, consents, number_health, texts, threads

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
    if number := _number_of(connection, thread, evidence):
        number_health.opted_out(connection, thread.business, number, now)
    threads.mark(connection, thread.id, "opted out", "caller", now, evidence)
    how = {"how": evidence.get("how", "text")}
    events.emit(connection, thread.business, events.Kind.CALLER_OPTED_OUT, now, how, thread.id)


def _number_of(
    connection: sa.Connection, thread: threads.ThreadRow, evidence: Evidence
) -> str | None:
    """The business's number that the caller answered, or was last texted from; None: a person told us by phone."""
    said = texts.get(connection, evidence.get("sid", "")) or texts.last_said(connection, thread.id)
    if said is None:
        return None
    return said.recipient if said.is_callers else said.sender


def opt_in_now(
    connection: sa.Connection, thread: threads.ThreadRow, evidence: Evidence, now: datetime
) -> None:
    threads.update(connection, thread.id, opted_out_at=None)
    consents.note(connection, thread.business, thread.caller, "opt_in", evidence, now)
    threads.mark(connection, thread.id, "opted in", "caller", now)
