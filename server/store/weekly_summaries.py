"""The figures of each week for each person: written once, told once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import business, weekly_summary

_WANTED = business.c.profile[("weekly_summary", "enabled")].as_boolean()


@dataclass(frozen=True, kw_only=True)
class SummaryRow:
    business: str
    week: str
    """Its Monday, YYYY-MM-DD."""
    staff: str
    way: str
    """text or channels."""
    at: datetime
    words: str
    told_at: datetime | None
    came_to: str | None
    """In plain words; None: not known."""


def wanted(connection: sa.Connection) -> list[str]:
    """The businesses that want one, and work."""
    query = sa.select(business.c.slug).where(_WANTED.is_(True), business.c.suspended_at.is_(None))
    return list(connection.scalars(query.order_by(business.c.slug)))


def of_week(connection: sa.Connection, slug: str, week: str) -> list[SummaryRow]:
    """In the order of people."""
    mine = (weekly_summary.c.business == slug, weekly_summary.c.week == week)
    in_order = (weekly_summary.c.staff, weekly_summary.c.way)
    return _rows(connection, sa.select(weekly_summary).where(*mine).order_by(*in_order))


def add(connection: sa.Connection, **values: Any) -> bool:
    """Once for each business, week, person and way; False: it is there."""
    row = insert(connection, weekly_summary).values(**values)
    new = row.on_conflict_do_nothing().returning(weekly_summary.c.week)
    return connection.execute(new).one_or_none() is not None


def due(connection: sa.Connection, limit: int) -> list[SummaryRow]:
    """Those that are still to be told, oldest first."""
    untold = sa.select(weekly_summary).where(weekly_summary.c.told_at.is_(None))
    return _rows(connection, untold.order_by(weekly_summary.c.at).limit(limit))


def claim(connection: sa.Connection, row: SummaryRow, now: datetime) -> bool:
    """Whoever gets True tells it; nobody does a second time."""
    mine = sa.update(weekly_summary).where(*_same(row), weekly_summary.c.told_at.is_(None))
    return connection.execute(mine.values(told_at=now)).rowcount > 0


def came_to(connection: sa.Connection, row: SummaryRow, words: str) -> None:
    connection.execute(sa.update(weekly_summary).where(*_same(row)).values(came_to=words))


def _same(row: SummaryRow) -> Sequence[sa.ColumnElement[bool]]:
    return (
        weekly_summary.c.business == row.business,
        weekly_summary.c.week == row.week,
        weekly_summary.c.staff == row.staff,
        weekly_summary.c.way == row.way,
    )


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[SummaryRow]:
    return [SummaryRow(**row._mapping) for row in connection.execute(query)]
