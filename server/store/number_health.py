"""What becomes of the texts of each number, in sums of days: the last thirty are read without counting texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from agent.model import TextKind
from server.store.engine import insert
from server.store.tables import number_day, phone, text

DAYS = 30
_KEPT_DAYS = 40
_FILTERED = ("30004", "30007", "30034", "30032")
"""Carriers' codes of texts that were taken for unwanted, or whose number is not registered."""
_TAKEN = ("accepted", "sent", "delivered", "undelivered", "failed")
_FAILED = ("undelivered", "failed")
_SUMS = ("sent", "delivered", "filtered", "failed", "reached", "opted_out")


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Of one number of one business, in the last thirty days."""

    business: str
    number: str
    sent: int
    """Texts that the carrier took or refused."""
    delivered: int
    filtered: int
    failed: int
    """The filtered ones too."""
    reached: int
    """Phones, counted each day anew."""
    opted_out: int


def day_of(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def recount(connection: sa.Connection, business: str, now: datetime, days: int = 2) -> None:
    """Sum up a business's texts of the last days, today's among them: reports on a text come late."""
    first = datetime.combine(now.astimezone(UTC).date() - timedelta(days=days - 1), datetime.min.time(), UTC)  # fmt: skip
    for back in range(days):
        since = first + timedelta(days=back)
        for row in connection.execute(_summed(business, since)):
            _put(connection, business, day_of(since), row)


def opted_out(connection: sa.Connection, business: str, number: str, now: datetime) -> None:
    """One more caller wants no texts from it."""
    values = {"business": business, "number": number, "day": day_of(now), "opted_out": 1}
    row = insert(connection, number_day).values(dict.fromkeys(_SUMS, 0) | values)
    more = {"opted_out": number_day.c.opted_out + 1}
    connection.execute(row.on_conflict_do_update(index_elements=_KEY, set_=more))


def of_business(connection: sa.Connection, business: str, now: datetime) -> list[Sums]:
    """Every number that the business has, also one that has sent nothing."""
    return _read(connection, now, phone.c.business == business)


def of_every(
    connection: sa.Connection, now: datetime, slugs: Sequence[str] | None = None
) -> list[Sums]:
    """Of these businesses; None: of all."""
    return _read(connection, now, *(() if slugs is None else (phone.c.business.in_(slugs),)))


def forget(connection: sa.Connection, now: datetime) -> None:
    """Days that nobody reads any more."""
    before = day_of(now - timedelta(days=_KEPT_DAYS))
    connection.execute(sa.delete(number_day).where(number_day.c.day < before))


_KEY = ("business", "number", "day")


def _summed(business: str, since: datetime) -> sa.Select[tuple[str, int, int, int, int, int]]:
    def counted(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((which, 1), else_=0))

    failed = text.c.status.in_(_FAILED)
    is_filtered = text.c.error_code.in_(_FILTERED)
    to_callers = sa.case((text.c.kind != TextKind.ALERT, text.c.recipient))
    return (
        sa.select(
            text.c.sender,
            sa.func.count().label("sent"),
            counted(text.c.status == "delivered").label("delivered"),
            counted(sa.and_(failed, is_filtered)).label("filtered"),
            counted(failed).label("failed"),
            sa.func.count(sa.distinct(to_callers)).label("reached"),
        )
        .where(
            text.c.business == business,
            text.c.at >= since,
            text.c.at < since + timedelta(days=1),
            text.c.kind.is_not(None),
            text.c.status.in_(_TAKEN),
        )
        .group_by(text.c.sender)
        .order_by(text.c.sender)  # two workers take the rows in one order: no deadlock
    )


def _put(
    connection: sa.Connection, business: str, day: str, row: sa.Row[tuple[str, int, int, int, int, int]]
) -> None:  # fmt: skip
    summed: dict[str, int] = {name: row._mapping[name] for name in _SUMS if name in row._mapping}
    new = insert(connection, number_day).values(
        business=business, number=row[0], day=day, opted_out=0, **summed
    )
    connection.execute(new.on_conflict_do_update(index_elements=_KEY, set_=summed))


def _read(connection: sa.Connection, now: datetime, *which: sa.ColumnElement[bool]) -> list[Sums]:
    since = day_of(now - timedelta(days=DAYS - 1))
    sums = (sa.func.coalesce(sa.func.sum(number_day.c[name]), 0).label(name) for name in _SUMS)
    same = sa.and_(
        number_day.c.business == phone.c.business,
        number_day.c.number == phone.c.number,
        number_day.c.day >= since,
    )
    query = (
        sa.select(phone.c.business, phone.c.number, *sums)
        .select_from(sa.outerjoin(phone, number_day, same))
        .where(*which)
        .group_by(phone.c.business, phone.c.number)
        .order_by(phone.c.number)
    )
    return [Sums(**row._mapping) for row in connection.execute(query)]


def is_empty(connection: sa.Connection) -> bool:
    """Nothing was ever summed up here."""
    return connection.scalar(sa.select(number_day.c.day).limit(1)) is None


def businesses_of(connection: sa.Connection) -> list[str]:
    """Whoever has a number."""
    query = sa.select(phone.c.business).distinct().order_by(phone.c.business)
    return list(connection.scalars(query))
