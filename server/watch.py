"""The owner's own hand in the calendar: visits moved or deleted there, and events written into their time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.errors import CalendarError
from agent.model import CalendarAddress, TaskKind
from agent.rules import alerts, availability
from agent.rules.busy import busy
from agent.rules.event import appointment_id, standing
from agent.rules.phrases import service_words, slot_words, visit_phrase
from agent.state import alert
from server import bookings
from server.bookings import OWNER, address, as_appointment, without
from server.diary import BookingDiary, Events
from server.jobs import Jobs
from server.outbox import alert_staff
from server.store import appointments, tasks, threads
from server.store.appointments import AppointmentRow

log = structlog.get_logger()

_DAY = timedelta(days=1)
_FAR = timedelta(days=400)
"""An owner who moves a visit further away than this has deleted it, as far as we can see."""


class NamedEvents(Events, Protocol):
    def name_of(self, at: CalendarAddress, appointment: str) -> str | None:
        """The name of the object that holds an appointment in this calendar."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Compares what is booked with what stands in the calendars; what it finds there is the truth."""

    diary: BookingDiary
    events: NamedEvents
    jobs: Jobs

    def look(self, business: Business) -> int:
        """Follow the owner's changes of every visit ahead; returns how many were found.

        Raises:
            CalendarError: a calendar could not be asked.
        """
        with self.diary.database.connect() as connection:
            ahead = appointments.booked_ahead(connection, business.slug, self.diary.clock.now())
        ahead = [row for row in ahead if business.calendar(row.calendar) and row.event]
        if not ahead:
            return 0
        found = self._ours(business, ahead)
        return sum(self._follow(business, row, found.get(row.id)) for row in ahead)

    def _ours(self, business: Business, ahead: list[AppointmentRow]) -> dict[str, AppointmentRow]:
        """The visits as their events stand: each in its own first calendar, or in another of the business."""
        now = self.diary.clock.now()
        known = {row.id: row for row in ahead}
        found: dict[str, AppointmentRow] = {}
        for calendar in business.calendars:
            at = address(business, calendar.id)
            for text in self.events.objects(at, now - 2 * _DAY, now + _FAR):
                row = known.get(appointment_id(text) or "") if "X-APPT-ID" in text else None
                stands = standing(text, business.zone) if row else None
                if row is None or stands is None or stands.is_cancelled:
                    continue
                if calendar.id == row.calendar or (
                    row.id not in found and calendar.id not in row.beside
                ):
                    start = row.start if stands.repeats else stands.start
                    long = row.duration_min if stands.repeats else stands.duration_min
                    found[row.id] = replace(
                        row, calendar=calendar.id, start=start, duration_min=long
                    )
        return found

    def _follow(
        self, business: Business, row: AppointmentRow, found: AppointmentRow | None
    ) -> bool:
        if found is None or found.calendar != row.calendar or _time(found) != _time(row):
            return self._changed(business, row, found)
        return self._in_the_way(business, row)

    def _changed(
        self, business: Business, row: AppointmentRow, found: AppointmentRow | None
    ) -> bool:
        """What was seen may be older than what we have written ourselves: the calendar itself is asked once more."""
        if not bookings.is_at_its_source(business, row):
            return self._left_behind(business, row)
        stands = self.diary.bookings.standing(business, row)
        if stands is None and found is not None:
            name = self.events.name_of(address(business, found.calendar), row.id)
            if name is None:
                return False  # the next reading knows its name
            stands = self.diary.bookings.standing(business, row, found.calendar, name)
        if stands is None:
            return self._gone(business, row)
        if stands == row:
            return False
        return self._moved(business, row, stands)

    def _left_behind(self, business: Business, row: AppointmentRow) -> bool:
        """The profile names another calendar by now, and nobody has taken the visit along."""
        note = f"{self._visit(business, row)} stands in the calendar that {row.calendar} was before. Please write it into the new one."
        key = f"left behind:{row.id}:{row.revision}"
        with self.diary.database.begin() as connection:
            return self._ask_staff(connection, business, row, key, note)

    def _gone(self, business: Business, row: AppointmentRow) -> bool:
        now = self.diary.clock.now()
        note = f"{self._visit(business, row)} was taken out of the calendar. Shall the caller know?"
        with self.diary.database.begin() as connection:
            if not self._is_still(connection, row):
                return False
            bookings.cancel(connection, row, business, OWNER, now)
            tell = self._words(connection, "owner_cancelled", business, row)
            self._ask_staff(connection, business, row, f"gone:{row.id}:{row.revision}", note, tell)
        self._tidy(business, row, self.diary.bookings.withdraw)
        return True

    def _moved(self, business: Business, row: AppointmentRow, to: AppointmentRow) -> bool:
        now = self.diary.clock.now()
        note = (
            f"{self._visit(business, row)} was moved in the calendar to "
            f"{slot_words(to.start.astimezone(business.zone))}. Shall the caller know?"
        )
        beside = [name for name in row.beside if name != to.calendar]
        with self.diary.database.begin() as connection:
            if not self._is_still(connection, row):
                return False
            appointments.change(
                connection,
                row,
                now,
                start=to.start,
                duration_min=to.duration_min,
                calendar=to.calendar,
                event=to.event,
                source=bookings.source_of(business, to.calendar),
                beside=beside,
            )
            if _time(to) != _time(row):
                bookings.mark(connection, to, business, "moved", OWNER, now)
                tell = self._words(connection, "owner_moved", business, to)
                key = f"moved:{row.id}:{row.revision}"
                self._ask_staff(connection, business, row, key, note, tell)
        self._tidy(business, replace(to, beside=beside), self.diary.bookings.follow)
        return True

    def _is_still(self, connection: sa.Connection, row: AppointmentRow) -> bool:
        """Under the thread's lock: as it was read, and nothing of ours is under way with it."""
        threads.lock(connection, row.thread)
        return appointments.get(connection, row.id) == row and not appointments.is_moving(
            connection, row.id
        )

    def _words(
        self, connection: sa.Connection, name: str, business: Business, row: AppointmentRow
    ) -> str:
        """What staff may text the caller, in the caller's language."""
        thread = threads.get(connection, row.thread)
        language = thread.language if thread else "en"
        visit = as_appointment(row, business)
        return visit_phrase(name, business, visit, self.diary.clock.now(), language)

    def _tidy(
        self,
        business: Business,
        row: AppointmentRow,
        act: Callable[[Business, AppointmentRow], None],
    ) -> None:
        """A visit's other calendars go along; where one does not answer, a person does it."""
        if not row.beside:
            return
        try:
            act(business, row)
        except CalendarError as error:
            log.warning("watch.beside_not_followed", business=business.slug, error=str(error))
            note = (
                f"{self._visit(business, row)} please change it in {', '.join(row.beside)} as well."
            )
            with self.diary.database.begin() as connection:
                key = f"beside:{row.id}:{row.revision}"
                self._ask_staff(connection, business, row, key, note)

    def _in_the_way(self, business: Business, row: AppointmentRow) -> bool:
        """Something that the owner wrote later meets a booked visit: both cannot be."""
        service = business.service(row.service)
        if service is None:
            return False
        policy = availability.rules_of(business, service).policy
        start, end = row.start, row.end
        for name in row.calendars:
            at = address(business, name)
            texts = without(self.events.objects(at, start - _DAY, end + _DAY), {row.id})
            found = busy(texts, start - _DAY, end + _DAY, business.zone, policy)
            other = next((one for one in found.spans if one.start < end and start < one.end), None)
            if other is not None:
                return self._clash(business, row, name, f"{other.start:%Y%m%d%H%M}")
        return False

    def _clash(self, business: Business, row: AppointmentRow, calendar: str, when: str) -> bool:
        """Told once for every visit, time and other event: a task, and a text to whoever works by this calendar."""
        note = f"{self._visit(business, row)} meets another event in the calendar {calendar}. Please move one of them."
        key = f"clash:{row.id}:{row.revision}:{when}"
        with self.diary.database.begin() as connection:
            thread = threads.lock(connection, row.thread)
            if thread is None or not self._ask_staff(connection, business, row, key, note):
                return False
            told = f"{business.name}: {note}"
            alert_staff(
                connection,
                self.jobs,
                thread,
                f"{key}:",
                [alert(phone, told) for phone in alerts.of_calendar(business, calendar)],
                public_url=self.diary.public_url,
                sender=business.phone,
                at=self.diary.clock.now(),
            )
        return True

    def _ask_staff(
        self,
        connection: sa.Connection,
        business: Business,
        row: AppointmentRow,
        key: str,
        note: str,
        tell: str | None = None,
    ) -> bool:
        if tell:  # what was proposed before is not so any more
            tasks.supersede(connection, row.thread, row.id, self.diary.clock.now())
        return tasks.add(
            connection,
            key,
            business=business.slug,
            thread=row.thread,
            kind=TaskKind.REVIEW,
            note=note,
            tell=tell,
            due_at=None,
            created_at=self.diary.clock.now(),
        )

    def _visit(self, business: Business, row: AppointmentRow) -> str:
        visit = as_appointment(row, business)
        with self.diary.database.connect() as connection:
            thread = threads.get(connection, row.thread)
        caller = alerts.who(thread.caller) if thread else "a caller"
        return f"{service_words(business, visit.service)}, {slot_words(visit.start)}, {caller}:"


def _time(row: AppointmentRow) -> tuple[datetime, int]:
    return row.start, row.duration_min
