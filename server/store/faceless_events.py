"""Calendar events whose words of an erased caller are still to be taken out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.store.tables import faceless_event


@dataclass(frozen=True, kw_only=True)
class FacelessEvent:
    id: int
    business: str
    calendar: str
    event: str
    """The calendar object's name."""
    start: datetime
    title: str
    tries: int


def add(
    connection: sa.Connection,
    business: str,
    places: Iterable[tuple[str, str]],
    *,
    start: datetime,
    title: str,
    now: datetime,
) -> None:
    """One event by calendar and name."""
    rows = [{"calendar": calendar, "event": event} for calendar, event in places]
    if rows:
        same = {"business": business, "start": start, "title": title, "tries": 0, "due_at": now}
        connection.execute(sa.insert(faceless_event), [same | row for row in rows])


def due(connection: sa.Connection, now: datetime, limit: int) -> list[FacelessEvent]:
    columns = [column for column in faceless_event.c if column.name != "due_at"]
    query = sa.select(*columns).where(faceless_event.c.due_at <= now)
    rows = connection.execute(query.order_by(faceless_event.c.due_at).limit(limit))
    return [FacelessEvent(**row._mapping) for row in rows]


def done(connection: sa.Connection, row_id: int) -> None:
    connection.execute(sa.delete(faceless_event).where(faceless_event.c.id == row_id))


def put_off(connection: sa.Connection, row_id: int, until: datetime) -> None:
    mine = sa.update(faceless_event).where(faceless_event.c.id == row_id)
    connection.execute(mine.values(due_at=until, tries=faceless_event.c.tries + 1))


def count(connection: sa.Connection, business: str) -> int:
    """How many are still to come."""
    mine = sa.select(sa.func.count()).where(faceless_event.c.business == business)
    return connection.scalar(mine) or 0
