"""A turn's two transactions: take the texts not yet answered, and commit what was decided."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
import structlog
from pydantic import TypeAdapter

from agent import followup, inbound, takeover
from agent.business import Business, parsed
from agent.graph import Conversation
from agent.inbound import Decision
from agent.model import Appointment, Hold, Reason
from agent.rules import opt_out
from agent.state import AGENT, NOBODY, Json, Turn
from server import autonomy, marketing_consent, pausing, quotas, suspending
from server.bookings import as_appointment, as_hold
from server.consent import opt_out_now
from server.delivery import Door, Ticket
from server.escalations import Escalations
from server.jobs import Jobs
from server.kept_back import overtake
from server.model_health import may_think
from server.outbox import alert_staff, queue
from server.ownership import GIVEN_BACK
from server.store import (
    appointments,
    businesses,
    questions,
    tasks,
    texts,
    threads,
)
from server.store.engine import is_away

log = structlog.get_logger()

BURST_CAP = timedelta(seconds=15)
"""A burst is answered at the latest this long after its first text."""
_HOLD, _VISIT = TypeAdapter(Hold), TypeAdapter(Appointment)
HISTORY = 12
"""Earlier texts that a turn sees."""


@dataclass(frozen=True, kw_only=True)
class Turns:
    jobs: Jobs
    door: Door
    public_url: str
    tokens_per_day: int = 0
    """Of a model, for one business; 0: no limit."""

    def take(
        self, connection: sa.Connection, thread_id: str, key: str, now: datetime
    ) -> Json | None:
        """Claim every unanswered text of the thread for this turn; what it claimed before a restart is its own.

        Returns:
            The fields of a Turn; None when another turn answers: the newest text's own, or an earlier one.
        """
        thread = threads.lock(connection, thread_id)
        if thread is None:
            return None
        waiting = texts.taken_by(connection, thread_id, key)
        if not waiting:
            waiting = texts.unanswered(connection, thread_id)
            if not waiting or _waits_for_more(waiting, key, now):
                return None
            overtake(connection, thread_id)
            waiting = texts.unanswered(connection, thread_id)
            texts.take(connection, [row.seq for row in waiting], key)
        profile = businesses.profile(connection, thread.business)
        if profile is None:
            return None
        thread = suspending.to_people(connection, thread, parsed(profile), waiting, now)
        thread = pausing.to_people(
            connection, self.jobs, self.public_url, thread, parsed(profile), waiting, now
        )
        waiting = self._without_consent(connection, thread, parsed(profile), waiting, key, now)
        return self._fields(connection, thread, profile, waiting, key, now) if waiting else None

    def _without_consent(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        waiting: list[texts.TextRow],
        key: str,
        now: datetime,
    ) -> list[texts.TextRow]:
        """The texts that are left when the answer to a question about marketing is taken.

        A yes counts alone: with more texts beside it, perhaps to take it back, it is read as usual.
        """
        first, *others = waiting
        if others or not marketing_consent.settle(
            connection, self.jobs, thread, business, first, now
        ):
            return waiting
        texts.take(connection, [first.seq], key, status="answered")
        return []

    def commit(
        self, connection: sa.Connection, taken: Json, decision: Decision, now: datetime
    ) -> Ticket | None:
        """State, outbox, tasks, alerts and their deliveries, all or nothing; once, however often it is called.

        Returns:
            The reply that has passed the door and is to be sent now.
        """
        key, name = taken["key"], taken["thread"]
        thread = threads.lock(connection, name)
        business = parsed(taken["business"])
        if thread is None:
            return None
        overtaken = _can_redo(decision) and _newer(connection, taken, now)
        if overtaken and texts.taken_by(connection, name, key):  # not committed by an earlier run
            texts.give_back(connection, name, key)
            quotas.count_asked(connection, business, name, key, decision.calls, now)
            return None
        if texts.answer(connection, name, key):
            self._settle(connection, thread, business, taken, decision, now)
            thread = threads.get(connection, name) or thread
        unsent = texts.written_by(connection, name, key)
        return self.door.open_row(connection, unsent[0], thread, now) if unsent else None

    def give_up(self, connection: sa.Connection, thread: str, key: str, now: datetime) -> None:
        """A turn that took the process down again and again: a person answers."""
        taken = self.take(connection, thread, key, now)
        if taken:
            self.commit(connection, taken, inbound.at_a_loss(as_turn(taken)), now)

    def _settle(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        taken: Json,
        decision: Decision,
        now: datetime,
    ) -> None:
        key = taken["key"]
        if decision.opted_out and thread.opted_out_at is None:
            evidence = {"sid": key, "wording": "understood", "rules": opt_out.rules_version()}
            opt_out_now(connection, thread, evidence, now)
        self._update_thread(connection, thread, business, decision, now)
        self._add_tasks(connection, thread, key, decision.tasks, now)
        self._add_questions(connection, thread, decision.questions, now)
        self._queue_replies(connection, thread, business, taken, decision, now)
        autonomy.ask_to_look(connection, self.jobs, thread, business, key, self.public_url, now)
        self._queue_alerts(connection, thread, business, key, decision.alerts, now)
        said = " ".join(text["body"] for text in taken["texts"])
        self._escalate(connection, thread, business, key, decision.escalation, said, now)
        quotas.count_asked(connection, business, thread.id, key, decision.calls, now)

    def _fields(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        profile: str,
        waiting: list[texts.TextRow],
        key: str,
        now: datetime,
    ) -> Json:
        business = parsed(profile)
        deaf = threads.deaf_phones(connection, business)
        earlier = texts.history(connection, thread.id, waiting[0].seq, HISTORY)
        held, visits = appointments.of_caller(connection, thread.id, now)
        return {
            "thread": thread.id,
            "sender": waiting[-1].recipient,
            "newest": waiting[-1].seq,
            "key": key,
            "now": now.isoformat(),
            "business": profile,
            "caller": thread.caller,
            "owner": thread.owner,
            "opted_out": thread.opted_out_at is not None,
            "just_opted_out": thread.opted_out_at in {row.at for row in waiting},
            "texts": [{**as_text(row), "carrier_acts": row.carrier_acts} for row in waiting],
            "history": self._history(connection, thread.id, earlier),
            "memory": thread.memory,
            "offer_is_last": any(_offers_these(row, held) for row in _ours(earlier)[-1:]),
            "offer_was_said": any(_offers_these(row, held) for row in _since_others(earlier)),
            "offers": [_json(_HOLD, as_hold(row, business)) for row in held],
            "visits": [_json(_VISIT, as_appointment(row, business)) for row in visits],
            "deaf_phones": deaf,
            "may_think": may_think(connection, business, self.tokens_per_day, now),
        }

    def _history(
        self, connection: sa.Connection, thread_id: str, earlier: list[texts.TextRow]
    ) -> list[Json]:
        released = threads.last_marked(connection, thread_id, "released")
        return takeover.history_after([as_text(row) for row in earlier], released)

    def _update_thread(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        decision: Decision,
        now: datetime,
    ) -> None:
        values: dict[str, Any] = {"memory": decision.memory, "last_at": now}
        if decision.reason:
            waits = thread.reason == Reason.EMERGENCY and thread.owner == NOBODY
            values |= {"reason": thread.reason if waits else decision.reason, "escalated": True}
        if decision.hands_over and thread.owner == AGENT:
            values |= {"owner": NOBODY, "look_at": followup.next_look(business, NOBODY, now)}
            threads.mark(connection, thread.id, "handed over", AGENT, now, decision.reason)
        threads.update(connection, thread.id, **values)

    def _add_tasks(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        key: str,
        wanted: list[Json],
        now: datetime,
    ) -> None:
        for place, one in enumerate(wanted):
            tasks.add(
                connection,
                f"{key}:{place}",
                business=thread.business,
                thread=thread.id,
                kind=one["kind"],
                note=one["note"],
                due_at=datetime.fromisoformat(one["due_at"]) if one["due_at"] else None,
                created_at=now,
            )

    def _add_questions(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        asked: list[Json],
        now: datetime,
    ) -> None:
        for one in asked:
            questions.add(
                connection,
                business=thread.business,
                thread=thread.id,
                at=now,
                words=one["question"],
                reply=one["reply"],
                passage=one["passage"],
                score=one["score"],
                answered=one["answered"],
            )

    def _queue_replies(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        taken: Json,
        decision: Decision,
        now: datetime,
    ) -> None:
        leave = autonomy.leave(connection, business, thread.id, decision, now)
        for place, reply in enumerate(decision.replies):
            queue(
                connection,
                self.jobs,
                thread,
                f"{taken['key']}:{taken['newest']}:r{place}",  # thought over with a newer text, it is another
                at=now,
                author=AGENT,
                kind=reply["kind"],
                sender=taken["sender"],
                recipient=thread.caller,
                body=reply["body"],
                turn=taken["key"],
                why={**decision.why, "evidence": reply["evidence"], "newest": taken["newest"],
                     "can_redo": _can_redo(decision), **leave.why,
                     "safety": decision.reason == Reason.EMERGENCY},
                inline=place == 0 or leave.is_suggested,
                status=texts.SUGGESTED if leave.is_suggested else "queued",
            )  # fmt: skip

    def _queue_alerts(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        key: str,
        alerts: list[Json],
        now: datetime,
    ) -> None:
        alert_staff(
            connection,
            self.jobs,
            thread,
            f"{key}:a",
            alerts,
            public_url=self.public_url,
            sender=business.phone,
            turn=key,
            at=now,
        )

    def _escalate(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        key: str,
        wanted: Json,
        said: str,
        now: datetime,
    ) -> None:
        escalations = Escalations(jobs=self.jobs, public_url=self.public_url)
        if not wanted:
            escalations.heard(connection, thread, business, key, said, now)
            return
        reason = Reason(wanted["reason"])
        escalations.begin(connection, thread, business, key, reason, wanted["words"], now)


def decide(taken: Json, conversation: Conversation) -> Decision:
    """Walk the graph; a fault of ours must not become silence: then a person answers, and the caller is told so.

    Raises:
        sqlalchemy.exc.DBAPIError: the database is away; the walk may be begun again.
    """
    turn = as_turn(taken)
    try:
        return inbound.answer(turn, conversation)
    except Exception as error:  # the outermost edge of a turn
        if is_away(error):
            raise
        log.exception("turn.failed", turn=turn.key)
        return inbound.at_a_loss(turn)


def as_turn(taken: Json) -> Turn:
    """The agent's part of what `take` returned."""
    ours = {"thread", "sender", "newest"}
    return Turn(**{name: value for name, value in taken.items() if name not in ours})


def _waits_for_more(waiting: list[texts.TextRow], key: str, now: datetime) -> bool:
    """A newer text of the burst will answer, unless this one cannot wait or the burst goes on for too long."""
    own = next((row for row in waiting if row.key == key), None)
    pressing = own is not None and inbound.wait_s(own.body) == 0
    cannot_wait = pressing or key.startswith(GIVEN_BACK)
    return waiting[-1].key != key and not cannot_wait and now - waiting[0].at < BURST_CAP


def _can_redo(decision: Decision) -> bool:
    """Nothing but words came of it: with a newer text it may be thought over again."""
    return not (
        decision.tasks
        or decision.alerts
        or decision.escalation
        or decision.hands_over
        or decision.acted
        or decision.opted_out
    )


def _newer(connection: sa.Connection, taken: Json, now: datetime) -> bool:
    """The caller has written again, and that text's turn is still to come."""
    if now - datetime.fromisoformat(taken["texts"][0]["at"]) > BURST_CAP:
        return False
    return any(row.seq > taken["newest"] for row in texts.unanswered(connection, taken["thread"]))


def as_text(row: texts.TextRow) -> Json:
    return {
        "seq": row.seq,
        "author": row.author,
        "body": row.body,
        "at": row.at.isoformat(),
        "kind": row.kind,
        "media": row.media,
    }


def _ours(earlier: list[texts.TextRow]) -> list[texts.TextRow]:
    """What has left for the caller."""
    return [row for row in earlier if not row.is_callers and row.status != "queued"]


def _since_others(earlier: list[texts.TextRow]) -> list[texts.TextRow]:
    """What the agent has said since a person or a template last wrote."""
    backwards = takewhile(lambda row: row.author == AGENT, reversed(_ours(earlier)))
    return list(backwards)


def _offers_these(row: texts.TextRow, held: list[appointments.AppointmentRow]) -> bool:
    """This text offered what is held: only then can "yes" or "2" mean it."""
    said = (row.why or {}).get("evidence") or []
    return bool(held) and {one.id for one in held} <= set(said)


def _json(adapter: TypeAdapter[Any], value: object) -> Json:
    plain: Json = adapter.dump_python(value, mode="json")  # type: ignore[arg-type, unused-ignore]  # each adapter gets its own kind
    return plain
