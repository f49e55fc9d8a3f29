"""The product's report and the recount laid side by side: every place at which they differ."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from evals.metrics_check.episodes import NOW, make, store
from evals.metrics_check.figures import figures
from evals.metrics_check.moments import clock_changes
from evals.metrics_check.recount import read
from evals.metrics_check.town import FIRST, LAST, Shop
from server import numbers
from server.store import businesses
from server.store.engine import create, make_engine

_NOT_COUNTED = {"business", "time_zone", "counted_at", "words", "advice"}
_TINY = 1e-9
_OF_NOTHING = 2
"""Periods of a business that nobody calls."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    business: str
    first: date
    last: date
    where: str
    """As in `replies.by_delay.5 min`."""
    product: object
    recount: object

    def __str__(self) -> str:
        period = f"{self.business} {self.first}..{self.last}"
        return f"{period} {self.where}: product {self.product}, recount {self.recount}"


@dataclass(frozen=True, kw_only=True)
class Compared:
    episodes: int
    """Of all businesses, over all time."""
    periods: int
    figures: int
    """That were laid side by side."""
    differences: tuple[Difference, ...]


def compare(url: str, seed: int, episodes: int) -> Compared:
    """Made-up episodes, in all periods of `periods_of`.

    Args:
        url: of an empty database.
    """
    create(url)
    database = make_engine(url)
    town = make(seed, episodes)
    store(town, database)
    found: list[Difference] = []
    seen = counted = compared = 0
    with database.connect() as connection:
        for shop in town.shops:
            business = businesses.get(connection, shop.slug)
            assert business is not None
            recount = read(connection, shop.slug, NOW)
            seen += len(recount.episodes)
            periods = periods_of(shop, seed)[: None if recount.episodes else _OF_NOTHING]
            for first, last in periods:
                report = numbers.as_json(numbers.report(connection, business, first, last, now=NOW))
                mine = figures(recount, first, last)
                counted += 1
                compared += sum(1 for _ in _leaves(mine))
                found += (
                    Difference(
                        business=shop.slug,
                        first=first,
                        last=last,
                        where=where,
                        product=theirs,
                        recount=ours,
                    )
                    for where, theirs, ours in differing(report, mine)
                )
    database.dispose()
    return Compared(episodes=seen, periods=counted, figures=compared, differences=tuple(found))


def periods_of(shop: Shop, seed: int) -> list[tuple[date, date]]:
    """All time and beyond, the weeks in which clocks change, single days, and some by chance."""
    chance = random.Random(seed)  # noqa: S311 - chance, no secret
    day, far = timedelta(days=1), timedelta(days=40)
    found = [(FIRST, LAST), (FIRST - far, LAST + far), (FIRST - far, FIRST - day)]
    for changed in clock_changes(shop.zone, FIRST, LAST):
        monday = changed - day * changed.weekday()
        found.append((monday, monday + 6 * day))
        found += [(changed - day * back, changed - day * back) for back in (0, 1, 2, 7, 13, 14)]
    for _ in range(4):
        one, other = (FIRST + day * chance.randrange((LAST - FIRST).days) for _ in range(2))
        found.append((min(one, other), max(one, other)))
    return found


def differing(product: Any, recount: Any, where: str = "") -> Iterator[tuple[str, object, object]]:
    """(where, what the product says, what the recount says); words are nobody's count."""
    if isinstance(recount, dict) and isinstance(product, dict):
        for name in [*recount, *(name for name in product if name not in recount)]:
            if name not in _NOT_COUNTED:
                inner = f"{where}.{name}".lstrip(".")
                yield from differing(product.get(name), recount.get(name), inner)
    elif isinstance(recount, list) and isinstance(product, list) and len(recount) == len(product):
        for place, (theirs, mine) in enumerate(zip(product, recount, strict=True)):
            yield from differing(theirs, mine, f"{where}[{place}]")
    elif not _is_same(product, recount):
        yield where, product, recount


def _is_same(product: object, recount: object) -> bool:
    if isinstance(product, float | int) and isinstance(recount, float | int):
        return abs(product - recount) <= _TINY * max(1.0, abs(recount))
    return product == recount


def _leaves(value: Any) -> Iterator[object]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value
