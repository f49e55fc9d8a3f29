"""Visits in the calendar: written, moved and taken out so that no two collide (the mutex is ours, the truth is the calendar)."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.errors import CalendarError
from agent.model import Appointment, Booking, BookingEnd, CalendarAddress, Hold, TaskKind
from agent.ports import Calendar, Clock
from agent.rules import availability
from agent.rules.availability import Rules
from agent.rules.busy import busy
from agent.rules.event import appointment_id, event_text, is_hold, moved_text, standing
from agent.state import AGENT
from server import events
from server.store import appointments, tasks, threads
from server.store.appointments import AppointmentRow, State
from server.store.calendar_secrets import same_url
from server.vitals import Lately

log = structlog.get_logger()

Tell = Callable[[sa.Connection, AppointmentRow, str], None]
"""Told of a visit that was `booked`, `moved` or `cancelled`, in the transaction in which it was."""
OWNER = "calendar"
"""Who did it, where the owner changed the calendar, in the story of a conversation."""
CLAIMED_FOR = timedelta(hours=1)
"""After this a booked time is guarded by the calendar alone, so that what the owner moves or deletes there is free."""
_DAY = timedelta(days=1)
_TRIES = 3
"""Looks at an event that others change while we write it."""
_CODE_BYTES = 9
_UTC = ZoneInfo("UTC")


def tell_nobody(_connection: sa.Connection, _visit: AppointmentRow, _what: str) -> None:
    """The turn that asked says it."""


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What is written of a hold: a new event, or the one of the visit that it moves."""

    row: AppointmentRow
    visit: AppointmentRow | None
    """The booked visit that is to take this time."""

    @property
    def appointment(self) -> str:
        """The id that marks the event as this visit's (X-APPT-ID)."""
        return self.visit.id if self.visit else self.row.id

    @property
    def stays(self) -> bool:
        """The event stays in its calendars, and only its time changes."""
        return self.visit is not None and self.visit.calendars == self.row.calendars

    @property
    def event(self) -> str:
        kept = self.visit.event if self.visit and self.stays else None
        return kept or event_name(self.row)


@dataclass(frozen=True, kw_only=True)
class Bookings:
    calendar: Calendar
    database: sa.Engine
    clock: Clock
    public_url: str
    lately: Lately
    """Whether each business's calendars answered."""
    wrote: Callable[[CalendarAddress], None]
    """Told of every calendar in which we have written."""

    def book(self, business: Business, row: AppointmentRow) -> Booking:
        """Claim, look, write, look again: yield to anything that blocks and is not ours."""
        try:
            plan = self._plan(business, row)
            if row.state == State.HELD and (
                self._is_past(business, row) or self._blocked(business, plan)
            ):
                return self._given_up(row, BookingEnd.TAKEN)
        except CalendarError as error:
            log.warning("booking.calendar_failed", business=business.slug, error=str(error))
            return Booking(end=BookingEnd.UNREACHABLE)
        return self._written(business, plan, tell_nobody)

    def book_by_hand(self, business: Business, row: AppointmentRow, tell: Tell) -> Booking:
        """Write a time that a person has chosen and claimed (WRITING): the calendar alone can stand in its way.

        Args:
            tell: in the transaction from which on it is booked.
        """
        try:
            plan = self._plan(business, row)
            if self._blocked(business, plan):
                return self._given_up(row, BookingEnd.TAKEN)
        except CalendarError as error:
            self._failed(business, error, "booking.calendar_failed")
            return self._given_up(row, BookingEnd.UNREACHABLE)
        return self._written(business, plan, tell)

    def cancel(
        self,
        business: Business,
        visit: AppointmentRow,
        tell: Tell | None = None,
        who: str = AGENT,
    ) -> Booking:
        """Take a booked visit out of the calendar, unless the owner has moved it there.

        Args:
            visit: one that was read as being cancelled is never undone, only tried again.
            tell: in the transaction that ends the visit.
            who: the agent, who may only while it speaks, or the staff id of a person.
        """
        if not _is_where_it_was(business, visit):
            return Booking(end=BookingEnd.UNREACHABLE)
        row = self._begin_cancelling(visit, who)
        if row is None:
            return Booking(end=BookingEnd.WITHDRAWN)
        if row.state == State.CANCELLED:
            return Booking(end=BookingEnd.CANCELLED)
        removed: list[str] = []
        try:
            if moved := self._moved_by_owner(business, row):
                return self._stays(business, row, moved)
            for name in row.calendars:
                self._take_out(address(business, name), row.event or event_name(row), {row.id})
                removed.append(name)
        except CalendarError as error:
            self._failed(business, error, "booking.not_cancelled")
            is_again = visit.state == State.CANCELLING
            is_sure = not (error.unknown or removed or is_again)
            return self._not_cancelled(row) if is_sure else Booking(end=BookingEnd.UNSURE)
        now = self.clock.now()
        with self.database.begin() as connection:
            threads.lock(connection, row.thread)
            if cancel(connection, row, business, who, now) and tell:
                tell(connection, row, "cancelled")
        return Booking(end=BookingEnd.CANCELLED)

    def _not_cancelled(self, row: AppointmentRow) -> Booking:
        """Nothing was removed: the visit stands as it stood."""
        with self.database.begin() as connection:
            now = self.clock.now()
            appointments.move(connection, row.id, State.CANCELLING, State.BOOKED, now)
        return Booking(end=BookingEnd.UNREACHABLE)

    def settle(self, business: Business, row: AppointmentRow, tell: Tell = tell_nobody) -> Booking:
        """Bring to its end what a failing calendar or a crash left half done: only what is there already is confirmed.

        Args:
            tell: of what was confirmed or cancelled, in the same transaction.
        """
        if row.state == State.CANCELLING:
            return self.cancel(business, row, tell)
        try:
            plan = self._plan(business, row)
            if row.state == State.WITHDRAWING or not self._is_there(business, plan):
                return self._taken_back(business, plan, BookingEnd.TAKEN)
        except CalendarError:
            return Booking(end=BookingEnd.UNREACHABLE)
        with self.database.begin() as connection:
            thread = threads.lock(connection, row.thread)
            if thread is None or not _may_act(thread, row.by):
                return Booking(end=BookingEnd.WITHDRAWN)  # a person looks, with it in sight
            now = self.clock.now()
            if row.state == State.REVIEW and not appointments.move(
                connection, row.id, State.REVIEW, State.WRITING, now
            ):
                return Booking(end=BookingEnd.UNREACHABLE)
        return self._written(business, replace(plan, row=replace(row, state=State.WRITING)), tell)

    def clear(self, business: Business, hold: AppointmentRow) -> None:
        """Take the old event of a visit that has moved out of the calendars that it has left.

        Raises:
            CalendarError: a calendar could not be asked; it is to be tried again.
        """
        left = hold.left or {}
        for name in left.get("calendars", ()):
            self._take_out(address(business, name), left["event"], {hold.moves or ""})
        with self.database.begin() as connection:
            appointments.set_left(connection, hold.id, None)

    def follow(self, business: Business, visit: AppointmentRow) -> None:
        """The owner has moved the event in a visit's first calendar: those beside it go along.

        Raises:
            CalendarError: a calendar could not be asked.
        """
        for name in visit.beside:
            self._retime(address(business, name), visit.event or "", visit)

    def withdraw(self, business: Business, visit: AppointmentRow) -> None:
        """Take what is left of a visit out of its calendars.

        Raises:
            CalendarError: a calendar could not be asked.
        """
        for name in visit.calendars:
            self._take_out(address(business, name), visit.event or event_name(visit), {visit.id})

    def standing(
        self, business: Business, row: AppointmentRow, calendar: str = "", event: str = ""
    ) -> AppointmentRow | None:
        """A booked visit as its own event stands now, in the time that the owner may have given it; None: it is gone.

        Args:
            calendar, event: where to look instead of where it was written.

        Raises:
            CalendarError: the calendar could not be asked.
        """
        at, name = calendar or row.calendar, event or row.event or ""
        there = self.calendar.get(address(business, at), name)
        found = standing(there.text, business.zone) if there else None
        if (
            found is None
            or found.is_cancelled
            or appointment_id(there.text if there else "") != row.id
        ):
            return None
        if found.repeats:
            return replace(row, calendar=at, event=name)
        return replace(
            row, calendar=at, event=name, start=found.start, duration_min=found.duration_min
        )

    def page(self, row: AppointmentRow) -> str:
        return f"{self.public_url}/v/{row.code}" if row.code else ""

    def booked(self, business: Business, visit: AppointmentRow) -> Booking:
        seen = as_appointment(visit, business)
        return Booking(end=BookingEnd.BOOKED, appointment=seen, page=self.page(visit))

    def _plan(self, business: Business, row: AppointmentRow) -> _Plan:
        """A visit that has ended since cannot move: then the time becomes a visit of its own.

        Raises:
            CalendarError: the calendar does not answer, or the visit stands where nobody looks any more.
        """
        with self.database.connect() as connection:
            visit = appointments.get(connection, row.moves) if row.moves else None
        if visit is None or visit.state != State.BOOKED or visit.event is None:
            return _Plan(row=row, visit=None)
        if not _is_where_it_was(business, visit):
            words = "the visit stands in another calendar than the profile names now"
            raise CalendarError(words, permanent=True)
        there = self.calendar.get(address(business, visit.calendar), visit.event)
        return _Plan(row=row, visit=visit if there else None)

    def _is_past(self, business: Business, row: AppointmentRow) -> bool:
        """The rules of booking do not allow it any more: too late by now, or the hours have changed."""
        service = business.service(row.service)
        if service is None or any(business.calendar(name) is None for name in row.calendars):
            return True
        rules = availability.rules_of(business, service)
        soonest = self.clock.now() + timedelta(minutes=rules.min_notice_min)
        return row.start < soonest or not availability.is_open(rules, row.start)

    def _written(self, business: Business, plan: _Plan, tell: Tell) -> Booking:
        try:
            if why := self._begin(business, plan):
                return self._taken_back(business, plan, why)
            if not self._stored(business, plan) or self._blocked(business, plan):
                return self._taken_back(business, plan, BookingEnd.TAKEN)
            return self._confirmed(business, plan, tell)
        except CalendarError as error:
            self._failed(business, error, "booking.unsure")
            with self.database.begin() as connection:
                now = self.clock.now()
                appointments.move(connection, plan.row.id, State.WRITING, State.REVIEW, now)
            return Booking(end=BookingEnd.UNSURE)

    def _begin(self, business: Business, plan: _Plan) -> BookingEnd | None:
        """Claim the time and commit that we write, before anything is written; or why not.

        An attempt that a crash cut off looks again: STOP or a person may have come in between, or another attempt.
        """
        now = self.clock.now()
        with self.database.begin() as connection:
            thread = threads.lock(connection, plan.row.thread)
            row = appointments.get(connection, plan.row.id)
            if row is None or row.state not in (State.HELD, State.WRITING):
                return BookingEnd.TAKEN
            if thread is None or not _may_act(thread, row.by):
                return BookingEnd.WITHDRAWN
            source = source_of(business, row.calendar)
            if row.state == State.WRITING:
                appointments.move(
                    connection, row.id, State.WRITING, State.WRITING, now, event=plan.event
                )
                return None
            if not appointments.claim_to_write(connection, row, now + CLAIMED_FOR, now):
                return BookingEnd.TAKEN
            values = {"event": plan.event, "source": source}
            appointments.move(connection, row.id, State.HELD, State.WRITING, now, **values)
            return None

    def _taken_back(self, business: Business, plan: _Plan, end: BookingEnd) -> Booking:
        """Nothing of ours stays in the calendar beyond what was there before, and nothing stays claimed.

        What another attempt at the same has confirmed stands: that it is booked is the answer then.
        """
        now = self.clock.now()
        with self.database.begin() as connection:
            threads.lock(connection, plan.row.thread)
            row = appointments.get(connection, plan.row.id) or plan.row
            done = row.state in (State.BOOKED, State.MOVED)
            booked = self._as_done(connection, business, row) if done else None
            if row.state == State.HELD:
                appointments.release(connection, row, now)
                return Booking(end=end)
            for state in (State.WRITING, State.REVIEW):
                appointments.move(connection, row.id, state, State.WITHDRAWING, now)
        if booked:
            self._give_way(business, plan)
            return booked
        if plan.visit and plan.stays:
            self._put_back(business, plan)
        else:
            mine = {row.id, row.moves or row.id}
            for name in row.calendars:
                self._take_out(address(business, name), event_name(row), mine)
        return self._given_up(replace(row, state=State.WITHDRAWING), end)

    def _give_way(self, business: Business, plan: _Plan) -> None:
        """Another attempt has moved the visit, and it may have moved on: what we wrote since must not stand in its place."""
        with self.database.connect() as connection:
            visit = appointments.get(connection, plan.appointment) if plan.visit else None
        if visit is None or visit.start == plan.row.start:
            return
        for name in plan.row.calendars:
            at = address(business, name)
            there = self.calendar.get(at, plan.event)
            if there is None or not _is_at(there.text, plan.row.start, plan.row.duration_min):
                continue
            if visit.event == plan.event and name in visit.calendars:
                self._retime(at, plan.event, visit)
            else:
                self._take_out(at, plan.event, {plan.appointment})

    def _as_done(
        self, connection: sa.Connection, business: Business, row: AppointmentRow
    ) -> Booking:
        """What was booked before is booked: the visit itself, or the one that took this time."""
        moved = row.state == State.MOVED and row.moves
        visit = appointments.get(connection, row.moves) if moved and row.moves else row
        if visit is None or visit.state != State.BOOKED:
            return Booking(end=BookingEnd.TAKEN)
        return self.booked(business, visit)

    def done(self, business: Business, row: AppointmentRow) -> Booking:
        with self.database.connect() as connection:
            return self._as_done(connection, business, row)

    def _stored(self, business: Business, plan: _Plan) -> bool:
        """The event is in every calendar of the appointment, at its time, and is ours."""
        row = plan.row
        for name in row.calendars:
            at = address(business, name)
            if plan.stays:
                self._retime(at, plan.event, row)
            elif not self._put(at, plan, self._text(business, plan, name)):
                return False
        return True

    def _text(self, business: Business, plan: _Plan, calendar: str) -> str:
        """A UID of its own in every calendar: some servers take one but once in an account."""
        row, place = plan.row, plan.row.calendars.index(calendar)
        with self.database.connect() as connection:
            return new_event(
                connection,
                business,
                replace(row, id=plan.appointment),
                public_url=self.public_url,
                uid=f"{row.id}-{place}" if place else row.id,
                now=self.clock.now(),
            )

    def _put(self, at: CalendarAddress, plan: _Plan, text: str) -> bool:
        """Write one event; after a doubtful answer the calendar is asked. False: another's event is there."""
        try:
            if self._write(at, plan.event, text):
                return True
        except CalendarError as error:
            if not error.unknown:
                raise
        there = self.calendar.get(at, plan.event)
        if there is None:
            return self._write(at, plan.event, text)
        return appointment_id(there.text) == plan.appointment

    def _retime(self, at: CalendarAddress, name: str, row: AppointmentRow) -> None:
        """Give an event that stands another time, whatever its owner writes beside it.

        Raises:
            CalendarError: it is gone, cannot be moved, or the calendar does not answer.
        """
        for _ in range(_TRIES):
            there = self.calendar.get(at, name)
            if there is None:
                break
            if _is_at(there.text, row.start, row.duration_min):
                return
            try:
                text = moved_text(there.text, row.start, row.duration_min, self.clock.now())
            except ValueError as error:
                raise CalendarError(
                    f"the event cannot be moved: {error}", permanent=True
                ) from error
            try:
                if self._write(at, name, text, there.etag):
                    return
            except CalendarError as error:
                if not error.unknown:
                    raise
        raise CalendarError("the event was changed while it was moved", permanent=True)

    def _put_back(self, business: Business, plan: _Plan) -> None:
        """The visit stays where it is: its event gets its time again where it has the new one; none stays without a visit."""
        with self.database.connect() as connection:
            visit = appointments.get(connection, plan.appointment)
        for name in plan.row.calendars:
            at = address(business, name)
            if visit is None or visit.state != State.BOOKED:
                self._take_out(at, plan.event, {plan.appointment})
                continue
            there = self.calendar.get(at, plan.event)
            if there and _is_at(there.text, plan.row.start, plan.row.duration_min):
                self._retime(at, plan.event, visit)

    def _is_there(self, business: Business, plan: _Plan) -> bool:
        """What was to be written stands in every calendar of it."""
        row = plan.row
        found = [self.calendar.get(address(business, name), plan.event) for name in row.calendars]
        return all(
            there is not None
            and appointment_id(there.text) == plan.appointment
            and _is_at(there.text, row.start, row.duration_min)
            for there in found
        )

    def _blocked(self, business: Business, plan: _Plan) -> bool:
        """Is anything but this appointment in its time, in the calendar as it is now?"""
        service = business.service(plan.row.service)
        if service is None:
            return True
        rules = availability.rules_of(business, service)
        return any(self._is_busy(business, rules, plan, name) for name in plan.row.calendars)

    def _is_busy(self, business: Business, rules: Rules, plan: _Plan, resource: str) -> bool:
        start, end = plan.row.padded
        objects = [
            text
            for name in rules.resources[resource].calendars
            for text in self.calendar.objects(address(business, name), start - _DAY, end + _DAY)
        ]
        others = without(objects, {plan.appointment})
        found = busy(others, start - _DAY, end + _DAY, business.zone, rules.policy)
        self._report(plan.row, resource, found.unreadable)
        day = plan.row.start.astimezone(business.zone).date()
        that_day = sum(at.astimezone(business.zone).date() == day for at in found.appointments)
        full = rules.max_per_day is not None and that_day >= rules.max_per_day
        may_overfill = plan.row.by != AGENT
        return (full and not may_overfill) or any(
            span.start < end and start < span.end for span in found.spans
        )

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

    def _take_out(self, at: CalendarAddress, name: str, mine: set[str]) -> None:
        """Take an event out of a calendar, if it is still one of these appointments.

        Raises:
            CalendarError: the calendar does not answer, or somebody changes the event all the time.
        """
        for _ in range(_TRIES):
            there = self.calendar.get(at, name)
            if there is None or appointment_id(there.text) not in mine:
                return
            if self._remove(at, name, there.etag):
                return
        raise CalendarError("the event was changed while it was removed", permanent=True)

    def _write(self, at: CalendarAddress, name: str, text: str, etag: str | None = None) -> bool:
        try:
            return self.calendar.put(at, name, text, etag)
        finally:
            self.wrote(at)

    def _remove(self, at: CalendarAddress, name: str, etag: str) -> bool:
        try:
            return self.calendar.remove(at, name, etag)
        finally:
            self.wrote(at)

    def _given_up(self, row: AppointmentRow, end: BookingEnd) -> Booking:
        with self.database.begin() as connection:
            appointments.release(connection, row, self.clock.now())
        return Booking(end=end)

    def _confirmed(self, business: Business, plan: _Plan, tell: Tell) -> Booking:
        """Booked from this commit on, unless another attempt has ended it otherwise."""
        now, row = self.clock.now(), plan.row
        with self.database.begin() as connection:
            threads.lock(connection, row.thread)
            visit = self._moved(connection, business, plan, now) if plan.visit else None
            code = secrets.token_urlsafe(_CODE_BYTES)
            if plan.visit is None and appointments.move(
                connection, row.id, State.WRITING, State.BOOKED, now, event=plan.event, code=code
            ):
                visit = appointments.get(connection, row.id)
            if visit:
                appointments.release_offer(connection, row, now)
                what = "moved" if plan.visit else "booked"
                mark(connection, visit, business, what, row.by, now)
                tasks.settle(connection, row.thread, [tasks.BACK], row.by, now)
                tell(connection, visit, what)
        if visit is None:
            return self._taken_back(business, plan, BookingEnd.TAKEN)
        self.lately.worked(business.slug)
        if plan.visit and not plan.stays:
            self._clear(business, row.id)
        return self.booked(business, visit)

    def _moved(
        self, connection: sa.Connection, business: Business, plan: _Plan, now: datetime
    ) -> AppointmentRow | None:
        """The visit takes the time of the hold, and its claims; None: it has ended, or the hold has."""
        hold = plan.row
        visit = appointments.get(connection, plan.appointment)
        if visit is None or visit.state != State.BOOKED:
            return None
        left = None if plan.stays else {"calendars": visit.calendars, "event": visit.event}
        if not appointments.move(connection, hold.id, State.WRITING, State.MOVED, now, left=left):
            return None
        appointments.take_over(connection, hold, visit.id)
        appointments.change(
            connection,
            visit,
            now,
            event=plan.event,
            source=source_of(business, hold.calendar),
            start=hold.start,
            duration_min=hold.duration_min,
            calendar=hold.calendar,
            beside=hold.beside,
            buffer_before_min=hold.buffer_before_min,
            buffer_after_min=hold.buffer_after_min,
        )
        return appointments.get(connection, visit.id)

    def _clear(self, business: Business, hold: str) -> None:
        with self.database.connect() as connection:
            row = appointments.get(connection, hold)
        try:
            if row and row.left:
                self.clear(business, row)
        except CalendarError as error:
            self._failed(business, error, "booking.old_event_stands")

    def _begin_cancelling(self, visit: AppointmentRow, who: str) -> AppointmentRow | None:
        """The visit as it is from this commit on; None: nobody may cancel it here just now."""
        now = self.clock.now()
        with self.database.begin() as connection:
            thread = threads.lock(connection, visit.thread)
            row = appointments.get(connection, visit.id)
            if row is None or thread is None:
                return None
            if row.state in (State.CANCELLED, State.CANCELLING):
                return row
            if not _may_act(thread, who):
                return None
            if not appointments.move(connection, row.id, State.BOOKED, State.CANCELLING, now):
                return None
        return replace(row, state=State.CANCELLING)

    def _moved_by_owner(self, business: Business, row: AppointmentRow) -> AppointmentRow | None:
        """The visit in the time that its owner has given it; None: it stands where it stood, or is gone already."""
        with self.database.connect() as connection:
            if appointments.is_moving(connection, row.id):
                return None  # that is our own doing
        found = self.standing(business, row)
        return found if found and found.start != row.start else None

    def _stays(self, business: Business, row: AppointmentRow, moved: AppointmentRow) -> Booking:
        """It is not cancelled: the caller knows it at another time than it has by now."""
        now = self.clock.now()
        with self.database.begin() as connection:
            threads.lock(connection, row.thread)
            appointments.move(connection, row.id, State.CANCELLING, State.BOOKED, now)
            values = {"start": moved.start, "duration_min": moved.duration_min}
            if appointments.change(connection, row, now, **values):
                mark(connection, moved, business, "moved", OWNER, now)
        return Booking(end=BookingEnd.CHANGED, appointment=as_appointment(moved, business))

    def _failed(self, business: Business, error: CalendarError, what: str) -> None:
        self.lately.failed(self.clock.now(), business.slug)
        log.warning(what, business=business.slug, error=str(error))


def cancel(
    connection: sa.Connection, row: AppointmentRow, business: Business, who: str, now: datetime
) -> bool:
    """The visit is over before it began: its time is free, and what would have moved it is given up."""
    if not appointments.cancel(connection, row, now):
        return False
    mark(connection, row, business, "cancelled", who, now)
    return True


def mark(
    connection: sa.Connection,
    visit: AppointmentRow,
    business: Business,
    what: str,
    who: str,
    now: datetime,
) -> None:
    """What has become of a visit, in the story of its conversation."""
    told = {
        "service": business.service_name(visit.service),
        "start": visit.start.isoformat(),
        "calendar": visit.calendar,
    }
    threads.mark(connection, visit.thread, what, who, now, told)
    events.emit(
        connection,
        business.slug,
        events.Kind(f"appointment.{what}"),
        now,
        {
            "appointment": visit.id,
            "start": visit.start,
            "duration_min": visit.duration_min,
            "calendar": visit.calendar,
            "by": who,
        },
        visit.thread,
        words={"service": visit.service, "service_name": business.service_name(visit.service)},
    )


def new_event(
    connection: sa.Connection,
    business: Business,
    visit: AppointmentRow,
    *,
    public_url: str,
    uid: str,
    now: datetime,
) -> str:
    """A visit as the calendar object that its owner sees, with the name that the caller has given."""
    thread = threads.get(connection, visit.thread)
    return event_text(
        as_appointment(visit, business),
        business,
        caller_name=thread.name if thread else "",
        link=f"{public_url}/visits/{visit.id}",
        now=now,
        uid=uid,
    )


def without(objects: Sequence[str], mine: set[str]) -> list[str]:
    """Of a calendar's objects those that are neither these appointments nor times on offer: our claims know those."""
    return [
        text
        for text in objects
        if not is_hold(text)
        and not (any(one in text for one in mine) and appointment_id(text) in mine)
    ]


def address(business: Business, calendar: str) -> CalendarAddress:
    source = business.calendar(calendar)
    return CalendarAddress(
        business=business.slug,
        calendar=calendar,
        url=source.url if source else None,
        username=source.username if source else None,
        password_env=source.password_env if source else None,
    )


def source_of(business: Business, calendar: str) -> str:
    """Where a calendar is: its URL, or empty for the built-in one."""
    return address(business, calendar).url or ""


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
        moves=row.moves,
    )


def may_speak(thread: threads.ThreadRow) -> bool:
    """The agent holds the thread, and its caller takes texts."""
    return thread.owner == AGENT and thread.opted_out_at is None


def _may_act(thread: threads.ThreadRow, who: str) -> bool:
    """A person of the business may always; the agent while it speaks."""
    return who != AGENT or may_speak(thread)


def event_name(row: AppointmentRow) -> str:
    """Of the calendar object: never used again, because some servers refuse a name that was deleted."""
    return f"ringback-{row.id}"


def _is_where_it_was(business: Business, visit: AppointmentRow) -> bool:
    """The profile still names the calendars in which a visit was written."""
    known = all(business.calendar(name) for name in visit.calendars)
    return known and is_at_its_source(business, visit)


def is_at_its_source(business: Business, visit: AppointmentRow) -> bool:
    """A visit's first calendar is at the address at which it was written."""
    now = source_of(business, visit.calendar)
    return visit.source is None or same_url(visit.source) == same_url(now)


def _is_at(text: str, start: datetime, duration_min: int) -> bool:
    found = standing(text, _UTC)
    return found is not None and found.start == start and found.duration_min == duration_min
