"""A calendar goes to another server, or comes back: the visits that are booked ahead in it go along.

Without them the watcher would find that their owner had deleted them.
"""

import uuid
from dataclasses import dataclass, replace

import sqlalchemy as sa

from agent.business import Business
from agent.errors import CalendarError
from agent.model import CalendarAddress
from agent.ports import Calendar, Clock
from agent.rules.event import appointment_id
from server.bookings import address, event_name, new_event
from server.calendar_sources import connect, disconnect, visits_ahead
from server.store import appointments, calendar_secrets
from server.store.appointments import AppointmentRow
from server.store.calendar_secrets import CalendarSecrets, same_url

NEXT = "next for "
"""Before the calendar's id, while the new server has its password but the profile names the old one."""


@dataclass(frozen=True, kw_only=True)
class Switch:
    calendar: Calendar
    database: sa.Engine
    secrets: CalendarSecrets
    clock: Clock
    public_url: str

    def elsewhere(self, business: Business, at: CalendarAddress, password: str, *, by: str) -> None:
        """From now on the calendar is the one at this address.

        Raises:
            CalendarError: the visits ahead could not be written there; nothing has changed.
        """
        taken: list[AppointmentRow] = []
        if same_url(address(business, at.calendar).url) != same_url(at.url):
            taken = self._write_first(business, at, password)
        with self.database.begin() as connection:
            now = self.clock.now()
            connect(connection, self.secrets, at, password, now, by=by)
            appointments.set_source(connection, taken, at.url or "")

    def here(self, business: Business, calendar: str, *, by: str) -> None:
        """From now on Ringback keeps the calendar itself.

        Raises:
            CalendarError: the visits ahead could not be written there; nothing has changed.
        """
        to = CalendarAddress(business=business.slug, calendar=calendar)
        taken = (
            self._take_along(business, calendar, to) if address(business, calendar) != to else []
        )
        with self.database.begin() as connection:
            now = self.clock.now()
            disconnect(connection, business.slug, calendar, now, by=by)
            appointments.set_source(connection, taken, "")

    def _write_first(
        self, business: Business, at: CalendarAddress, password: str
    ) -> list[AppointmentRow]:
        """Write the visits there while the profile still names the old calendar."""
        to = replace(at, calendar=f"{NEXT}{at.calendar}")
        with self.database.begin() as connection:
            self.secrets.save(connection, to, password, self.clock.now())
        try:
            return self._take_along(business, at.calendar, to)
        finally:
            with self.database.begin() as connection:
                calendar_secrets.delete(connection, to.business, to.calendar)

    def _take_along(
        self, business: Business, calendar: str, to: CalendarAddress
    ) -> list[AppointmentRow]:
        """Copy the events of visits ahead; what its owner has written beside them stays where it can be read."""
        with self.database.connect() as connection:
            visits = visits_ahead(connection, business, calendar, self.clock.now())
        for visit in visits:
            text = self._text(business, calendar, visit)
            if text:
                self._put(business, to, visit, text)
        return visits

    def _text(self, business: Business, calendar: str, visit: AppointmentRow) -> str | None:
        """Of the event as it stands, anew where its server does not answer; None: its owner has deleted it."""
        try:
            name = visit.event or event_name(visit)
            there = self.calendar.get(address(business, calendar), name)
        except CalendarError:
            return self._anew(business, visit)
        return there.text if there else None

    def _anew(self, business: Business, visit: AppointmentRow, uid: str = "") -> str:
        with self.database.connect() as connection:
            return new_event(
                connection,
                business,
                visit,
                public_url=self.public_url,
                uid=uid or visit.id,
                now=self.clock.now(),
            )

    def _put(
        self, business: Business, to: CalendarAddress, visit: AppointmentRow, text: str
    ) -> None:
        """In place of a copy from another time that the calendar was there."""
        name = visit.event or event_name(visit)
        if self.calendar.put(to, name, text):
            return
        there = self.calendar.get(to, name)
        if there is None:  # some servers take a UID once for all calendars of an account
            done = self.calendar.put(to, name, self._anew(business, visit, f"{uuid.uuid4()}"))
        else:
            is_ours = appointment_id(there.text) == visit.id
            done = is_ours and self.calendar.put(to, name, text, there.etag)
        if not done:
            words = "the new calendar does not take the visits that are booked ahead."
            raise CalendarError(words, permanent=True)
