"""What staff do with a thread: answer, take back, hand on, give back, note. Each is one transaction through the same door."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from agent import takeover
from agent.business import Business
from agent.errors import BadInput, NotFound
from agent.model import TaskKind, TextKind
from agent.rules import canned, pledges
from agent.rules.alerts import who
from agent.rules.segments import plain
from agent.state import alert
from server import owed as owing
from server.arrivals import WITHHELD, ask_a_person
from server.jobs import Jobs
from server.kept_back import drop_all
from server.outbox import alert_staff, number_used, queue
from server.ownership import business_of, give_back, locked, own
from server.store import businesses, tasks, texts, threads
from server.store.escalations import Ended

LONGEST_TEXT = 1600
"""Characters that the carrier takes in one message."""
OPTED_OUT = "This caller has opted out of texts. Please phone instead."
NO_NUMBER = "These callers hide their numbers: nothing can be sent to them."


class Ladder(Protocol):
    """Whoever climbs from person to person until somebody has a thread."""

    def claimed(
        self,
        connection: sa.Connection,
        thread_id: str,
        staff: str,
        now: datetime,
        *,
        tells: bool = False,
    ) -> object:
        """A person has the thread: nobody else is asked; `tells`: the caller reads who."""

    def handed_on(self, connection: sa.Connection, thread_id: str, now: datetime) -> object:
        """A colleague was given the thread, and has not answered."""

    def unclaimed(
        self, connection: sa.Connection, thread_id: str, staff: str, at: datetime, now: datetime
    ) -> object:
        """A person's text of that moment was taken back: nobody has the thread if it was their claim."""

    def over(self, connection: sa.Connection, thread_id: str, why: Ended, now: datetime) -> object:
        """Nobody is needed any more."""


@dataclass(frozen=True, kw_only=True)
class StaffDesk:
    jobs: Jobs
    ladder: Ladder | None = None
    """None: nobody is being asked for."""
    public_url: str = ""
    """Where the inbox is; empty: nobody is told that a thread was handed to them."""

    def answer(
        self,
        connection: sa.Connection,
        thread_id: str,
        staff: str,
        body: str,
        key: str,
        now: datetime,
        undo_s: float = 0,
    ) -> None:
        """Claim the thread and queue a person's text; what it promises by a time is a task that falls due then.

        The same form sent twice is one text.

        Args:
            undo_s: so long it waits, and can be taken back.

        Raises:
            BadInput: empty, too long, not filled in, or the caller has opted out (47 CFR 64.1200: staff cannot override it).
        """
        body = written(body)
        if left := canned.unfilled(body):
            raise BadInput(f"Fill in {' and '.join(left)} first, or take it out.")
        thread = locked(connection, thread_id)
        if why := closed_to_texts(thread):
            raise BadInput(why)
        self._claim(connection, thread, staff, now)
        drop_all(connection, thread.id, "a person wrote instead", staff, now)
        self._queue(connection, thread, staff, body, key, now, undo_s)
        tasks.settle(connection, thread.id, [tasks.BACK], staff, now)
        _note_pledge(connection, thread, staff, body, key, now)

    def undo(
        self, connection: sa.Connection, thread_id: str, staff: str, key: str, now: datetime
    ) -> str:
        """Take back a person's text in the seconds that it waits for that, with what it promised; returns its words.

        Raises:
            NotFound: there is no such text of staff.
            BadInput: it has left, is just leaving, or never waited for that.
        """
        thread = locked(connection, thread_id)
        row = texts.get(connection, text_key(thread.id, key))
        if row is None or row.kind != TextKind.STAFF:
            raise NotFound("There is no such text.")
        if row.status == "dropped":
            return row.body
        until = (row.why or {}).get("undo_until")
        if row.status != "queued" or not until or now >= datetime.fromisoformat(until):
            raise BadInput("It has left already, or is leaving: it cannot be taken back.")
        why = f"taken back by {first_name(business_of(connection, thread), staff)}"
        texts.advance(connection, row.key, "dropped", status_reason=why)
        texts.forget_last(connection, thread.id, row.seq)
        tasks.settle(connection, thread.id, [f"{row.key}:promise"], staff, now)
        author = row.author.removeprefix("staff:")
        tasks.reopen(connection, thread.id, tasks.BACK, author, row.at)
        if self.ladder:
            self.ladder.unclaimed(connection, thread.id, author, row.at, now)
        return row.body

    def note(
        self,
        connection: sa.Connection,
        thread_id: str,
        staff: str,
        body: str,
        key: str,
        now: datetime,
    ) -> None:
        """Keep a note that staff alone see; it claims nothing, is never sent and never read by the agent.

        Raises:
            BadInput: empty, or too long.
        """
        body = written(body)
        thread = locked(connection, thread_id)
        marks = threads.markers(connection, thread.id)
        if not any(one.what == "note" and one.why["key"] == key for one in marks):
            threads.mark(connection, thread.id, "note", staff, now, {"body": body, "key": key})

    def claim(self, connection: sa.Connection, thread_id: str, staff: str, now: datetime) -> None:
        self._claim(connection, locked(connection, thread_id), staff, now, tells=True)

    def hand_on(
        self, connection: sa.Connection, thread_id: str, staff: str, to: str, now: datetime
    ) -> None:
        """Let a colleague have the thread, and tell them on their phone.

        Raises:
            BadInput: nobody here has that name.
        """
        thread = locked(connection, thread_id)
        business = business_of(connection, thread)
        if business.person(to) is None:
            raise BadInput("There is no such colleague here.")
        if own(connection, thread, takeover.hand_on(to), staff, now):
            if to == staff:
                self._claimed(connection, thread, staff, now)
                return
            if self.ladder:
                self.ladder.handed_on(connection, thread.id, now)
            self._tell_colleague(connection, thread, business, staff, to, now)

    def release(self, connection: sa.Connection, thread_id: str, staff: str, now: datetime) -> None:
        """Give the thread back to the agent, with what nobody has answered; open tasks stay people's."""
        thread = locked(connection, thread_id)
        if own(connection, thread, takeover.release(), staff, now):
            self._over(connection, thread, now)
            give_back(connection, self.jobs, thread, now)

    def tell(
        self, connection: sa.Connection, thread_id: str, staff: str, task_id: int, now: datetime
    ) -> None:
        """Send the caller what a task proposes, in this person's name, and finish it; the agent keeps the thread.

        Raises:
            NotFound: the task is done, or proposes nothing.
            BadInput: the caller has opted out.
        """
        thread = locked(connection, thread_id)
        owed = next(
            (one for one in tasks.open_of_thread(connection, thread_id) if one.id == task_id), None
        )
        if owed is None or not owed.tell:
            raise NotFound("That task is already done.")
        if thread.opted_out_at is not None:
            raise BadInput(OPTED_OUT)
        self._queue(connection, thread, staff, owed.tell, f"task:{task_id}", now)
        finish_task(connection, thread.business, task_id, staff, now)

    def _claim(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        staff: str,
        now: datetime,
        *,
        tells: bool = False,
    ) -> None:
        own(connection, thread, takeover.claim(staff), staff, now)
        self._claimed(connection, thread, staff, now, tells=tells)

    def _claimed(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        staff: str,
        now: datetime,
        *,
        tells: bool = False,
    ) -> None:
        if self.ladder:
            self.ladder.claimed(connection, thread.id, staff, now, tells=tells)

    def _over(self, connection: sa.Connection, thread: threads.ThreadRow, now: datetime) -> None:
        if self.ladder:
            self.ladder.over(connection, thread.id, Ended.RESOLVED, now)

    def _tell_colleague(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        staff: str,
        to: str,
        now: datetime,
    ) -> None:
        person = business.person(to)
        if person is None or not person.phone or not self.public_url:
            return
        me = first_name(business, staff)
        caller = who(thread.caller, thread.reason, opted_out=thread.opted_out_at is not None)
        words = f"{business.name}: {me} hands you the conversation with {caller}."
        alert_staff(
            connection,
            self.jobs,
            thread,
            f"handed:{thread.id}:{now:%Y%m%d%H%M%S%f}:",
            [alert(person.phone, words)],
            public_url=self.public_url,
            sender=business.phone,
            at=now,
        )

    def _queue(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        staff: str,
        body: str,
        key: str,
        now: datetime,
        undo_s: float = 0,
    ) -> None:
        until = now + timedelta(seconds=undo_s)
        queue(
            connection,
            self.jobs,
            thread,
            text_key(thread.id, key),
            wait_s=undo_s,
            author=f"staff:{staff}",
            kind=TextKind.STAFF,
            sender=number_used(connection, thread),
            recipient=thread.caller,
            body=body,
            at=now,
            why={"undo_until": until.isoformat()} if undo_s else None,
        )
        threads.update(connection, thread.id, last_at=now)


def text_key(thread_id: str, key: str) -> str:
    """Of a person's text in the outbox, by the key of its form."""
    return f"staff:{thread_id}:{key}"


def written(body: str) -> str:
    """What a person wrote, as it is sent or kept.

    Raises:
        BadInput: empty, or too long.
    """
    body = plain(body.strip())
    if not body:
        raise BadInput("Write something first.")
    if len(body) > LONGEST_TEXT:
        raise BadInput(f"That is {len(body)} characters; the carrier takes {LONGEST_TEXT}.")
    return body


def closed_to_texts(thread: threads.ThreadRow) -> str:
    """Why nobody may text this caller; empty: staff may."""
    if thread.caller == WITHHELD:
        return NO_NUMBER
    return OPTED_OUT if thread.opted_out_at is not None else ""


def first_name(business: Business, staff: str) -> str:
    person = business.person(staff)
    return person.name.split()[0] if person else staff


def _note_pledge(
    connection: sa.Connection,
    thread: threads.ThreadRow,
    staff: str,
    body: str,
    key: str,
    now: datetime,
) -> None:
    business = businesses.get(connection, thread.business)
    pledge = pledges.read(body, business, now) if business else None
    if business is None or pledge is None:
        return
    person = business.person(staff)
    note = f"Promised by {person.name if person else staff}: {pledge.words}"
    key = f"{text_key(thread.id, key)}:promise"
    ask_a_person(connection, business, thread.id, key, note, now, TaskKind.PROMISE, pledge.due)


def finish_task(
    connection: sa.Connection, business: str, task_id: int, staff: str, now: datetime
) -> None:
    owing.finish(connection, business, task_id, staff, now)
