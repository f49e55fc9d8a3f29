"""Conversations as rows of the database, for what only looks at them."""

from datetime import timedelta
from itertools import count

import sqlalchemy as sa

from agent.model import TextKind
from agent.state import AGENT
from server.store import tasks, texts, threads
from server.store.tables import thread

_KEYS = count(1)


def converse(connection, business, caller, *said, now, hours=0.0, name="", owed=(), **more):
    """One thread, last active `hours` ago; the id.

    Args:
        said: its texts in order, each "caller: ...", "agent: ...", "first: ...", "alert: ..." or "<staff>: ...".
        owed: open tasks, as (beginning of the key, hours until due).
        more: columns of the thread.
    """
    at = now - timedelta(hours=hours)
    row, _ = threads.locked(connection, business, caller, at)
    for words in said:
        say(connection, row.id, caller, words, at)
    for begun, due_h in owed:
        tasks.add(
            connection, f"{begun}{next(_KEYS)}", business=business, thread=row.id, kind="callback",
            note="Phone the caller", due_at=now + timedelta(hours=due_h), created_at=at,
        )  # fmt: skip
    known = {"last_at": at, "memory": {"details": {"name": name} if name else {}}, "owner": AGENT}
    connection.execute(sa.update(thread).where(thread.c.id == row.id).values(known | more))
    return row.id


def say(connection, thread_id, caller, words, at):
    """One more text, as in `converse`; "!" before the words: it was not delivered. The seq."""
    who, _, body = words.partition(": ")
    kinds = {
        "caller": None, "agent": TextKind.REPLY, "first": TextKind.FIRST_TEXT, "alert": TextKind.ALERT,
    }  # fmt: skip
    authors = {"caller": "caller", "agent": AGENT, "first": "template", "alert": AGENT}
    return texts.add(
        connection, key=f"said:{next(_KEYS)}", business=thread_id.split(":")[0], thread=thread_id,
        author=authors.get(who, f"staff:{who}"), kind=kinds.get(who, TextKind.STAFF),
        sender=caller, recipient=caller, body=body.removeprefix("!"), at=at,
        status="failed" if body.startswith("!") else "answered" if who == "caller" else "delivered",
    )  # fmt: skip
