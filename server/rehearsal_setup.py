"""What a rehearsal finds: events in the calendars and visits that the caller has booked before."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from agent.business import Business
from agent.errors import BadInput
from agent.ports import Calendar
from agent.rules.event import event_text
from server.bookings import address, as_appointment, event_name
from server.store.appointments import AppointmentRow, State


@dataclass(frozen=True)
class Before:
    business: Business
    calendar: Calendar
    thread: str
    link: str
    now: datetime

    def event(self, name: str, given: dict[str, Any]) -> None:
        """Put an event of the owner into a calendar; `start` and `end` are local, dates alone mean whole days."""
        event = icalendar.Event()
        event.add("uid", f"{name}-{uuid.uuid4()}")
        event.add("dtstamp", self.now)
        event.add("summary", given.get("title") or "Busy")
        event.add("dtstart", _local(given["start"], self.business.zone))
        event.add("dtend", _local(given["end"], self.business.zone))
        whole = icalendar.Calendar()
        whole.add("prodid", "-//Ringback//rehearsal//EN")
        whole.add("version", "2.0")
        whole.add_component(event)
        self._put(given["calendar"], name, whole.to_ical().decode())

    def appointment(self, given: dict[str, Any]) -> AppointmentRow:
        """Put a visit of this caller into its calendar; the row to keep of it.

        Raises:
            BadInput: the business has no such service.
        """
        service = self.business.service(given["service"])
        if service is None:
            raise BadInput(f"setup: {given['service']!r} is not a service of this business")
        start = _local(given["start_local"], self.business.zone)
        if not isinstance(start, datetime):
            raise BadInput(f"setup: {given['start_local']!r} needs a time, like 2026-11-24T09:00")
        row = AppointmentRow(
            id=str(uuid.uuid4()),
            business=self.business.slug,
            thread=self.thread,
            service=service.id,
            calendar=given.get("calendar") or service.calendars[0],
            beside=[],
            start=start,
            duration_min=service.duration_min,
            buffer_before_min=service.buffer_before_min,
            buffer_after_min=service.buffer_min,
            state=State.BOOKED,
            offer="setup",
            place=1,
            event=None,
            created_at=self.now,
            changed_at=self.now,
            expires_at=self.now,
        )
        row = replace(row, event=event_name(row))
        visit = as_appointment(row, self.business)
        text = event_text(visit, self.business, caller_name="", link=self.link, now=self.now)
        self._put(row.calendar, event_name(row), text)
        return row

    def _put(self, calendar: str, name: str, text: str) -> None:
        if self.business.calendar(calendar) is None:
            raise BadInput(f"setup: {calendar!r} is not a calendar of this business")
        if not self.calendar.put(address(self.business, calendar), name, text):
            raise BadInput(f"setup: {name!r} is in the calendar {calendar!r} already")


def _local(value: str, zone: ZoneInfo) -> datetime | date:
    if len(value) == len("2026-11-24"):
        return date.fromisoformat(value)
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
