"""Replies of the agent that a person may stop, or has to agree to: kept back, sent, dropped, thought over again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from agent.business import Business
from agent.errors import BadInput, NotFound
from agent.inbound import Decision
from agent.model import Intent, Reason, TaskKind, TextKind
from agent.rules import autonomy
from agent.state import AGENT, Json
from server.arrivals import ask_a_person
from server.escalations import Escalations
from server.jobs import Jobs
from server.kept_back import REVIEW, drop, drop_all, is_review, looked_at
from server.ownership import GIVEN_BACK
from server.refusals import WINDOW
from server.store import appointments, evidence, tasks, texts, threads
from server.threads import StaffDesk

NOTE = "The agent's reply waits to be sent"
TO_CHOOSE = timedelta(minutes=2)
"""So long at least times on offer are still kept when the offer leaves."""


@dataclass(frozen=True, kw_only=True)
class Leave:
    """How the replies of a turn leave."""

    is_suggested: bool = False
    waits_until: datetime | None = None
    """Until then a person can stop them; None: they wait for nobody."""

    @property
    def why(self) -> Json:
        """What the texts keep of it."""
        return {"waits_until": self.waits_until.isoformat()} if self.waits_until else {}


def leave(
    connection: sa.Connection, business: Business, thread: str, decision: Decision, now: datetime
) -> Leave:
    """What the owner wants for replies like these; those that offer times leave while there is time to choose."""
    match autonomy.level(business, _said(decision)):
        case "send":
            return Leave()
        case "suggest":
            return Leave(is_suggested=True)
    held = appointments.offered(connection, thread, now)
    named = {name for reply in decision.replies for name in reply["evidence"]}
    ends = [one.expires_at - TO_CHOOSE for one in held if one.id in named]
    until = now + timedelta(seconds=business.autonomy.wait_s)
    return Leave(waits_until=max(now, min([until, *ends])))


def ask_to_look(
    connection: sa.Connection,
    jobs: Jobs,
    thread: threads.ThreadRow,
    business: Business,
    key: str,
    public_url: str,
    now: datetime,
) -> None:
    """After a turn: people on call are tried until somebody has looked at what it suggests."""
    kept = texts.kept_back(connection, thread.id)
    if not any(row.status == texts.SUGGESTED for row in kept):
        looked_at(connection, thread.id, AGENT, now)
        return
    key = f"{REVIEW}{key}"
    if not any(is_review(one.key) for one in tasks.open_of_thread(connection, thread.id)):
        ask_a_person(connection, business, thread.id, key, NOTE, now, TaskKind.REVIEW)
    words = autonomy.alert_words(business, thread.caller)
    Escalations(jobs=jobs, public_url=public_url).begin(
        connection, thread, business, key, Reason.OTHER, words, now
    )


@dataclass(frozen=True, kw_only=True)
class ReplyDesk:
    """What staff do with a reply that was kept back; each is one transaction under the thread's lock."""

    jobs: Jobs
    desk: StaffDesk

    def send(
        self, connection: sa.Connection, thread_id: str, staff: str, seq: int, now: datetime
    ) -> Literal["sent", "again"]:
        """Send it as it is, in the agent's name. `again`: it holds no more, and the agent thinks anew.

        Raises:
            BadInput: the caller has opted out or written again, another person has the thread,
                or it holds no more and more than words came of it.
        """
        thread, row = self._kept(connection, thread_id, seq)
        if refused := _not_now(connection, thread, row, staff, now):
            raise BadInput(refused)
        why = dict(row.why or {})
        if gone := evidence.lost(connection, row.business, why.get("evidence", ()), row.at, now):
            if not (why.get("can_redo") and thread.owner == AGENT):
                raise BadInput(f"{gone} Write to the caller yourself, or discard it.")
            self._think_again(connection, row, gone, now)
            return "again"
        why = {name: value for name, value in why.items() if name != "waits_until"}
        texts.let_go(connection, row, why | {"approved": staff}, now)
        self.jobs.deliver(connection, thread_id, row.key, seq, 0, f"{now:%d%H%M%S%f}")
        looked_at(connection, thread_id, staff, now)
        threads.update(connection, thread_id, last_at=now)
        return "sent"

    def stop(
        self,
        connection: sa.Connection,
        thread_id: str,
        staff: str,
        name: str,
        seq: int,
        now: datetime,
    ) -> None:
        """It is not sent, and this person goes on with the caller."""
        self._kept(connection, thread_id, seq)
        drop_all(connection, thread_id, f"stopped by {name}", staff, now)
        self.desk.claim(connection, thread_id, staff, now)

    def discard(
        self,
        connection: sa.Connection,
        thread_id: str,
        staff: str,
        name: str,
        seq: int,
        now: datetime,
    ) -> None:
        """It is not sent, and nothing else changes: the next text is the agent's again."""
        self._kept(connection, thread_id, seq)
        drop_all(connection, thread_id, f"discarded by {name}", staff, now)

    def _kept(
        self, connection: sa.Connection, thread_id: str, seq: int
    ) -> tuple[threads.ThreadRow, texts.TextRow]:
        thread = threads.lock(connection, thread_id)
        kept = texts.kept_back(connection, thread_id) if thread else []
        row = next((one for one in kept if one.seq == seq), None)
        if thread is None or row is None:
            raise NotFound("That reply has been sent or dropped in the meantime.")
        return thread, row

    def _think_again(
        self, connection: sa.Connection, row: texts.TextRow, why: str, now: datetime
    ) -> None:
        assert row.thread is not None  # noqa: S101 - replies belong to one
        drop(connection, row, why)
        texts.give_back(connection, row.thread, str(row.turn))
        newest = texts.unanswered(connection, row.thread)[-1]
        key = f"{GIVEN_BACK}{newest.key}:{now:%Y%m%d%H%M%S%f}"
        self.jobs.turn(connection, row.thread, key, newest.seq, 0)


def _not_now(
    connection: sa.Connection,
    thread: threads.ThreadRow,
    row: texts.TextRow,
    staff: str,
    now: datetime,
) -> str:
    """Why it may not leave now; empty: it may."""
    if thread.opted_out_at is not None:
        return "This caller has opted out of texts. Please phone instead."
    if thread.owner not in (AGENT, staff):
        return "Another person has this conversation now, or one is asked for: take it over first."
    if texts.unanswered(connection, thread.id):
        return "The caller has just written again: the agent thinks it over, a new reply follows."
    if now - row.at > WINDOW:
        return (
            "The caller's text is more than three days old: write to them yourself, or discard it."
        )
    return ""


def _said(decision: Decision) -> autonomy.Said:
    visit = decision.memory.get("visit") or {}
    return autonomy.Said(
        words="\n".join(one["body"] for one in decision.replies),
        kinds=[TextKind(one["kind"]) for one in decision.replies],
        intents=[Intent(one) for one in decision.why["reading"].get("intents", ())],
        visit=bool(visit),
        moves=bool(visit.get("moves")),
        reason=decision.reason,
        acted=decision.acted,
        hands_over=decision.hands_over,
        opted_out=decision.opted_out,
    )
