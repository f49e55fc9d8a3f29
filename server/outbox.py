"""One more text in the outbox, with the job that sends it; the same key queues nothing twice."""

import sqlalchemy as sa

from agent.model import TextKind
from server.jobs import Jobs
from server.store import businesses, texts, threads


def queue(
    connection: sa.Connection, jobs: Jobs, thread: threads.ThreadRow, key: str, **values: object
) -> None:
    """Alerts leave on a line of their own: they wait for no caller's text.

    Args:
        values: the columns of a text: author, kind, sender, recipient, body, at...
    """
    seq = texts.add(
        connection, key=key, business=thread.business, thread=thread.id, status="queued", **values
    )
    line = f"{thread.id}:alerts" if values["kind"] == TextKind.ALERT else thread.id
    if seq is not None:
        jobs.deliver(connection, line, key, seq, 0)


def number_used(connection: sa.Connection, thread: threads.ThreadRow) -> str:
    """The business's number on which this caller last wrote or was written to; else its main one."""
    for row in reversed(texts.of_thread(connection, thread.id)):
        if row.kind != TextKind.ALERT:
            return row.recipient if row.is_callers else row.sender
    profile = businesses.get(connection, thread.business)
    return profile.phone if profile else ""
