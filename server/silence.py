"""A thread on which nothing has happened for a while: what is known of it, and what is done about it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent import followup
from agent.business import Business
from agent.model import TextKind
from agent.rules import quiet_hours
from agent.state import AGENT
from server import closing
from server.escalations import Escalations
from server.jobs import Jobs
from server.outbox import alert_staff, queue
from server.store import businesses, calls, escalations, tasks, texts, threads

_ACTS = ("claimed", "booked", "moved", "cancelled")


@dataclass(frozen=True, kw_only=True)
class Silences:
    jobs: Jobs
    public_url: str

    def look(self, connection: sa.Connection, name: str, now: datetime) -> None:
        """Do what is due on one thread, and note when to look again."""
        thread = threads.lock(connection, name)
        if thread is None or thread.look_at is None or thread.look_at > now:
            return
        business = businesses.get(connection, thread.business)
        if business is None:
            return
        due = followup.decide(business, _silence(connection, thread), now)
        threads.update(connection, name, look_at=due.look_at)
        if due.resolve:
            ladder = Escalations(jobs=self.jobs, public_url=self.public_url)
            closing.close(connection, thread, AGENT, now, ladder=ladder)
        if due.nudge:
            self._nudge(connection, thread, business, due.nudge, now)
        if due.alerts:
            self._alarm(connection, thread, business, due.alerts, now)

    def _nudge(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        body: str,
        now: datetime,
    ) -> None:
        first = texts.last_of_kind(connection, thread.id, TextKind.FIRST_TEXT)
        queue(
            connection,
            self.jobs,
            thread,
            f"nudge:{first.key if first else thread.id}",
            author="template",
            kind=TextKind.NUDGE,
            sender=first.sender if first else business.phone,
            recipient=thread.caller,
            body=body,
            at=now,
            why={"quiet_hours": quiet_hours.basis(business, thread.caller)},
        )

    def _alarm(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        alerts: list[dict[str, str]],
        now: datetime,
    ) -> None:
        threads.mark(connection, thread.id, "alarm", AGENT, now)
        alert_staff(
            connection,
            self.jobs,
            thread,
            f"alarm:{thread.id}:{now:%Y%m%d%H%M%S}:",
            alerts,
            public_url=self.public_url,
            sender=business.phone,
            at=now,
        )


def _silence(connection: sa.Connection, thread: threads.ThreadRow) -> followup.Silence:
    since = thread.episode_at or thread.last_at
    first = texts.last_of_kind(connection, thread.id, TextKind.FIRST_TEXT)
    unanswered = first is not None and not (
        texts.caller_wrote_after(connection, thread.id, first.seq)
        or _acted_on(connection, thread.id, first)
    )
    last = texts.last_said(connection, thread.id)
    nudge = texts.last_of_kind(connection, thread.id, TextKind.NUDGE)
    return followup.Silence(
        caller=thread.caller,
        owner=thread.owner,
        opted_out=thread.opted_out_at is not None,
        escalated=thread.reason in ("emergency", "urgent"),
        last_at=thread.last_at,
        last_is_callers=last is not None and last.is_callers,
        first_text_at=first.at if first and unanswered else None,
        nudged=nudge is not None and first is not None and nudge.seq > first.seq,
        answered_call=calls.answered_since(connection, thread.business, thread.caller, since),
        owed=len(tasks.open_of_thread(connection, thread.id)),
        alarms=threads.count_marks(connection, thread.id, "alarm", thread.last_at),
        climbs=escalations.open_of(connection, thread.id) is not None,
        language=thread.memory.get("language", ""),
    )


def _acted_on(connection: sa.Connection, thread: str, first: texts.TextRow) -> bool:
    """Staff took or answered the thread since its first text, or something was booked, moved or cancelled."""
    marked = any(threads.count_marks(connection, thread, one, first.at) for one in _ACTS)
    return marked or texts.staff_wrote_after(connection, thread, first.seq)
