"""A caller's name as staff correct it; the agent and the calendar read it from then on."""

import sqlalchemy as sa

from agent.errors import BadInput
from agent.rules.segments import plain
from server.store import threads

LONGEST = 80


def rename(connection: sa.Connection, thread: threads.ThreadRow, name: str) -> None:
    """Keep a name for the caller of a locked thread; an empty one forgets it.

    Raises:
        BadInput: it is too long for a name.
    """
    said = " ".join(plain(name).split())
    if len(said) > LONGEST:
        raise BadInput(f"A name has at most {LONGEST} characters.")
    if said == thread.name:
        return
    details = thread.memory.get("details", {})
    others = {key: value for key, value in details.items() if key != "name"}
    kept = others | ({"name": said} if said else {})
    threads.update(connection, thread.id, memory=thread.memory | {"details": kept})
