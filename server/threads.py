"""What staff do with a thread: answer, release, finish a task. Each is one transaction through the same door."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent import takeover
from agent.errors import BadInput, NotFound
from agent.model import TaskKind, TextKind
from agent.rules import pledges
from agent.rules.segments import plain
from server.arrivals import WITHHELD, ask_a_person
from server.jobs import Jobs
from server.outbox import number_used, queue
from server.store import appointments, businesses, tasks, threads

LONGEST_TEXT = 1600
"""Characters that the carrier takes in one message."""


@dataclass(frozen=True, kw_only=True)
class StaffDesk:
    jobs: Jobs

    def answer(
        self,
        connection: sa.Connection,
        thread_id: str,
        staff: str,
        body: str,
        key: str,
        now: datetime,
    ) -> None:
        """Claim the thread and queue a person's text; what it promises by a time is a task that falls due then.

        The same form sent twice is one text.

        Raises:
            BadInput: empty, too long, or the caller has opted out (47 CFR 64.1200: staff cannot override it).
        """
        body = plain(body.strip())
        if not body:
            raise BadInput("Write something first.")
        if len(body) > LONGEST_TEXT:
            raise BadInput(f"That is {len(body)} characters; the carrier takes {LONGEST_TEXT}.")
        thread = self._locked(connection, thread_id)
        if thread.caller == WITHHELD:
            raise BadInput("These callers hide their numbers: nothing can be sent to them.")
        if thread.opted_out_at is not None:
            raise BadInput("This caller has opted out of texts. Please phone instead.")
        self._own(connection, thread, takeover.claim(staff), staff, now)
        self._queue(connection, thread, staff, body, key, now)
        tasks.settle(connection, thread.id, [tasks.BACK], staff, now)
        _note_pledge(connection, thread, staff, body, key, now)

    def claim(self, connection: sa.Connection, thread_id: str, staff: str, now: datetime) -> None:
        thread = self._locked(connection, thread_id)
        self._own(connection, thread, takeover.claim(staff), staff, now)

    def release(self, connection: sa.Connection, thread_id: str, staff: str, now: datetime) -> None:
        """Give the thread back to the agent."""
        thread = self._locked(connection, thread_id)
        self._own(connection, thread, takeover.release(), staff, now)

    def tell(
        self, connection: sa.Connection, thread_id: str, staff: str, task_id: int, now: datetime
    ) -> None:
        """Send the caller what a task proposes, in this person's name, and finish it; the agent keeps the thread.

        Raises:
            NotFound: the task is done, or proposes nothing.
            BadInput: the caller has opted out.
        """
        thread = self._locked(connection, thread_id)
        owed = next(
            (one for one in tasks.open_of_thread(connection, thread_id) if one.id == task_id), None
        )
        if owed is None or not owed.tell:
            raise NotFound("That task is already done.")
        if thread.opted_out_at is not None:
            raise BadInput("This caller has opted out of texts. Please phone instead.")
        self._queue(connection, thread, staff, owed.tell, f"task:{task_id}", now)
        finish_task(connection, thread.business, task_id, staff, now)

    def _locked(self, connection: sa.Connection, thread_id: str) -> threads.ThreadRow:
        thread = threads.lock(connection, thread_id)
        if thread is None:
            raise NotFound("There is no such conversation.")
        return thread

    def _own(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        ownership: takeover.Ownership,
        staff: str,
        now: datetime,
    ) -> None:
        if thread.owner == ownership.owner:
            return
        threads.update(connection, thread.id, owner=ownership.owner)
        appointments.release_offers(connection, thread.id, now)
        threads.mark(connection, thread.id, ownership.marker, staff, now)

    def _queue(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        staff: str,
        body: str,
        key: str,
        now: datetime,
    ) -> None:
        queue(
            connection,
            self.jobs,
            thread,
            f"staff:{thread.id}:{key}",
            author=f"staff:{staff}",
            kind=TextKind.STAFF,
            sender=number_used(connection, thread),
            recipient=thread.caller,
            body=body,
            at=now,
        )
        threads.update(connection, thread.id, last_at=now)


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
    key = f"staff:{thread.id}:{key}:promise"
    ask_a_person(connection, business, thread.id, key, note, now, TaskKind.PROMISE, pledge.due)


def finish_task(
    connection: sa.Connection, business: str, task_id: int, staff: str, now: datetime
) -> None:
    if not tasks.done(connection, business, task_id, staff, now):
        raise NotFound("That task is already done.")
