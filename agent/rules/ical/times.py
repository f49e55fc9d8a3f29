"""Times of iCalendar: dates, wall times with their zone, lengths and periods."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from agent.rules.ical.lines import Component, Property
from agent.rules.ical.zones import Definitions, NamedZone, Zone, utc, zone_named

_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?")
_LENGTH = re.compile(
    r"([+-])?P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)
_GREENWICH = NamedZone(ZoneInfo("UTC"))


@dataclass(frozen=True, kw_only=True)
class Moment:
    wall: datetime
    """Naive; midnight when it is a date."""
    zone: Zone
    """Floating times and dates are in the business's zone."""
    is_date: bool = False
    is_floating: bool = False

    @cached_property
    def utc(self) -> datetime:
        return utc(self.zone, self.wall)

    @property
    def is_greenwich(self) -> bool:
        return self.zone == _GREENWICH


@dataclass(frozen=True, kw_only=True)
class Length:
    """RFC 5545, 3.3.6: days keep the wall time, hours are elapsed."""

    days: int = 0
    elapsed: timedelta = field(default_factory=timedelta)

    def after(self, start: Moment) -> datetime:
        return utc(start.zone, start.wall + timedelta(days=self.days)) + self.elapsed

    @property
    def total(self) -> timedelta:
        return timedelta(days=self.days) + self.elapsed


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The zones in which one object's times are read."""

    home: NamedZone
    own: Definitions

    def moments(self, written: Property) -> Iterator[tuple[Moment, Moment | Length | None]]:
        """Each time of a property, with the end of a PERIOD.

        Raises:
            ValueError: it is no time.
        """
        # an unquoted name like (UTC-05:00) has the first colon, the time never has one
        params, _, values = f"{written.params}:{written.value.strip()}".rpartition(":")
        one = Property(params=params, value="")
        for value in values.split(","):
            start, _, end = value.strip().upper().partition("/")
            yield self._moment(start, one), self._end(end, one) if end else None

    def moment(self, part: Component, name: str) -> Moment | None:
        """The first time of this property; None when the component has none."""
        found = part.every(name)
        return next(self.moments(found[0]))[0] if found else None

    def _end(self, text: str, written: Property) -> Moment | Length:
        return length(text) if "P" in text else self._moment(text, written)

    def _moment(self, text: str, written: Property) -> Moment:
        found = _TIME.fullmatch(text)
        if not found:
            raise ValueError(f"{text!r} is no time")
        day = date(*(int(part) for part in found.groups()[:3]))
        if not found[4] or (written.param("VALUE") or "").upper() == "DATE":
            return Moment(wall=datetime.combine(day, time()), zone=self.home, is_date=True)
        hour, minute, second = (int(part) for part in found.groups()[3:6])
        wall = datetime.combine(day, time(hour, minute, min(second, 59)))  # a leap second is 60
        if found[7]:
            return Moment(wall=wall, zone=_GREENWICH)
        tzid = written.param("TZID")
        zone = zone_named(tzid, self.own) if tzid else None
        return Moment(wall=wall, zone=zone or self.home, is_floating=not tzid)


def in_utc(instant: datetime) -> Moment:
    return Moment(wall=instant.astimezone(UTC).replace(tzinfo=None), zone=_GREENWICH)


def calendar(root: Component, home: ZoneInfo) -> Calendar:
    return Calendar(home=NamedZone(home), own=Definitions(root))


def length(text: str) -> Length:
    """Read a DURATION.

    Raises:
        ValueError: it is none.
    """
    found = _LENGTH.fullmatch(text.strip().upper())
    if not found:
        raise ValueError(f"{text!r} is no duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    elapsed = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return Length(days=sign * (7 * weeks + days), elapsed=sign * elapsed)


def day_of(moment: Moment, home: Zone) -> date:
    """The day that a time stands for among whole days."""
    as_written = moment.wall.time() in (time(), time(23, 59, 59)) or not moment.is_greenwich
    if as_written or not isinstance(home, NamedZone):
        return moment.wall.date()
    return moment.wall.replace(tzinfo=UTC).astimezone(home.info).date()
