"""The values in a text that can be checked: prices, percents, phones, links, addresses, clock times.

Two wordings of one value are the same value: `1 PM`, `1pm` and `13:00`; `$1,650` and `1650 dollars`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Value(NamedTuple):
    kind: str
    value: str


_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_KINDS = {
    "price": rf"\$\s?({_NUMBER})|({_NUMBER})\s?(?:dollars|bucks|d[oó]lares)\b",
    "percent": rf"({_NUMBER})\s?(?:%|percent\b|por ciento\b)",
    "email": r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
    "link": r"(?:https?://)?(?<![\w@.])((?:www\.)?[a-z\d-]+(?:\.[a-z\d-]+)*\.(?:com|net|org|io|co|biz|info|example)(?:/[\w./?=&%-]*)?)(?![\w@])",
    "phone": r"(?<![\d-])((?:\+?1[ .-]?)?(?:\(?\d{3}\)?[ .-]?)?\d{3}[ .-]\d{4}|\+?1?\d{10})(?!\d)",
    "address": r"(?<![\d:$-])(\d{1,5} (?:[NSEW]\.? )?[\w']+)(?: [\w']+)? (?:St|Street|Ave|Avenue|Rd|Road|Dr|Drive|Ln|Lane|Blvd|Boulevard|Way|Ct|Court|Pl|Place|Pkwy|Hwy|Cir|Ter)\b",
}
_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _KINDS.items()}
_DIGITS_OF_A_LOCAL_PHONE = 7

_HOUR = r"(\d{1,2})(?::(\d\d))?"
_HALF = r"\s?(?:([ap])\.?\s?m\b\.?|de la (mañana|tarde|noche))"
_SPAN = re.compile(rf"(?<![\d:$/.]){_HOUR}{_HALF}?\s?(?:-|–|to|a|until)\s?(?:las? )?{_HOUR}{_HALF}?(?![\d%])", re.IGNORECASE)  # fmt: skip  # noqa: RUF001 - an en dash
_CLOCK = re.compile(rf"(?<![\d:$/.]){_HOUR}{_HALF}", re.IGNORECASE)
_WRITTEN = re.compile(r"(?<![\d:$])([01]?\d|2[0-3]):([0-5]\d)(?![\d:]|\s?[ap]\.?\s?m\b)", re.I)
_NAMED = {r"\bnoon\b|\bmediod[ií]a\b": 12 * 60, r"\bmidnight\b|\bmedianoche\b": 0}
_HALF_DAY, _LAST_HOUR = 12, 23
_YEAR = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def values(text: str) -> frozenset[Value]:
    """Every value of a text but its clock times."""
    return frozenset(
        Value(kind, _normal(kind, next(filter(None, found.groups()))))
        for kind, pattern in _PATTERNS.items()
        for found in pattern.finditer(text)
    )


def clocks(text: str) -> list[frozenset[int]]:
    """Each clock time of a text as the minutes of the day that it can mean: `9 to 1` leaves two for each."""
    plain = _YEAR.sub(" ", text)
    return [minutes for minutes in _clocks(plain) if minutes]


def says(text: str, wanted: str) -> bool:
    """A text says a value, however it is written; what is no value is looked for as words."""
    if time := _WRITTEN.fullmatch(wanted):
        minute = int(time[1]) * 60 + int(time[2])
        return any(minute in possible for possible in clocks(text))
    if asked := values(wanted):
        return asked <= values(text)
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text, re.IGNORECASE) is not None


def _normal(kind: str, found: str) -> str:
    if kind in ("price", "percent"):
        return f"{float(found.replace(',', '')):g}"
    if kind == "phone":
        digits = re.sub(r"\D", "", found)
        return digits if len(digits) == _DIGITS_OF_A_LOCAL_PHONE else digits[-10:]
    return found.lower().removeprefix("www.").rstrip("./")


def _clocks(text: str) -> Iterator[frozenset[int]]:
    for found in _SPAN.finditer(text):
        begin, end = found.groups()[:4], found.groups()[4:]
        if any((*begin[1:], *end[1:])) or _looks_like_hours(begin[0], end[0]):
            yield _minutes(*begin)
            yield _minutes(*end)
    for found in _CLOCK.finditer(text):
        yield _minutes(*found.groups())
    for found in _WRITTEN.finditer(text):
        yield _minutes(found[1], found[2], None, None)
    for named, minute in _NAMED.items():
        if re.search(named, text, re.IGNORECASE):
            yield frozenset([minute])


def _looks_like_hours(*hours: str) -> bool:
    return all(1 <= int(hour) <= _HALF_DAY for hour in hours)


def _minutes(hour: str, minute: str | None, half: str | None, part: str | None) -> frozenset[int]:
    """The minutes of the day that a clock time can mean; none for an hour that no clock shows."""
    at, past = int(hour), int(minute or 0)
    if at > _LAST_HOUR:
        return frozenset()
    if half or part:
        is_late = half in ("p", "P") if half else part != "mañana"
        return frozenset([(at % _HALF_DAY + _HALF_DAY * is_late) * 60 + past])
    if at > _HALF_DAY or hour.startswith("0"):
        return frozenset([at * 60 + past])
    return frozenset([at % _HALF_DAY * 60 + past, (at % _HALF_DAY + _HALF_DAY) * 60 + past])
