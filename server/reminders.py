"""Reminders of visits: looked for as time passes, queued once for each visit and time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from agent import reminder
from agent.business import Business
from agent.model import TextKind
from server.bookings import as_appointment, may_speak
from server.jobs import Jobs
from server.outbox import number_used, queue
from server.store import appointments, businesses, threads
from server.store.appointments import AppointmentRow

LOOKS_AHEAD = timedelta(days=7)
"""No reminder falls due earlier than this before its visit."""


@dataclass(frozen=True, kw_only=True)
class Reminders:
    database: sa.Engine
    jobs: Jobs

    def look(self, now: datetime) -> int:
        """Queue what is due; returns how many."""
        with self.database.connect() as connection:
            near = appointments.to_remind(connection, now + reminder.LATEST, now + LOOKS_AHEAD)
            shops = {
                slug: businesses.get(connection, slug) for slug in {row.business for row in near}
            }
            due = [
                row
                for row in near
                if (shop := shops[row.business])
                and reminder.is_wanted(shop)
                and (thread := threads.get(connection, row.thread))
                and _is_due(_due_at(shop, row, thread, now), now)
            ]
        return sum(self._remind(row, now) for row in due)

    def next_at(self, thread: str, now: datetime) -> datetime | None:
        """When the next reminder on a thread falls due, if nothing changes."""
        with self.database.connect() as connection:
            row = threads.get(connection, thread)
            shop = businesses.get(connection, row.business) if row else None
            near = appointments.to_remind(connection, now + reminder.LATEST, now + LOOKS_AHEAD)
        ours = [one for one in near if one.thread == thread] if row and shop else []
        found = [_due_at(shop, one, row, now) for one in ours if shop and row]
        return min((at for at in found if at), default=None)

    def _remind(self, row: AppointmentRow, now: datetime) -> bool:
        with self.database.begin() as connection:
            thread = threads.lock(connection, row.thread)
            business = businesses.get(connection, row.business)
            stands = appointments.get(connection, row.id) == row
            if thread is None or business is None or not stands:
                return False
            if not _is_due(_due_at(business, row, thread, now), now):
                return False
            visit = as_appointment(row, business)
            due = reminder.text(business, visit, thread.caller, now, thread.language)
            queue(
                connection,
                self.jobs,
                thread,
                f"reminder:{row.id}:{row.revision}",
                author="template",
                kind=TextKind.REMINDER,
                sender=number_used(connection, thread),
                recipient=thread.caller,
                body=due.body,
                at=now,
                why={"visit": row.id, "start": row.start.isoformat(), "quiet_hours": due.basis},
            )
            appointments.set_reminded(connection, row.id, now)
        return True


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _due_at(
    business: Business, row: AppointmentRow, thread: threads.ThreadRow, now: datetime
) -> datetime | None:
    if not may_speak(thread):
        return None
    visit = as_appointment(row, business)
    return reminder.due_at(business, visit, thread.caller, row.changed_at, now)
