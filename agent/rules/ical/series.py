"""The instances of one event: RRULE, RDATE, EXDATE and its overrides (RFC 5545, 3.8.5 and 3.8.4.4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agent.rules.ical.events import Event, Instance, Tell, placed
from agent.rules.ical.repeats import ended_before_it_began, latest, walls
from agent.rules.ical.times import Calendar, Length, Moment, day_of, in_utc
from agent.rules.ical.zones import moved

Mark = date | datetime
"""How an EXDATE or RECURRENCE-ID names an instance: a date, a wall time (naive), or an instant (UTC)."""

_ZONES_APART = timedelta(days=2)
"""More than any zone's distance from UTC, on either side."""
_AGE = timedelta(days=10_000)
"""No repeated event lasts longer."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """An event that may repeat, and what was said about single instances of it."""

    main: Event
    overrides: Sequence[Event]
    calendar: Calendar
    tell: Tell

    def instances(self, low: datetime, high: datetime) -> Iterator[Instance]:
        """At least every instance that touches [low, high) (UTC)."""
        excluded = {self._mark(moment) for moment, _ in self._listed("EXDATE")}
        replaced = {self._mark(one.replaces) for one in self.overrides if one.replaces}
        seen: set[datetime] = set()
        for start, end in self._starts(low, high):
            if start.utc in seen or self._marks(start) & (excluded | replaced):
                continue
            seen.add(start.utc)
            yield self._instance(start, end)
        for one in self.overrides:
            if one.replaces and not self._marks(one.replaces) & excluded:
                yield one.itself

    def limits(self) -> tuple[datetime, datetime | None]:
        """Every instance lies between these two (UTC), give or take what zones differ by; None: it goes on.

        Raises:
            OverflowError: it lies beyond the calendar.
        """
        start, reach = self.main.start.utc, self._farthest()
        if reach > _AGE:
            raise OverflowError
        list(self._listed("EXDATE"))  # what cannot be read of them is told
        near = [one.itself for one in self.overrides]
        for begin, end in self._starts(start, start):
            near += [placed(one, self._moved_start(begin, one), end) for one in self._likes()]
        last = [self._latest(rule.value) for rule in self.main.part.every("RRULE")]
        begins = min([start - reach, *(one.start for one in near)])
        if None in last:
            return begins, None
        ends = [moved(one, reach) for one in (start, *filter(None, last))]
        return begins, max(ends + [one.end for one in near])

    def _starts(
        self, low: datetime, high: datetime
    ) -> Iterator[tuple[Moment, Moment | Length | None]]:
        """RDATEs first: a PERIOD's own end counts where a rule makes the same start."""
        main = self.main
        for start, end in self._listed("RDATE"):
            is_day_only = start.is_date and not main.start.is_date
            wall = datetime.combine(start.wall, main.start.wall.time())
            yield (self._at(wall) if is_day_only else start), end
        rules = [one.value for one in main.part.every("RRULE")]
        if not self._is_deleted(rules):
            yield main.start, None
        first = low.replace(tzinfo=None) - _ZONES_APART - self._reach()
        last = high.replace(tzinfo=None) + _ZONES_APART + self._reach()
        for rule in rules:
            try:
                for wall in walls(rule, main.start, self.calendar, first, last):
                    yield self._at(wall), None
            except (ValueError, OverflowError) as error:
                self.tell(str(error))

    def _instance(self, start: Moment, end: Moment | Length | None) -> Instance:
        """Of the main event, or of the latest THISANDFUTURE override before it, moved as that was moved."""
        earlier = [
            (one.replaces.utc, place)
            for place, one in enumerate(self.overrides)
            if one.is_for_future and one.replaces and one.replaces.utc < start.utc
        ]
        like = self.overrides[max(earlier)[1]] if earlier else self.main
        return placed(like, self._moved_start(start, like), end)

    def _moved_start(self, start: Moment, like: Event) -> Moment:
        if like.replaces is None:
            return start
        if like.start.zone == start.zone:
            wall = start.wall + _moved(like)
            return Moment(wall=wall, zone=start.zone, is_date=like.start.is_date)
        return in_utc(start.utc + _moved(like))

    def _reach(self) -> timedelta:
        """How far from its place in the rule an instance may begin, or go on."""
        return min(_AGE, self._farthest())

    def _farthest(self) -> timedelta:
        return max(one.reach + abs(_moved(one)) for one in self._likes())

    def _likes(self) -> list[Event]:
        """What an instance may be like: the event itself, or from some day on an override."""
        return [self.main, *(one for one in self.overrides if one.is_for_future)]

    def _latest(self, rule: str) -> datetime | None:
        try:
            return latest(rule, self.main.start, self.calendar)
        except ValueError as error:
            self.tell(str(error))
            return None

    def _is_deleted(self, rules: Sequence[str]) -> bool:
        try:
            ended = [ended_before_it_began(rule, self.main.start, self.calendar) for rule in rules]
        except (ValueError, OverflowError):
            return False
        return bool(ended) and all(ended)

    def _at(self, wall: datetime) -> Moment:
        start = self.main.start
        return Moment(wall=wall, zone=start.zone, is_date=start.is_date)

    def _listed(self, name: str) -> Iterator[tuple[Moment, Moment | Length | None]]:
        for written in self.main.part.every(name):
            try:
                yield from self.calendar.moments(written)
            except (ValueError, OverflowError) as error:
                self.tell(f"{name}: {error}")

    def _mark(self, moment: Moment) -> Mark:
        if self.main.start.is_date:
            return day_of(moment, self.calendar.home)
        if moment.is_date:
            return moment.wall.date()
        return moment.wall if moment.is_floating else moment.utc

    def _marks(self, start: Moment) -> set[Mark]:
        """Every way to name the instance that starts here."""
        if self.main.start.is_date:
            return {start.wall.date()}
        zone = self.main.start.zone
        is_as_written = start.zone == zone or start.is_date or start.is_floating
        wall = start.wall if is_as_written else zone.wall(start.utc)
        return {wall.date(), wall, start.utc}


def _moved(event: Event) -> timedelta:
    """How far an override moves its instance."""
    if event.replaces is None:
        return timedelta()
    if event.replaces.zone == event.start.zone:
        return event.start.wall - event.replaces.wall
    return event.start.utc - event.replaces.utc
