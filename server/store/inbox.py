"""The list of conversations: counted, filtered, searched and paged; and who has seen what."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.model import TextKind
from agent.state import NOBODY
from server.store.engine import insert
from server.store.places import WAITING, Looking, Place, Standing, total
from server.store.tables import marker, seen, text, thread

PAGE = 50
FOUND_AT_MOST = 500
"""The newest so many threads are searched out; a search that finds more is too wide to read."""

_WORDS_AT_MOST = 6
_DIGITS_OF_A_NUMBER = 7
"""So many digits and no word are a telephone number, whatever stands in texts."""
_NEVER = -1
"""Marked as not seen, where the caller has not written."""


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last row of a page; the next page begins after it."""

    place: int
    last_at: datetime
    caller: str


@dataclass(frozen=True, kw_only=True)
class Filter:
    places: Collection[Place] = tuple(Place)
    owner: str | None = None
    """A staff id, agent or nobody; None: whoever it is."""
    unread: bool = False
    among: Sequence[str] | None = None
    """Thread ids that a search found; None: all."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    places: Counter[Place] = field(default_factory=Counter[Place])
    mine: int = 0
    """What is neither done nor snoozed, as the next."""
    nobodys: int = 0
    unread: int = 0

    @property
    def waiting(self) -> int:
        return sum(self.places[place] for place in WAITING)

    @property
    def all(self) -> int:
        return self.places.total()


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One thread in the list."""

    id: str
    caller: str
    owner: str
    name: str | None
    place: Place
    reason: str | None
    last_at: datetime
    opted_out: bool
    snoozed_until: datetime | None
    owed: int
    """Open tasks that press."""
    overdue: int
    again: bool
    """A second call was missed, and nobody has phoned back."""
    unread: bool
    author: str | None
    """Of the last text that is no alert; None: there is none."""
    kind: str | None
    status: str | None
    body: str | None
    media: list[dict[str, str]] | None


def page(
    connection: sa.Connection, looking: Looking, wanted: Filter, after: Cursor | None = None
) -> list[Listed]:
    """A page of threads and one more where there is a next page; the most pressing first, then the newest."""
    standing = Standing(looking)
    columns = (thread.c.id, standing.place.label("place"))
    found = (
        sa.select(*columns)
        .select_from(standing.source)
        .where(*_filtered(standing, looking, wanted))
    )
    if after is not None:
        found = found.where(_comes_after(standing.place, after))
    found = found.order_by("place", thread.c.last_at.desc(), thread.c.caller).limit(PAGE + 1)
    names = [row.id for row in connection.execute(found)]
    rows = {row.id: row for row in connection.execute(_detailed(standing, names))}
    return [_listed(rows[name]) for name in names if name in rows]


def counts(connection: sa.Connection, looking: Looking, wanted: Filter) -> Counts:
    """How many threads stand where, whatever place is wanted."""
    standing = Standing(looking)
    query = (
        sa.select(
            standing.place.label("place"),
            sa.func.count().label("threads"),
            total(thread.c.owner == looking.staff).label("mine"),
            total(thread.c.owner == NOBODY).label("nobodys"),
            total(standing.unread).label("unread"),
        )
        .select_from(standing.source)
        .where(*_filtered(standing, looking, wanted, any_place=True))
        .group_by("place")
    )
    rows = list(connection.execute(query))
    open_rows = [row for row in rows if row.place < Place.SNOOZED]
    return Counts(
        places=Counter({Place(row.place): row.threads for row in rows}),
        mine=sum(row.mine for row in open_rows),
        nobodys=sum(row.nobodys for row in open_rows),
        unread=sum(row.unread for row in rows),
    )


def search(connection: sa.Connection, looking: Looking, words: str) -> list[str]:
    """The newest threads whose number, name, texts or notes hold all of these words."""
    query = (
        sa.select(thread.c.id)
        .where(*_of_business(looking), _holds(words, connection.dialect.name))
        .order_by(thread.c.last_at.desc(), thread.c.caller)
        .limit(FOUND_AT_MOST)
    )
    return [str(name) for name in connection.scalars(query)]


def see(connection: sa.Connection, thread_id: str, staff: str, seq: int) -> None:
    """This person has seen the texts of a thread up to this one; writes only what is new."""
    if (seen_up_to(connection, thread_id, staff) or _NEVER) >= seq:
        return
    _keep(connection, thread_id, staff, seq)


def unsee(connection: sa.Connection, thread_id: str, staff: str) -> None:
    """Mark a thread as unread for this person: its caller's newest text counts as not seen."""
    newest = sa.select(sa.func.max(text.c.seq)).where(
        text.c.thread == thread_id, text.c.author == "caller"
    )
    last = connection.scalar(newest)
    _keep(connection, thread_id, staff, _NEVER if last is None else last - 1)


def seen_up_to(connection: sa.Connection, thread_id: str, staff: str) -> int | None:
    """The newest text of a thread that this person has seen; None: they never looked."""
    mine = (seen.c.thread == thread_id, seen.c.staff == staff)
    seq: int | None = connection.scalar(sa.select(seen.c.seq).where(*mine))
    return seq


def _keep(connection: sa.Connection, thread_id: str, staff: str, seq: int) -> None:
    row = insert(connection, seen).values(thread=thread_id, staff=staff, seq=seq)
    connection.execute(
        row.on_conflict_do_update(index_elements=["thread", "staff"], set_={"seq": seq})
    )


def _filtered(
    standing: Standing, looking: Looking, wanted: Filter, *, any_place: bool = False
) -> list[sa.ColumnElement[bool]]:
    conditions = _of_business(looking)
    if wanted.among is not None:
        conditions.append(thread.c.id.in_(wanted.among))
    if wanted.owner is not None:
        conditions.append(thread.c.owner == wanted.owner)
    if wanted.unread:
        conditions.append(standing.unread)
    if not any_place and set(wanted.places) != set(Place):
        conditions.append(standing.place.in_(wanted.places))
    return conditions


def _detailed(standing: Standing, names: Sequence[str]) -> sa.Select[Any]:
    """All that a row shows, of these threads alone."""
    last = text.alias("last")
    return (
        sa.select(
            *(thread.c[name] for name in ("id", "caller", "owner", "reason", "last_at")),
            thread.c.snoozed_until,
            thread.c.opted_out_at.is_not(None).label("opted_out"),
            _name().label("name"),
            standing.place.label("place"),
            standing.unread.label("unread"),
            *(standing.owed.c[name] for name in ("owed", "overdue", "again")),
            *(last.c[name] for name in ("author", "kind", "status", "body", "media")),
        )
        .select_from(standing.source.outerjoin(last, last.c.seq == thread.c.last_text))
        .where(thread.c.id.in_(names))
    )


def _of_business(looking: Looking) -> list[sa.ColumnElement[bool]]:
    conditions = [thread.c.business == looking.business]
    if looking.own_phones:
        conditions.append(thread.c.caller.not_in(sorted(looking.own_phones)))
    return conditions


def _comes_after(place: sa.ColumnElement[int], after: Cursor) -> sa.ColumnElement[bool]:
    """In the order of pages."""
    older = sa.or_(
        thread.c.last_at < after.last_at,
        sa.and_(thread.c.last_at == after.last_at, thread.c.caller > after.caller),
    )
    return sa.or_(place > after.place, sa.and_(place == after.place, older))


def _holds(words: str, dialect: str) -> sa.ColumnElement[bool]:
    each = words.split()[:_WORDS_AT_MOST]
    digits = "".join(one for one in words if one.isdigit()).removeprefix("00")
    is_number = bool(digits) and not words.strip("+-()./ 0123456789\u00a0")
    its_number = thread.c.caller.contains(digits)
    if is_number and len(digits) >= _DIGITS_OF_A_NUMBER:
        return its_number

    def holds(column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        # LIKE of SQLite knows no case; lower() on top of it would cost as much again.
        contains = column.contains if dialect == "sqlite" else column.icontains
        return sa.and_(*(contains(one, autoescape=True) for one in each))

    its_text = sa.exists().where(
        text.c.thread == thread.c.id,
        sa.or_(text.c.kind.is_(None), text.c.kind != TextKind.ALERT),
        holds(text.c.body),
    )
    its_note = sa.exists().where(
        marker.c.thread == thread.c.id,
        marker.c.what == "note",
        holds(marker.c.why["body"].as_string()),
    )
    return sa.or_(*([its_number] if is_number else []), holds(_name()), its_text, its_note)


def _name() -> sa.ColumnElement[str]:
    """As the caller gave it; null: not given."""
    name: sa.ColumnElement[str] = thread.c.memory["details"]["name"].as_string()
    return name


def _listed(row: Any) -> Listed:
    values = dict(row._mapping)
    counted = {
        "place": Place(row.place),
        "owed": row.owed or 0,
        "overdue": row.overdue or 0,
        "again": bool(row.again),
        "unread": bool(row.unread),
        "opted_out": bool(row.opted_out),
    }
    return Listed(**(values | counted))
