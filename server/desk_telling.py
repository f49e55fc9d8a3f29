"""Who hears of a visit that a person has booked, moved or cancelled, and what: in the transaction in which it was."""

from dataclasses import dataclass

import sqlalchemy as sa

from agent.business import Business
from agent.errors import BadInput
from agent.model import TextKind
from agent.rules import alerts
from agent.rules.phrases import phrase
from agent.rules.segments import plain
from agent.state import alert
from server.arrivals import WITHHELD
from server.bookings import as_appointment
from server.diary import BookingDiary
from server.jobs import Jobs
from server.outbox import alert_staff, number_used, queue
from server.store import texts, threads
from server.store.appointments import AppointmentRow

LONGEST_TEXT = 1400
"""Characters; the link to the visit's page fits beside them into one message of the carrier."""
LONGEST_NOTE = 500


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Plays `server.bookings.Tell` for a person."""

    jobs: Jobs
    diary: BookingDiary
    business: Business
    staff: str
    words: str
    """To the caller; empty: nothing."""
    note: str = ""
    """For staff alone; empty: none."""

    def __call__(self, connection: sa.Connection, visit: AppointmentRow, what: str) -> None:
        """The agent seeks no time any more; whoever works by the calendar, and the caller, read of it."""
        thread, now = threads.get(connection, visit.thread), self.diary.clock.now()
        if thread is None:
            return
        kept = {key: value for key, value in thread.memory.items() if key != "visit"}
        threads.update(connection, thread.id, memory=kept, last_at=now)
        if self.note:
            threads.mark(connection, thread.id, "note", self.staff, now, {"body": self.note})
        self._alert(connection, thread, visit, what)
        if self.words and may_text(thread):
            self._tell(connection, thread, visit, what)

    def _alert(
        self, connection: sa.Connection, thread: threads.ThreadRow, visit: AppointmentRow, what: str
    ) -> None:
        """To whoever works by the calendars of the visit, but not to the person who has done it."""
        person, seen = self.business.person(self.staff), as_appointment(visit, self.business)
        done = f"{what.capitalize()} by {person.name if person else self.staff}:"
        said = alerts.of_visit(self.business, done, seen, caller=thread.caller)
        phones = (to for name in visit.calendars for to in alerts.of_calendar(self.business, name))
        others = [one for one in dict.fromkeys(phones) if not person or one != person.phone]
        alert_staff(
            connection,
            self.jobs,
            thread,
            f"{_key(visit, what)}:a",
            [alert(phone, said) for phone in others],
            public_url=self.diary.public_url,
            sender=self.business.phone,
            at=self.diary.clock.now(),
        )

    def _tell(
        self, connection: sa.Connection, thread: threads.ThreadRow, visit: AppointmentRow, what: str
    ) -> None:
        now, page = self.diary.clock.now(), self.diary.bookings.page(visit)
        has_page = page and self.business.links.visit_page and what != "cancelled"
        link = phrase("page", self.business, now, thread.language, page=page) if has_page else ""
        queue(
            connection,
            self.jobs,
            thread,
            _key(visit, what),
            author=f"staff:{self.staff}",
            kind=TextKind.STAFF,
            sender=number_used(connection, thread),
            recipient=thread.caller,
            body=f"{self.words} {link}".strip(),
            at=now,
            why={"evidence": [visit.id]},
        )


def may_text(thread: threads.ThreadRow) -> bool:
    """This caller can be told by text."""
    return not (thread.opted_out_at or thread.untextable or thread.caller == WITHHELD)


def was_told(connection: sa.Connection, visit: AppointmentRow, what: str) -> bool:
    """A text to the caller was written with this state of the visit."""
    return texts.get(connection, _key(visit, what)) is not None


def checked_words(words: str) -> str:
    """What is sent, in the letters of a text.

    Raises:
        BadInput: it is too long.
    """
    said = plain(words.strip())
    if len(said) > LONGEST_TEXT:
        raise BadInput(f"That text is {len(said)} characters; {LONGEST_TEXT} fit.")
    return said


def checked_note(note: str) -> str:
    """Raises: BadInput: it is too long."""
    said = note.strip()
    if len(said) > LONGEST_NOTE:
        raise BadInput(f"That note is {len(said)} characters; {LONGEST_NOTE} fit.")
    return said


def _key(visit: AppointmentRow, what: str) -> str:
    return f"desk:{what}:{visit.id}:{visit.revision}"
