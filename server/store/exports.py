"""Rows of whole periods, read a batch at a time: what is written meanwhile holds nothing up."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from server.store import api_lists
from server.store.tables import appointment, text, thread

_BATCH = 1000
_OUT_OF_ORDER = timedelta(days=1)
"""Tasks stand in the order of their ids, and nearly in that of their making."""


def conversations(
    database: sa.Engine, business: str, without: frozenset[str], since: datetime, until: datetime
) -> Iterator[Any]:
    """In which something was last said in the period, the newest first; with how many texts went each way."""
    mine = text.c.thread == thread.c.id
    theirs = sa.select(sa.func.count()).where(mine, text.c.author == "caller").scalar_subquery()
    every = sa.select(sa.func.count()).where(mine).scalar_subquery()
    more = (theirs.label("came"), (every - theirs).label("went"))
    yield from _threads(database, business, without, since, until, more)


def leads(
    database: sa.Engine, business: str, without: frozenset[str], since: datetime, until: datetime
) -> Iterator[Any]:
    """Conversations of the period in which the caller has written, with the first words and the next visit."""
    first = (
        sa.select(text.c.body)
        .where(
            text.c.thread == thread.c.id,
            text.c.author == "caller",
            text.c.at >= sa.func.coalesce(thread.c.episode_at, thread.c.last_at),
        )
        .order_by(text.c.seq)
        .limit(1)
        .scalar_subquery()
    )
    visit = (
        sa.select(sa.func.max(appointment.c.start))
        .where(appointment.c.thread == thread.c.id, appointment.c.state == "booked")
        .scalar_subquery()
    )
    more = (first.label("first_words"), visit.label("visit"))
    rows = _threads(database, business, without, since, until, more)
    yield from (row for row in rows if row.first_words is not None)


def visits(database: sa.Engine, business: str, since: datetime, until: datetime) -> Iterator[Any]:
    """That begin in the period, with the caller's name."""
    after: api_lists.After = None
    while True:
        with database.connect() as connection:
            rows = api_lists.visits(connection, business, since, until, after, _BATCH)
            named = _names(connection, [row.thread for row in rows])
        for row in rows:
            yield row, named.get(row.thread, "")
        if len(rows) < _BATCH:
            return
        after = (rows[-1].start, rows[-1].id)


def tasks(database: sa.Engine, business: str, since: datetime, until: datetime) -> Iterator[Any]:
    """That were made in the period, the newest first."""
    before: int | None = None
    while True:
        with database.connect() as connection:
            rows = api_lists.tasks(connection, business, None, before, _BATCH)
        yield from (row for row in rows if since <= row.created_at < until)
        if len(rows) < _BATCH or rows[-1].created_at < since - _OUT_OF_ORDER:
            return
        before = rows[-1].id


def _threads(
    database: sa.Engine,
    business: str,
    without: frozenset[str],
    since: datetime,
    until: datetime,
    more: tuple[sa.Label[Any], ...],
) -> Iterator[Any]:
    wanted = api_lists.Wanted(since=since, without=without)
    after: api_lists.After = (until, "")
    while True:
        with database.connect() as connection:
            rows = api_lists.threads(connection, business, wanted, after, _BATCH, more)
        yield from rows
        if len(rows) < _BATCH:
            return
        after = (rows[-1].last_at, rows[-1].id)


def _names(connection: sa.Connection, threads: list[str]) -> dict[str, str]:
    query = sa.select(thread.c.id, thread.c.memory).where(thread.c.id.in_(set(threads)))
    return {row.id: name_in(row.memory) for row in connection.execute(query)}


def name_in(memory: dict[str, Any]) -> str:
    return str(memory.get("details", {}).get("name", ""))
