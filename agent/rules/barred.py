"""Weekdays that will not do: "any day but wednesday", "mornings, not mondays"."""

import re

from agent.business import WEEKDAYS, Weekday

_DAY = r"(?:mon|tue|tues|wed|weds|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?"
_DAYS = rf"{_DAY}s?(?:,? (?:or|and|nor) {_DAY}s?)*"
_BARS = re.compile(
    rf"\b(?:(?<!why )not|but|except(?: for)?|excluding|besides|other than|anything but|can'?t (?:do|make|come)|cannot (?:do|make|come))"
    rf"(?: on| for| any| the)* (?P<days>{_DAYS})\b(?! (?:at|after|before|morning|afternoon|evening|night|\d))"
    rf"|\bno (?P<more>{_DAY}s(?:(?: or| and)? {_DAY}s)*)\b",
    re.IGNORECASE,
)


def read(text: str) -> tuple[Weekday, ...]:
    """The weekdays that a text rules out, in the order of the week."""
    said = " ".join((match["days"] or match["more"]).lower() for match in _BARS.finditer(text))
    begun = {word[:3] for word in re.findall(r"[a-z]+", said)}
    return tuple(day for day in WEEKDAYS if day in begun)


def without(text: str) -> str:
    """The text with those words blanked: what is left is wished."""
    return _BARS.sub(lambda match: " " * len(match[0]), text)
