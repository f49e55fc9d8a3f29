"""Days reckoned from other days; where a text leaves a choice, the first one from today on."""

import calendar
from datetime import date, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_LONGEST_WAIT_YEARS = 8
"""29 February may be so far away."""
_MONTHS = 12
_CENTURY = 2000
_FARTHEST_YEARS = 20


def upcoming(today: date, month: int, day: int, year: str | None = None) -> date:
    """The day in that year, else the first such day from today on.

    Raises:
        ValueError: there is no such day, or it was in a year that is over.
    """
    if year:
        return date(_not_over(today, year), month, day)
    for later in range(_LONGEST_WAIT_YEARS + 1):
        if 1 <= day <= last_of_month(today.year + later, month):
            found = date(today.year + later, month, day)
            if found >= today:
                return found
    raise ValueError(day)


def _not_over(today: date, year: str) -> int:
    """Of two digits, years further ahead than anybody plans are those of a birth: "6/12/90"."""
    said = int(year) + (_CENTURY if len(year) <= len("26") else 0)
    if said < today.year or said > today.year + _FARTHEST_YEARS:
        raise ValueError(year)
    return said


def upcoming_of_month(today: date, day: int, weekday: int | None = None) -> date | None:
    """The first such day of a month from today on, on that weekday if one is given; None: not within two years."""
    first = today.replace(day=1)
    for later in range(24):
        month = months_on(first, later)
        if not 1 <= day <= last_of_month(month.year, month.month):
            continue
        found = month.replace(day=day)
        if found >= today and weekday in (None, found.weekday()):
            return found
    return None


def nth_weekday(year: int, month: int, weekday: str, place: int) -> date:
    """The first, second ... such weekday of a month; -1 is the last."""
    index = WEEKDAYS.index(weekday)
    days = [week[index] for week in calendar.monthcalendar(year, month) if week[index]]
    return date(year, month, days[min(place, len(days)) - 1] if place > 0 else days[-1])


def last_of_month(year: int, month: int) -> int:
    if not 1 <= month <= _MONTHS:
        raise ValueError(month)
    return calendar.monthrange(year, month)[1]


def months_on(day: date, count: int) -> date:
    """The same day of a later month, or the last one that it has."""
    years, month = divmod(day.month - 1 + count, _MONTHS)
    year = day.year + years
    return date(year, month + 1, min(day.day, last_of_month(year, month + 1)))


def plus(day: date, count: int, unit: str) -> date:
    """So many days, weeks, fortnights, months or years later; units in English or Spanish."""
    if unit.startswith(("y", "an")):
        return months_on(day, count * _MONTHS)
    if unit.startswith(("mo", "mes")):
        return months_on(day, count)
    days = 14 if unit == "fortnight" else 7 if unit.startswith(("w", "s")) else 1
    return day + timedelta(days=count * days)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def coming(today: date, weekday: int) -> date:
    """The next such weekday after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
