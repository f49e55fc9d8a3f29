"""The diary: free times offered and held; what becomes of them in the calendar is `server.bookings`."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import product
from typing import Protocol

import sqlalchemy as sa
import structlog

from agent.business import Business, Service
from agent.errors import CalendarError
from agent.model import Booking, BookingEnd, CalendarAddress, Fit, Hold, Offers, When
from agent.ports import Calendar, Clock
from agent.rules import availability, offers
from agent.rules.availability import Free, Rules, Taken
from agent.rules.event import hold_text
from server.bookings import Bookings, address, as_hold, may_speak, without
from server.store import appointments, threads
from server.store.appointments import AppointmentRow, State
from server.vitals import Lately

log = structlog.get_logger()

HELD_FOR = timedelta(minutes=15)
_LONG_AGO = timedelta(days=2)
_WEEK = 7
_TICK_MIN = 5
_PASSES = 200
"""Times that we choose anew because others were faster; each time somebody else has got a time."""


class Events(Protocol):
    def objects(self, at: CalendarAddress, start: datetime, end: datetime) -> Sequence[str]:
        """As `agent.ports.Calendar.objects`; may be some seconds old, because booking looks again."""


def _not_told(_at: CalendarAddress) -> None: ...


@dataclass(frozen=True, kw_only=True)
class BookingDiary:
    """Plays `agent.ports.Diary` on the database and a calendar server."""

    calendar: Calendar
    database: sa.Engine
    clock: Clock
    public_url: str
    events: Events | None = None
    """Where offers read; None: in the calendar itself."""
    lately: Lately = field(default_factory=Lately)
    """Whether each business's calendars answered."""
    wrote: Callable[[CalendarAddress], None] = _not_told
    """Told of every calendar in which we have written."""

    @cached_property
    def bookings(self) -> Bookings:
        return Bookings(
            calendar=self.calendar,
            database=self.database,
            clock=self.clock,
            public_url=self.public_url,
            lately=self.lately,
            wrote=self.wrote,
        )

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
        try:
            found = self._offered(business, caller, sought, wish, moves)
        except CalendarError as error:
            self.lately.failed(self.clock.now(), business.slug)
            log.warning("booking.calendar_failed", business=business.slug, error=str(error))
            return Offers(fit=Fit.UNREACHABLE)
        self.lately.worked(business.slug)
        return found

    def objects(
        self, business: Business, service: Service, moves: str | None, until: datetime
    ) -> dict[str, Sequence[str]]:
        """What stands in each calendar of a service up to the horizon, or a later moment; the visit that moves left out.

        Raises:
            CalendarError: a calendar could not be read.
        """
        return self._objects(business, availability.rules_of(business, service), moves, until)

    def free(
        self, business: Business, service: Service, thread: str, moves: str | None = None
    ) -> list[Free]:
        """Every time that could be offered on a thread, in order; what is on offer on it already counts as free.

        Raises:
            CalendarError: a calendar could not be read.
        """
        rules = availability.rules_of(business, service)
        objects = self._objects(business, rules, moves)
        with self.database.connect() as connection:
            held = appointments.offered(connection, thread, self.clock.now())
        return self._free(business, rules, objects, moves, [row.offer for row in held])

    def release(self, business: Business, caller: str) -> None:
        thread = threads.thread_id(business.slug, caller)
        with self.database.begin() as connection:
            threads.lock(connection, thread)
            appointments.release_offers(connection, thread, self.clock.now())

    def book(self, business: Business, caller: str, hold: str) -> Booking:
        with self.database.begin() as connection:
            row = appointments.get(connection, hold)
        if row is None or row.thread != threads.thread_id(business.slug, caller):
            return Booking(end=BookingEnd.TAKEN)
        if row.state in (State.BOOKED, State.MOVED):
            return self.bookings.done(business, row)
        if row.state == State.REVIEW:
            return Booking(end=BookingEnd.UNSURE)
        if row.state == State.RELEASED and (made := self._by_hand(business, row)):
            return made
        if row.state not in (State.HELD, State.WRITING, State.WITHDRAWING):
            return Booking(end=BookingEnd.TAKEN)
        return self.bookings.book(business, row)

    def _by_hand(self, business: Business, hold: AppointmentRow) -> Booking | None:
        """A person has booked for this caller since the hold was offered: that is the booking, once it is made."""
        with self.database.connect() as connection:
            chosen = appointments.by_hand_since(connection, hold.thread, hold.created_at)
        if chosen is None:
            return None
        if chosen.state == State.WRITING:
            return Booking(end=BookingEnd.WITHDRAWN)
        return self.bookings.done(business, chosen)

    def cancel(self, business: Business, caller: str, visit: str) -> Booking:
        with self.database.begin() as connection:
            row = appointments.get(connection, visit)
        if row is None or row.thread != threads.thread_id(business.slug, caller):
            return Booking(end=BookingEnd.WITHDRAWN)
        return self.bookings.cancel(business, row)

    def _offered(
        self,
        business: Business,
        caller: str,
        service: Service,
        wish: When | None,
        moves: str | None,
    ) -> Offers:
        """Free times, chosen and held; when others hold all of them by then, the choice is made again."""
        rules = availability.rules_of(business, service)
        objects = self._objects(business, rules, moves)
        with self.database.begin() as connection:
            thread = threads.lock(connection, threads.thread_id(business.slug, caller))
            if thread is None or not may_speak(thread):
                return Offers(fit=Fit.WITHDRAWN)
            now = self.clock.now()
            appointments.release_offers(connection, thread.id, now)
            visit = appointments.get(connection, moves) if moves else None
        choice, held = offers.Choice(places=(), fits=False), list[Hold]()
        for _ in range(_PASSES):
            free = self._free(business, rules, objects, moves)
            free = [one for one in free if visit is None or one.start != visit.start]
            choice = offers.choose(free, wish)
            picked = [free[place] for place in choice.places]
            held = self._hold_all(business, caller, service, picked, visit)
            if held or not picked:
                break
            if self._may_not_speak(thread.id):
                return Offers(fit=Fit.WITHDRAWN)
        if not held:
            return Offers(fit=Fit.UNREACHABLE if choice.places else Fit.NOTHING)
        fit = Fit.ASKED if choice.fits else why_not(rules, wish, self.clock.now())
        return Offers(fit=fit, holds=tuple(held))

    def _may_not_speak(self, name: str) -> bool:
        with self.database.connect() as connection:
            thread = threads.get(connection, name)
        return thread is None or not may_speak(thread)

    def _objects(
        self, business: Business, rules: Rules, moves: str | None, until: datetime | None = None
    ) -> dict[str, Sequence[str]]:
        """What stands in each calendar from now to the horizon; what only our claims may judge is left out."""
        now = self.clock.now()
        end = max(now + timedelta(days=rules.horizon_days), until or now) + _LONG_AGO
        start = now - _LONG_AGO
        names = {name for resource in rules.resources.values() for name in resource.calendars}
        events, mine = self.events or self.calendar, {moves} if moves else set()
        return {
            name: without(events.objects(address(business, name), start, end), mine)
            for name in sorted(names)
        }

    def _free(
        self,
        business: Business,
        rules: Rules,
        objects: Mapping[str, Sequence[str]],
        moves: str | None,
        but: Sequence[str] = (),
    ) -> list[Free]:
        now = self.clock.now()
        first = now.astimezone(business.zone).date()
        last = first + timedelta(days=rules.horizon_days)
        with self.database.connect() as connection:
            claimed = appointments.claimed(connection, business.slug, objects, now, [moves, *but])
        holds = [
            Taken(resource=name, start=start, end=end, key="", expires=now + HELD_FOR)
            for name, start, end in claimed
        ]
        return availability.free_slots(rules, objects, holds, now=now, first=first, last=last)

    def _hold_all(
        self,
        business: Business,
        caller: str,
        service: Service,
        picked: list[Free],
        visit: AppointmentRow | None,
    ) -> list[Hold]:
        """Keep each of the times that no other caller has got in the meantime, numbered as they will be told."""
        offer = str(uuid.uuid4())
        held: list[Hold] = []
        with self.database.begin() as connection:
            thread = threads.lock(connection, threads.thread_id(business.slug, caller))
            for free in picked if thread and may_speak(thread) else ():
                place = len(held) + 1
                hold = self._hold(connection, business, caller, service, free, offer, place, visit)
                held += [hold] if hold else []
        if business.booking.show_holds:
            self._show(business, held)
        return held

    def _hold(
        self,
        connection: sa.Connection,
        business: Business,
        caller: str,
        service: Service,
        free: Free,
        offer: str,
        place: int,
        visit: AppointmentRow | None,
    ) -> Hold | None:
        """Keep one time in the first calendars that can serve it and that no other caller has just got."""
        now = self.clock.now()
        for calendar, *beside in _ways(service, free, visit):
            row = AppointmentRow(
                id=str(uuid.uuid4()),
                business=business.slug,
                thread=threads.thread_id(business.slug, caller),
                service=service.id,
                calendar=calendar,
                beside=beside,
                start=free.start.astimezone(UTC),
                duration_min=service.duration_min,
                buffer_before_min=service.buffer_before_min,
                buffer_after_min=service.buffer_min,
                state=State.HELD,
                offer=offer,
                place=place,
                event=None,
                created_at=now,
                changed_at=now,
                expires_at=now + HELD_FOR,
                moves=visit.id if visit else None,
            )
            if appointments.hold(connection, row, now):
                return as_hold(row, business)
        return None

    def hide(self, business: Business, row: AppointmentRow) -> None:
        """Take a hold that is over out of its calendars.

        Raises:
            CalendarError: the calendar could not be asked.
        """
        for name in row.calendars:
            at = address(business, name)
            there = self.calendar.get(at, _hold_name(row.id))
            if there:
                self.calendar.remove(at, _hold_name(row.id), there.etag)
                self.wrote(at)
        with self.database.begin() as connection:
            appointments.set_shown(connection, row.id, False)

    def _show(self, business: Business, held: Sequence[Hold]) -> None:
        """Let the owner see what is on offer; a calendar that does not take it changes nothing of the offer."""
        for hold in held:
            with self.database.begin() as connection:
                row = appointments.get(connection, hold.id)
                appointments.set_shown(connection, hold.id, True)
            for name in row.calendars if row else ():
                at = address(business, name)
                try:
                    self.calendar.put(
                        at, _hold_name(hold.id), hold_text(hold, business, self.clock.now())
                    )
                except CalendarError as error:
                    log.warning("booking.hold_not_shown", business=business.slug, error=str(error))


def why_not(rules: Rules, wish: When | None, moment: datetime) -> Fit:
    """Why what was asked for is not among the free times; the truth that can be shown."""
    if wish is None:
        return Fit.TAKEN
    now = moment.astimezone(rules.zone)
    first = date.fromisoformat(wish.date) if wish.date else now.date()
    if first > now.date() + timedelta(days=rules.horizon_days):
        return Fit.TOO_FAR
    last = date.fromisoformat(wish.date_end) if wish.date_end else first
    days = _WEEK if wish.date is None else max((last - first).days, 0)
    opened = [at for at in _open_ticks(rules, first, days) if offers.asked_for(wish, at)]
    if not opened:
        return Fit.CLOSED
    if max(opened) < now + timedelta(minutes=rules.min_notice_min):
        return Fit.TOO_SOON
    begins = availability.starts(rules, first, first + timedelta(days=days))
    return Fit.TAKEN if any(offers.asked_for(wish, at) for at in begins) else Fit.UNFIT


def _ways(service: Service, free: Free, visit: AppointmentRow | None) -> Iterator[tuple[str, ...]]:
    """The calendars that can serve a time, one alone or one of each group of a need.

    In the order of the profile; a visit that moves stays in its own if it can.
    """
    groups = service.need or (service.calendars,)
    able = [[name for name in group if name in free.resources] for group in groups]
    ways = [way for way in product(*able) if len(set(way)) == len(way)]
    own = tuple(visit.calendars) if visit else ()
    return iter(sorted(ways, key=lambda way: way != own))


def _open_ticks(rules: Rules, first: date, days: int) -> Iterator[datetime]:
    """Every few minutes of these days at which somebody who can serve is open."""
    days = min(days, _WEEK)
    spans = availability.open_hours(rules, first, first + timedelta(days=days))
    for ahead in range(days + 1):
        midnight = datetime.combine(first + timedelta(days=ahead), time(), tzinfo=rules.zone)
        for minute in range(0, 24 * 60, _TICK_MIN):
            at = midnight + timedelta(minutes=minute)
            if any(span.start <= at < span.end for span in spans):
                yield at


def _hold_name(hold: str) -> str:
    return f"ringback-hold-{hold}"
