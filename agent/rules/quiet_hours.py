"""When may a text leave that nobody is waiting for: a nudge, a reminder, what waited after hours?

Replies in a conversation are not asked about here. A text too early or too late is unlawful, one that waits is
only late: so the strictest of all laws that could apply decides, in every time zone where the caller could be.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from agent.business import WEEKDAYS, Business
from agent.data import rule_data

_SEARCH = timedelta(days=14)
_UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Window:
    """When one law lets texts go, in wall time."""

    hours: tuple[tuple[int, int] | None, ...]
    """From Monday on: the first minute of the day, and the first that is quiet again; None: a day without texts."""
    no_holidays: tuple[str, ...]
    """The states whose public holidays are days without texts."""
    closed: frozenset[str]
    """More such days, as month-day."""

    def on(self, day: date) -> tuple[int, int] | None:
        hours = self.hours[day.weekday()]
        return None if hours is None or self._is_holiday(day) else hours

    def covers(self, wall: datetime) -> bool:
        hours = self.on(wall.date())
        return hours is not None and hours[0] <= wall.hour * 60 + wall.minute < hours[1]

    def _is_holiday(self, day: date) -> bool:
        return any(day in _holidays(state, day.year) for state in self.no_holidays) or (
            bool(self.closed) and day.strftime("%m-%d") in self.closed
        )


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What binds a text to one caller."""

    caller_state: str | None
    business_state: str | None
    zones: tuple[ZoneInfo, ...]

    @property
    def laws(self) -> tuple[str, ...]:
        caller = self.caller_state or "default"
        return tuple(dict.fromkeys(["federal", caller, self.business_state or "federal"]))

    def allows(self, at: datetime) -> bool:
        walls = [at.astimezone(zone) for zone in self.zones]
        return all(window.covers(wall) for window in self._windows() for wall in walls)

    def openings(self, after: datetime) -> list[datetime]:
        """Every moment (UTC) in the search time at which some window opens, in order."""
        found = {
            opening
            for zone in self.zones
            for window in self._windows()
            for opening in _openings(window, zone, after)
        }
        return sorted(opening for opening in found if after < opening <= after + _SEARCH)

    def _windows(self) -> list[Window]:
        known = _windows()
        return [known[law] for law in self.laws if law in known]


def may_send(business: Business, caller: str, at: datetime) -> bool:
    return _applied(business, caller).allows(at)


def next_allowed(business: Business, caller: str, at: datetime) -> datetime | None:
    """The first moment from `at` on (UTC); None within two weeks."""
    now = at.astimezone(UTC)
    applied = _applied(business, caller)
    if applied.allows(now):
        return now
    return next((moment for moment in applied.openings(now) if applied.allows(moment)), None)


def basis(business: Business, caller: str) -> dict[str, str]:
    """What was applied, to be kept with the text as evidence."""
    applied = _applied(business, caller)
    return {
        "rules": str(rule_data("quiet_hours")["version"]),
        "area_codes": str(rule_data("area_codes")["version"]),
        "caller_state": applied.caller_state or _UNKNOWN,
        "business_state": applied.business_state or _UNKNOWN,
        "window": "strictest of " + ", ".join(applied.laws),
        "zones": ", ".join(zone.key for zone in applied.zones),
    }


def state_of(number: str) -> str | None:
    """The state of an E.164 number's area code; None: toll-free, another country, not a number."""
    area = _area(number)
    return area[0] if area else None


def state_of_business(business: Business) -> str | None:
    return _state_in(business.address or "") or state_of(business.phone)


def _applied(business: Business, caller: str) -> Applied:
    state, zones = _area(caller) or (None, (business.zone,))
    return Applied(caller_state=state, business_state=state_of_business(business), zones=zones)


def _state_in(address: str) -> str | None:
    """From "..., CO 80301" or a closing ", CO"."""
    own = re.sub(r"[\s,]+(USA?|United States)\s*$", "", address)
    match = re.search(r"\b([A-Za-z]{2})[\s,.]+\d{5}(-\d{4})?\s*$|,\s*([A-Z]{2})\s*$", own)
    state = (match[1] or match[3]).upper() if match else ""
    return state if state in rule_data("area_codes")["codes"] else None


def _area(number: str) -> tuple[str, tuple[ZoneInfo, ...]] | None:
    match = re.fullmatch(r"\+1(\d{3})\d{7}", number)
    return _areas().get(match[1]) if match else None


@cache
def _areas() -> dict[str, tuple[str, tuple[ZoneInfo, ...]]]:
    """By area code: the state, and every time zone in which its people live."""
    places = rule_data("area_codes")
    of_state: dict[str, list[str]] = {}
    for zone, states in places["zones"].items():
        for state in states:
            of_state.setdefault(state, []).append(zone)
    areas = {}
    for state, codes in places["codes"].items():
        for code in map(str, codes):
            zones = places["zones_by_code"].get(code, of_state[state])
            areas[code] = (state, tuple(map(ZoneInfo, zones)))
    return areas


@cache
def _windows() -> dict[str, Window]:
    """By law: federal, default, and the states that have their own."""
    rules = rule_data("quiet_hours")
    laws = {"federal": rules["federal"], "default": rules["default"], **rules["states"]}
    return {name: _window(law) for name, law in laws.items()}


def _window(law: dict[str, Any]) -> Window:
    hours: list[tuple[int, int] | None] = [None] * len(WEEKDAYS)
    for days, span in law["hours"].items():
        start, end = span.split("-")
        for day in _day_numbers(days):
            hours[day] = (_minute(start), _minute(end))
    return Window(
        hours=tuple(hours),
        no_holidays=tuple(law.get("no_holidays", ())),
        closed=frozenset(law.get("closed", ())),
    )


def _day_numbers(days: str) -> range:
    """mon-sat -> 0 to 5; sun -> 6."""
    first, _, last = days.partition("-")
    numbers: dict[str, int] = {day: number for number, day in enumerate(WEEKDAYS)}
    return range(numbers[first], numbers[last or first] + 1)


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _openings(window: Window, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    today = after.astimezone(zone).date()
    for ahead in range(_SEARCH.days + 1):
        day = today + timedelta(days=ahead)
        if hours := window.on(day):
            wall = datetime.combine(day, time(hours[0] // 60, hours[0] % 60), zone)
            yield wall.astimezone(UTC)


@lru_cache(maxsize=256)
def _holidays(state: str, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415  # 0.2 s that only states with such a law should wait for

    kinds = ("public", "government")
    return frozenset(holidays.country_holidays("US", subdiv=state, years=year, categories=kinds))
