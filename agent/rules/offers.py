"""Which of the free times to offer: what was asked for, or the nearest to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Protocol
from zoneinfo import ZoneInfo

from agent.business import WEEKDAYS
from agent.data import rule_data
from agent.model import TimeWish, When
from agent.rules.normal import first_match, normal

AT_MOST = 3
"""Times in one text: more do not fit a segment, nor a caller's head."""
_NOON = 12
_SPREAD = timedelta(minutes=120)
_APART = timedelta(minutes=60)


class _Starts(Protocol):
    @property
    def start(self) -> datetime:
        """Local, with offset."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Places in the free times, in order of time."""

    places: tuple[int, ...]
    fits: bool
    """They are what was asked for; else the nearest to it."""


def choose(free: Sequence[_Starts], wish: When | None) -> Choice:
    """At most three of the free times: what was asked for, spread, or the nearest to it."""
    starts = [one.start for one in free]
    wanted = [at for at in starts if wish is None or asked_for(wish, at)]
    if wish and len(wanted) > 1 and _is_exact(wish):
        wanted = wanted[:1]
    picked = _spread(wanted) if wanted else _nearest(starts, wish)
    return Choice(places=tuple(starts.index(at) for at in picked), fits=bool(wanted))


def asked_for(wish: When, start: datetime) -> bool:
    """The text's wish, or another of its readings, is this start, and not on a day that will not do."""
    return WEEKDAYS[start.weekday()] not in wish.but and any(
        fits(one, start) for one in (wish, *_others(wish))
    )


def _others(wish: When) -> list[TimeWish]:
    """The other readings; one that only says less of the same ("tuesday at 9, tuesday is best") is no other wish."""
    return [other for other in wish.alternatives if not _says_less(other, wish)]


def _says_less(other: TimeWish, wish: TimeWish) -> bool:
    if other.time or other.time_end or other.dayparts:
        return False
    if other.date_end and wish.date:
        return (other.date or "") <= wish.date <= other.date_end
    return other.date in (None, wish.date)


def fits(wish: TimeWish, start: datetime) -> bool:
    """Everything that the wish says is true of this start (local)."""
    return (
        _date_fits(wish, start.date())
        and _time_fits(wish, start.time())
        and (not wish.dayparts or _in_parts(wish.dayparts, start.time()))
    )


def in_context(wish: When | None, offers: Sequence[_Starts], text: str) -> When | None:
    """While times of one day are on offer, a time alone means that day; "same time" means the one time on offer."""
    days = {offer.start.date() for offer in offers}
    times = {offer.start.time() for offer in offers}
    if wish is None:
        return None
    if not wish.date and not wish.but and len(days) == 1:
        wish = replace(wish, date=days.pop().isoformat())
    same = first_match(rule_data("when_offered")["same_time"], normal(text))
    if same and not wish.time and len(times) == 1:
        wish = replace(wish, time=times.pop().strftime("%H:%M"))
    return wish


def carried(wish: When | None, before: When | None) -> When | None:
    """A wish in the light of the one before it: a day alone keeps the time asked for, a time alone the day.

    A weekday after "next week" is the one in that week.
    """
    if wish is None or before is None:
        return wish
    first, last = before.date, before.date_end
    if wish.date and not wish.date_end and first and last:
        later = (date.fromisoformat(wish.date) + timedelta(days=7)).isoformat()
        wish = replace(wish, date=later) if wish.date < first <= later <= last else wish
    if _is_day_alone(wish):
        return replace(wish, time=before.time, time_end=before.time_end, dayparts=before.dayparts)
    says_time = wish.time or wish.time_end or wish.dayparts
    if says_time and not wish.date and not wish.date_end and not wish.alternatives:
        return replace(wish, date=before.date, date_end=before.date_end)
    return wish


def _is_day_alone(wish: When) -> bool:
    return bool(wish.date) and not (
        wish.time or wish.time_end or wish.dayparts or wish.alternatives
    )


def moment(wish: TimeWish, zone: ZoneInfo) -> datetime | None:
    """When a wish with a day and a time begins."""
    if not (wish.date and wish.time):
        return None
    day, clock = date.fromisoformat(wish.date), time.fromisoformat(wish.time)
    return datetime.combine(day, clock, tzinfo=zone)


def _date_fits(wish: TimeWish, day: date) -> bool:
    first = date.fromisoformat(wish.date) if wish.date else None
    last = date.fromisoformat(wish.date_end) if wish.date_end else None
    if first and last and first != last:
        return first <= day <= last
    if last:  # an end that equals the beginning: no later than that
        return day <= last
    return first is None or day == first


def _time_fits(wish: TimeWish, clock: time) -> bool:
    first = time.fromisoformat(wish.time) if wish.time else None
    last = time.fromisoformat(wish.time_end) if wish.time_end else None
    if first and last and first != last:
        return first <= clock < last if first < last else clock >= first or clock < last
    if last:
        return clock < last
    return first is None or clock == first


def _in_parts(parts: Sequence[str], clock: time) -> bool:
    """In one of the parts of the day; `early` and `late` are halves of the part before them."""
    return any(
        hours[0] <= _minutes(clock) < hours[1]
        for part, narrowed in zip(parts, (*parts, "")[1:], strict=True)
        if (hours := _part_hours(part, narrowed))
    )


def _part_hours(part: str, narrowed: str) -> tuple[int, int] | None:
    """Minutes since midnight; None for a word that only narrows."""
    span = rule_data("when")["dayparts"].get(part)
    if span is None:
        return None
    first, last = (int(at[:2]) * 60 + int(at[3:]) for at in span)
    middle = (first + last) // 2
    return {"early": (first, middle), "late": (middle, last)}.get(narrowed, (first, last))


def _is_exact(wish: When) -> bool:
    one_moment = wish.date and wish.time and not (wish.time_end or wish.date_end)
    return bool(one_moment) and not _others(wish)


def _spread(starts: Sequence[datetime]) -> list[datetime]:
    """The first of the first half-days; within one half-day or one day, its first, middle and last."""
    if len(starts) <= AT_MOST:
        return list(starts)
    days = [list(group) for _, group in groupby(starts, key=lambda at: at.date())]
    if len(days) == 1:
        return [starts[0], starts[(len(starts) - 1) // 2], starts[-1]]
    picked: list[datetime] = []
    for _, half in groupby(starts, key=lambda at: (at.date(), at.hour >= _NOON)):
        picked += [at for at in half if not picked or at - picked[-1] >= _SPREAD][:1]
    return picked[:AT_MOST]


def _nearest(starts: Sequence[datetime], wish: When | None) -> list[datetime]:
    """Times near to what was asked, at least an hour apart, in order of time."""
    if wish is None:
        return _spread(starts)
    starts = [at for at in starts if WEEKDAYS[at.weekday()] not in wish.but] or starts
    if not (wish.time or wish.time_end):
        starts = [
            _best_of_day(list(day), wish) for _, day in groupby(starts, key=lambda at: at.date())
        ]
    picked: list[datetime] = []
    for at in sorted(starts, key=lambda at: _distance(at, wish)):
        if all(abs(at - other) >= _APART for other in picked):
            picked.append(at)
        if len(picked) == AT_MOST:
            break
    return sorted(picked)


def _best_of_day(starts: list[datetime], wish: When) -> datetime:
    return min(starts, key=lambda at: _distance(at, wish))


def _distance(start: datetime, wish: When) -> tuple[int, int, datetime]:
    """Days from the wished day (an earlier day counts double), then minutes from the wished time."""
    days = 0
    if day := wish.date or wish.date_end:
        ahead = (start.date() - date.fromisoformat(day)).days
        days = ahead if ahead >= 0 else -2 * ahead
    return days, _minutes_off(start.time(), wish), start


def _minutes_off(clock: time, wish: When) -> int:
    if wish.time or wish.time_end:
        aim = time.fromisoformat(wish.time or wish.time_end or "12:00")
        return abs(_minutes(clock) - _minutes(aim))
    return 0 if _in_parts(wish.dayparts, clock) else 1


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
