"""Which zone a TZID means: a known name, what the object itself defines, or the business's zone.

Wall time to UTC as RFC 5545 (3.3.5) has it: a time that comes twice is the first, one that is skipped takes the offset
before the gap.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # dateutil ships no types
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from agent.rules.ical.lines import Component

_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?")
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_ESCAPE = re.compile(r"\\(.)")
_STAMP = re.compile(r"(\d{8}T\d{6})Z?")


class Zone(Protocol):
    def offset(self, wall: datetime, *, later: bool = False) -> timedelta:
        """Local minus UTC at this wall time (naive).

        Args:
            later: of the two offsets of a time that comes twice or is skipped, take the one after the change.
        """

    def wall(self, instant: datetime) -> datetime:
        """What the clocks show (naive) at an instant in UTC."""


def utc(zone: Zone, wall: datetime) -> datetime:
    return moved(wall.replace(tzinfo=UTC), -zone.offset(wall))


def moved(instant: datetime, by: timedelta) -> datetime:
    """Later or earlier, at most to the end of the calendar: some events last for ever."""
    try:
        return instant + by
    except OverflowError:
        return _LATEST if by > timedelta() else _EARLIEST


def is_skipped(zone: Zone, wall: datetime) -> bool:
    """The clocks jump over this wall time."""
    return zone.offset(wall) < zone.offset(wall, later=True)


@dataclass(frozen=True)
class NamedZone:
    info: ZoneInfo

    def offset(self, wall: datetime, *, later: bool = False) -> timedelta:
        return wall.replace(tzinfo=self.info, fold=later).utcoffset() or timedelta()

    def wall(self, instant: datetime) -> datetime:
        return instant.astimezone(self.info).replace(tzinfo=None)


@dataclass(frozen=True, kw_only=True)
class _Change:
    """One STANDARD or DAYLIGHT part: the clocks go from one offset to another."""

    start: datetime
    before: timedelta
    after: timedelta
    more: Sequence[datetime]
    rules: Sequence[Any]

    def last(self, wall: datetime) -> datetime | None:
        """The latest time at or before this one at which the clocks go (wall time before the change)."""
        repeats = (rule.before(wall, inc=True) for rule in self.rules)
        times = [self.start, *self.more, *(at for at in repeats if at)]
        return max((at for at in times if at <= wall), default=None)


@dataclass(frozen=True, eq=False)
class DefinedZone:
    """What a VTIMEZONE says."""

    changes: Sequence[_Change]

    def offset(self, wall: datetime, *, later: bool = False) -> timedelta:
        latest, found = datetime.min, min(self.changes, key=lambda one: one.start).before  # noqa: DTZ901  # wall times are naive
        for change in self.changes:
            moved = change.after - change.before
            felt_after = min(moved, timedelta()) if later else max(moved, timedelta())
            onset = change.last(wall - felt_after)
            if onset and onset + felt_after > latest:
                latest, found = onset + felt_after, change.after
        return found

    def wall(self, instant: datetime) -> datetime:
        """Right but for the hours around a change."""
        near = instant.replace(tzinfo=None)
        return near + self.offset(near + self.offset(near))


@dataclass(frozen=True)
class Definitions:
    """The VTIMEZONEs of one object; what makes no sense is as if it were not there."""

    root: Component
    made: dict[str, Zone | None] = field(default_factory=dict)

    def zone(self, tzid: str) -> Zone | None:
        name = _unescaped(tzid)
        if name not in self.made:
            self.made[name] = next(filter(None, map(_defined, self._parts(name))), None)
        return self.made[name]

    def _parts(self, name: str) -> Iterator[Component]:
        parts = self.root.walk("VTIMEZONE")
        return (part for part in parts if _unescaped(part.value("TZID")) == name)


def zone_named(tzid: str, own: Definitions) -> Zone | None:
    """None: nobody knows this name."""
    parts = tzid.strip("/").split("/")
    tails = ["/".join(parts[place:]) for place in range(len(parts))]
    guesses = tails if tzid.startswith("/") or "://" in tzid else tails[:1]
    # a vendor's "/mozilla.org/2005/America/New_York" carries the law of its year: the name knows today's
    named = next((known for guess in guesses[:-1] or guesses if (known := _known(guess))), None)
    return named or own.zone(tzid) or _known(guesses[-1]) or _of_windows(tzid)


def _unescaped(tzid: str) -> str:
    """A definition escapes its name as TEXT (RFC 5545, 3.3.11), a time that names it does not."""
    return _ESCAPE.sub(r"\1", tzid).casefold()


@lru_cache(maxsize=1024)
def _known(name: str) -> NamedZone | None:
    found = _names().get(name.casefold())
    return NamedZone(ZoneInfo(found)) if found else None


def _of_windows(tzid: str) -> NamedZone | None:
    olson = WINDOWS_TO_OLSON.get(tzid)
    return _known(olson) if olson else None


@cache
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def _defined(part: Component) -> Zone | None:
    try:
        changes = [_change(one) for one in part.parts if one.name in ("STANDARD", "DAYLIGHT")]
    except (ValueError, OverflowError):
        return None
    return DefinedZone(changes) if changes else None


def _change(part: Component) -> _Change:
    before, after = _offset(part.value("TZOFFSETFROM")), _offset(part.value("TZOFFSETTO"))
    start = _wall(part.value("DTSTART"))
    rules = [_yearly(one.value.strip().upper(), start, before) for one in part.every("RRULE")]
    more = [_wall(at) for one in part.every("RDATE") for at in one.value.split(",")]
    return _Change(start=start, before=before, after=after, more=more, rules=rules)


def _yearly(rule: str, start: datetime, before: timedelta) -> Any:
    """Anything but years is refused: no zone changes more often, and counting seconds since 1970 would never end."""
    parts = rule.strip(";").split(";")
    if "FREQ=YEARLY" not in parts:
        raise ValueError(rule)
    return rrulestr(";".join(_with_wall_end(parts, before)), dtstart=start, cache=True)


def _with_wall_end(parts: Sequence[str], before: timedelta) -> Iterator[str]:
    for part in parts:
        key, _, end = part.partition("=")
        is_utc = key == "UNTIL" and end.endswith("Z")
        yield f"UNTIL={_wall(end) + before:%Y%m%dT%H%M%S}" if is_utc else part


def _offset(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text)
    if not found:
        raise ValueError(text)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    size = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -size if found[1] == "-" else size


def _wall(text: str) -> datetime:
    found = _STAMP.fullmatch(text.strip().upper())
    if not found:
        raise ValueError(text)
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S")  # noqa: DTZ007  # a wall time
