"""Photos that callers sent: to be fetched from the carrier, then kept here with the text that they came with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import photo

State = Literal["waiting", "kept", "refused", "failed"]
"""To be fetched (again); shown to staff; no picture, or none that is fit to be shown; not to be had."""
Size = Literal["picture", "small"]

_SHOWN = ("id", "thread", "text", "place", "source", "type", "state", "problem", "width", "height")
_WAITING = ("id", "business", "thread", "text", "source", "type", "tries")


@dataclass(frozen=True, kw_only=True)
class Photo:
    """What a page shows of it, without the picture itself."""

    id: int
    thread: str
    text: str
    """The key of the text that it came with."""
    place: int
    source: str
    type: str
    state: State
    problem: str | None
    width: int | None
    height: int | None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One that a worker has taken on, for a while, to fetch it."""

    id: int
    business: str
    thread: str
    text: str
    source: str
    type: str
    tries: int
    """This one included."""


def expect(connection: sa.Connection, text: Mapping[str, Any]) -> None:
    """Note what came with a text, to be fetched at once; what is noted already stays as it is.

    Args:
        text: the columns of its row.
    """
    rows = [
        {
            "business": text["business"],
            "thread": text["thread"],
            "text": text["key"],
            "place": place,
            "source": media.get("name", ""),
            "type": media.get("type", ""),
            "state": "waiting",
            "tries": 0,
            "due_at": text["at"],
        }
        for place, media in enumerate(text["media"], start=1)
    ]
    if rows:
        connection.execute(insert(connection, photo).values(rows).on_conflict_do_nothing())


def is_due(connection: sa.Connection, now: datetime) -> bool:
    """Asked before `claim`, which on SQLite waits for the one writer."""
    due = sa.select(photo.c.id).where(photo.c.due_at <= now).limit(1)
    return connection.scalar(due) is not None


def claim(connection: sa.Connection, now: datetime, until: datetime) -> Waiting | None:
    """Take on the one that waits longest; nobody else does before `until`."""
    longest = (
        sa.select(photo.c.id)
        .where(photo.c.due_at <= now)
        .order_by(photo.c.due_at, photo.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = (
        sa.update(photo)
        .where(photo.c.id == longest.scalar_subquery())
        .values(due_at=until, tries=photo.c.tries + 1)
        .returning(*(photo.c[name] for name in _WAITING))
    )
    row = connection.execute(taken).one_or_none()
    return Waiting(**row._mapping) if row else None


def put_off(connection: sa.Connection, taken: Waiting, due_at: datetime, problem: str) -> None:
    """Unless another worker, or nobody, is at it by now."""
    mine = _waits(taken).where(photo.c.tries == taken.tries)
    connection.execute(mine.values(due_at=due_at, problem=problem))


def settle(connection: sa.Connection, taken: Waiting, state: State, **values: Any) -> None:
    """Done with it, unless it is erased or another worker was quicker."""
    connection.execute(_waits(taken).values(state=state, due_at=None, **values))


def of_thread(connection: sa.Connection, thread: str) -> dict[str, Photo]:
    """By the carrier's address, under which the text names them."""
    columns = (photo.c[name] for name in _SHOWN)
    found = connection.execute(sa.select(*columns).where(photo.c.thread == thread))
    return {row.source: Photo(**row._mapping) for row in found}


def get(connection: sa.Connection, business: str, photo_id: int, size: Size) -> bytes | None:
    """The JPEG; None: this business has no such photo, or not yet."""
    mine = (photo.c.id == photo_id, photo.c.business == business)
    found: bytes | None = connection.scalar(sa.select(photo.c[size]).where(*mine))
    return found


def _waits(taken: Waiting) -> sa.Update:
    return sa.update(photo).where(photo.c.id == taken.id, photo.c.state == "waiting")
