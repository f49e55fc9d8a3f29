"""What was asked of a model: for whoever pays it, and for staff who want to know whether it is well."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from agent.state import Json
from server.store.tables import model_call

ANSWERED = "answered"
_TOKENS = model_call.c.tokens_in + model_call.c.tokens_out


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Requests of some time or thread together."""

    turns: int
    """Turns in which a model was asked."""
    calls: int
    failed: int
    tokens_in: int
    tokens_out: int
    took_ms: int
    """Of all calls."""


def add(
    connection: sa.Connection,
    business: str,
    thread: str,
    turn: str,
    calls: Sequence[Json],
    at: datetime,
) -> None:
    """Args: calls: as `agent.model.ModelCall`."""
    if calls:
        whose = {"business": business, "thread": thread, "turn": turn, "at": at}
        connection.execute(sa.insert(model_call), [whose | call for call in calls])


def tokens_since(connection: sa.Connection, business: str, since: datetime) -> int:
    spent = sa.select(sa.func.coalesce(sa.func.sum(_TOKENS), 0))
    mine = (model_call.c.business == business, model_call.c.at >= since)
    return int(connection.execute(spent.where(*mine)).scalar_one())


def of_business(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> Spent:
    """In [since, until)."""
    at = model_call.c.at
    return _spent(connection, model_call.c.business == business, at >= since, at < until)


def by_turn(connection: sa.Connection, thread: str) -> dict[str, Spent]:
    """Each turn of a thread in which a model was asked."""
    rows = connection.execute(
        sa.select(model_call.c.turn, *_sums())
        .where(model_call.c.thread == thread)
        .group_by(model_call.c.turn)
    )
    return {turn: Spent(**_numbers(row)) for turn, *row in rows}


def together(parts: Iterable[Spent]) -> Spent:
    """The sum of several turns' requests."""
    rows = [vars(one) for one in parts]
    return Spent(**{one.name: sum(row[one.name] for row in rows) for one in fields(Spent)})


def by_prompt(
    connection: sa.Connection, business: str, since: datetime
) -> list[tuple[str, str, Spent]]:
    """(model, prompt, what was spent), most used first."""
    names = (model_call.c.model, model_call.c.prompt)
    rows = connection.execute(
        sa.select(*names, *_sums())
        .where(model_call.c.business == business, model_call.c.at >= since)
        .group_by(*names)
        .order_by(sa.func.count().desc())
    )
    return [(model, prompt, Spent(**_numbers(row))) for model, prompt, *row in rows]


def faults(connection: sa.Connection, business: str, since: datetime) -> list[tuple[str, int]]:
    """(what went wrong, how often), most frequent first."""
    ended = model_call.c.ended
    mine = (model_call.c.business == business, model_call.c.at >= since, ended != ANSWERED)
    count = sa.func.count()
    rows = connection.execute(
        sa.select(ended, count).where(*mine).group_by(ended).order_by(count.desc(), ended)
    )
    return [(why, times) for why, times in rows]


def out_since(connection: sa.Connection, business: str, now: datetime) -> datetime | None:
    """The first of the failures in a row with which the newest calls ended.

    Returns:
        None: the last one answered, a single one failed, or the last hour has seen none.
    """
    mine = (model_call.c.business == business, model_call.c.at >= now - _LATELY)
    newest = sa.select(model_call.c.at, model_call.c.ended).where(*mine)
    failed: list[datetime] = []
    for at, ended in connection.execute(
        newest.order_by(model_call.c.id.desc()).limit(_LOOKED_BACK)
    ):
        if ended == ANSWERED:
            break
        failed.append(at)
    return failed[-1] if len(failed) > 1 else None


_LOOKED_BACK, _LATELY = 200, timedelta(hours=1)


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When the business's day began."""
    return days(now, zone, 1)[0]


def days(now: datetime, zone: ZoneInfo, count: int) -> list[datetime]:
    """The beginnings of the last so many days, oldest first."""
    today = now.astimezone(zone).date()
    return [
        datetime.combine(today - timedelta(days=back), datetime.min.time(), zone)
        for back in reversed(range(count))
    ]


def _spent(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> Spent:
    row = connection.execute(sa.select(*_sums()).where(*which)).one()
    return Spent(**_numbers(list(row)))


def _sums() -> list[sa.ColumnElement[int]]:
    failed = sa.case((model_call.c.ended == ANSWERED, 0), else_=1)
    summed = (failed, model_call.c.tokens_in, model_call.c.tokens_out, model_call.c.took_ms)
    return [
        sa.func.count(sa.distinct(model_call.c.turn)),
        sa.func.count(),
        *(sa.func.coalesce(sa.func.sum(one), 0) for one in summed),
    ]


def _numbers(row: Sequence[int]) -> dict[str, int]:
    names = ("turns", "calls", "failed", "tokens_in", "tokens_out", "took_ms")
    return {name: int(value) for name, value in zip(names, row, strict=True)}
