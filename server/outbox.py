"""One more text in the outbox, with the job that sends it; the same key queues nothing twice."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from agent.model import TextKind
from agent.state import AGENT, Json
from server.jobs import Jobs
from server.store import businesses, texts, threads


def queue(
    connection: sa.Connection,
    jobs: Jobs,
    thread: threads.ThreadRow,
    key: str,
    *,
    inline: bool = False,
    wait_s: float = 0,
    status: str = "queued",
    **values: Any,
) -> None:
    """Alerts leave on a line of their own: they wait for no caller's text.

    Args:
        inline: whoever queues it sends it too, which saves a job.
        wait_s: so long the job waits.
        status: or `suggested`: it leaves only when a person wants it.
        values: the columns of a text: author, kind, sender, recipient, body, at...
    """
    seq = texts.add(
        connection, key=key, business=thread.business, thread=thread.id, status=status, **values
    )
    line = f"{thread.id}:alerts" if values["kind"] == TextKind.ALERT else thread.id
    if seq is not None and not inline:
        jobs.deliver(connection, line, key, seq, wait_s)


def alert_staff(
    connection: sa.Connection,
    jobs: Jobs,
    thread: threads.ThreadRow,
    key: str,
    alerts: Iterable[Json],
    *,
    public_url: str,
    **values: Any,
) -> None:
    """A text to each phone, with the way to the conversation.

    Args:
        key: of all of them; the place of each follows.
        alerts: {"to", "body"}, as `agent.state.alert` makes them.
        values: further columns: sender, at...
    """
    link = link_to(public_url, thread)
    for place, one in enumerate(alerts):
        queue(
            connection,
            jobs,
            thread,
            f"{key}{place}",
            author=AGENT,
            kind=TextKind.ALERT,
            recipient=one["to"],
            body=f"{one['body']}\n{link}",
            **values,
        )


def link_to(public_url: str, thread: threads.ThreadRow) -> str:
    """The way to a conversation, for staff; without its caller's number, unless they have never texted."""
    if thread.last_text is None:
        return f"{public_url}/inbox/{thread.caller.lstrip('+')}"
    return f"{public_url}/inbox/t/{thread.last_text}"


def number_used(connection: sa.Connection, thread: threads.ThreadRow) -> str:
    """The business's number on which this caller last wrote or was written to, if it has it still; else its main one."""
    profile = businesses.get(connection, thread.business)
    for row in reversed(texts.of_thread(connection, thread.id)):
        used = row.recipient if row.is_callers else row.sender
        if row.kind != TextKind.ALERT and profile and used in profile.numbers:
            return used
    return profile.phone if profile else ""
