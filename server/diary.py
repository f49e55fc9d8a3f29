"""The diary: free times offered and held, and bookings that cannot collide (the mutex is ours, the truth is the calendar)."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import sqlalchemy as sa
import structlog

from agent.business import Business, Service
from agent.errors import CalendarError
from agent.model import (
    Appointment,
    Booking,
    BookingEnd,
    CalendarAddress,
    Fit,
    Hold,
    Offers,
    TaskKind,
    When,
)
from agent.ports import Calendar, Clock
from agent.rules import availability, offers
from agent.rules.availability import Free, Rules, Taken
from agent.rules.busy import busy
from agent.rules.event import appointment_id, event_text
from agent.state import AGENT
from server.store import appointments, tasks, threads
from server.store.appointments import AppointmentRow, State
from server.vitals import Lately

log = structlog.get_logger()

HELD_FOR = timedelta(minutes=15)
CLAIMED_FOR = timedelta(hours=1)
"""After this a booked time is guarded by the calendar alone, so that what the owner moves or deletes there is free."""
_DAY = timedelta(days=1)
_LONG_AGO = timedelta(days=2)
_WEEK = 7
_TICK_MIN = 5


@dataclass(frozen=True, kw_only=True)
class BookingDiary:
    """Plays `agent.ports.Diary` on the database and a calendar server."""

    calendar: Calendar
    database: sa.Engine
    clock: Clock
    public_url: str
    lately: Lately = field(default_factory=Lately)
    """Whether each business's calendars answered."""

    def offer(self, business: Business, caller: str, service: str, wish: When | None) -> Offers:
        sought = business.service(service)
        if sought is None:
            return Offers(fit=Fit.NOTHING)
        try:
            found = self._offered(business, caller, sought, wish)
        except CalendarError as error:
            self.lately.failed(self.clock.now(), business.slug)
            log.warning("booking.calendar_failed", business=business.slug, error=str(error))
            return Offers(fit=Fit.UNREACHABLE)
        self.lately.worked(business.slug)
        return found

    def release(self, business: Business, caller: str) -> None:
        thread = threads.thread_id(business.slug, caller)
        with self.database.begin() as connection:
            threads.lock(connection, thread)
            appointments.release_offers(connection, thread)

    def book(self, business: Business, caller: str, hold: str) -> Booking:
        with self.database.begin() as connection:
            row = appointments.get(connection, hold)
        if row is None or row.thread != threads.thread_id(business.slug, caller):
            return Booking(end=BookingEnd.TAKEN)
        if row.state == State.BOOKED:
            return Booking(end=BookingEnd.BOOKED, appointment=as_appointment(row, business))
        if row.state not in (State.HELD, State.WRITING):
            return Booking(end=BookingEnd.TAKEN)
        return self._write(business, row)

    def _offered(
        self, business: Business, caller: str, service: Service, wish: When | None
    ) -> Offers:
        """Free times, chosen and held; when others hold all of them by then, the choice is made again."""
        rules = availability.rules_of(business, service)
        objects = self._objects(business, rules)
        with self.database.begin() as connection:
            thread = threads.lock(connection, threads.thread_id(business.slug, caller))
            if thread is None or not _may_speak(thread):
                return Offers(fit=Fit.WITHDRAWN)
            appointments.release_offers(connection, thread.id)
        while True:
            free = self._free(business, rules, objects)
            choice = offers.choose(free, wish)
            picked = [free[place] for place in choice.places]
            held = self._hold_all(business, caller, service, picked)
            if held or not picked:
                break
        if not held:
            return Offers(fit=Fit.NOTHING)
        fit = Fit.ASKED if choice.fits else self._why_not(rules, wish)
        return Offers(fit=fit, holds=tuple(held))

    def _objects(self, business: Business, rules: Rules) -> dict[str, Sequence[str]]:
        """What stands in each calendar from now to the horizon."""
        now = self.clock.now()
        start, end = now - _LONG_AGO, now + timedelta(days=rules.horizon_days + 2)
        names = {name for resource in rules.resources.values() for name in resource.calendars}
        return {
            name: self.calendar.objects(address(business, name), start, end)
            for name in sorted(names)
        }

    def _free(
        self, business: Business, rules: Rules, objects: Mapping[str, Sequence[str]]
    ) -> list[Free]:
        now = self.clock.now()
        first = now.astimezone(business.zone).date()
        last = first + timedelta(days=rules.horizon_days)
        with self.database.connect() as connection:
            claimed = appointments.claimed(connection, business.slug, objects, now)
        holds = [
            Taken(resource=name, start=start, end=end, key="", expires=now + HELD_FOR)
            for name, start, end in claimed
        ]
        return availability.free_slots(rules, objects, holds, now=now, first=first, last=last)

    def _hold_all(
        self, business: Business, caller: str, service: Service, picked: list[Free]
    ) -> list[Hold]:
        """Keep each of the times that no other caller has got in the meantime, numbered as they will be told."""
        offer = str(uuid.uuid4())
        held: list[Hold] = []
        for free in picked:
            hold = self._hold(business, caller, service, free, offer, len(held) + 1)
            held += [hold] if hold else []
        return held

    def _hold(
        self,
        business: Business,
        caller: str,
        service: Service,
        free: Free,
        offer: str,
        place: int,
    ) -> Hold | None:
        """Keep one time in the first calendars that can serve it and that no other caller has just got."""
        now = self.clock.now()
        for calendar, *beside in _ways(service, free):
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
                expires_at=now + HELD_FOR,
            )
            with self.database.begin() as connection:
                thread = threads.lock(connection, row.thread)
                if thread and _may_speak(thread) and appointments.hold(connection, row, now):
                    return as_hold(row, business)
        return None

    def _why_not(self, rules: Rules, wish: When | None) -> Fit:
        """Why what was asked for is not among the free times; the truth that can be shown."""
        if wish is None:
            return Fit.TAKEN
        now = self.clock.now().astimezone(rules.zone)
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

    def _write(self, business: Business, row: AppointmentRow) -> Booking:
        """Claim, look, write, look again: yield to anything that blocks and is not ours."""
        try:
            if self._is_past(business, row):
                return self._taken_back(business, row, BookingEnd.TAKEN)
            if row.state == State.HELD and self._blocked(business, row):
                return self._given_up(row, BookingEnd.TAKEN)
        except CalendarError as error:
            log.warning("booking.calendar_failed", business=business.slug, error=str(error))
            return Booking(end=BookingEnd.UNREACHABLE)
        try:
            if why := self._begin(row):
                return self._taken_back(business, row, why)
            if not self._stored(business, row) or self._blocked(business, row):
                return self._taken_back(business, row, BookingEnd.TAKEN)
        except CalendarError as error:
            self.lately.failed(self.clock.now(), business.slug)
            log.warning("booking.unsure", business=business.slug, error=str(error))
            with self.database.begin() as connection:
                appointments.move(connection, row.id, State.WRITING, State.REVIEW)
            return Booking(end=BookingEnd.UNSURE)
        return self._confirmed(business, row)

    def _is_past(self, business: Business, row: AppointmentRow) -> bool:
        """The rules of booking do not allow it any more: too late by now, or the hours have changed."""
        service = business.service(row.service)
        if service is None or any(business.calendar(name) is None for name in row.calendars):
            return True
        rules = availability.rules_of(business, service)
        soonest = self.clock.now() + timedelta(minutes=rules.min_notice_min)
        late = row.start < (soonest if row.state == State.HELD else self.clock.now())
        return late or not availability.is_open(rules, row.start)

    def _begin(self, row: AppointmentRow) -> BookingEnd | None:
        """Claim the time and commit that we write, before anything is written; or why not.

        An attempt that a crash cut off looks at the thread again: STOP or a person may have come in between.
        """
        now = self.clock.now()
        with self.database.begin() as connection:
            thread = threads.lock(connection, row.thread)
            if thread is None or not _may_speak(thread):
                return BookingEnd.WITHDRAWN
            if row.state == State.WRITING:
                return None
            if not appointments.claim_to_write(connection, row, now + CLAIMED_FOR, now):
                return BookingEnd.TAKEN
            moved = appointments.move(
                connection, row.id, State.HELD, State.WRITING, event=event_name(row)
            )
            return None if moved else BookingEnd.TAKEN

    def _taken_back(self, business: Business, row: AppointmentRow, end: BookingEnd) -> Booking:
        """Nothing of ours stays in the calendar, and nothing stays claimed."""
        with self.database.connect() as connection:
            now = appointments.get(connection, row.id)
        if now and now.event:
            self._withdraw(business, now)
        return self._given_up(now or row, end)

    def _stored(self, business: Business, row: AppointmentRow) -> bool:
        """The event is in every calendar of the appointment, and is ours."""
        text = event_text(
            as_appointment(row, business),
            business,
            caller_name="",
            link=f"{self.public_url}/visits/{row.id}",
            now=self.clock.now(),
        )
        return all(
            self._put(address(business, name), event_name(row), text, row.id)
            for name in row.calendars
        )

    def _put(self, at: CalendarAddress, name: str, text: str, mine: str) -> bool:
        """Write one event; after a doubtful answer the calendar is asked. False: another's event is there."""
        try:
            if self.calendar.put(at, name, text):
                return True
        except CalendarError as error:
            if not error.unknown:
                raise
        there = self.calendar.get(at, name)
        if there is None:
            return self.calendar.put(at, name, text)
        return appointment_id(there.text) == mine

    def _blocked(self, business: Business, row: AppointmentRow) -> bool:
        """Is anything but this appointment in its time, in the calendar as it is now?"""
        service = business.service(row.service)
        if service is None:
            return True
        rules = availability.rules_of(business, service)
        return any(self._is_busy(business, rules, row, name) for name in row.calendars)

    def _is_busy(
        self, business: Business, rules: Rules, row: AppointmentRow, resource: str
    ) -> bool:
        start, end = row.padded
        objects = [
            text
            for name in rules.resources[resource].calendars
            for text in self.calendar.objects(address(business, name), start - _DAY, end + _DAY)
            if not (row.id in text and appointment_id(text) == row.id)
        ]
        found = busy(objects, start - _DAY, end + _DAY, business.zone, rules.policy)
        self._report(row, resource, found.unreadable)
        day = row.start.astimezone(business.zone).date()
        that_day = sum(at.astimezone(business.zone).date() == day for at in found.appointments)
        full = rules.max_per_day is not None and that_day >= rules.max_per_day
        return full or any(span.start < end and start < span.end for span in found.spans)

    def _report(self, row: AppointmentRow, calendar: str, unreadable: tuple[str, ...]) -> None:
        """An event that cannot be read might stand in this time: a person has to look."""
        with self.database.begin() as connection:
            for why in unreadable:
                note = f"An event in the calendar {calendar} cannot be read ({why}): look whether it is in the way"
                tasks.add(
                    connection,
                    f"unreadable:{row.id}:{calendar}:{why}",
                    business=row.business,
                    thread=row.thread,
                    kind=TaskKind.REVIEW,
                    note=note,
                    created_at=self.clock.now(),
                )

    def _withdraw(self, business: Business, row: AppointmentRow) -> None:
        """Take our event out again; one that somebody changed meanwhile is left for a person."""
        for calendar in row.calendars:
            at = address(business, calendar)
            there = self.calendar.get(at, event_name(row))
            if there is None or appointment_id(there.text) != row.id:
                continue
            if not self.calendar.remove(at, event_name(row), there.etag):
                raise CalendarError("the event was changed while it was booked", permanent=True)

    def _given_up(self, row: AppointmentRow, end: BookingEnd) -> Booking:
        with self.database.begin() as connection:
            appointments.release(connection, row)
        return Booking(end=end)

    def _confirmed(self, business: Business, row: AppointmentRow) -> Booking:
        now = self.clock.now()
        with self.database.begin() as connection:
            threads.lock(connection, row.thread)
            appointments.move(connection, row.id, State.WRITING, State.BOOKED)
            appointments.release_offers(connection, row.thread)
            told = {
                "service": business.service_name(row.service),
                "start": row.start.isoformat(),
                "calendar": row.calendar,
            }
            threads.mark(connection, row.thread, "booked", AGENT, now, told)
        return Booking(end=BookingEnd.BOOKED, appointment=as_appointment(row, business))


def address(business: Business, calendar: str) -> CalendarAddress:
    source = business.calendar(calendar)
    return CalendarAddress(
        business=business.slug,
        calendar=calendar,
        url=source.url if source else None,
        username=source.username if source else None,
        password_env=source.password_env if source else None,
    )


def as_appointment(row: AppointmentRow, business: Business) -> Appointment:
    return Appointment(
        id=row.id,
        service=row.service,
        start=row.start.astimezone(business.zone),
        duration_min=row.duration_min,
        calendar=row.calendar,
    )


def as_hold(row: AppointmentRow, business: Business) -> Hold:
    return Hold(
        id=row.id,
        service=row.service,
        start=row.start.astimezone(business.zone),
        duration_min=row.duration_min,
        calendar=row.calendar,
        place=row.place,
        expires_at=row.expires_at,
    )


def _ways(service: Service, free: Free) -> Iterator[tuple[str, ...]]:
    """The calendars that can serve a time, in the order of the profile: one alone, or one of each group of a need."""
    groups = service.need or (service.calendars,)
    able = [[name for name in group if name in free.resources] for group in groups]
    return (way for way in product(*able) if len(set(way)) == len(way))


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


def _may_speak(thread: threads.ThreadRow) -> bool:
    """The agent holds the thread, and its caller takes texts."""
    return thread.owner == AGENT and thread.opted_out_at is None


def event_name(row: AppointmentRow) -> str:
    """Of the calendar object: never used again, because some servers refuse a name that was deleted."""
    return f"ringback-{row.id}"
