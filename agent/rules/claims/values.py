"""The checkable values of a text: prices, shares, lengths of time, clock times, days, addresses, numbers.

Every finder blanks what it took, so that the next one sees only what is left.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise

from agent.rules.claims.clock import (
    iso_times,
    led_times,
    marked_times,
    numbered_days,
    plain_times,
    ranged_times,
    spoken_times,
    times_to_noon,
)
from agent.rules.claims.days import (
    dates,
    days_from_now,
    days_of_month,
    runs_of_days,
    sets_of_days,
    weekdays,
)
from agent.rules.claims.lengths import ages, days_ahead, lengths, ranged_lengths, spoken_lengths
from agent.rules.claims.money import charged_prices, counted_prices, percents, prices
from agent.rules.claims.numbers import WORDS, number
from agent.rules.claims.places import addresses, links, phones
from agent.rules.claims.value import Value, bound_after, bound_of, pattern, value_at


def find_values(text: str) -> tuple[list[Value], str]:
    """The values in the order said, and the text with every one of them blanked.

    Args:
        text: folded by `fold`, so that places in it are places in what was written.
    """
    found: list[Value] = []
    for find in _FINDERS:
        for value in find(text):
            found.append(value)
            text = text[: value.start] + "\x00" * (value.end - value.start) + text[value.end :]
    found.sort(key=lambda one: one.start)
    return sorted([*found, *_ranges_of_days(found, text)], key=lambda one: one.start), text


def _ranges_of_days(found: list[Value], text: str) -> Iterator[Value]:
    """Dec 24 through Sunday, Jan 1: every day between, too."""
    named = [
        one
        for one in found
        if one.kind == "date" and isinstance(one.key, tuple) and one.key[0] in ("day", "nth")
    ]
    for first, last in pairwise(named):
        between = text[first.end : last.start]
        if not pattern(
            r"[\s,\x00]*(?:-|to|through|thru|until|al?|hasta)(?: el| the)?[\s,\x00]*"
        ).fullmatch(between):
            continue
        end = last.key if last.key[0] == "day" else ("day", first.key[1], last.key[1], first.key[3])  # type: ignore[index]  # both are tuples
        key = ("days", first.key, end)
        yield Value(
            kind="date", key=key, span=text[first.start : last.end], start=first.start, end=last.end
        )


_ORDINALS = ("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def _numbers(text: str) -> Iterator[Value]:
    """What no other finder took: counts, ZIP codes, sizes, licence numbers."""
    for match in pattern(rf"\b({'|'.join(_ORDINALS)})\b|\b(\d{{1,3}})(?:st|nd|rd|th)\b").finditer(
        text
    ):
        said = _ORDINALS.index(match[1]) + 3 if match[1] else int(match[2])
        yield value_at("number", float(said), text, match.start(), match.end())
    text = pattern(
        r"\bthe (?:two|three|four)(?= (?:can|are|is|of|together|do|don't|will|cannot)\b|[,.])"
    ).sub(lambda match: "\x00" * len(match[0]), text)
    for match in pattern(
        rf"(?<![\w.])(?:\d[\d,]*(?:\.\d+)?k?(?=\b)|(?!one\b|once\b|un[ao]?\b|a\b){WORDS}\b)"
    ).finditer(text):
        count = match[0].rstrip(",")
        bound = bound_of(text, match.start()) or bound_after(text, match.end())
        yield value_at(
            "number", number(count), text, match.start(), match.start() + len(count), bound=bound
        )


_FINDERS: tuple[Callable[[str], Iterator[Value]], ...] = (
    links, phones, addresses, prices, counted_prices, charged_prices, percents, sets_of_days,
    spoken_lengths, ages, days_ahead, ranged_lengths, lengths,
    iso_times, numbered_days, ranged_times, times_to_noon, spoken_times, marked_times, plain_times, led_times,
    dates, runs_of_days, weekdays, days_from_now, days_of_month, _numbers,
)  # fmt: skip
