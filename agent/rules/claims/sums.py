"""Simple arithmetic over stated prices: sums, differences, multiples and shares, with counts that were said."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from agent.rules.claims.value import Value

_LESS = re.compile(
    r"\b(?:cheaper|less|sav\w+|off|difference|more|extra|instead|rather|menos|ahorr\w+|diferencia|mas)\b"
)
_ITEMS = 4
"""Prices in one sum."""


@dataclass(frozen=True, kw_only=True)
class Priced:
    """A stated price, and how it stands to what is said."""

    amount: float
    per: str
    named: bool
    """The statement itself names what it is for."""
    further: bool
    """For the second one, or each one more."""
    place: int
    """Which row says it."""
    count: float | None = None
    """How many of it are spoken of."""


def derived(
    amount: float,
    text: str,
    prices: Sequence[Priced],
    shares: Sequence[float],
    stated: frozenset[float],
    asked: frozenset[float],
    within: frozenset[float],
    *,
    is_saving: bool,
) -> tuple[int, ...] | None:
    """The rows whose prices give the amount, or None.

    Args:
        shares: percentages that the evidence states.
        stated: counts in the statement itself; one of them must have been counted with.
        asked: counts that the caller has given, and differences to limits of the evidence.
        within: counts of the evidence itself: "a package of ten hours".
        is_saving: the amount is what is saved, not what is paid.
    """
    if is_saving:
        return _difference(amount, prices, stated | asked | within, is_saving=True)
    counts = stated or asked
    for total, places, counted in _sums(prices, counts, stated | asked):
        if round(total, 2) == amount and (counted or not stated):
            return places
    for price in prices:
        if any(amount in _shares_of(price.amount, share) for share in shares):
            return (price.place,)
        if not price.per and any(
            round(price.amount / count, 2) == amount
            for count in stated | asked | within
            if count > 1
        ):
            return (price.place,)
    if _LESS.search(text):
        return _difference(amount, prices, stated | asked | within, is_saving=False)
    return None


def _difference(
    amount: float, prices: Sequence[Priced], counts: frozenset[float], *, is_saving: bool
) -> tuple[int, ...] | None:
    """One price, some of it, or several together against another; and "rather than $700", which is ten of one."""
    sides: list[tuple[float, frozenset[Priced]]] = [
        (one.amount, frozenset({one})) for one in prices
    ]
    sides += [(count * one.amount, frozenset({one})) for one in prices for count in counts]
    sides += [
        (sum(one.amount for one in chosen), frozenset(chosen))
        for size in range(2, _ITEMS)
        for chosen in combinations(prices, size)
        if len({one.place for one in chosen}) <= 1 or all(not one.per for one in chosen)
    ]
    for total, ones in sides:
        if round(total, 2) == amount and len(ones) == 1 and not is_saving:
            return tuple(one.place for one in ones)
        for other, others in sides:
            if round(total - other, 2) == amount and not ones & others:
                return tuple({one.place for one in ones | others})
    return None


def _shares_of(price: float, share: float) -> set[float]:
    return {round(price * share / 100, 2), round(price * (1 - share / 100), 2)}


def _sums(
    prices: Sequence[Priced], counts: frozenset[float], all_counts: frozenset[float]
) -> Iterator[tuple[float, tuple[int, ...], bool]]:
    """(total, rows, whether a count was used); what the statement names is in every sum."""
    named = [price for price in prices if price.named]
    further = any(price.further for price in prices)
    for size in range(1, min(_ITEMS, len(prices)) + 1):
        for chosen in combinations(prices, size):
            if any(price not in chosen for price in named):
                continue
            yield from _totals(chosen, counts, all_counts, further=further)


def _totals(
    chosen: Sequence[Priced],
    counts: frozenset[float],
    all_counts: frozenset[float],
    *,
    further: bool,
) -> Iterator[tuple[float, tuple[int, ...], bool]]:
    """What these prices come to; `further`: some price is for one more, so that no other may be multiplied."""
    places = tuple(dict.fromkeys(price.place for price in chosen))
    units = [price for price in chosen if price.per or price.further]
    whole = sum(price.amount for price in chosen)
    each = sum(price.amount for price in units)
    if any(len(price.per.split()) > 1 for price in chosen):
        yield from ((whole * one * two, places, True) for one, two in permutations(counts, 2))
        return
    if len(chosen) > 1:
        yield whole, places, False
    if not further:
        yield from ((count * whole, places, True) for count in counts)
    if units and len(units) < len(chosen):
        steps = {count - 1 for count in counts} if further else counts
        yield from ((whole - each + count * each, places, True) for count in steps | all_counts)
    yield from ((total, places, True) for total in _first_and_further(units, counts))


def _first_and_further(units: Sequence[Priced], counts: frozenset[float]) -> Iterator[float]:
    """$129 for the first hour and $95 for each further one."""
    first = [one for one in units if one.per.startswith("first") or not one.further]
    if len(first) == 1 and len(units) == 2:  # noqa: PLR2004 - the first one, and each further one
        rest = [one for one in units if one is not first[0]]
        if rest[0].further or first[0].per.startswith("first"):
            yield from (
                first[0].amount + (count - 1) * rest[0].amount for count in counts if count > 1
            )


def counts_in(values: Sequence[Value], text: str) -> frozenset[float]:
    """How many, as said: people, items, hours, months."""
    found: set[float] = set()
    for value in values:
        if value.kind == "number" and isinstance(value.key, float) and value.key <= 100:  # noqa: PLR2004
            found.add(value.key)
        elif value.kind == "length" and isinstance(value.key, tuple):
            unit, amount = value.key
            units = (60, 1440, 10080) if unit == "min" else (1, 12)
            found |= {float(str(amount)) / one for one in units}
    if re.search(
        r"\b(?:both|couple|pair|ambos|ambas|and my (?:wife|husband|partner|friend))\b", text
    ):
        found.add(2.0)
    if re.search(r"\b(?:year|annual\w*|ano|anual\w*)\b", text):
        found.add(12.0)
    return frozenset(one for one in found if one >= 1 and one == int(one))
