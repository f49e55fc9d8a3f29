"""What arrives: texts and calls. Each is stored once, with the work it causes, in one transaction."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agent import followup, inbound, missed_call
from agent.business import Business
from agent.model import OptOut, TaskKind, TextKind
from agent.ports import Clock
from agent.rules import hours, opt_out
from agent.state import AGENT
from server.consent import opt_in_now, opt_out_now
from server.delivery import STARTED_BY
from server.jobs import Jobs
from server.metrics import Metrics
from server.store import appointments, calls, consents, suppressions, tasks, texts, threads

_LOOK_AGAIN_S = 0.02
_NO_LATER = timedelta(seconds=10)
"""An opt-out is committed by then, whatever is under way: the carrier waits for 15 s."""


@dataclass(frozen=True, kw_only=True)
class IncomingText:
    sid: str
    caller: str
    """E.164."""
    to: str
    body: str
    media: list[dict[str, str]]
    carrier_said: str
    """The carrier's own OptOutType; empty when it sent none."""
    raw: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class IncomingCall:
    sid: str
    caller: str
    dialled: str
    raw: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Reception:
    """The front desk of every business of this installation."""

    jobs: Jobs
    debounce_s: float
    grace_s: float
    metrics: Metrics

    def receive(
        self, database: sa.Engine, clock: Clock, business: Business, text: IncomingText
    ) -> bool:
        """Store a text, in a transaction of its own. False: it was here before.

        An opt-out is committed only when every try to send this caller a text has begun or never will,
        so that no request to the carrier starts after it; that takes a moment at most.
        """
        look = inbound.first_look(text.body, has_visit=False)
        thread = threads.thread_id(business.slug, text.caller)
        latest = clock.now() + _NO_LATER
        while True:
            with database.begin() as connection:
                if look.opt_out is OptOut.REVOKE:
                    threads.lock(connection, thread)
                now = clock.now()  # under the lock: waiting for it may take a while
                waits = look.opt_out is OptOut.REVOKE and now < latest
                if not (waits and texts.is_under_way(connection, thread, now - STARTED_BY)):
                    return self.text(connection, business, text, now, look)
            time.sleep(_LOOK_AGAIN_S)

    def text(
        self,
        connection: sa.Connection,
        business: Business,
        text: IncomingText,
        now: datetime,
        look: inbound.FirstLook | None = None,
    ) -> bool:
        """Store a text, change consent at once, enqueue its turn. False: it was here before.

        A text from a staff member's own phone (an answer to an alert) is kept and starts no turn.
        """
        is_staff = text.caller in {person.phone for person in business.staff}
        thread = self._thread(connection, business, text.caller, now)
        look = look or inbound.first_look(text.body, has_visit=False)
        visits = look.opt_out is not OptOut.NONE and appointments.visits(connection, thread.id, now)
        if visits:
            look = inbound.first_look(text.body, has_visit=True)
        acts = bool(text.carrier_said) or look.carrier_acts
        seq = texts.add(
            connection,
            key=text.sid,
            business=business.slug,
            thread=thread.id,
            author="caller",
            sender=text.caller,
            recipient=text.to,
            body=text.body,
            media=text.media,
            at=now,
            carrier_acts=acts,
            status="answered" if is_staff else "received",
            turn="staff" if is_staff else None,
            sid=text.sid,
            why={"raw": text.raw},
        )
        if seq is None:
            return False
        self._change_consent(connection, thread, look, text, now)
        if visits and look.opt_out is OptOut.REVOKE and "cancel" in text.body.lower():
            note = "Opted out with the word cancel, and has a visit: may have meant the visit, please phone."
            self._ask_a_person(connection, business, thread.id, text.sid, note, now)
        if is_staff:
            return True
        self._goes_on(connection, business, thread, now)
        wait_s = min(look.wait_s, self.debounce_s)
        self.jobs.turn(connection, thread.id, text.sid, seq, wait_s)
        return True

    def call_began(
        self, connection: sa.Connection, business: Business, call: IncomingCall, now: datetime
    ) -> None:
        calls.begin(
            connection,
            sid=call.sid,
            business=business.slug,
            caller=call.caller,
            dialled=call.dialled,
            at=now,
            raw=call.raw,
        )

    def call_answered(
        self, connection: sa.Connection, business: Business, call: IncomingCall, now: datetime
    ) -> None:
        self.call_began(connection, business, call, now)  # its first callback may come last
        calls.end(connection, call.sid, "answered")

    def call_missed(
        self, connection: sa.Connection, business: Business, told: IncomingCall, now: datetime
    ) -> str:
        """Settle a call that nobody took: the first text is queued, or a person is asked. Says which.

        Repeated and late callbacks settle nothing twice.
        """
        sid = told.sid
        self.call_began(connection, business, told, now)  # its first callback may come last
        call = calls.get(connection, sid)
        if not calls.end(connection, sid, "missed"):
            return call.decision or "known"
        thread = self._thread(connection, business, call.caller, now)
        facts = missed_call.MissedCall(
            caller=call.caller,
            called_at=call.at,
            opted_out=thread.opted_out_at is not None,
            human_owned=thread.owner != AGENT,
            last_first_text_at=thread.first_text_at,
        )
        decision = missed_call.decide(business, facts)
        self._goes_on(connection, business, thread, now)
        if isinstance(decision, missed_call.NoFirstText):
            calls.decided(connection, sid, thread.id, decision.reason)
            self._ask_a_person(connection, business, thread.id, sid, decision.task, now)
            return decision.reason
        self._queue_first_text(connection, business, call, decision.body, now)
        calls.decided(connection, sid, thread.id, "first text")
        return "first text"

    def _queue_first_text(
        self, connection: sa.Connection, business: Business, call: Any, body: str, now: datetime
    ) -> None:
        """The text leaves from the number that was called."""
        thread = threads.thread_id(business.slug, call.caller)
        key = f"first:{call.sid}"
        seq = texts.add(
            connection,
            key=key,
            business=business.slug,
            thread=thread,
            author="template",
            kind=TextKind.FIRST_TEXT,
            sender=call.dialled if call.dialled in business.numbers else business.phone,
            recipient=call.caller,
            body=body,
            at=now,
            status="queued",
            why={"call": call.sid},
        )
        if seq is None:
            return
        look_at = followup.after_first_text(business, now)
        threads.update(connection, thread, first_text_at=now, look_at=look_at)
        evidence = {"call": call.sid, "dialled": call.dialled}
        consents.note(connection, business.slug, call.caller, "inbound_call", evidence, now)
        self.jobs.deliver(connection, thread, key, seq, self.grace_s)

    def _thread(
        self, connection: sa.Connection, business: Business, caller: str, now: datetime
    ) -> threads.ThreadRow:
        """The caller's thread, locked; whoever was erased after an opt-out is still opted out in a new one."""
        thread, is_new = threads.locked(connection, business.slug, caller, now)
        if is_new and (since := suppressions.since(connection, business.slug, caller)):
            threads.update(connection, thread.id, opted_out_at=since)
            return threads.lock(connection, thread.id) or thread
        return thread

    def _goes_on(
        self,
        connection: sa.Connection,
        business: Business,
        thread: threads.ThreadRow,
        now: datetime,
    ) -> None:
        """The caller is here: a new episode if the last one was over."""
        values: dict[str, Any] = {
            "last_at": now,
            "look_at": followup.next_look(business, thread.owner, now),
        }
        if thread.resolved_at is not None or thread.episode_at is None:
            values |= {"episode_at": now, "resolved_at": None}
        threads.update(connection, thread.id, **values)

    def _change_consent(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        look: inbound.FirstLook,
        text: IncomingText,
        now: datetime,
    ) -> None:
        """STOP holds from this transaction on, whatever else is running."""
        stops = look.opt_out is OptOut.REVOKE or text.carrier_said == "STOP"
        # A carrier also unblocks on YES; that is no consent of ours unless we asked for it.
        starts = look.opt_out is OptOut.START
        evidence = {"sid": text.sid, "wording": look.span, "rules": opt_out.rules_version()}
        if stops and thread.opted_out_at is None:
            opt_out_now(connection, thread, evidence, now)
            self.metrics.opt_out()
        elif starts and not stops and thread.opted_out_at is not None:
            opt_in_now(connection, thread, evidence, now)

    def _ask_a_person(
        self,
        connection: sa.Connection,
        business: Business,
        thread: str,
        sid: str,
        note: str | None,
        now: datetime,
    ) -> None:
        if note is None:
            return
        tasks.add(
            connection,
            f"call:{sid}",
            business=business.slug,
            thread=thread,
            kind=TaskKind.PHONE_CALLER,
            note=note,
            due_at=hours.due(business, now),
            created_at=now,
        )
