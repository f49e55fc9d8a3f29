"""The time of day that a few words say: "half past 3", "9.30 pm", "nine fifty nine"."""

import re
from typing import Final, Literal

from agent.data import rule_data
from agent.rules.times.scan import Clock
from agent.rules.times.words import number

HALF: Final = r"(?:[ap] ?\.? ?m\b(?: ?\.)?)"
HOUR: Final = r"(?:2[0-4]|1\d|0?\d|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
MINUTE: Final = r"(?:[0-5]\d|(?:oh |o )?five|ten|fifteen|twenty(?:[ -](?:one|two|three|five|six|seven|eight))?|thirty(?:[ -](?:one|five))?|forty(?:[ -]five)?|fifty(?:[ -](?:five|nine))?)"
OCLOCK: Final = r"(?: ?o ?['\"]? ?clock| en punto)"
NOON: Final = r"(?:12(?::00)? *)?(?:noon(?:ish)?|mid ?day|mid ?night|(?:al? )?medio ?dia|(?:la )?media ?noche)"
TO_HOUR: Final = (
    r"(?:a quarter|quarter|half|five|ten|fifteen|twenty[ -]five|twenty|[1-5]?\d)(?: min(?:ute)?s?)?"
)
TIME: Final = rf"(?:(?:{TO_HOUR} (?:past|to) )?{HOUR}(?: ?[:.h] ?|[ -])?{MINUTE}?(?: ?h(?:rs|s)?\b)?{OCLOCK}?(?: ?ish\b)?(?: ?{HALF}|[ap]\b)?|{NOON})"
"""Any way to write one clock time."""

_NOON = 12
_HOURS = 24
_MINUTES = 60


def clock(words: str, parts: tuple[str, ...] = ()) -> Clock:
    """The time that such words say, in the half of the day that the part said with it means.

    Raises:
        ValueError: there is no such time of day.
    """
    plain = " ".join(words.split())
    if re.search("noon|mid ?day|medio ?dia", plain):
        return Clock(hour=12, half="pm")
    if re.search("mid ?night|media ?noche", plain):
        return Clock(hour=0, half="24")
    half = _half(plain)
    if past := re.match(rf"(?P<minute>.+?)(?: min\w*)? (?P<way>past|to) (?P<hour>{HOUR})", plain):
        return past_or_to(number(past["hour"]), number(past["minute"]), past["way"], half, parts)
    match = re.match(rf"(?P<hour>{HOUR})(?: ?[:.h] ?|[ -])?(?P<minute>{MINUTE})?", plain)
    if match is None or re.search(r"\d", plain[match.end() :]):
        raise ValueError(words)
    minute = _spoken(match["minute"]) if match["minute"] else 0
    full = bool(re.fullmatch(r"0\d[:.]?\d\d", plain)) and not parts
    return _halved(number(match["hour"]), minute, "24" if full else half, parts)


def past_or_to(
    hour: int, minute: int, way: str, half: str = "", parts: tuple[str, ...] = ()
) -> Clock:
    """Half past 3, 25 to 7; the half of the day is that of the resulting time."""
    if way != "to" or minute == 0:
        return _halved(hour, minute, half, parts)
    before = (hour - 1) % _HOURS if hour > _NOON else (hour - 2) % _NOON + 1
    return _halved(before, _MINUTES - minute, half, parts)


def in_part(hour: int, minute: int, part: str) -> Clock:
    """The 7 of "7 in the evening": the one that lies in the hours of that part."""
    first, last = rule_data("when")["dayparts"][part]
    early, late = _of_half("am", hour, minute), _of_half("pm", hour, minute)
    for one in (early, late):
        if first <= f"{one.hour:02d}:{one.minute:02d}" < last:
            return one
    return early if part in ("morning", "night") else late


def agreed(first: Clock, last: Clock) -> Clock:
    """The beginning of a span in the half of the day of its end: 2-4pm; 11-1pm begins before noon."""
    if first.half is not None or last.half not in ("am", "pm"):
        return first
    same, other = (_of_half(half, first.hour, first.minute) for half in _halves(last.half))
    return same if (same.hour, same.minute) < (last.hour, last.minute) else other


def _halves(first: Literal["am", "pm"]) -> tuple[Literal["am", "pm"], Literal["am", "pm"]]:
    return ("am", "pm") if first == "am" else ("pm", "am")


def _half(plain: str) -> str:
    """The a or p of "3pm", "3 p.m.", "3p"; empty: not said."""
    match = re.search(r"(?:\d|\b)([ap])(?: ?\.? ?m ?\.?)?$", plain)
    return match[1] if match else ""


def _spoken(words: str) -> int:
    """Fifty nine -> 59."""
    return sum(number(word) for word in re.split("[ -]", words) if word not in ("oh", "o"))


def _halved(hour: int, minute: int, half: str, parts: tuple[str, ...]) -> Clock:
    if hour > _HOURS or not 0 <= minute < _MINUTES:
        raise ValueError(hour)
    if hour > _NOON or half == "24" or (hour == 0 and not half):
        return Clock(hour=hour % _HOURS, minute=minute, half="24")
    if half:
        return _of_half("am" if half == "a" else "pm", hour, minute)
    return in_part(hour, minute, parts[0]) if parts else Clock(hour=hour, minute=minute)


def _of_half(half: Literal["am", "pm"], hour: int, minute: int) -> Clock:
    return Clock(hour=hour % _NOON + (_NOON if half == "pm" else 0), minute=minute, half=half)
