"""Who saw, changed and exported what; words and names of callers' numbers, never what a text says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from server.store.tables import audit, photo, thread

Did = Literal["saw", "changed", "exported", "signed in", "was refused", "opened"]
"""What kind of thing; `opened`: an admin went into the business."""
KINDS: tuple[Did, ...] = ("saw", "changed", "exported", "signed in", "was refused", "opened")
KEPT = timedelta(days=400)
SEEN_ONCE = timedelta(minutes=10)
"""Looking at the same thing again so soon is one look."""
ERASED = "erased caller"


@dataclass(frozen=True, kw_only=True)
class Entry:
    business: str | None
    """None: of the installation."""
    who: str
    """The login."""
    did: Did
    what: str
    """In plain words."""
    about: str | None = None
    """Whose: a caller's number, a person, a document."""
    address: str | None = None
    """Of the network."""


@dataclass(frozen=True, kw_only=True)
class Noted(Entry):
    id: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries; empty: all."""

    who: str = ""
    did: str = ""
    since: datetime | None = None
    until: datetime | None = None


def add(connection: sa.Connection, entry: Entry, now: datetime) -> None:
    connection.execute(sa.insert(audit).values(**vars(entry), at=now))


def note(connection: sa.Connection, entry: Entry, now: datetime) -> None:
    """The same, but a look is noted once in a while."""
    if entry.did != "saw" or not _was_seen(connection, entry, now - SEEN_ONCE):
        add(connection, entry, now)


def entries(
    connection: sa.Connection,
    business: str | None,
    wanted: Wanted,
    limit: int,
    before: int | None = None,
) -> list[Noted]:
    """The newest first; `before` is the last entry of the page before."""
    query = sa.select(audit).where(*_filtered(business, wanted))
    if before is not None:
        query = query.where(audit.c.id < before)
    rows = connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
    return [Noted(**row._mapping) for row in rows]


def people(connection: sa.Connection, business: str) -> Sequence[str]:
    """Every login that stands in the log of a business."""
    found = sa.select(audit.c.who).where(audit.c.business == business).distinct()
    return sorted(connection.scalars(found))


def caller_of_photo(connection: sa.Connection, business: str, photo_id: int) -> str | None:
    query = sa.select(thread.c.caller).join(photo, photo.c.thread == thread.c.id)
    mine = (photo.c.id == photo_id, photo.c.business == business)
    found: str | None = connection.scalar(query.where(*mine))
    return found


def forget(connection: sa.Connection, before: datetime) -> int:
    return connection.execute(sa.delete(audit).where(audit.c.at < before)).rowcount


def forget_caller(connection: sa.Connection, business: str, caller: str) -> None:
    """That somebody looked stays; at whom does not."""
    theirs = (audit.c.business == business, audit.c.about == caller)
    connection.execute(sa.update(audit).where(*theirs).values(about=ERASED))


def _was_seen(connection: sa.Connection, entry: Entry, since: datetime) -> bool:
    same = (audit.c.who == entry.who, audit.c.did == entry.did, audit.c.what == entry.what)
    about = audit.c.about.is_(None) if entry.about is None else audit.c.about == entry.about
    of = (audit.c.business == entry.business, audit.c.at > since)
    return bool(connection.scalar(sa.select(sa.exists().where(*of, *same, about))))


def _filtered(business: str | None, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions = [audit.c.business.is_(None) if business is None else audit.c.business == business]
    if wanted.who:
        conditions.append(audit.c.who == wanted.who)
    if wanted.did:
        conditions.append(audit.c.did == wanted.did)
    if wanted.since:
        conditions.append(audit.c.at >= wanted.since)
    if wanted.until:
        conditions.append(audit.c.at < wanted.until)
    return conditions
