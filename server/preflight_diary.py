"""The diary of a turn that is only tried: real rules and calendars, and nothing is held, written or taken out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from agent.business import Business
from agent.model import Appointment, Booking, BookingEnd, Fit, Hold, Offers, When
from agent.rules import availability, offers
from agent.rules.availability import Free
from server.diary import HELD_FOR, why_not
from server.store import answered_turns
from server.store.appointments import OFFERED_FOR

_AROUND = timedelta(days=2)
"""Events this far outside of the days looked at may reach into them."""


@dataclass(frozen=True, kw_only=True)
class _Event:
    begins: datetime
    ends: datetime | None
    """None: it goes on and on."""
    text: str


class Calendars:
    """The business's calendars as they were read last, at one moment: both sides of a comparison see the same."""

    def __init__(self, connection: sa.Connection, business: str, since: datetime) -> None:
        self._events: defaultdict[str, list[_Event]] = defaultdict(list)
        for row in answered_turns.events(connection, business, since - _AROUND):
            event = _Event(begins=row.begins, ends=row.ends, text=row.text)
            self._events[row.calendar].append(event)

    def objects(self, calendar: str, start: datetime, end: datetime) -> Sequence[str]:
        return [
            one.text
            for one in self._events[calendar]
            if one.begins < end and (one.ends is None or one.ends >= start)
        ]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What one turn leaves for the next of its thread."""

    memory: dict[str, object] = field(default_factory=dict)
    offered: tuple[Hold, ...] = ()
    offering: str = ""
    """The text in which they were offered, in place of the one that was sent."""
    visits: tuple[Appointment, ...] = ()

    def at(self, now: datetime) -> "Standing":
        """What of it still counts then."""
        offered = tuple(
            one
            for one in self.offered
            if one.expires_at - HELD_FOR + OFFERED_FOR > now and one.start > now
        )
        return replace(
            self, offered=offered, visits=tuple(one for one in self.visits if one.start > now)
        )


class TriedDiary:
    """Plays `agent.ports.Diary` for one turn at a time; keep one for each thread of work."""

    def __init__(self, calendars: Calendars) -> None:
        self._calendars = calendars
        self._now = datetime.min.replace(tzinfo=UTC)
        self.offered: tuple[Hold, ...] = ()
        self.visits: tuple[Appointment, ...] = ()

    def begin(self, standing: Standing, now: datetime) -> None:
        self._now, self.offered, self.visits = now, standing.offered, standing.visits

    def offer(
        self,
        business: Business,
        caller: str,
        service: str,
        wish: When | None,
        moves: str | None = None,
    ) -> Offers:
        sought = business.service(service)
        if sought is None:
            return Offers(fit=Fit.NOTHING)
        rules = availability.rules_of(business, sought)
        first = self._now.astimezone(business.zone).date()
        last = first + timedelta(days=rules.horizon_days)
        end = self._now + timedelta(days=rules.horizon_days) + _AROUND
        objects = {
            name: self._calendars.objects(name, self._now - _AROUND, end)
            for resource in rules.resources.values()
            for name in resource.calendars
        }
        moved = [one.start for one in self.visits if one.id == moves]
        every = availability.free_slots(rules, objects, [], now=self._now, first=first, last=last)
        free = [one for one in every if one.start not in moved]
        choice = offers.choose(free, wish)
        picked = [free[place] for place in choice.places]
        self.offered = tuple(
            self._hold(sought.id, sought.duration_min, one, place, moves)
            for place, one in enumerate(picked, start=1)
        )
        if not self.offered:
            return Offers(fit=Fit.NOTHING)
        fit = Fit.ASKED if choice.fits else why_not(rules, wish, self._now)
        return Offers(fit=fit, holds=self.offered)

    def book(self, business: Business, caller: str, hold: str) -> Booking:
        found = next((one for one in self.offered if one.id == hold), None)
        if found is None:
            return Booking(end=BookingEnd.TAKEN)
        visit = Appointment(
            id=found.moves or found.id,
            service=found.service,
            start=found.start,
            duration_min=found.duration_min,
            calendar=found.calendar,
        )
        self.offered = ()
        self.visits = (*(one for one in self.visits if one.id != visit.id), visit)
        return Booking(end=BookingEnd.BOOKED, appointment=visit)

    def cancel(self, business: Business, caller: str, visit: str) -> Booking:
        self.visits = tuple(one for one in self.visits if one.id != visit)
        return Booking(end=BookingEnd.CANCELLED)

    def release(self, business: Business, caller: str) -> None:
        self.offered = ()

    def _hold(
        self, service: str, duration_min: int, free: Free, place: int, moves: str | None
    ) -> Hold:
        return Hold(
            id=f"{service}@{free.start.isoformat()}",
            service=service,
            start=free.start,
            duration_min=duration_min,
            calendar=free.resources[0],
            place=place,
            expires_at=self._now + HELD_FOR,
            moves=moves,
        )
