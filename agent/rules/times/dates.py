"""Dates as a month and a day, written or said, and the days that a calendar names: holidays, the last monday of may."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from agent.rules.times.calendar import last_of_month, monday_of, nth_weekday, upcoming
from agent.rules.times.scan import Found, Scan
from agent.rules.times.words import EDGES, day_form, edge_days, number, one_of, value_of

_TO = r" *(?:-|to|thru|through|until|till|til|and|&|/|al?|hasta|y) *(?:the |el )?"
_YEAR = r"(?:,? *(?:of |de |del )?(?P<year>(?:19|20)\d\d)\b(?!:))?"
_PLACE = r"(?P<nth>first|second|third|fourth|last|[1-5](?:st|nd|rd|th))"
_NUMBER = r"(?<![\w:.$#])"
"""Not the tail of another number, a time or a price."""
_PEOPLE = r" +(?:people|ppl|persons?|adults?|kids?|of us|guests?)\b"
_MAY_BE = r" +(?:be|work|not|i|need|have|come|also|want|take|get|people|of)\b"
_LAST_MONTH = 12


def find_dates(scan: Scan, today: date) -> None:
    months, days = one_of("months"), day_form()
    month, month2 = (rf"(?P<{name}>{months})(?:\b|(?=\d))\.?" for name in ("month", "month2"))
    day, day2 = (rf"(?P<{name}>{days})" for name in ("day", "day2"))
    weekday = rf"(?P<weekday>{one_of('weekdays')})\b\.?"
    dated, numeric = partial(_date, today), partial(_numeric, today)
    lead = rf"{_NUMBER}(?:from |between |del? )?(?:the |el )?"
    scan.take(r"\b(?P<year>20\d\d)[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)\b", dated)
    scan.take(
        r"(?<![\d/.-])(?P<month>\d\d?)([-/.])(?P<day>\d\d?)\2(?P<year>20\d\d|\d\d)\b(?![/-]?\d)",
        numeric,
    )
    scan.take(rf"{_NUMBER}{month} *(?:the )?{day}{_TO}{month2} *(?:the )?{day2}{_YEAR}", dated)
    scan.take(rf"{lead}{month} *(?:the )?{day}{_TO}{day2}{_YEAR}", dated)
    scan.take(rf"{lead}{day}(?: *(?:of|de) )?{_TO}{day2} *(?:of |de )?{month}{_YEAR}", dated)
    scan.take(
        rf"\b(?:the )?{_PLACE} +{weekday} +(?:of|in) +{month}{_YEAR}", partial(_nth_weekday, today)
    )
    scan.take(rf"\b{_PLACE} +week +(?:of|in) +{month}{_YEAR}", partial(_nth_week, today))
    scan.take(rf"{_NUMBER}{month}(?:[ /]*|, *(?=\d+(?:st|nd|rd|th)))(?:the +)?{day}{_YEAR}", dated)
    scan.take(rf"{_NUMBER}(?:dia +)?{day}(?: +day)?[. ]*(?:of +|de +)?{month}{_YEAR}", dated)
    scan.take(rf"\b(?P<edge>{EDGES})[ -]+(?:in +)?{month}{_YEAR}", partial(_month_edge, today))
    scan.take(r"(?<![\w/.:$#])(?P<month>\d\d?)/(?P<day>\d\d?)(?![\w/:]|\.\d|-\d+(?!\d*/))", numeric)
    scan.take(
        r"(?<![\w/.:$#-])(?P<month>\d\d?)-(?P<day>1[3-9]|2\d|3[01]|0\d)(?![\w/:-]|\.\d)", numeric
    )
    scan.take(r"\bon +(?P<month>1[0-2]|[1-9])\.(?P<day>1[0-2]|[1-9])(?![\w.:%]| *[ap]\.?m)", dated)
    scan.take(r"(?<![\w/.:$#-])(?P<day>\d\d)\.(?P<month>1[0-2]|0?[1-9])\.(?!\d)", dated)
    scan.take(
        rf"\b(?:this |next )?(?P<holiday>{one_of('holidays')})(?!'?\w)(?! +(?:lights?|trees?|party|decor\w*|dinner|gift|cards?|sale|special|hours|schedule|present))(?:,? +(?P<year>20\d\d))?",
        partial(_holiday, today),
    )


def _date(today: date, match: re.Match[str]) -> Found | None:
    said = match.groupdict()
    if not _names_month(match, said["month"], said["day"]):
        return None
    month = _month_number(said["month"])
    first = upcoming(today, month, number(said["day"]), said.get("year"))
    if not said.get("day2"):
        return Found(day=first)
    month2 = _month_number(said.get("month2") or said["month"])
    last = date(first.year, month2, number(said["day2"]))
    return Found(day=first, day_end=last if last >= first else last.replace(year=first.year + 1))


def _names_month(match: re.Match[str], month: str, day: str) -> bool:
    """`may` and `march` are words too: "you may 2", "5 may work"."""
    after = match.string[match.end() :]
    if month == "may" and day.isdigit() and re.match(_MAY_BE, after):
        return False
    return month not in ("may", "mar", "march") or not re.match(_PEOPLE, after)


def _month_number(word: str) -> int:
    return int(word) if word.isdigit() else int(value_of("months")[word])


def _numeric(today: date, match: re.Match[str]) -> Found | None:
    """Month first, as callers of these businesses write; day first where no month fits. "Monday 6-08" is no date."""
    month, day = int(match["month"]), int(match["day"])
    if "-" in match[0] and re.search(r"day *$", match.string[: match.start()]):
        return None
    if month > _LAST_MONTH:
        month, day = day, month
    return Found(day=upcoming(today, month, day, match.groupdict().get("year")))


def _nth_weekday(today: date, match: re.Match[str]) -> Found:
    month, weekday = _month_number(match["month"]), value_of("weekdays")[match["weekday"]]
    return _yearly(
        today, match["year"], lambda year: nth_weekday(year, month, weekday, _place(match["nth"]))
    )


def _yearly(today: date, year: str | None, in_year: Callable[[int], date]) -> Found:
    found = in_year(int(year or today.year))
    return Found(day=found if year or found >= today else in_year(today.year + 1))


def _place(word: str) -> int:
    return -1 if word == "last" else number(word)


def _holiday(today: date, match: re.Match[str]) -> Found:
    month, _, rule = value_of("holidays")[" ".join(match["holiday"].split())].partition("-")
    if rule.isdigit():
        return Found(day=upcoming(today, int(month), int(rule), match["year"]))
    weekday, _, place = rule.partition("-")
    return _yearly(
        today, match["year"], lambda year: nth_weekday(year, int(month), weekday, _place(place))
    )


def _nth_week(today: date, match: re.Match[str]) -> Found:
    first = upcoming(today, _month_number(match["month"]), 1, match["year"])
    weeks = 4 if match["nth"] == "last" else number(match["nth"])
    monday = monday_of(first) + timedelta(weeks=weeks - 1)
    return Found(day=monday, day_end=monday + timedelta(days=6))


def _month_edge(today: date, match: re.Match[str]) -> Found:
    month = _month_number(match["month"])
    last = last_of_month(int(match["year"] or today.year), month)
    start, end = edge_days(match["edge"], last)
    first = upcoming(today, month, start, match["year"])
    return Found(day=first, day_end=first.replace(day=min(end, last)))
