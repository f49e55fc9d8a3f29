"""When a caller who asks for it is called: as wished where the business is open then, else when it opens next."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from agent.business import Business
from agent.data import rule_data
from agent.model import TimeWish
from agent.rules import hours
from agent.rules.phrases import words_of

_LAST_MINUTE = time(23, 59)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What becomes of a wish to be called."""

    due: datetime
    """With the business's offset."""
    is_as_wished: bool
    """The business is open some time within the wish."""


def plan(business: Business, wish: TimeWish, now: datetime, *, open_end: bool) -> Plan | None:
    """When a person is to call; None: the business does not open within two weeks of it.

    Args:
        open_end: "after 3"; a time alone is otherwise that very time.
    """
    local = now.astimezone(business.zone)
    start, end = _window(wish, local, open_end=open_end)
    due = hours.due(business, max(start, local))
    if due is None:
        return None
    return Plan(due=due.astimezone(business.zone), is_as_wished=due <= max(end, local))


def is_timed(wish: TimeWish | None) -> bool:
    """It says anything of a day or a time."""
    return wish is not None and any(
        (wish.date, wish.date_end, wish.time, wish.time_end, wish.dayparts)
    )


def wish_words(wish: TimeWish, now: datetime, language: str = "en", *, open_end: bool) -> str:
    """The wish as a text says it: "Wed Nov 18 after 3:30 PM"; `now` in the business's zone."""
    start, _ = _window(wish, now, open_end=open_end)
    words = words_of(language)["times"]
    return f"{_day_words(start, words)} {_clock(wish, words, open_end=open_end)}".strip()


def moment_words(at: datetime, language: str = "en") -> str:
    """A moment as the wish is said: "Wed Nov 18 at 8 AM"; `at` in the business's zone."""
    words = words_of(language)["times"]
    return f"{_day_words(at, words)} {words['exactly'].format(clock=hours.clock_words(at))}"


def span_words(wish: TimeWish) -> dict[str, str | None]:
    """The wish as it is kept and shown: a part of the day by its hours."""
    first, last = wish.time, wish.time_end
    if wish.dayparts and not (first or last):
        first, last = _part(wish.dayparts[0])
    return {"date": wish.date or wish.date_end, "from": first, "to": last}


def _part(name: str) -> tuple[str | None, str | None]:
    """The hours of a part of the day; None where the day itself begins or ends."""
    first, last = rule_data("when")["dayparts"].get(name, (None, None))
    return (None if first == "00:00" else first, None if last == "24:00" else last)


def _clock(wish: TimeWish, words: dict[str, str], *, open_end: bool) -> str:
    first, last = (_spoken(one) if one else "" for one in (wish.time, wish.time_end))
    if first and last:
        if first[-2:] == last[-2:]:
            first = first[:-3]  # "between 2 and 4 PM"
        return words["between"].format(first=first, last=last)
    if last:
        return words["before"].format(clock=last)
    if first:
        return words["after" if open_end else "exactly"].format(clock=first)
    return words.get(wish.dayparts[0], "") if wish.dayparts else ""


def _day_words(at: datetime, words: dict[str, Any]) -> str:
    day: str = words["day"].format(
        day=words["days"][at.weekday()], month=words["months"][at.month - 1], number=at.day
    )
    return day


def _spoken(clock: str) -> str:
    return hours.clock_words(datetime.combine(date.min, time.fromisoformat(clock)))


def _window(wish: TimeWish, now: datetime, *, open_end: bool) -> tuple[datetime, datetime]:
    """From when to when a call would be as wished."""
    first, last = _hours(wish, open_end=open_end)
    by = wish.date_end if wish.date == wish.date_end else None  # "by friday"
    day = _day(None if by else wish.date, now.date())
    if not wish.date and not by and datetime.combine(day, last, now.tzinfo) < now:
        day += timedelta(days=1)
    last_day = _day(by or wish.date_end, day)
    return (datetime.combine(day, first, now.tzinfo), datetime.combine(last_day, last, now.tzinfo))


def _hours(wish: TimeWish, *, open_end: bool) -> tuple[time, time]:
    span = span_words(wish)
    first = time.fromisoformat(span["from"] or "00:00")
    if span["to"]:
        return first, time.fromisoformat(span["to"])
    return first, _LAST_MINUTE if open_end or not wish.time else first


def _day(iso: str | None, otherwise: date) -> date:
    return date.fromisoformat(iso) if iso else otherwise
