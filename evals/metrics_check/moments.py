"""Moments at which figures go wrong: around midnight, in the weeks when clocks change, exactly on a bound."""

import random
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

_T = TypeVar("_T")

TICK = timedelta(microseconds=1)
"""As fine as the databases keep time."""
BOUNDS = tuple(
    timedelta(minutes=minutes) for minutes in (5, 60, 4 * 60, 24 * 60, 3 * 24 * 60, 14 * 24 * 60)
)
"""Where a delay changes what it counts as."""
_BESIDE = ((4, timedelta()), (3, TICK), (2, -TICK))
_AWAY = (-14, -13, -7, -2, -1, -1, 0, 0, 1, 3)
"""In days, from the one on which the clocks change: what follows within a day or two weeks crosses it."""
_LONGEST_MIN = (4, 50, 50, 230, 1400, 4000, 30_000)


def pick(chance: random.Random, weighted: tuple[tuple[float, _T], ...]) -> _T:
    """Args: weighted: (weight, value)."""
    weights, values = zip(*weighted, strict=True)
    found: list[_T] = chance.choices(values, weights)
    return found[0]


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


@cache
def clock_changes(zone: ZoneInfo, first: date, last: date) -> tuple[date, ...]:
    """The local days of another length than 24 hours."""
    return tuple(
        day
        for day in days_of(first, last)
        if midnight(day + timedelta(days=1), zone) - midnight(day, zone) != timedelta(days=1)
    )


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a local day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def a_call(
    chance: random.Random, zone: ZoneInfo, first: date, last: date, *, at_midnight: bool = False
) -> datetime:
    """When somebody calls: near a change of the clocks rather than elsewhere, and at midnight to the tick."""
    where = pick(
        chance, ((60, "any day"), (20, "near a change"), (12, "the night"), (8, "midnight"))
    )
    day = first + timedelta(days=chance.randrange((last - first).days + 1))
    if at_midnight or where != "any day":
        away = 0 if where == "the night" else chance.choice(_AWAY)
        day = chance.choice(clock_changes(zone, first, last)) + timedelta(days=away)
    day = min(max(day, first), last)
    if at_midnight or where == "midnight":
        return midnight(day, zone) + pick(chance, _BESIDE)
    hours = range(4) if where == "the night" else (*range(24), *range(8, 18), *range(8, 18))
    clock = time(chance.choice(hours), chance.randrange(60), fold=chance.randrange(2))
    within = timedelta(seconds=chance.uniform(0, 60))
    return datetime.combine(day, clock, zone).astimezone(UTC) + within


def a_delay(chance: random.Random) -> timedelta:
    """Until a caller does something: most within the hour, some exactly on a bound or a tick beside it."""
    how = pick(chance, ((73, "any"), (25, "bound"), (2, "at once")))
    if how == "bound":
        return on_a_bound(chance)
    if how == "at once":
        return chance.choice((timedelta(), TICK))
    return timedelta(seconds=chance.uniform(2, chance.choice(_LONGEST_MIN) * 60))


def on_a_bound(chance: random.Random) -> timedelta:
    return chance.choice(BOUNDS) + pick(chance, _BESIDE)
