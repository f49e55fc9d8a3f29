"""Seals of threads, the threads that want new ones, and the daily anchors of a business."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.seals import Seal
from server.store.engine import insert
from server.store.tables import seal, seal_anchor, thread

UNSEALED = "version > sealed"
"""Word for word as in ix_thread_unsealed, or SQLite does not use it."""


@dataclass(frozen=True, kw_only=True)
class Anchor:
    business: str
    day: str
    """YYYY-MM-DD, UTC."""
    at: datetime
    leaves: list[str]
    """The last link of every thread that day, sorted; whose they are is not in it."""
    digest: str


def waiting(connection: sa.Connection, limit: int) -> list[str]:
    """Threads that have changed since they were sealed, the oldest change first."""
    query = sa.select(thread.c.id).where(sa.text(UNSEALED)).order_by(thread.c.version)
    return list(connection.scalars(query.limit(limit)))


def lately(connection: sa.Connection, business: str, limit: int) -> list[str]:
    """The threads of a business that changed last."""
    query = sa.select(thread.c.id).where(thread.c.business == business)
    return list(connection.scalars(query.order_by(thread.c.version.desc()).limit(limit)))


def take(connection: sa.Connection, name: str) -> str | None:
    """Lock a thread, its facts to be sealed; gives its caller. Pages that show it see no change."""
    mine = sa.update(thread).where(thread.c.id == name).values(sealed=thread.c.version)
    found: str | None = connection.scalar(mine.returning(thread.c.caller))
    return found


def chain(connection: sa.Connection, name: str) -> list[Seal]:
    query = sa.select(seal).where(seal.c.thread == name).order_by(seal.c.place)
    return [_seal(row) for row in connection.execute(query)]


def add(connection: sa.Connection, name: str, new: Sequence[Seal]) -> None:
    if new:
        connection.execute(sa.insert(seal), [{"thread": name, **vars(one)} for one in new])


def leaves(
    connection: sa.Connection, since: datetime, until: datetime
) -> dict[str, dict[str, str]]:
    """The last link of each thread that was sealed in [since, until), by business and thread."""
    query = (
        sa.select(thread.c.business, seal.c.thread, seal.c.link)
        .join(thread, thread.c.id == seal.c.thread)
        .where(seal.c.at >= since, seal.c.at < until)
        .order_by(seal.c.thread, seal.c.place)
    )
    found: dict[str, dict[str, str]] = {}
    for business, name, link in connection.execute(query):
        found.setdefault(business, {})[name] = link
    return found


def last_anchor(connection: sa.Connection, business: str) -> Anchor | None:
    query = sa.select(seal_anchor).where(seal_anchor.c.business == business)
    row = connection.execute(query.order_by(seal_anchor.c.day.desc()).limit(1)).one_or_none()
    return Anchor(**row._mapping) if row else None


def anchors(
    connection: sa.Connection, business: str, days: Collection[str] | None = None
) -> list[Anchor]:
    """Oldest first; of these days, or of all."""
    query = sa.select(seal_anchor).where(seal_anchor.c.business == business)
    if days is not None:
        query = query.where(seal_anchor.c.day.in_(days))
    return [Anchor(**row._mapping) for row in connection.execute(query.order_by(seal_anchor.c.day))]


def put_anchor(connection: sa.Connection, anchor: Anchor) -> bool:
    """False: another process was quicker."""
    row = insert(connection, seal_anchor).values(**vars(anchor))
    return connection.execute(row.on_conflict_do_nothing()).rowcount > 0


def newest_anchor_day(connection: sa.Connection) -> str | None:
    found: str | None = connection.scalar(sa.select(sa.func.max(seal_anchor.c.day)))
    return found


def first_at(connection: sa.Connection) -> datetime | None:
    """When the first seal was made that is still there."""
    found: datetime | None = connection.scalar(sa.select(sa.func.min(seal.c.at)))
    return found


def _seal(row: sa.Row[tuple[object, ...]]) -> Seal:
    kept = row._mapping
    return Seal(
        place=kept["place"],
        at=kept["at"],
        kind=kept["kind"],
        key=kept["key"],
        digest=kept["digest"],
        link=kept["link"],
    )
