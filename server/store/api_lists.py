"""What other systems page through: each list by an index, from a place on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from agent.model import TextKind
from agent.state import AGENT
from server.store.tables import appointment, call, task, text, thread
from server.store.texts import KEPT_AS

After = tuple[datetime, str] | None
"""The moment and the id of the last row of the page before."""
Going = Literal["open", "done"]

# Word for word as in the indexes, or SQLite does not use them.
_GOES_ON = sa.text("resolved_at is null")
_NOT_AGENTS = sa.text("owner <> 'agent'")
_OPTED_OUT = sa.text("opted_out_at is not null")
_WAS_BOOKED = sa.text("code is not null")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which threads; None: all."""

    going: Going | None = None
    owner: str | None = None
    since: datetime | None = None
    without: frozenset[str] = frozenset()
    """Numbers of the business's own people."""


def threads(
    connection: sa.Connection,
    business: str,
    wanted: Wanted,
    after: After,
    limit: int,
    more: tuple[sa.Label[Any], ...] = (),
) -> list[Any]:
    """The last talked with first; `more` is read of each beside its row."""
    query = sa.select(*thread.c, *more).where(thread.c.business == business)
    if wanted.without:
        query = query.where(thread.c.caller.not_in(sorted(wanted.without)))
    if wanted.going == "open":
        query = query.where(_GOES_ON)
    elif wanted.going == "done":
        query = query.where(thread.c.resolved_at.is_not(None))
    if wanted.owner is not None:
        query = query.where(thread.c.owner == wanted.owner)
        query = query if wanted.owner == AGENT else query.where(_NOT_AGENTS)
    return _newest(connection, query, thread.c.last_at, thread.c.id, wanted.since, after, limit)


def opted_out(
    connection: sa.Connection, business: str, without: frozenset[str], after: After, limit: int
) -> list[Any]:
    """The last who opted out first."""
    query = sa.select(thread).where(thread.c.business == business, _OPTED_OUT)
    if without:
        query = query.where(thread.c.caller.not_in(sorted(without)))
    return _newest(connection, query, thread.c.opted_out_at, thread.c.id, None, after, limit)


def texts(connection: sa.Connection, of_thread: str, before: int | None, limit: int) -> list[Any]:
    """Of one thread, the newest first; without alerts to staff and without what is kept secret."""
    shown = sa.or_(text.c.kind.is_(None), text.c.kind != TextKind.ALERT)
    query = sa.select(text).where(text.c.thread == of_thread, shown)
    if before is not None:
        query = query.where(text.c.seq < before)
    return list(connection.execute(query.order_by(text.c.seq.desc()).limit(limit)))


def is_secret(row: Any) -> bool:
    return KEPT_AS in (row.why or {})


def calls(
    connection: sa.Connection,
    business: str,
    outcome: str | None,
    since: datetime | None,
    after: After,
    limit: int,
) -> list[Any]:
    """The newest first."""
    query = sa.select(call).where(call.c.business == business)
    if outcome:
        query = query.where(call.c.outcome == outcome)
    return _newest(connection, query, call.c.at, call.c.sid, since, after, limit)


def visits(
    connection: sa.Connection,
    business: str,
    first: datetime | None,
    until: datetime | None,
    after: After,
    limit: int,
) -> list[Any]:
    """What was booked, cancelled or not, the earliest first."""
    query = sa.select(appointment).where(appointment.c.business == business, _WAS_BOOKED)
    if first:
        query = query.where(appointment.c.start >= first)
    if until:
        query = query.where(appointment.c.start < until)
    if after:
        at, name = after
        same = sa.and_(appointment.c.start == at, appointment.c.id > name)
        query = query.where(appointment.c.start >= at, sa.or_(appointment.c.start > at, same))
    in_order = query.order_by(appointment.c.start, appointment.c.id)
    return list(connection.execute(in_order.limit(limit)))


def visit(connection: sa.Connection, business: str, name: str) -> Any:
    """None: this business has no such visit, or it was never booked."""
    mine = (appointment.c.id == name, appointment.c.business == business, _WAS_BOOKED)
    return connection.execute(sa.select(appointment).where(*mine)).one_or_none()


def tasks(
    connection: sa.Connection, business: str, going: Going | None, before: int | None, limit: int
) -> list[Any]:
    """The newest first, with their callers."""
    columns = (*task.c, thread.c.caller)
    query = (
        sa.select(*columns)
        .select_from(task.outerjoin(thread, thread.c.id == task.c.thread))
        .where(task.c.business == business)
    )
    if going == "open":
        query = query.where(task.c.done_at.is_(None))
    elif going == "done":
        query = query.where(task.c.done_at.is_not(None))
    if before is not None:
        query = query.where(task.c.id < before)
    return list(connection.execute(query.order_by(task.c.id.desc()).limit(limit)))


def task_by_key(connection: sa.Connection, key: str) -> Any:
    columns = (*task.c, thread.c.caller)
    query = sa.select(*columns).select_from(task.outerjoin(thread, thread.c.id == task.c.thread))
    return connection.execute(query.where(task.c.key == key)).one_or_none()


def _newest(
    connection: sa.Connection,
    query: sa.Select[Any],
    at: sa.Column[Any],
    name: sa.Column[Any],
    since: datetime | None,
    after: After,
    limit: int,
) -> list[Any]:
    if since:
        query = query.where(at >= since)
    if after:
        same = sa.and_(at == after[0], name < after[1])
        query = query.where(at <= after[0], sa.or_(at < after[0], same))  # the first for the index
    return list(connection.execute(query.order_by(at.desc(), name.desc()).limit(limit)))
