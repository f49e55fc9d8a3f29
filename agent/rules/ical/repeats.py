"""The wall times that an RRULE makes, within a window and in bounded time whatever the rule says."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # dateutil ships no types

from agent.rules.ical.lines import Property
from agent.rules.ical.times import Calendar, Moment, day_of
from agent.rules.ical.zones import utc

_AT_MOST = 100_000
"""Turns of one rule; more is an attack or a mistake: every minute of two months has fewer."""
_UNITS = {
    "SECONDLY": timedelta(seconds=1),
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
}
_FREQUENCIES = {*_UNITS, "MONTHLY", "YEARLY"}
_WITHIN_AN_HOUR = {"SECONDLY", "MINUTELY"}
_WITHIN_A_DAY = {"HOURLY", *_WITHIN_AN_HOUR}
_DATES = {"BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}
_CLOCK = {"BYHOUR", "BYMINUTE", "BYSECOND"}
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYSETPOS", *_DATES, *_CLOCK}
_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_CYCLE_YEARS = 400
"""After so many years the calendar begins again, weekdays included."""
_COUNTED, _COUNTED_DAYS = 1_000, 3_660
"""How far a COUNT is followed to see where it ends."""


def walls(
    rule: str, start: Moment, calendar: Calendar, low: datetime, high: datetime
) -> Iterator[datetime]:
    """The rule's times from low to high (wall time of the series).

    Raises:
        ValueError: the rule says nothing that can be followed.
    """
    parts = _parts(rule, start)
    has_ended = _end(parts.pop("UNTIL", None), start, calendar)
    step = _UNITS.get(parts["FREQ"], timedelta()) * int(parts.get("INTERVAL", "1"))
    first = start.wall
    if step and "COUNT" not in parts:  # one step early: BYSETPOS counts within whole steps
        first += step * max(0, (low - first) // step - 1)
    if first > high:
        return
    if step and _turns(parts, (high - first) // step) > _AT_MOST:
        raise ValueError(f"{rule!r} repeats too often")
    for wall in _from(first, parts, high):
        if wall > high or has_ended(wall):
            return
        if wall >= low:
            yield wall


def ended_before_it_began(rule: str, start: Moment, calendar: Calendar) -> bool:
    """An UNTIL before DTSTART is how some clients delete a whole series."""
    return _end(_parts(rule, start).get("UNTIL"), start, calendar)(start.wall)


def latest(rule: str, start: Moment, calendar: Calendar) -> datetime | None:
    """No time of the rule is later than this one (UTC), give or take a day; None: it goes on, or for very long.

    Raises:
        ValueError: the rule says nothing that can be followed.
    """
    parts = _parts(rule, start)
    if "UNTIL" in parts:
        last = next(calendar.moments(Property(params="", value=parts["UNTIL"])))[0]
        return max(last.utc, utc(start.zone, last.wall))
    count = int(parts.get("COUNT", _COUNTED + 1))
    if count > _COUNTED:
        return None
    high = start.wall + timedelta(days=_COUNTED_DAYS)
    found = list(islice(walls(rule, start, calendar, start.wall, high), count))
    return utc(start.zone, found[-1]) if len(found) == count else None


def _parts(rule: str, start: Moment) -> dict[str, str]:
    pairs = [part.partition("=") for part in rule.upper().replace(" ", "").strip(";").split(";")]
    parts = {key: value for key, _, value in pairs}
    if len(parts) < len(pairs) or not _KNOWN.issuperset(parts):
        raise ValueError(f"{rule!r} is no rule for repeating")
    if start.is_date:
        parts = {key: value for key, value in parts.items() if key not in _CLOCK}
    if int(parts.get("COUNT", "1")) < 1:
        del parts["COUNT"]
    if not _can_be_followed(parts, start):
        raise ValueError(f"{rule!r} is no rule that can be followed")
    has_day = not parts.keys().isdisjoint({"BYDAY", "BYMONTHDAY", "BYYEARDAY"})
    if parts["FREQ"] == "YEARLY" and "BYWEEKNO" in parts and not has_day:
        parts["BYDAY"] = _WEEK[start.wall.weekday()]  # dateutil would take the whole week
    return parts


def _can_be_followed(parts: dict[str, str], start: Moment) -> bool:
    """Clock times on certain dates are not: dateutil makes them every hour, for ever where the date never comes."""
    frequency = parts.get("FREQ")
    if frequency not in _FREQUENCIES or int(parts.get("INTERVAL", "1")) < 1:
        return False
    if start.is_date:
        return frequency not in _WITHIN_A_DAY
    endless = _WITHIN_AN_HOUR if _CLOCK.isdisjoint(parts) else _WITHIN_A_DAY
    return frequency not in endless or _DATES.isdisjoint(parts)


def _turns(parts: dict[str, str], steps: int) -> int:
    has_filter = any(key.startswith("BY") for key in parts)
    return steps if has_filter else min(steps, int(parts.get("COUNT", steps)))


def _from(first: datetime, parts: dict[str, str], high: datetime) -> Iterator[datetime]:
    """The rule's times; BYSETPOS counts in whole weeks, while dateutil's first week begins with its start."""
    if parts["FREQ"] != "WEEKLY" or not {"BYSETPOS", "BYDAY"} <= parts.keys():
        return _bounded(parts, first, high)
    week = first - timedelta(days=(first.weekday() - _WEEK.index(parts.get("WKST", "MO"))) % 7)
    unlimited = {key: value for key, value in parts.items() if key != "COUNT"}
    found = (wall for wall in _bounded(unlimited, week, high) if wall >= first)
    return islice(found, int(parts["COUNT"]) if "COUNT" in parts else None)


def _bounded(parts: dict[str, str], first: datetime, high: datetime) -> Iterator[datetime]:
    """Run the rule in the last cycle before the year 9999, so that one which never fits ends soon."""
    ahead = (datetime.max.year - high.year) // _CYCLE_YEARS * _CYCLE_YEARS  # noqa: DTZ901  # wall times are naive
    text = ";".join(f"{key}={value}" for key, value in parts.items())
    try:
        rule: Any = rrulestr(text, dtstart=first.replace(year=first.year + ahead))
    except (TypeError, AttributeError, IndexError, KeyError) as error:
        raise ValueError(f"{text!r} is no rule for repeating") from error
    for turn, wall in enumerate(rule):
        if turn >= _AT_MOST:
            raise ValueError(f"{text!r} repeats too often")
        yield wall.replace(year=wall.year - ahead)


def _end(until: str | None, start: Moment, calendar: Calendar) -> Callable[[datetime], bool]:
    """Whether the series has ended before a wall time of it; UNTIL comes as a date, in UTC, or as wall time."""
    if until is None:
        return lambda _: False
    last = next(calendar.moments(Property(params="", value=until)))[0]
    if start.is_date:
        last_day = day_of(last, calendar.home)
        return lambda wall: wall.date() > last_day
    if last.is_date:
        end_of_day = datetime.combine(last.wall, time.max)
        return lambda wall: wall > end_of_day
    if last.is_greenwich:
        return lambda wall: utc(start.zone, wall) > last.utc
    return lambda wall: wall > last.wall
