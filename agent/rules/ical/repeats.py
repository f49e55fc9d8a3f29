"""The wall times that an RRULE makes, within a window and in bounded time whatever the rule says."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
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
_WITHIN_A_DAY = {"SECONDLY", "MINUTELY", "HOURLY"}
_DATES = {"BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}
_CLOCK = {"BYHOUR", "BYMINUTE", "BYSECOND"}
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYSETPOS", *_DATES, *_CLOCK}
_CYCLE_YEARS = 400
"""After so many years the calendar begins again, weekdays included."""


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
    for wall in _bounded(parts, first, high):
        if wall > high or has_ended(wall):
            return
        if wall >= low:
            yield wall


def ended_before_it_began(rule: str, start: Moment, calendar: Calendar) -> bool:
    """An UNTIL before DTSTART is how some clients delete a whole series."""
    return _end(_parts(rule, start).get("UNTIL"), start, calendar)(start.wall)


def _parts(rule: str, start: Moment) -> dict[str, str]:
    pairs = [part.partition("=") for part in rule.upper().replace(" ", "").strip(";").split(";")]
    parts = {key: value for key, _, value in pairs}
    if len(parts) < len(pairs) or not _KNOWN.issuperset(parts):
        raise ValueError(f"{rule!r} is no rule for repeating")
    if start.is_date:
        parts = {key: value for key, value in parts.items() if key not in _CLOCK}
    if int(parts.get("COUNT", "1")) < 1:
        del parts["COUNT"]
    frequency = parts.get("FREQ")
    is_odd = frequency in _WITHIN_A_DAY and (start.is_date or not _DATES.isdisjoint(parts))
    if frequency not in _FREQUENCIES or int(parts.get("INTERVAL", "1")) < 1 or is_odd:
        raise ValueError(f"{rule!r} is no rule that can be followed")
    return parts


def _turns(parts: dict[str, str], steps: int) -> int:
    has_filter = any(key.startswith("BY") for key in parts)
    return steps if has_filter else min(steps, int(parts.get("COUNT", steps)))


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
