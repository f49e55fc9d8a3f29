"""Messages that callers leave: kept with the call, and listened to for danger and for "no more texts"."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from agent.inbound import first_look
from agent.model import OptOut, Reason, TextKind, Urgency
from agent.ports import Clock
from agent.rules import alerts, callers, rota, urgency
from agent.rules.phrases import in_danger
from agent.state import AGENT, NOBODY
from server.arrivals import ask_a_person, caller_thread, language_of, thread_name
from server.consent import opt_out_now
from server.escalations import Escalations
from server.jobs import Jobs
from server.outbox import queue
from server.reception import when_nothing_leaves
from server.store import calls, tasks, threads

_BLANK = "(blank)"
"""How Twilio writes down silence."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A message that a caller left."""

    sid: str
    """Of the call."""
    recording: str = ""
    """Where the carrier keeps it."""
    duration_s: int | None = None
    transcript: str = ""


@dataclass(frozen=True, kw_only=True)
class Voicemail:
    jobs: Jobs
    public_url: str

    def recorded(
        self, database: sa.Engine, clock: Clock, business: Business, told: Recorded
    ) -> None:
        """Keep a message with its call; words of danger reach staff at once, words against texts are obeyed."""
        stops = first_look(told.transcript, has_visit=False).opt_out is OptOut.REVOKE

        def keep(connection: sa.Connection, now: datetime) -> None:
            self._keep(connection, business, told, now, stops=stops)

        with database.connect() as connection:
            call = calls.get(connection, told.sid)
        if call is None or call.business != business.slug or callers.nobody(business, call.caller):
            return
        when_nothing_leaves(
            database, clock, threads.thread_id(business.slug, thread_name(call.caller)), keep
        )

    def _keep(
        self,
        connection: sa.Connection,
        business: Business,
        told: Recorded,
        now: datetime,
        *,
        stops: bool,
    ) -> None:
        call = calls.get(connection, told.sid)
        if call is None:  # erased meanwhile
            return
        thread = caller_thread(connection, business, call.caller, now)
        before = call.voicemail or {}
        known = {
            "recording": told.recording,
            "duration_s": told.duration_s,
            "transcript": _said(told.transcript),
        }
        after = before | {name: value for name, value in known.items() if value}
        if after == before:
            return
        calls.update(connection, told.sid, voicemail=after, thread=thread.id)
        said = after.get("transcript", "")
        length = f" of {after['duration_s']} s" if after.get("duration_s") else ""
        note = (
            f'Voicemail: "{said}"' if said else f"Left a voicemail{length}: listen and phone back."
        )
        key = f"voicemail:{told.sid}"
        if not ask_a_person(connection, business, thread.id, key, note, now):
            tasks.reword(connection, key, note)
        if told.transcript and told.transcript != before.get("transcript"):
            self._heed(connection, business, thread, told, now, stops=stops)

    def _warn(
        self,
        connection: sa.Connection,
        business: Business,
        thread: threads.ThreadRow,
        sid: str,
        danger: str | None,
        now: datetime,
    ) -> None:
        """The caller is told what to do at once; the usual first text would only ask what is wrong."""
        reached = rota.is_reachable(business, threads.deaf_phones(connection, business))
        language = language_of(business, thread) or business.languages[0]
        queue(
            connection,
            self.jobs,
            thread,
            f"voicemail:{sid}:safety",
            author=AGENT,
            kind=TextKind.HAND_OFF,
            sender=business.phone,
            recipient=thread.caller,
            body=in_danger(business, danger, now, language, reached=reached),
            at=now,
            why={"safety": True},
        )

    def _heed(
        self,
        connection: sa.Connection,
        business: Business,
        thread: threads.ThreadRow,
        told: Recorded,
        now: datetime,
        *,
        stops: bool,
    ) -> None:
        """47 CFR 64.1200(a)(11): a voicemail that asks for no more texts is presumed to revoke consent."""
        if stops and thread.opted_out_at is None:
            evidence = {"sid": told.sid, "wording": told.transcript, "means": "voicemail"}
            opt_out_now(connection, thread, evidence, now)
        heard = urgency.read(told.transcript)
        if heard.urgency is not Urgency.EMERGENCY:
            return
        owner = NOBODY if thread.owner == AGENT else thread.owner
        threads.update(connection, thread.id, owner=owner, escalated=True, reason=Reason.EMERGENCY)
        threads.mark(connection, thread.id, "handed over", AGENT, now, Reason.EMERGENCY)
        thread = threads.get(connection, thread.id) or thread
        if not stops and callers.number_of(thread.caller):
            self._warn(connection, business, thread, told.sid, heard.reason, now)
        words = alerts.voicemail(business, thread.caller, heard.reason or "", told.transcript)
        escalations = Escalations(jobs=self.jobs, public_url=self.public_url)
        key = f"voicemail:{told.sid}"
        escalations.begin(connection, thread, business, key, Reason.EMERGENCY, words, now)


def _said(transcript: str) -> str:
    """Nothing, where the carrier understood nothing."""
    return "" if transcript == _BLANK else transcript
