"""What follows a missed call: the first text is queued, or a person is asked to phone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agent import followup, missed_call
from agent.business import Business
from agent.missed_call import NoFirstText, SendFirstText
from agent.model import MissReason, Reason, TaskKind, TextKind
from agent.rules import alerts, callers, first_text
from agent.state import AGENT, NOBODY
from server.arrivals import ask_a_person, goes_on, language_of
from server.escalations import Escalations
from server.free_time import free_again
from server.jobs import Jobs
from server.outbox import queue
from server.store import calls, consents, tasks, texts, threads

UNSURE_S = 10.0
"""The end of a call came without the end of its ringing: that callback may only be late."""
_TRIES_OF_A_MACHINE = timedelta(minutes=10)
_SPOOFED = "TN-Validation-Failed"
"""How STIR/SHAKEN's verdict begins that the number shown is not the caller's."""
_ALERT_EVERY = timedelta(minutes=10)
_NO_LONGER = timedelta(minutes=1)
"""A call of which the length is not told took so long at most."""


@dataclass(frozen=True, kw_only=True)
class FirstTexts:
    jobs: Jobs
    grace_s: float
    public_url: str

    def follow(
        self,
        connection: sa.Connection,
        business: Business,
        call: Any,
        thread: threads.ThreadRow,
        now: datetime,
        duration_s: float | None,
        heard: str | None,
    ) -> str:
        """Decide once what a missed call brings about; says it.

        Args:
            call: just settled as missed.
            thread: the caller's, locked.
            duration_s: of the whole call; None: not told.
            heard: names the greeting that the caller hears; None: none of ours.
        """
        facts = _facts(connection, business, call, thread, now, duration_s)
        decision = missed_call.decide(business, facts)
        goes_on(connection, business, thread, now)
        if isinstance(decision, NoFirstText):
            self._no_text(connection, business, call, thread, decision, now)
            return decision.reason
        said = self._text(connection, business, call, thread, decision, now)
        if not call.is_test:
            _note_consent(connection, business, call, heard, now)
        return said

    def _no_text(
        self,
        connection: sa.Connection,
        business: Business,
        call: Any,
        thread: threads.ThreadRow,
        decision: NoFirstText,
        now: datetime,
    ) -> None:
        calls.update(
            connection, call.sid, thread=thread.id, decision=decision.reason, body=decision.body
        )
        if decision.task:
            key = f"{'again' if decision.alert else 'call'}:{call.sid}"
            ask_a_person(connection, business, thread.id, key, decision.task, now)
        if decision.alert:
            self._alert(connection, business, thread, now)

    def _alert(
        self,
        connection: sa.Connection,
        business: Business,
        thread: threads.ThreadRow,
        now: datetime,
    ) -> None:
        """Once in ten minutes: who redials at once is told of once."""
        bucket = int(now.timestamp() // _ALERT_EVERY.total_seconds())
        escalations = Escalations(jobs=self.jobs, public_url=self.public_url)
        key = f"again:{thread.id}:{bucket}"
        reason = Reason(thread.reason) if thread.owner == NOBODY and thread.reason else Reason.OTHER
        words = alerts.called_again(
            business, thread.caller, reason, opted_out=thread.opted_out_at is not None
        )
        escalations.begin(connection, thread, business, key, reason, words, now)

    def _text(
        self,
        connection: sa.Connection,
        business: Business,
        call: Any,
        thread: threads.ThreadRow,
        decision: SendFirstText,
        now: datetime,
    ) -> str:
        """The text leaves from the number that was called, where that is ours."""
        at = decision.send_at or now
        queue(
            connection,
            self.jobs,
            thread,
            texts.first_key(call.sid),
            wait_s=self._wait_s(call, decision, now),
            author="template",
            kind=TextKind.FIRST_TEXT,
            sender=call.dialled if call.dialled in business.numbers else business.phone,
            recipient=call.caller,
            body=decision.body,
            at=at,
            why={
                "call": call.sid,
                "called_at": call.at.isoformat(),
                "held": decision.send_at is not None,
                "test": call.is_test,
                "template": decision.template,
            },
        )
        said = "held" if decision.send_at else "first text"
        calls.update(connection, call.sid, thread=thread.id, decision=said, body=decision.body)
        if not call.is_test:  # an owner who tries it out is not nudged
            look_at = followup.after_first_text(business, at)
            threads.update(connection, thread.id, first_text_at=at, look_at=look_at)
        if decision.back_at:
            _owe_being_back(connection, business, call, thread, decision.back_at, now)
        return said

    def _wait_s(self, call: Any, decision: SendFirstText, now: datetime) -> float:
        if decision.send_at:
            return (decision.send_at - now).total_seconds()
        unsure = call.reason == MissReason.UNKNOWN
        return max(self.grace_s, UNSURE_S) if unsure else self.grace_s


def _note_consent(
    connection: sa.Connection, business: Business, call: Any, heard: str | None, now: datetime
) -> None:
    """Who calls may be answered once by text; what the caller heard of it is part of the evidence."""
    evidence = {"call": call.sid, "dialled": call.told_as or call.dialled}
    if heard:
        evidence["greeting"] = heard
    consents.note(connection, business.slug, call.caller, "inbound_call", evidence, now)


def _owe_being_back(
    connection: sa.Connection,
    business: Business,
    call: Any,
    thread: threads.ThreadRow,
    back_at: datetime,
    now: datetime,
) -> None:
    at = f"{back_at.astimezone(business.zone):%a %-I:%M %p}"
    note = f"Our text says that a person is back {at}: phone or write then."
    ask_a_person(
        connection,
        business,
        thread.id,
        f"{tasks.BACK}{call.sid}",
        note,
        now,
        TaskKind.PROMISE,
        back_at,
    )


def _facts(
    connection: sa.Connection,
    business: Business,
    call: Any,
    thread: threads.ThreadRow,
    now: datetime,
    duration_s: float | None,
) -> missed_call.MissedCall:
    said = texts.last_said(connection, thread.id)
    texted = texts.last_of_kind(connection, thread.id, TextKind.FIRST_TEXT)
    texted_at = calls.last_texted(connection, thread.id)
    if texted_at and texted:
        texted_at = max(texted_at, texted.at)
    lasted = _NO_LONGER if duration_s is None else timedelta(seconds=duration_s)
    signs = callers.Signs(
        spoofed=str(call.raw.get("StirVerstat", "")).startswith(_SPOOFED),
        shops=calls.businesses_called(connection, call.caller, now - _TRIES_OF_A_MACHINE),
        shows_dialled=call.told_as == call.caller,
        rang_s=(now - call.at).total_seconds(),
    )
    return missed_call.MissedCall(
        caller=call.caller,
        called_at=call.at,
        ended_at=min(now, call.at + lasted),
        told_at=now,
        reason=MissReason(call.reason),
        opted_out=thread.opted_out_at is not None,
        human_owned=thread.owner != AGENT,
        last_first_text_at=texted_at,
        last_said_at=said.at if said else None,
        untextable=thread.untextable,
        signs=signs,
        told_as=call.told_as,
        language=language_of(business, thread),
        first_name=thread.name.partition(" ")[0],
        free_at=free_again(connection, business, now)
        if first_text.needs_free_time(business, call.at)
        else None,
        held_already=texts.held(connection, business.slug, now),
        is_test=call.is_test,
    )
