"""Which days does a text name? Dates first, then weekdays, weeks, "in two weeks", "the friday after thanksgiving"."""

import re
from datetime import date, timedelta
from functools import partial

from agent.rules.times.calendar import coming, monday_of, plus, upcoming_of_month
from agent.rules.times.dates import find_dates
from agent.rules.times.scan import Found, Scan
from agent.rules.times.weekdays import find_weekdays
from agent.rules.times.weeks import find_weeks_and_months
from agent.rules.times.words import day_form, no_things, number, one_of, value_of

_UNIT = r"(?P<unit>days?|dias?|weeks?|wks?|semanas?|months?|mes(?:es)?|years?|yrs?|anos?)\b"


def find_days(scan: Scan, today: date) -> None:
    """Take every day that the text names."""
    find_dates(scan, today)
    find_weekdays(scan, today)
    find_weeks_and_months(scan, today)
    _find_offsets(scan, today)
    _find_days_of_month(scan, today)
    _find_beside_days(scan)


def _find_offsets(scan: Scan, today: date) -> None:
    count, away = rf"(?P<count>\d{{1,3}}|{one_of('numbers')})", partial(_away, today)
    scan.take(
        rf"\b(?:in +the +)?next +{count} +(?:business +|working +)?(?P<unit>days|weeks)\b",
        partial(_next_days, today),
    )
    scan.take(
        rf"\b{count} +{_UNIT} +(?:from +now|away|later|hence|out|time)(?: +from +now)?\b", away
    )
    scan.take(
        rf"\b(?:in|within|dentro +de|en) +(?:about +|around +|like +)?{count} *{_UNIT}(?: +time)?",
        away,
    )
    scan.take(
        r"\b(?:in +)?(?P<count>a) +(?P<unit>fortnight)(?: +(?:from +)?(?:today|now|hence))?\b", away
    )
    scan.take(rf"\b{count} +(?P<unit>weeks?) +(?:from +)?today\b", away)
    scan.take(rf"\b(?:in +)?(?P<word>{one_of('relative_days')})\b", partial(_relative, today))


def _find_days_of_month(scan: Scan, today: date) -> None:
    day = rf"(?P<day>{day_form()})"
    scan.take(
        rf"\b(?:next|el +dia|on +the|the|on|for|el) +{day}(?![:.]\d| [0-5][05]\b| *[ap]\.?m\b| *o ?'?clock){no_things()}",
        partial(_day_after_word, today),
    )
    scan.take(
        rf"(?<![\w:.$#/])(?P<day>\d\d?(?:st|nd|rd|th)){no_things()}", partial(_ordinal, today)
    )
    scan.take(
        r"^\W*(?:on |from )?(?P<day>1[3-9]|2\d|3[01])(?:\. *|\s*-\s*(?P<day2>[12]\d|3[01])\s*)$",
        partial(_ordinal, today),
    )


def _find_beside_days(scan: Scan) -> None:
    """Days that lean on a day found before."""
    scan.take(
        rf"\b(?P<count>\d{{1,3}}|{one_of('numbers')}) *{_UNIT} +(?P<way>from|after|before|despues de|antes de|a partir de) +(?:the )?(?P<from>D+)",
        partial(_counted_from, scan),
    )
    scan.take(
        r"\b(?:the )?(?P<unit>day|week) +(?P<way>after|before) +(?P<from>D+)",
        partial(_counted_from, scan),
    )
    scan.take(
        r"(?P<weekday>D+) +(?P<way>after|before|following) +(?P<from>D+)",
        partial(_weekday_from, scan),
    )
    scan.take(r"(?P<from>D+) +week\b(?! *-?end)", partial(_week_with, scan))
    scan.take(
        r"\b(?P<unit>an? +week) +(?:starting|commencing|beginning)(?: on)? +(?P<from>D+)",
        partial(_week_with, scan),
    )
    scan.take(
        r"\b(?:the +)?(?P<unit>weekend|week) +(?:of|starting|commencing|beginning)(?: on)? +(?P<from>D+)",
        partial(_week_with, scan),
    )


def _next_days(today: date, match: re.Match[str]) -> Found:
    last = plus(today, number(match["count"]), match["unit"])
    return Found(day=today + timedelta(days=1), day_end=last)


def _away(today: date, match: re.Match[str]) -> Found:
    return Found(day=plus(today, number(match["count"]), match["unit"]))


def _relative(today: date, match: re.Match[str]) -> Found | None:
    """Tomorrow; not the morning of "por la manana", nor Tom."""
    word, before = " ".join(match["word"].split()), match.string[: match.start()]
    after = match.string[match.end() :]
    if word == "manana" and re.search(r"\b(?:la|de|esta|esa) +$", before):
        return None
    if word == "tom" and not _stands_as_tomorrow(before, after):
        return None
    return Found(day=today + timedelta(days=int(value_of("relative_days")[word])))


def _stands_as_tomorrow(before: str, after: str) -> bool:
    if re.search(r"\b(?:with|to|from|mr|for|is|im|and|dr|call|ask)\s+$", before):
        return False
    return bool(
        re.match(r" *(?:$|[,.!?CDP\d@]|at\b|morning|afternoon|evening|around|after|before)", after)
    )


def _day_after_word(today: date, match: re.Match[str]) -> Found | None:
    """The 5th, on the first; "the first" alone is no date, nor is "on 5"."""
    words, day = match[0], match["day"]
    if not day[0].isdigit() and not re.match(r"on +the|el +dia|for +the", words):
        return None
    spanish = words.startswith("el ") and day.isdigit() and len(day) > 1
    if day.isdigit() and not (re.match(r"on +the|el +dia|the", words) or spanish):
        return None
    return _found(upcoming_of_month(today, number(day)))


def _ordinal(today: date, match: re.Match[str]) -> Found | None:
    """5th; "my 5th" counts something else."""
    if re.search(r"\b(?:my|our|your|a|their|his|her|every)\s+$", match.string[: match.start()]):
        return None
    first = upcoming_of_month(today, number(match["day"]))
    last = match.groupdict().get("day2")
    return (
        Found(day=first, day_end=upcoming_of_month(first, number(last)))
        if first and last
        else _found(first)
    )


def _whole_week(monday: date) -> Found:
    return Found(day=monday, day_end=monday + timedelta(days=6))


def _found(day: date | None) -> Found | None:
    return Found(day=day) if day else None


def _counted_from(scan: Scan, match: re.Match[str]) -> Found | None:
    """3 days after tuesday, the day before christmas, the week after thanksgiving."""
    start = _day_at(scan, match.start("from"))
    if not start:
        return None
    sign = -1 if match["way"] in ("before", "antes de") else 1
    if "count" in match.re.groupindex:
        return Found(day=plus(start, sign * number(match["count"]), match["unit"]))
    if match["unit"] == "day":
        return Found(day=start + timedelta(days=sign))
    return _whole_week(monday_of(start) + timedelta(weeks=sign))


def _weekday_from(scan: Scan, match: re.Match[str]) -> Found | None:
    """The friday after thanksgiving."""
    named, start = scan.piece_at(match.start("weekday")), _day_at(scan, match.start("from"))
    if not (named and named.day and named.weekday and start):
        return None
    after = coming(start, named.day.weekday())
    if match["way"] != "before":
        return Found(day=after)
    return Found(day=after - timedelta(weeks=2 if start.weekday() == named.day.weekday() else 1))


def _week_with(scan: Scan, match: re.Match[str]) -> Found | None:
    """Thanksgiving week, the week of the 14th; "a week starting tomorrow"; "friday week" is a week after friday."""
    piece = scan.piece_at(match.start("from"))
    if not (piece and piece.day):
        return None
    unit = match.groupdict().get("unit") or ""
    if piece.weekday and not unit:
        return Found(day=piece.day + timedelta(weeks=1))
    if unit == "weekend":
        saturday = monday_of(piece.day) + timedelta(days=5)
        return Found(day=saturday, day_end=saturday + timedelta(days=1))
    return _whole_week(piece.day if unit.startswith("a") else monday_of(piece.day))


def _day_at(scan: Scan, place: int) -> date | None:
    piece = scan.piece_at(place)
    return piece.day if piece else None
