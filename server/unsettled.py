"""Visits left half done by a calendar that failed or a crash: looked at each minute, and brought to an end."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from agent.business import Business
from agent.errors import CalendarError
from agent.model import Appointment, Booking, BookingEnd, TextKind
from agent.rules import alerts
from agent.rules.phrases import visit_phrase
from agent.state import AGENT
from server.bookings import as_appointment, may_speak
from server.diary import BookingDiary
from server.jobs import Jobs
from server.outbox import number_used, queue
from server.store import appointments, businesses, threads
from server.store.appointments import AppointmentRow, State

EVERY = timedelta(minutes=1)
ORPHANED = timedelta(minutes=10)
"""So old, what a turn was writing is no turn's any more."""
_DOUBTFUL = (State.REVIEW, State.CANCELLING)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Unsettled:
    diary: BookingDiary
    jobs: Jobs

    def look(self, now: datetime) -> int:
        """Settle what has been doubtful for a minute, and take holds that are over out of sight; returns how many."""
        with self.diary.database.connect() as connection:
            doubtful = appointments.unsettled(connection, _DOUBTFUL, now - EVERY)
            orphaned = appointments.unsettled(connection, [State.WRITING], now - ORPHANED)
            over = appointments.shown(connection, now)
            slugs = {row.business for row in (*doubtful, *orphaned, *over)}
            shops = {slug: businesses.get(connection, slug) for slug in slugs}
        settled = sum(
            self._settle(shop, row)
            for row in (*doubtful, *orphaned)
            if (shop := shops[row.business])
        )
        return settled + sum(self._hide(shop, row) for row in over if (shop := shops[row.business]))

    def _settle(self, business: Business, row: AppointmentRow) -> bool:
        ended = self.diary.bookings.settle(business, row)
        match ended:
            case Booking(end=BookingEnd.BOOKED, appointment=Appointment() as visit):
                self._tell(business, row, visit, "moved" if row.moves else "booked")
            case Booking(end=BookingEnd.CANCELLED):
                self._tell(business, row, as_appointment(row, business), "cancelled")
            case _:
                return ended.end is BookingEnd.TAKEN
        return True

    def _tell(self, business: Business, row: AppointmentRow, visit: Appointment, what: str) -> None:
        """Caller and staff were told that a person would see to it: now it is done."""
        now = self.diary.clock.now()
        with self.diary.database.begin() as connection:
            thread = threads.lock(connection, row.thread)
            if thread is None:
                return
            link = f"{self.diary.public_url}/inbox/{thread.caller.lstrip('+')}"
            done = alerts.of_visit(business, what.capitalize(), visit, caller=thread.caller)
            for place, phone in enumerate(alerts.of_calendar(business, visit.calendar)):
                queue(
                    connection,
                    self.jobs,
                    thread,
                    f"settled:{row.id}:a{place}",
                    author=AGENT,
                    kind=TextKind.ALERT,
                    sender=business.phone,
                    recipient=phone,
                    body=f"{done}\n{link}",
                    at=now,
                )
            if not may_speak(thread):
                return
            language = thread.memory.get("language", "en")
            queue(
                connection,
                self.jobs,
                thread,
                f"settled:{row.id}",
                author=AGENT,
                kind=TextKind.REPLY,
                sender=number_used(connection, thread),
                recipient=thread.caller,
                body=visit_phrase(what, business, visit, now, language),
                at=now,
                why={"evidence": [visit.id]},
            )

    def _hide(self, business: Business, row: AppointmentRow) -> bool:
        try:
            self.diary.hide(business, row)
        except CalendarError as error:
            log.warning("booking.hold_still_shown", business=business.slug, error=str(error))
            return False
        return True
