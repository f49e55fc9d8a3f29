"""Visits left half done by a calendar that failed or a crash: looked at each minute, and brought to an end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.errors import CalendarError
from agent.model import BookingEnd, TextKind
from agent.rules import alerts, quiet_hours
from agent.rules.phrases import visit_phrase
from agent.state import AGENT, alert
from server.bookings import as_appointment, may_speak
from server.diary import BookingDiary
from server.jobs import Jobs
from server.outbox import alert_staff, number_used, queue
from server.store import appointments, businesses, threads
from server.store.appointments import AppointmentRow, State

SETTLED_AFTER = timedelta(minutes=1)
ORPHANED = timedelta(minutes=10)
"""So old, what a turn was writing is no turn's any more."""
LONGEST_PAUSE = timedelta(minutes=10)
AT_ONCE = 20
_LATE = timedelta(minutes=15)
"""After this a caller no longer waits for the answer: it obeys the hours in which we may write first."""
_UNDER_WAY = (State.WRITING, State.CANCELLING, State.WITHDRAWING)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Unsettled:
    diary: BookingDiary
    jobs: Jobs
    _tries: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """Of each: how often it was tried in vain, and when it is tried next."""

    def look(self, now: datetime) -> int:
        """Settle what has been doubtful for a minute, and take out of sight what is over; returns how many."""
        with self.diary.database.connect() as connection:
            rows = [
                *appointments.unsettled(connection, [State.REVIEW], now - SETTLED_AFTER),
                *appointments.unsettled(connection, _UNDER_WAY, now - ORPHANED),
                *appointments.uncleared(connection),
                *appointments.shown(connection, now),
            ]
            due = [row for row in rows if self._tries.get(row.id, (0, now))[1] <= now][:AT_ONCE]
            shops = {row.business: businesses.get(connection, row.business) for row in due}
        return sum(self._try(shop, row, now) for row in due if (shop := shops[row.business]))

    def _try(self, business: Business, row: AppointmentRow, now: datetime) -> bool:
        """One that cannot be settled yet is tried again after a pause that grows."""
        try:
            done = self._settle(business, row, now)
        except CalendarError as error:
            log.warning("unsettled.not_yet", business=business.slug, error=str(error))
            done = False
        if done:
            self._tries.pop(row.id, None)
        else:
            count = self._tries.get(row.id, (0, now))[0] + 1
            pause = min(SETTLED_AFTER * 2.0 ** min(count - 1, 5), LONGEST_PAUSE)
            self._tries[row.id] = (count, now + pause)
        return done

    def _settle(self, business: Business, row: AppointmentRow, now: datetime) -> bool:
        """One step for one row; False: not yet.

        Raises:
            CalendarError: the calendar could not be asked.
        """
        if row.shown and row.state not in (State.WRITING, State.REVIEW):
            self.diary.hide(business, row)
        elif row.left:
            self.diary.bookings.clear(business, row)
        elif now - row.changed_at > _LATE and not self._may_tell(business, row, now):
            return False
        else:
            by_hand = row.by != AGENT and row.state != State.CANCELLING
            tell = partial(self._tell, business, by_hand)
            ended = self.diary.bookings.settle(business, row, tell).end
            return ended in (BookingEnd.BOOKED, BookingEnd.CANCELLED, BookingEnd.TAKEN)
        return True

    def _may_tell(self, business: Business, row: AppointmentRow, now: datetime) -> bool:
        with self.diary.database.connect() as connection:
            thread = threads.get(connection, row.thread)
        return thread is not None and quiet_hours.may_send(business, thread.caller, now)

    def _tell(
        self,
        business: Business,
        by_hand: bool,
        connection: sa.Connection,
        row: AppointmentRow,
        what: str,
    ) -> None:
        """Caller and staff were told that a person would see to it: now it is done.

        Args:
            by_hand: a person has chosen the time, and tells the caller.
        """
        now, visit = self.diary.clock.now(), as_appointment(row, business)
        thread = threads.get(connection, row.thread)
        if thread is None:
            return
        key = f"settled:{what}:{row.id}:{row.revision}"
        done = alerts.of_visit(business, what.capitalize(), visit, caller=thread.caller)
        alert_staff(
            connection,
            self.jobs,
            thread,
            f"{key}:a",
            [alert(phone, done) for phone in alerts.of_calendar(business, visit.calendar)],
            public_url=self.diary.public_url,
            sender=business.phone,
            at=now,
        )
        if by_hand or not may_speak(thread):
            return
        queue(
            connection,
            self.jobs,
            thread,
            key,
            author=AGENT,
            kind=TextKind.REPLY,
            sender=number_used(connection, thread),
            recipient=thread.caller,
            body=visit_phrase(what, business, visit, now, thread.language),
            at=now,
            why={"evidence": [visit.id]},
        )
