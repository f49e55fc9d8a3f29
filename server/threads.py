"""What staff do with a thread: answer, release, finish a task. Each is one transaction through the same door."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent import takeover
from agent.errors import BadInput, NotFound
from agent.model import TextKind
from agent.rules.segments import plain
from server.jobs import Jobs
from server.store import appointments, businesses, tasks, texts, threads

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
        """Claim the thread and queue a person's text; the same form sent twice is one text.

        Raises:
            BadInput: empty, too long, or the caller has opted out (47 CFR 64.1200: staff cannot override it).
        """
        body = plain(body.strip())
        if not body:
            raise BadInput("Write something first.")
        if len(body) > LONGEST_TEXT:
            raise BadInput(f"That is {len(body)} characters; the carrier takes {LONGEST_TEXT}.")
        thread = self._locked(connection, thread_id)
        if thread.opted_out_at is not None:
            raise BadInput("This caller has opted out of texts. Please phone instead.")
        self._own(connection, thread, takeover.claim(staff), staff, now)
        self._queue(connection, thread, staff, body, key, now)

    def claim(self, connection: sa.Connection, thread_id: str, staff: str, now: datetime) -> None:
        thread = self._locked(connection, thread_id)
        self._own(connection, thread, takeover.claim(staff), staff, now)

    def release(self, connection: sa.Connection, thread_id: str, staff: str, now: datetime) -> None:
        """Give the thread back to the agent."""
        thread = self._locked(connection, thread_id)
        self._own(connection, thread, takeover.release(), staff, now)

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
        appointments.release_offers(connection, thread.id)
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
        profile = businesses.get(connection, thread.business)
        sender = _number_used(connection, thread) or (profile.phone if profile else "")
        seq = texts.add(
            connection,
            key=f"staff:{thread.id}:{key}",
            business=thread.business,
            thread=thread.id,
            author=f"staff:{staff}",
            kind=TextKind.STAFF,
            sender=sender,
            recipient=thread.caller,
            body=body,
            at=now,
            status="queued",
        )
        threads.update(connection, thread.id, last_at=now)
        if seq is not None:
            self.jobs.deliver(connection, thread.id, f"staff:{thread.id}:{key}", seq, 0)


def finish_task(
    connection: sa.Connection, business: str, task_id: int, staff: str, now: datetime
) -> None:
    if not tasks.done(connection, business, task_id, staff, now):
        raise NotFound("That task is already done.")


def _number_used(connection: sa.Connection, thread: threads.ThreadRow) -> str | None:
    """The business's number on which this caller last wrote or was written to."""
    for row in reversed(texts.of_thread(connection, thread.id)):
        if row.kind != TextKind.ALERT:
            return row.recipient if row.is_callers else row.sender
    return None
