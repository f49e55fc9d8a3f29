"""When a resource is open, as spans of real time, and which starts its hours make."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from agent.business import WEEKDAYS, Business, Weekday
from agent.rules.busy import Span, merged

WeeklyHours = Mapping[Weekday, Sequence[str]]
"""Spans like "08:00-17:00"; a day that is missing is closed."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Openings:
    zone: ZoneInfo
    hours: WeeklyHours
    days: frozenset[Weekday]
    """Never open on others, not even on a date with hours of its own."""
    overrides: Mapping[date, Sequence[str]]
    """Dates with hours of their own, in place of weekly hours and holidays."""
    holidays: tuple[str, str | None] | None
    """Country and part of it."""

    def spans(self, day: date) -> tuple[Span, ...]:
        """Those that begin on a date, in UTC, with those that touch made one; the last may run past midnight."""
        spans = (_span(one, day, self.zone) for one in self._hours(day))
        return merged(span for span in spans if span.start < span.end)

    def starts(
        self, duration: timedelta, step: timedelta, first: date, last: date
    ) -> Iterator[datetime]:
        """Each span's start (UTC) and every step on from it, on these local dates; the evening before may run into the first."""
        for ahead in range(-1, (last - first).days + 1):
            for span in self.spans(first + timedelta(days=ahead)):
                start = span.start
                while start + duration <= span.end:
                    if first <= start.astimezone(self.zone).date() <= last:
                        yield start
                    start += step

    def covers(self, start: datetime, end: datetime) -> bool:
        day = start.astimezone(self.zone).date()
        spans = (*self.spans(day), *self.spans(day - _DAY))
        return any(span.start <= start and end <= span.end for span in spans)

    def _hours(self, day: date) -> Sequence[str]:
        weekday = WEEKDAYS[day.weekday()]
        if weekday not in self.days:
            return ()
        if day in self.overrides:
            return self.overrides[day]
        if self.holidays and day in _public_holidays(*self.holidays, day.year):
            return ()
        return self.hours.get(weekday, ())


def opening_hours(business: Business) -> Openings:
    """The business's own; a calendar may keep others."""
    holidays = business.holidays
    return Openings(
        zone=business.zone,
        hours=business.hours,
        days=frozenset(WEEKDAYS),
        overrides={one.date: one.hours for one in reversed(business.closures)},
        holidays=(holidays.country, holidays.subdiv) if holidays else None,
    )


@lru_cache(maxsize=256)
def _public_holidays(country: str, subdiv: str | None, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415  # 0.2 s that only who closes on holidays should wait for

    return frozenset(holidays.country_holidays(country, subdiv=subdiv, years=year))


def _span(text: str, day: date, zone: ZoneInfo) -> Span:
    start, end = (_clock(part) for part in text.split("-"))
    if end <= start:
        end += _DAY
    return Span(start=_utc(day, start, zone), end=_utc(day, end, zone))


def _clock(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _utc(day: date, clock: timedelta, zone: ZoneInfo) -> datetime:
    """An hour that comes twice is the first; one that is skipped takes the offset before the gap."""
    wall = datetime(day.year, day.month, day.day) + clock  # noqa: DTZ001  # a wall time
    return wall.replace(tzinfo=zone).astimezone(UTC)
