"""One VEVENT: when it starts and ends, what it replaces, and how far it reaches beyond itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from agent.rules.ical.lines import Component
from agent.rules.ical.times import Calendar, Length, Moment, length
from agent.rules.ical.zones import is_skipped, moved, utc

Tell = Callable[[str], None]
"""Takes what cannot be read."""

_DAY = timedelta(days=1)
_UNREADABLE_END = Length(elapsed=timedelta(hours=1))


@dataclass(frozen=True, kw_only=True)
class Event:
    part: Component
    start: Moment
    end: Moment | None
    length: Length | None
    replaces: Moment | None
    """RECURRENCE-ID: the instance of a series that this one stands for."""
    is_for_future: bool
    """RANGE=THISANDFUTURE."""
    sequence: int
    before: timedelta
    """Travel and buffer ahead of it."""
    after: timedelta

    @property
    def has_others(self) -> bool:
        """Its DTSTART is not all that there is to it."""
        return any(self.part.every(name) for name in ("RRULE", "RDATE", "EXDATE"))

    @property
    def reach(self) -> timedelta:
        """No instance, a PERIOD of its own aside, lasts longer; a day more for what a clock change adds."""
        lasting = self.length.total if self.length else timedelta()
        if self.end:
            lasting = self.end.utc - self.start.utc
        return abs(lasting) + self.before + self.after + _DAY

    @cached_property
    def itself(self) -> "Instance":
        """Where its own times put it, whatever else is said of it."""
        return placed(self, self.start)


@dataclass(frozen=True, kw_only=True)
class Instance:
    event: Event
    start: datetime
    """UTC, as `end`, both with its margins; equal when it takes no time."""
    end: datetime
    begins: datetime
    """UTC; DTSTART of the instance."""


def event_of(part: Component, calendar: Calendar, tell: Tell) -> Event:
    """Read a VEVENT; what makes no sense is told: a margin is taken as none, an end as an hour on.

    Raises:
        ValueError: it has no readable start or RECURRENCE-ID.
    """
    start = calendar.moment(part, "DTSTART")
    if start is None:
        raise ValueError("there is no DTSTART")
    end, lasting = _end(part, calendar, tell)
    sequence = part.value("SEQUENCE")
    travel = _margin(part, "X-APPLE-TRAVEL-DURATION", _travel, tell)
    return Event(
        part=part,
        start=start,
        end=end,
        length=lasting,
        replaces=calendar.moment(part, "RECURRENCE-ID"),
        is_for_future=_is_for_future(part),
        sequence=int(sequence) if sequence.isdecimal() else 0,
        before=travel + _margin(part, "X-APPT-BUFFER-BEFORE", _minutes, tell),
        after=_margin(part, "X-APPT-BUFFER-AFTER", _minutes, tell),
    )


def placed(event: Event, start: Moment, end: Moment | Length | None = None) -> Instance:
    """The event at this start; it is as long as always unless an end is given.

    An end before the start takes the time between the two; a date takes its whole day at least.
    """
    ends = _given(end, start) if end else _usual_end(event, start)
    whole_day = utc(start.zone, start.wall + _DAY) if start.is_date else start.utc
    return Instance(
        event=event,
        start=moved(min(start.utc, ends), -event.before),
        end=moved(max(start.utc, ends, whole_day), event.after),
        begins=start.utc,
    )


def _end(part: Component, calendar: Calendar, tell: Tell) -> tuple[Moment | None, Length | None]:
    """DTEND and DURATION; to block too little is worse than too much, so one that cannot be read is no "none"."""
    end, lasting = None, part.value("DURATION")
    try:
        end = calendar.moment(part, "DTEND")
        return end, length(lasting) if lasting else None
    except (ValueError, OverflowError) as error:
        tell(f"its end: {error}")
        return end, _UNREADABLE_END


def _is_for_future(part: Component) -> bool:
    return any(
        (one.param("RANGE") or "").upper() == "THISANDFUTURE" for one in part.every("RECURRENCE-ID")
    )


def _margin(part: Component, name: str, read: Callable[[str], timedelta], tell: Tell) -> timedelta:
    written = part.value(name)
    try:
        return max(read(written), timedelta()) if written else timedelta()
    except (ValueError, OverflowError):
        tell(f"{name}: {written!r} is no length of time")
        return timedelta()


def _travel(written: str) -> timedelta:
    return length(written).total


def _minutes(written: str) -> timedelta:
    return timedelta(minutes=float(written))


def _given(end: Moment | Length, start: Moment) -> datetime:
    return end.utc if isinstance(end, Moment) else end.after(start)


def _usual_end(event: Event, start: Moment) -> datetime:
    """DTEND keeps its wall time from week to week, as calendar programs do, where both ends are in one zone."""
    if event.end is None:
        return (event.length or Length()).after(start)
    if event.end.zone != event.start.zone:
        return start.utc + (event.end.utc - event.start.utc)
    lasting = event.end.wall - event.start.wall
    end = utc(start.zone, start.wall + lasting)
    is_first = start is event.start
    if (
        is_skipped(start.zone, start.wall)
        and lasting > timedelta()
        and not (is_first and end > start.utc)
    ):
        return (
            start.utc + lasting
        )  # the clocks jump over the start: its end must not come before it
    return end
