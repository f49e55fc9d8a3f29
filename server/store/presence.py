"""Who looks at a conversation just now, and who is typing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import presence

HERE_FOR = timedelta(seconds=12)
"""A page says every five seconds that it is open; one that has missed two is closed."""
TYPES_FOR = timedelta(seconds=8)


@dataclass(frozen=True, kw_only=True)
class Present:
    staff: str
    types: bool


def note(connection: sa.Connection, thread: str, staff: str, now: datetime, *, types: bool) -> None:
    """This person has the conversation open; does not touch the thread, so no page is shown anew for it."""
    typed = {"typed_at": now} if types else {}
    row = insert(connection, presence).values(thread=thread, staff=staff, at=now, **typed)
    connection.execute(
        row.on_conflict_do_update(index_elements=["thread", "staff"], set_={"at": now} | typed)
    )


def has_sent(connection: sa.Connection, thread: str, staff: str) -> None:
    """What this person typed is sent: they type no more."""
    mine = (presence.c.thread == thread, presence.c.staff == staff)
    connection.execute(sa.update(presence).where(*mine).values(typed_at=None))


def others(connection: sa.Connection, thread: str, staff: str, now: datetime) -> list[Present]:
    """Everybody else who is there, by id."""
    query = sa.select(presence).where(
        presence.c.thread == thread, presence.c.staff != staff, presence.c.at > now - HERE_FOR
    )
    return [
        Present(staff=row.staff, types=row.typed_at is not None and row.typed_at > now - TYPES_FOR)
        for row in connection.execute(query.order_by(presence.c.staff))
    ]
