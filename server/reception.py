"""What arrives by text: stored once, with the work it causes, in one transaction."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from agent import inbound
from agent.business import Business
from agent.model import OptOut
from agent.ports import Clock
from agent.rules import opt_out
from server import events
from server.arrivals import ask_a_person, goes_on, thread_of
from server.consent import opt_in_now, opt_out_now
from server.delivery import STARTED_BY
from server.handset import Handsets, StaffText
from server.jobs import Jobs
from server.metrics import Metrics
from server.store import appointments, texts, threads, usage

_T = TypeVar("_T")

_LOOK_AGAIN_S = 0.02
_NO_LATER = timedelta(seconds=10)
"""An opt-out is committed by then, whatever is under way: the carrier waits for 15 s."""


def when_nothing_leaves(
    database: sa.Engine,
    clock: Clock,
    thread: str,
    act: Callable[[sa.Connection, datetime], _T],
) -> _T:
    """Act in a transaction of its own once every try to send this caller a text has begun or never will."""
    latest = clock.now() + _NO_LATER
    while True:
        with database.begin() as connection:
            threads.lock(connection, thread)
            now = clock.now()  # under the lock: waiting for it may take a while
            if now >= latest or not texts.is_under_way(connection, thread, now - STARTED_BY):
                return act(connection, now)
        time.sleep(_LOOK_AGAIN_S)


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
class Reception:
    """The front desk of every business of this installation."""

    jobs: Jobs
    debounce_s: float
    metrics: Metrics
    handsets: Handsets | None = None
    """None: nobody works from their own phone."""

    def receive(
        self, database: sa.Engine, clock: Clock, business: Business, text: IncomingText
    ) -> bool:
        """Store a text, in a transaction of its own. False: it was here before.

        An opt-out is committed only when every try to send this caller a text has begun or never will,
        so that no request to the carrier starts after it; that takes a moment at most.
        """
        look = inbound.first_look(text.body, has_visit=False)

        def store(connection: sa.Connection, now: datetime) -> bool:
            return self.text(connection, business, text, now, look)

        if look.opt_out is OptOut.REVOKE:
            thread = threads.thread_id(business.slug, text.caller)
            return when_nothing_leaves(database, clock, thread, store)
        with database.begin() as connection:
            return store(connection, clock.now())

    def text(
        self,
        connection: sa.Connection,
        business: Business,
        text: IncomingText,
        now: datetime,
        look: inbound.FirstLook | None = None,
    ) -> bool:
        """Store a text, change consent at once, enqueue its turn. False: it was here before.

        A text from a staff member's own phone starts no turn: it is a command, or words for the caller in hand.
        """
        is_staff = text.caller in {person.phone for person in business.staff}
        thread = thread_of(connection, business, text.caller, now)
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
        if is_staff:
            self._from_staff(connection, business, thread, look, text, now)
            return True
        self._change_consent(connection, thread, look, text, now)
        if visits and look.opt_out is OptOut.REVOKE and "cancel" in text.body.lower():
            note = "Opted out with the word cancel, and has a visit: may have meant the visit, please phone."
            ask_a_person(connection, business, thread.id, f"call:{text.sid}", note, now)
        if self.handsets:
            stops = look.opt_out is OptOut.REVOKE or text.carrier_said == "STOP"
            said = _staff_text(text, look)
            self.handsets.forward(connection, business, thread, said, now, opts_out=stops)
        if look.opt_out is not OptOut.REVOKE:
            _tell_of_a_lead(connection, thread, text, now)
        goes_on(connection, business, thread, now)
        wait_s = min(look.wait_s, self.debounce_s)
        self.jobs.turn(connection, thread.id, text.sid, seq, wait_s)
        usage.count(connection, business.slug, usage.month_of(now, business.zone), texts_in=1)
        return True

    def _from_staff(
        self,
        connection: sa.Connection,
        business: Business,
        own: threads.ThreadRow,
        look: inbound.FirstLook,
        text: IncomingText,
        now: datetime,
    ) -> None:
        """Only what is nothing but the law's words changes consent: "#4 STOP" and "Stop 4" would end a person's alerts."""
        desk = self.handsets
        if (
            desk is None
            or text.carrier_said
            or (
                look.opt_out is not OptOut.NONE
                and desk.means_consent(connection, business, own, text.body, now)
            )
        ):
            self._change_consent(connection, own, look, text, now)
        if desk:
            known = threads.get(connection, own.id) or own
            desk.read(connection, business, known, _staff_text(text, look), now)

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
        if stops:
            if thread.opted_out_at is None:
                opt_out_now(connection, thread, evidence, now)
                self.metrics.opt_out()
            _stop_who_had_the_number(connection, thread, text.to, evidence, now)
        elif starts and thread.opted_out_at is not None:
            opt_in_now(connection, thread, evidence, now)


def _stop_who_had_the_number(
    connection: sa.Connection,
    thread: threads.ThreadRow,
    number: str,
    evidence: dict[str, str],
    now: datetime,
) -> None:
    """A number may have moved since it texted this caller: whoever texted from it is meant as well."""
    before = texts.threads_texted(connection, thread.caller, number, besides=thread.business)
    for name in before:
        theirs = threads.lock(connection, name)
        if theirs is not None and theirs.opted_out_at is None:
            opt_out_now(connection, theirs, evidence, now)


def _tell_of_a_lead(
    connection: sa.Connection, thread: threads.ThreadRow, text: IncomingText, now: datetime
) -> None:
    """The caller's first text since the episode began: other systems want to know of it. The thread is as it was before."""
    kind = events.Kind.THREAD_REPLIED
    if not events.wants(connection, thread.business, kind):
        return
    began = thread.episode_at if thread.resolved_at is None else None
    if began is None or texts.count_of_caller(connection, thread.id, began) == 1:
        body, words = {"photos": len(text.media)}, {"text": text.body}
        events.emit(connection, thread.business, kind, now, body, thread.id, words)


def _staff_text(text: IncomingText, look: inbound.FirstLook) -> StaffText:
    return StaffText(
        sid=text.sid,
        body=text.body,
        photos=len(text.media),
        carrier_answers=bool(text.carrier_said) or look.carrier_acts,
    )
