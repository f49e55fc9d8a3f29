"""Lengths of time in a text."""

import re
from collections.abc import Iterator

from agent.rules.claims.days import DAY, weekday
from agent.rules.claims.numbers import NUMBER, number
from agent.rules.claims.value import (
    UNIT,
    Key,
    Value,
    bound_after,
    bound_of,
    pattern,
    value_at,
)

_MINUTES = {"mi": 1, "ho": 60, "hr": 60, "d": 1440, "w": 10080, "s": 10080}
_MONTHS_LONG = {"mo": 1, "me": 1, "y": 12, "a": 12}


_SPOKEN: dict[str, tuple[str, float]] = {
    r"\b(?:(?:(?:one|an|1) )?hour and a half|hora y media|an hour and thirty minutes)\b": ("min", 90.0),
    r"\b(?:a )?(?:quarter(?: of an)?[ -]hour|cuarto de hora)\b": ("min", 15.0),
    r"\b(?:half an hour|half[ -]hour|a half hour|media hora)\b": ("min", 30.0),
    r"\b(?:an?|one|un) (?:year|ano) (?:and a half|y medio)\b": ("month", 18.0),
}  # fmt: skip
_EVERY_OTHER = r"\b(?:every other week|bi-?weekly|quincenal(?:es|mente)?|cada quince dias)\b"


def spoken_lengths(text: str) -> Iterator[Value]:
    """An hour and a half, half an hour; and every other week, as a length that comes again."""
    for source, length in _SPOKEN.items():
        for match in pattern(source).finditer(text):
            yield value_at("length", length, text, match.start(), match.end())
    for match in pattern(_EVERY_OTHER).finditer(text):
        yield value_at("length", ("min", 20160.0), text, match.start(), match.end(), bound="every")


def ranged_lengths(text: str) -> Iterator[Value]:
    """The 3 of "3 to 4 hours"."""
    ranged = rf"\b({NUMBER})\s?(?:-|to|or|and|a|o|y)\s?(?={NUMBER}[ -]({UNIT})\b)"
    for match in pattern(ranged).finditer(text):
        length = _long(number(match[1]), match[2])
        yield value_at("length", length, text, match.start(1), match.end(1))


def ages(text: str) -> Iterator[Value]:
    for match in pattern(rf"\b({NUMBER})[ -](?:years?[ -]olds?|yr[ -]?old|yo)\b").finditer(text):
        yield value_at("number", number(match[1]), text, match.start(), match.end())


def days_ahead(text: str) -> Iterator[Value]:
    """Three days from now, a week from Saturday."""
    for match in pattern(rf"\b({NUMBER}|an?) days? from now\b|\ben ({NUMBER}) dias\b").finditer(
        text
    ):
        said = match[1] or match[2]
        days = 1.0 if said in ("a", "an") else number(said)
        yield value_at("date", ("in", int(days)), text, match.start(), match.end())
    for match in pattern(
        rf"\b(?:an?|one|two|1|2|una|dos) (?:week|semana)s? (?:from|after) (?:(?:this|next) )?({DAY}|today|tomorrow)\b"
    ).finditer(text):
        weeks = 2 if match[0].startswith(("two", "2", "dos")) else 1
        yield value_at("date", _weeks_on(match[1], weeks), text, match.start(), match.end())


def lengths(text: str) -> Iterator[Value]:
    counted = rf"\b({NUMBER}|an?|una?)(?:[ -]| and a half | full | whole | business | working | calendar | further | additional )({UNIT})\b(?! a week| a la semana)(?: y media| and a half)?"
    for match in pattern(counted).finditer(text):
        if match[0].startswith(("a ", "an ", "una ", "un ")) and _is_rate(text, match):
            continue
        half = 0.5 if "and a half" in match[0] or "y media" in match[0] else 0.0
        amount = (1.0 if match[1] in ("a", "an", "un", "una") else number(match[1])) + half
        lead = pattern(r"\b(open|every|cada) $").search(text[: match.start()])
        bound = bound_of(text, match.start()) or bound_after(text, match.end())
        if lead:
            bound = "open" if lead[1] == "open" else "every"
        yield value_at(
            "length", _long(amount, match[2]), text, match.start(), match.end(), bound=bound
        )


def _weeks_on(said: str, weeks: int) -> Key:
    if said in ("today", "tomorrow"):
        return ("in", 7 * weeks + (said == "tomorrow"))
    return ("weeks", weekday(said), weeks)


def _is_rate(text: str, match: re.Match[str]) -> bool:
    """The "an hour" of "$95 an hour" says what is counted, not how long."""
    return text[: match.start()].rstrip().endswith("\x00")


def _long(amount: float, unit: str) -> tuple[str, float]:
    for start, months in _MONTHS_LONG.items():
        if unit.startswith(start) and not unit.startswith("min"):
            return ("month", amount * months)
    factor = next(value for start, value in _MINUTES.items() if unit.startswith(start))
    return ("min", amount * factor)
