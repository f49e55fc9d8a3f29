"""Is a value of a draft the value of a row, in another spelling perhaps?"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from agent.rules.claims.value import Key, Value

_ZIP = 10_000


def same(said: Value, held: Value, now: datetime | None, text: str = "") -> bool:
    """Whether the row's value backs the draft's.

    Args:
        text: what stands around the draft's value; "for the first hour" may stand anywhere in it.
    """
    if said.kind != held.kind:
        return _same_across(said, held)
    if said.kind == "time":
        return _same_time(said, held)
    if said.kind == "date":
        return same_day(said.key, held.key, now)
    if said.kind == "price":
        return said.key == held.key and said.bound == held.bound and _per_agrees(said, held, text)
    if said.kind in ("phone", "link", "name"):
        return _same_contact(said, held)
    if said.kind == "length" and (said.bound == "open") != (held.bound == "open"):
        return False
    return said.key == held.key and (not said.bound or not held.bound or said.bound == held.bound)


def _same_across(said: Value, held: Value) -> bool:
    """A bare number may be a price or that of a house; a price may stand in a list without its sign."""
    if said.kind == "number" and held.kind == "price":
        return said.key == held.key and said.bound == held.bound
    if said.kind == "number" and held.kind == "address":
        return str(held.key).split(" ", 1)[0] == f"{float(str(said.key)):.0f}"
    bare = said.kind == "price" and held.kind == "number"
    return bare and said.key == held.key and not said.bound and not said.per


def _same_contact(said: Value, held: Value) -> bool:
    """The end of a number, the beginning of a link, a part of a name will do."""
    short, long = str(said.key), str(held.key)
    if said.kind == "phone":
        return long.endswith(short)
    if said.kind == "link":
        return long == short or long.startswith(f"{short}/")
    return set(short.split()) <= set(long.split())


def in_range(said: Value, held: Sequence[Value], text: str) -> bool:
    """A ZIP code between two that a row gives as from and to."""
    numbers = [one for one in held if one.kind == "number" and _is_zip(one)]
    pairs = pairwise(numbers)
    return _is_zip(said) and any(
        float(str(low.key)) <= float(str(said.key)) <= float(str(high.key))
        and text[low.end : high.start].strip() in ("-", "to", "through", "thru", "a", "al")
        for low, high in pairs
    )


def _is_zip(value: Value) -> bool:
    return value.kind == "number" and isinstance(value.key, float) and value.key >= _ZIP


def _per_agrees(said: Value, held: Value, text: str) -> bool:
    if said.per == held.per:
        return True
    if len(held.per.split()) > 1 and "first" not in held.per:
        return said.per == held.per
    unit = held.per.split()[-1] if held.per else ""
    spanish = {"hour": "hora", "month": "mes", "year": "ano", "day": "dia", "person": "persona"}
    named = bool(unit) and (unit in text or spanish.get(unit, unit) in text)
    first = not held.per.startswith("first") or "first" in text or "primera" in text
    if set(held.per.split()) - {"each"} == set(said.per.split()):
        return True
    if not said.per:
        return (named and first) or held.per in ("each", "visit", "session", "axle", "bottle")
    if not held.per:
        return said.per == "visit"
    return held.per == f"first {said.per}" and first


def _same_time(said: Value, held: Value) -> bool:
    if said.bound and held.bound and said.bound != held.bound:
        return False
    if not isinstance(said.key, tuple) or not isinstance(held.key, tuple):
        return False
    (hour, minute, known), (other, other_minute, other_known) = said.key, held.key
    if minute != other_minute:
        return False
    return hour == other if known and other_known else hour % 12 == other % 12  # type: ignore[operator]  # hours are numbers


def same_day(said_day: Key, held_day: Key, now: datetime | None) -> bool:
    """Tuesday is in Monday to Friday; Nov 24 is a Tuesday where we know the year."""
    said, held = resolved(said_day, now), resolved(held_day, now)
    if said == held or _same_numbers(said, held):
        return True
    if isinstance(held, tuple) and held[0] == "days":
        return _in_days(said, held, now)
    if isinstance(said, tuple) and said[0] == "days":
        return all(same_day(end, held_day, now) for end in said[1:])  # type: ignore[arg-type]  # both ends are days
    if isinstance(said, frozenset) and isinstance(held, frozenset):
        return said <= held
    if isinstance(said, date) and isinstance(held, frozenset):
        return said.weekday() in held
    if isinstance(said, frozenset) and isinstance(held, date):
        return said == {held.weekday()}
    if isinstance(said, tuple) and said[0] == "nth":
        return _day_of_month(held) == said[1]
    return False


def _same_numbers(said: Key | date, held: Key | date) -> bool:
    """Month and day, and the year where both say it; where the year is unknown."""
    if not (isinstance(said, tuple) and isinstance(held, tuple) and said[0] == held[0] == "day"):
        return False
    return said[1:3] == held[1:3] and (said[3] == held[3] or not said[3] or not held[3])


def contradicts_itself(days: Sequence[Value], now: datetime | None) -> bool:
    """The date said falls on none of the weekdays said beside it."""
    dates = [one for one in (resolved(day.key, now) for day in days) if isinstance(one, date)]
    weekdays = [day.key for day in days if isinstance(day.key, frozenset) and len(day.key) == 1]
    if len(dates) != 1 or len(weekdays) != 1:
        return False
    return dates[0].weekday() not in weekdays[0]


def day_held(day: Value, held: Sequence[Value], now: datetime | None) -> bool:
    """Among days of one row: a date given beside a weekday says which one is meant."""
    keys = [one.key for one in held]
    concrete = [key for key in keys if isinstance(key, tuple)]
    ranges = [key for key in concrete if key[0] == "days"]
    said = resolved(day.key, now)
    if isinstance(said, date) and concrete:
        weekdays = frozenset().union(*(key for key in keys if isinstance(key, frozenset)))
        in_range = any(same_day(day.key, key, now) for key in ranges)
        if (
            in_range
            and weekdays
            and not any(same_day(day.key, key, now) for key in concrete if key[0] != "days")
        ):
            return said.weekday() in weekdays or len(weekdays) > 1
        return any(same_day(day.key, key, now) for key in concrete)
    return any(same_day(day.key, key, now) for key in keys)


def _in_days(said: Key | date, held: tuple[object, ...], now: datetime | None) -> bool:
    """A day, or just the weekdays, of a range from one date to another."""
    first, last = (resolved(end, now) for end in held[1:])  # type: ignore[arg-type]  # both ends are days
    if not isinstance(first, date) or not isinstance(last, date):
        return False
    days = [first + timedelta(days=step) for step in range(min((last - first).days, 366) + 1)]
    if isinstance(said, frozenset):
        return said <= {day.weekday() for day in days} and (
            len(said) == len(days) or len(said) == 1
        )
    return said in days


def resolved(day: Key, now: datetime | None) -> Key | date:
    """The very date where it is known, else the day as it was said."""
    if not isinstance(day, tuple) or now is None or day[0] in ("nth", "days"):
        return day
    if day[0] == "weeks":
        ahead = (int(str(day[1])) - now.weekday()) % 7 + 7 * int(str(day[2]))
        return now.date() + timedelta(days=ahead)
    if day[0] == "in":
        return now.date() + timedelta(days=int(str(day[1])))
    try:
        if day[3]:
            return date(int(str(day[3])), int(str(day[1])), int(str(day[2])))
        near = date(now.year, int(str(day[1])), int(str(day[2])))
        return near.replace(year=near.year + 1) if now.date() - near > timedelta(days=180) else near
    except ValueError:
        return day


def _day_of_month(day: Key | date) -> int | None:
    if isinstance(day, date):
        return day.day
    return int(str(day[2])) if isinstance(day, tuple) and day[0] == "day" else None
