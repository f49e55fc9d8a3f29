"""Calendars as they were read last, event by event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import calendar_mirror, mirrored_event

_MIRROR, _EVENT = calendar_mirror.c, mirrored_event.c
_IN_MIRROR = (
    _MIRROR.business == sa.bindparam("of_business"),
    _MIRROR.calendar == sa.bindparam("of_calendar"),
)
_IN_CALENDAR = (
    _EVENT.business == sa.bindparam("of_business"),
    _EVENT.calendar == sa.bindparam("of_calendar"),
)
# Statements of every offer, built once: building one costs as much as running it.
_STATE = sa.select(*(column for column in _MIRROR if column.name != "token"))
_GET = _STATE.where(*_IN_MIRROR)
_TEXTS = sa.union_all(  # two questions that the index answers, in place of one that it does not
    sa.select(_EVENT.text).where(
        *_IN_CALENDAR, _EVENT.ends >= sa.bindparam("low"), _EVENT.begins < sa.bindparam("high")
    ),
    sa.select(_EVENT.text).where(
        *_IN_CALENDAR, _EVENT.ends.is_(None), _EVENT.begins < sa.bindparam("high")
    ),
)
_SOME = 500
"""Names in one question."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One calendar of one business."""

    business: str
    calendar: str

    @property
    def parameters(self) -> dict[str, str]:
        return {"of_business": self.business, "of_calendar": self.calendar}


@dataclass(frozen=True, kw_only=True)
class MirrorRow:
    business: str
    calendar: str
    source: str
    read_at: datetime | None
    """It was equal to the calendar then; None: it is not, or not yet."""
    stale_at: datetime | None
    checked_at: datetime | None
    problem: str | None

    @property
    def place(self) -> Place:
        return Place(business=self.business, calendar=self.calendar)


@dataclass(frozen=True, kw_only=True)
class EventRow:
    name: str
    etag: str
    text: str
    begins: datetime
    ends: datetime | None


def get(connection: sa.Connection, place: Place) -> MirrorRow | None:
    row = connection.execute(_GET, place.parameters).one_or_none()
    return MirrorRow(**row._mapping) if row else None


def token(connection: sa.Connection, place: Place) -> str | None:
    found: str | None = connection.scalar(
        sa.select(_MIRROR.token).where(*_IN_MIRROR), place.parameters
    )
    return found


def every(connection: sa.Connection, of_business: str | None = None) -> list[MirrorRow]:
    """Those of one business, or of all."""
    wanted = _STATE if of_business is None else _STATE.where(_MIRROR.business == of_business)
    return [MirrorRow(**row._mapping) for row in connection.execute(wanted)]


def begin(connection: sa.Connection, place: Place, source: str) -> tuple[MirrorRow, str | None]:
    """The state and the token, as one; a mirror that is new, or of another address, begins anew."""
    found = _with_token(connection, place)
    if found is None or found[0].source != source:
        new = insert(connection, calendar_mirror).values(**vars(place), source=source)
        connection.execute(new.on_conflict_do_nothing())
        connection.execute(
            sa.update(calendar_mirror)
            .where(*_IN_MIRROR, _MIRROR.source != source)
            .values(source=source, token=None, read_at=None, stale_at=None, problem=None),
            place.parameters,
        )
        found = _with_token(connection, place)
    if found is None:
        raise LookupError(f"the mirror of {place} has just been deleted")
    return found


def half_write(connection: sa.Connection, row: MirrorRow, before: str | None, mine: str) -> bool:
    """Take the mirror out of use until it is written in full.

    The first statement of a transaction, so that it locks the mirror against others.

    Returns:
        False when the token is not `before` any more: what was read from there on is of no use.
    """
    return _swap(connection, row, before, token=mine, read_at=None)


def write(
    connection: sa.Connection, row: MirrorRow, before: str | None, after: str, began: datetime
) -> bool:
    """The same when it is equal to what the calendar was; a mark of staleness that came since the row was read stays."""
    is_seen = _MIRROR.stale_at.is_not_distinct_from(row.stale_at)
    return _swap(
        connection,
        row,
        before,
        token=after,
        read_at=began,
        checked_at=began,
        problem=None,
        stale_at=sa.case((is_seen, sa.null()), else_=_MIRROR.stale_at),
    )


def fail(connection: sa.Connection, row: MirrorRow, problem: str, now: datetime) -> None:
    connection.execute(
        sa.update(calendar_mirror)
        .where(*_IN_MIRROR, _MIRROR.source == row.source)
        .values(problem=problem, checked_at=now),
        row.place.parameters,
    )


def claim(
    connection: sa.Connection, place: Place, source: str, seen: datetime | None, now: datetime
) -> bool:
    """Say that one is at it; False: somebody else was faster."""
    new = insert(connection, calendar_mirror).values(**vars(place), source=source, checked_at=now)
    if connection.scalar(new.on_conflict_do_nothing().returning(_MIRROR.calendar)):
        return True
    changed = connection.execute(
        sa.update(calendar_mirror)
        .where(*_IN_MIRROR, _MIRROR.checked_at.is_not_distinct_from(seen))
        .values(checked_at=now),
        place.parameters,
    )
    return bool(changed.rowcount)


def mark_stale(
    connection: sa.Connection, of_business: str, calendar: str | None, now: datetime
) -> None:
    wanted = [_MIRROR.business == of_business]
    wanted += [_MIRROR.calendar == calendar] if calendar is not None else []
    connection.execute(sa.update(calendar_mirror).where(*wanted).values(stale_at=now))


def forget(connection: sa.Connection, place: Place) -> None:
    """Delete the mirror of a calendar."""
    connection.execute(sa.delete(calendar_mirror).where(*_IN_MIRROR), place.parameters)
    connection.execute(sa.delete(mirrored_event).where(*_IN_CALENDAR), place.parameters)


def texts(connection: sa.Connection, place: Place, start: datetime, end: datetime) -> list[str]:
    """The objects of which something may lie between these two."""
    window = {"low": start, "high": end}
    return list(connection.scalars(_TEXTS, place.parameters | window))


def name_of(connection: sa.Connection, place: Place, words: str) -> str | None:
    """The name of an object in which these words stand."""
    row = mirrored_event.c
    query = sa.select(row.name).where(
        row.business == place.business,
        row.calendar == place.calendar,
        row.text.contains(words, autoescape=True),
    )
    return connection.scalars(query.limit(1)).first()


def known(
    connection: sa.Connection, place: Place, names: Sequence[str] | None = None
) -> dict[str, tuple[str, str]]:
    """ETag and text by name: of these names, or of all."""
    wanted = sa.select(_EVENT.name, _EVENT.etag, _EVENT.text).where(*_IN_CALENDAR)
    if names is None:
        parts = [wanted]
    else:
        parts = [wanted.where(_EVENT.name.in_(part)) for part in _parts(names)]
    return {
        name: (etag, words)
        for part in parts
        for name, etag, words in connection.execute(part, place.parameters)
    }


def put(connection: sa.Connection, place: Place, rows: Sequence[EventRow]) -> None:
    if not rows:
        return
    new = insert(connection, mirrored_event)
    changed = {name: new.excluded[name] for name in ("etag", "text", "begins", "ends")}
    connection.execute(
        new.on_conflict_do_update(index_elements=["business", "calendar", "name"], set_=changed),
        [vars(place) | vars(row) for row in rows],
    )


def drop(connection: sa.Connection, place: Place, names: Sequence[str]) -> None:
    for part in _parts(names):
        connection.execute(
            sa.delete(mirrored_event).where(*_IN_CALENDAR, _EVENT.name.in_(part)),
            place.parameters,
        )


def drop_ended(connection: sa.Connection, place: Place, before: datetime) -> None:
    connection.execute(
        sa.delete(mirrored_event).where(*_IN_CALENDAR, _EVENT.ends < before), place.parameters
    )


def counts(connection: sa.Connection, of_business: str) -> dict[str, int]:
    """How many events are mirrored, by calendar."""
    found = connection.execute(
        sa.select(_EVENT.calendar, sa.func.count().label("events"))
        .where(_EVENT.business == of_business)
        .group_by(_EVENT.calendar)
    )
    return {row.calendar: row.events for row in found}


def _with_token(connection: sa.Connection, place: Place) -> tuple[MirrorRow, str | None] | None:
    wanted = sa.select(calendar_mirror).where(*_IN_MIRROR)
    found = connection.execute(wanted, place.parameters).one_or_none()
    if found is None:
        return None
    values = dict(found._mapping)
    had = values.pop("token")
    return MirrorRow(**values), had


def _swap(connection: sa.Connection, row: MirrorRow, before: str | None, **values: Any) -> bool:
    is_unchanged = _MIRROR.token.is_not_distinct_from(before)
    changed = connection.execute(
        sa.update(calendar_mirror)
        .where(*_IN_MIRROR, _MIRROR.source == row.source, is_unchanged)
        .values(**values),
        row.place.parameters,
    )
    return bool(changed.rowcount)


def _parts(names: Iterable[str]) -> list[list[str]]:
    every_name = list(names)
    return [every_name[place : place + _SOME] for place in range(0, len(every_name), _SOME)]
