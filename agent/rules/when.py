"""When does a caller want it? The date and time that a text says, and nothing that it does not say.

How a wish is written (`TimeWish`):

- `time` alone is a start ("at 3"); "after 3" is `time` 15:00 with `time_end` 23:59; a span has both.
- "before 4", "by friday", "until noon": the end stands in both places, `time == time_end` or `date == date_end`.
  A reader takes an end that equals its beginning as "no later than" (`is_latest`).
- `dayparts` are any of `morning`, `noon`, `afternoon`, `evening`, `night`: one of them will do; their hours
  stand in `agent/data/when.toml`. They are empty where a clock time is said.
- A weekday is the next one to come, "next tuesday" the one of the next calendar week.
- `alternatives` are further wishes ("thursday or friday"), in the order said.
- `ambiguous`: a half of the day was guessed, because neither the text nor the business's hours tell it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from agent.business import WEEKDAYS, Weekday
from agent.data import rule_data
from agent.model import TimeWish, When
from agent.rules.times.clock import in_part
from agent.rules.times.clocks import find_clocks
from agent.rules.times.context import wanted
from agent.rules.times.days import find_days
from agent.rules.times.elsewhere import find_days_elsewhere
from agent.rules.times.parts import find_parts
from agent.rules.times.pointing import find_after_that, find_same_time, find_that_day
from agent.rules.times.scan import Clock, Piece, Scan
from agent.rules.times.wishes import Wish, wishes
from agent.rules.times.words import folded

Hours = Mapping[Weekday, tuple[str, ...]]

_LAST_MINUTE = "23:59"
"""The end of "after 3"."""
_DAY_BEGINS = 7
"""Callers who say "at 7" and not which half of the day mean the morning from here on, the afternoon before."""


def read(
    text: str, now: datetime, hours: Hours | None = None, last_text: str | None = None
) -> When | None:
    """The time wish of a text, or None where it says no date and no time.

    Args:
        now: in the business's zone; its date and wall time are what "tomorrow" and "in 2 hours" mean.
        hours: the business's week; "at 7" is the 7 at which it is open.
        last_text: the last text sent; where it asks for a time, "3" is one.
    """
    scan = _scanned(text, now, last_text)
    pieces = wanted(scan)
    if not pieces:
        return None
    (first, guessed), *others = [_written(wish, now, hours) for wish in wishes(pieces, scan)]
    return When(
        **vars(first),
        alternatives=tuple(dict.fromkeys(wish for wish, _ in others if wish != first)),
        ambiguous=guessed or any(also_guessed for _, also_guessed in others),
        span=_span(scan.text, pieces),
    )


def is_latest(wish: TimeWish) -> bool:
    """The wish's time is only an end: "before 4"."""
    return wish.time is not None and wish.time == wish.time_end


def is_earliest(wish: TimeWish) -> bool:
    """The wish's time is only a beginning: "after 4"."""
    return wish.time_end == _LAST_MINUTE


def _scanned(text: str, now: datetime, last_text: str | None) -> Scan:
    """Each finder sees what the ones before it left."""
    scan = Scan(text)
    for source in rule_data("when")["masked"]["nothing"]:
        scan.drop(source, "X")
    for source in rule_data("when")["masked"]["history"]:
        scan.drop(source, "H")
    find_days(scan, now.date())
    if not scan.pieces:
        find_days_elsewhere(scan, now)
    find_that_day(scan)
    find_parts(scan, now.date())
    find_clocks(scan, now, asked_for_time=_asks_for_time(folded(last_text or "")))
    find_after_that(scan)
    find_same_time(scan, lambda: _scanned(last_text or "", now, None).pieces)
    return scan


def _asks_for_time(said: str) -> bool:
    asks = re.search(r"\b(?:what|which) times?\b|\bwhat hour\b|\ba que hora\b", said)
    return bool(asks) and not re.search(r"\b1 *[=.):]|\b1 (?:for|to)\b", said)


def _span(text: str, pieces: list[Piece]) -> str:
    return text[min(one.start for one in pieces) : max(one.end for one in pieces)].strip()


def _written(wish: Wish, now: datetime, hours: Hours | None) -> tuple[TimeWish, bool]:
    """The wish as it is handed on, and whether a half of the day was guessed."""
    day, last_day = _days(wish)
    parts = wish.part.parts if wish.part else ()
    whole_days = TimeWish(date=_iso(day), date_end=_iso(last_day), dayparts=parts)
    if wish.clock is None or wish.clock.clock is None:
        return whole_days, False
    start, guessed = _settled(wish.clock.clock, day, parts, now, hours)
    end = _time_end(wish, start)
    return replace(whole_days, time=_hhmm(start), time_end=end, dayparts=()), guessed


def _time_end(wish: Wish, start: Clock) -> str | None:
    bound = wish.clock.bound if wish.clock else ""
    if end := wish.clock_end or (wish.clock.clock_end if wish.clock else None):
        return _hhmm(_after(end, start))
    return {"until": _hhmm(start), "from": _LAST_MINUTE}.get(bound)


def _days(wish: Wish) -> tuple[date | None, date | None]:
    piece = wish.day
    if piece is None or piece.day is None:
        return None, None
    last = wish.day_end or piece.day_end
    if last is None:
        return piece.day, piece.day if piece.bound == "until" else None
    return piece.day, last if last >= piece.day else _first_after(piece.day, last)


def _first_after(first: date, last: date) -> date:
    """The weekday or the day of the month that was said as the end, at its first chance after the beginning."""
    if first - last < timedelta(weeks=1):
        return last + timedelta(weeks=1)
    same = last.replace(year=first.year, month=first.month, day=min(last.day, 28))
    later = (same.replace(day=1) + timedelta(days=32)).replace(day=same.day)
    return same if same >= first else later


def _settled(
    clock: Clock, day: date | None, parts: tuple[str, ...], now: datetime, hours: Hours | None
) -> tuple[Clock, bool]:
    """The time in its half of the day, and whether that is a guess."""
    if clock.half is not None:
        return clock, False
    if parts:
        return in_part(clock.hour, clock.minute, parts[0]), False
    early, late = (Clock(hour=clock.hour % 12 + add, minute=clock.minute) for add in (0, 12))
    open_then = [one for one in (early, late) if _is_open(one, day, hours)]
    if len(open_then) == 1:
        return open_then[0], False
    if day == now.date() and _hhmm(early) <= f"{now:%H:%M}" < _hhmm(late):
        return late, True
    return (early if early.hour >= _DAY_BEGINS else late), True


def _is_open(clock: Clock, day: date | None, hours: Hours | None) -> bool:
    week = hours or {}
    days = [WEEKDAYS[day.weekday()]] if day else WEEKDAYS
    return any(_holds(span, _hhmm(clock)) for one in days for span in week.get(one, ()))


def _holds(span: str, time: str) -> bool:
    """Closing time counts: "at 5" of a business that closes at 5 is the afternoon."""
    start, end = span.split("-")
    return start <= time <= end if start < end else time >= start or time <= end


def _after(end: Clock, start: Clock) -> Clock:
    """The end, in the half of the day that follows its start."""
    if end.half is not None:
        return end
    early, late = (Clock(hour=end.hour % 12 + add, minute=end.minute) for add in (0, 12))
    return early if _hhmm(early) > _hhmm(start) else late if _hhmm(late) > _hhmm(start) else early


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _hhmm(clock: Clock) -> str:
    return f"{clock.hour:02d}:{clock.minute:02d}"
