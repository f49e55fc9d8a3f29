"""THE ONE DOOR: consent, owner and staleness are checked again in the transaction that begins each try to send."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.errors import DeliveryError
from agent.followup import ALARM_AFTER
from agent.missed_call import VALIDITY_S
from agent.model import NoText, OutgoingText, TextKind
from agent.ports import Carrier, Clock
from agent.rules import carrier_errors
from agent.rules.carrier_errors import Handling
from server import quotas
from server.escalations import Escalations
from server.forwarding import RELAYED, not_delivered
from server.jobs import Jobs
from server.lines import CANNOT_TEXT, LineBook
from server.metrics import Dropped, Metrics
from server.refusals import WENT_ON, Limits, Refusal, is_early, refusal
from server.store import businesses, texts, threads
from server.store.engine import lasting
from server.undelivered import given_up, handed_to_people, no_first_text, not_let_out

START_WITHIN = timedelta(seconds=1.5)
"""A try that has not begun so long after its checks goes back to the door."""
STARTED_BY = timedelta(seconds=2.5)
"""So long after its checks every try has begun or never will: an opt-out waits for that before it commits."""
LOOK_BACK = timedelta(minutes=10)
"""Ids of earlier texts to the same phone are known this far back; the carrier is asked about less."""
PAUSES_S = (1, 3, 9, 27, 60, 120, 300, 600)
"""Waits between tries when the carrier fails in a way that may pass: twenty minutes in all."""
SLOWER = 3
"""Times as long when the carrier says that it gets too much."""
TURN_WAITS_S = 1.0
"""How often a text looks whether the one before it has left."""
RINGING_WAITS_S = 2.0
"""How often a first text looks whether its caller, who rings again, has been answered."""
LONGEST_WAIT = timedelta(minutes=30)
"""After this a text no longer waits for the one before it."""

_LANDLINE = "30006"
"""As the carrier would say it after the try."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One try that has passed the door."""

    text: OutgoingText
    business: Business
    thread: str
    kind: str
    queued_at: datetime
    tries: int
    """This one included."""
    begun_at: datetime
    """The first try's time: the carrier may have the text since then."""
    opened_at: datetime
    known: tuple[str, ...]
    """The carrier's ids of other texts to this phone."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    sid: str


@dataclass(frozen=True, kw_only=True)
class NotSent:
    again: bool
    """Another try can help."""
    code: str | None
    error: str


@dataclass(frozen=True, kw_only=True)
class CarrierReport:
    """What the carrier says of a text that it took."""

    business: str
    """Whose account signed the report."""
    sid: str
    status: str
    code: str | None


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where every outgoing text passes, whoever wrote it."""

    carrier: Carrier
    database: sa.Engine
    clock: Clock
    jobs: Jobs
    limits: Limits
    metrics: Metrics
    lines: LineBook | None = None
    """Knows which phones get no texts; None: only the carrier's refusals tell."""

    def attempt(self, key: str) -> None:
        """Try once to send a text; what is left to do then is enqueued. Safe to repeat after a crash."""
        if ticket := self._opened(key):
            self.deliver(ticket)

    def deliver(self, ticket: Ticket) -> None:
        """Hand a text that has passed the door to the carrier, never twice as far as the carrier lets us see."""
        if ticket.tries > 1:
            done = self._look(ticket)
            if done:
                return self._record(ticket, done)
            again = self._opened(ticket.text.key)  # looking took time: the checks hold no more
            if again is None:
                return None
            ticket = again
        if self.clock.now() - ticket.opened_at > START_WITHIN:
            late = NotSent(again=True, code=None, error="this machine was too slow")
            return self._record(ticket, late)
        return self._record(ticket, self._send(ticket))

    def open(self, connection: sa.Connection, key: str, now: datetime) -> Ticket | None:
        """Check a text once more and mark it `sending`, or drop it with the reason; before every try.

        None: nothing is to be sent now; if it is to be tried later, that is enqueued.
        """
        thread = threads.lock_of_text(connection, key)
        row = texts.get(connection, key)
        if row is None or thread is None or row.status not in texts.UNSENT:
            return None
        return self.open_row(connection, row, thread, now)

    def open_row(
        self,
        connection: sa.Connection,
        row: texts.TextRow,
        thread: threads.ThreadRow,
        now: datetime,
    ) -> Ticket | None:
        """The same for a text and its thread, read under the thread's lock."""
        business = businesses.get(connection, row.business)
        assert business is not None  # noqa: S101 - a text belongs to one
        if refused := refusal(connection, row, thread, business, self.limits, now):
            self._refuse(connection, row, thread, refused, now)
            return None
        if row.waits_until and row.waits_until > now:
            self._enqueue(connection, row, (row.waits_until - now).total_seconds(), now)
            return None
        if row.kind != TextKind.ALERT and texts.waits_before(
            connection, thread.id, row.seq, now - LONGEST_WAIT, now
        ):
            self._enqueue(connection, row, TURN_WAITS_S, now)
            return None
        if is_early(connection, row, now):
            self._enqueue(connection, row, RINGING_WAITS_S, now)
            return None
        for copy in texts.copies_before(connection, row, now):
            self._refuse(connection, copy, thread, WENT_ON, now)
        return _ticket(connection, row, business, now)

    def report(
        self, connection: sa.Connection, key: str, report: CarrierReport, now: datetime
    ) -> None:
        """A delivery report of the carrier; late, repeated and foreign ones change nothing."""
        row = texts.get(connection, key)
        if row is None or row.business != report.business or row.sid not in (None, report.sid):
            return
        thread = threads.lock(connection, row.thread) if row.thread else None
        if report.status in _FAILED:
            failed, error = _FAILED[report.status], f"carrier reports {report.status}"
            if given_up(connection, row, thread, failed, report.code, error, now):
                self._say_again(connection, row, report.code, now)
                self._not_delivered(connection, key, thread, now)
        elif report.status in texts.RANK:
            texts.advance(connection, key, report.status, sid=report.sid or row.sid)
            if report.status == "delivered":
                businesses.unblock_number(connection, row.sender, row.at)

    def _refuse(
        self,
        connection: sa.Connection,
        row: texts.TextRow,
        thread: threads.ThreadRow,
        refused: Refusal,
        now: datetime,
    ) -> None:
        _drop(connection, row, thread, refused, now)
        self._not_delivered(connection, row.key, thread, now)
        self.metrics.dropped(refused.label)

    def _opened(self, key: str) -> Ticket | None:
        return lasting(
            self.database, lambda connection: self.open(connection, key, self.clock.now())
        )

    def _send(self, ticket: Ticket) -> Sent | NotSent:
        if self._is_landline(ticket):
            return NotSent(again=False, code=_LANDLINE, error="a landline")
        try:
            return Sent(sid=self.carrier.send(ticket.text))
        except DeliveryError as error:
            return _not_sent(error)

    def _is_landline(self, ticket: Ticket) -> bool:
        """Asked once, before the first try to send a first text; what is not known in time is sent."""
        if self.lines is None or ticket.kind != TextKind.FIRST_TEXT or ticket.tries > 1:
            return False
        return self.lines.learn(ticket.business, ticket.text.to) in CANNOT_TEXT

    def _look(self, ticket: Ticket) -> Sent | NotSent | None:
        """Does the carrier have this very text from an earlier try? None: no. Others say the same words, but are known."""
        try:
            found = self.carrier.find(ticket.text, ticket.begun_at)
        except DeliveryError as error:
            return _not_sent(error)
        sid = next((one for one in found if one not in ticket.known), None)
        return Sent(sid=sid) if sid else None

    def _record(self, ticket: Ticket, result: Sent | NotSent) -> None:
        key = ticket.text.key

        def record(connection: sa.Connection) -> None:
            if isinstance(result, Sent):
                threads.touch(connection, ticket.thread)  # first, as everywhere: no deadlock
                self._sent(connection, ticket, result.sid)
                return
            now = self.clock.now()
            thread = threads.lock_of_text(connection, key)
            row = texts.get(connection, key)
            if row is None or thread is None:
                return
            pause_s = _pause_s(ticket.tries, result)
            if pause_s is None:
                given_up(connection, row, thread, "failed", result.code, result.error, now)
                self._not_delivered(connection, key, thread, now)
                return
            texts.advance(connection, key, row.status, opened_at=None)
            self._enqueue(connection, row, pause_s, now)

        lasting(self.database, record)
        if isinstance(result, Sent):
            took_s = (self.clock.now() - ticket.queued_at).total_seconds()
            self.metrics.delivery(ticket.kind, "accepted", took_s)
            if ticket.kind == TextKind.FIRST_TEXT:
                self.metrics.first_text(took_s)
        elif not result.again:
            self.metrics.delivery(ticket.kind, "failed", 0)

    def _sent(self, connection: sa.Connection, ticket: Ticket, sid: str) -> None:
        key = ticket.text.key
        moved = texts.advance(connection, key, "accepted", sid=sid)
        if moved or _was_reported_before(connection, key):
            measure, now = self.limits.measure, self.clock.now()
            quotas.count_sent(connection, ticket.business, ticket.text.body, measure, now)

    def _say_again(
        self, connection: sa.Connection, row: texts.TextRow, code: str | None, now: datetime
    ) -> None:
        """Once more, later, where the carrier's code says that the phone was only off."""
        read = carrier_errors.read(code)
        pause_s = _ONCE_MORE_S.get(read.handling) if read else None
        if pause_s is None or row.copy_of or row.is_secret or row.kind in _STALE_LATER:
            return
        relayed = {name: who for name, who in (row.why or {}).items() if name == RELAYED}
        seq = texts.add(
            connection,
            key=f"{row.key}:again",
            business=row.business,
            thread=row.thread,
            author=row.author,
            kind=row.kind,
            sender=row.sender,
            recipient=row.recipient,
            body=row.body,
            at=now + timedelta(seconds=pause_s),
            status="queued",
            why={"copy_of": row.seq} | relayed,
        )
        if seq is not None and row.thread:
            self.jobs.deliver(connection, line_of(row), f"{row.key}:again", seq, pause_s)

    def _not_delivered(
        self,
        connection: sa.Connection,
        key: str,
        thread: threads.ThreadRow | None,
        now: datetime,
    ) -> None:
        """Whoever counts on the text goes on without it."""
        not_delivered(connection, self.jobs, key, thread, now)
        Escalations(jobs=self.jobs).alert_failed(connection, key, now)

    def _enqueue(
        self, connection: sa.Connection, row: texts.TextRow, wait_s: float, now: datetime
    ) -> None:
        again = f"{now:%d%H%M%S%f}"
        self.jobs.deliver(connection, line_of(row), row.key, row.seq, wait_s, again)


_FAILED = {"failed": "failed", "canceled": "failed", "undelivered": "undelivered"}
_ONCE_MORE_S = {
    Handling.RETRY_ONCE_LATER: 600,
    Handling.PASSING: 60,
    Handling.PASSING_SLOWER: 180,
}
_STALE_LATER = {
    TextKind.OPT_OUT_CONFIRMATION,
    TextKind.FIRST_TEXT,
    TextKind.NUDGE,
    TextKind.OPT_IN_ASK,
}


_MAY_NOT_SEND = {
    Dropped.SUSPENDED,
    Dropped.UNREGISTERED,
    Dropped.MOVED_AWAY,
    Dropped.OVER_QUOTA,
}
_TO_PEOPLE = {Dropped.TOO_MANY, Dropped.SHADOW, Dropped.PAUSED, *_MAY_NOT_SEND}
_NOBODY_WAITS_FOR = {TextKind.NUDGE, TextKind.REMINDER, TextKind.OPT_IN_ASK}
_NO_TEXT = {
    Dropped.PERSON_ANSWERED: NoText.ANSWERED,
    Dropped.PERSON_HAS_THREAD: NoText.PERSON_HAS_THREAD,
    Dropped.CALLER_WROTE: NoText.WROTE_FIRST,
    Dropped.OPTED_OUT: NoText.OPTED_OUT,
    Dropped.UNTEXTABLE: NoText.LANDLINE,
    Dropped.TOO_LATE: NoText.TOLD_TOO_LATE,
    Dropped.SHADOW: NoText.SHADOW,
}


def line_of(row: texts.TextRow) -> str:
    """Texts of one line leave in order; alerts to staff wait for no caller's text."""
    return f"{row.thread}:alerts" if row.kind == TextKind.ALERT else str(row.thread)


def _was_reported_before(connection: sa.Connection, key: str) -> bool:
    """The carrier's report was quicker than its answer."""
    row = texts.get(connection, key)
    return row is not None and row.status not in (*texts.UNSENT, "accepted")


def _ticket(
    connection: sa.Connection, row: texts.TextRow, business: Business, now: datetime
) -> Ticket:
    begun, tries = row.sending_at or now, row.tries + 1
    texts.advance(connection, row.key, "sending", sending_at=begun, opened_at=now, tries=tries)
    known = texts.sids_to(connection, row.recipient, begun - LOOK_BACK) if row.sending_at else []
    return Ticket(
        text=_outgoing(row, business),
        business=business,
        thread=str(row.thread),
        kind=str(row.kind),
        queued_at=row.at,
        tries=tries,
        begun_at=begun,
        opened_at=now,
        known=tuple(known),
    )


def _not_sent(error: DeliveryError) -> NotSent:
    read = carrier_errors.read(error.code)
    operator = read is not None and read.handling is Handling.OPERATOR
    if operator:
        log.error("carrier.refuses_this_account", code=error.code)
    return NotSent(again=operator or not error.permanent, code=error.code, error=str(error))


def _pause_s(tries: int, result: NotSent) -> float | None:
    if not result.again or tries > len(PAUSES_S):
        return None
    read = carrier_errors.read(result.code)
    slower = read is not None and read.handling in (Handling.PASSING_SLOWER, Handling.OPERATOR)
    return PAUSES_S[tries - 1] * (SLOWER if slower else 1)


def _drop(
    connection: sa.Connection,
    row: texts.TextRow,
    thread: threads.ThreadRow,
    refused: Refusal,
    now: datetime,
) -> None:
    texts.advance(connection, row.key, "dropped", status_reason=refused.words)
    log.info("text.dropped", thread=row.thread, kind=row.kind, reason=refused.words)
    if refused.label is Dropped.OVERTAKEN and row.turn:
        texts.give_back(connection, thread.id, row.turn)
    if row.kind == TextKind.FIRST_TEXT:
        no_first_text(
            connection,
            row,
            thread,
            _NO_TEXT.get(refused.label, NoText.NOT_SENT),
            refused.words,
            now,
        )
    elif refused.label is Dropped.PAUSED and row.kind == TextKind.NUDGE:
        return  # nobody waits for it
    elif refused.label in _MAY_NOT_SEND and row.kind in _NOBODY_WAITS_FOR:
        return
    elif refused.label in _MAY_NOT_SEND and row.kind == TextKind.STAFF:
        not_let_out(connection, row, refused.words, now)
    elif refused.label in _TO_PEOPLE and row.kind != TextKind.ALERT:
        handed_to_people(connection, row, thread, refused.words, now)
        if (
            refused.label is Dropped.OVER_QUOTA
        ):  # staff still get texts: soon they are told who waits
            threads.update(connection, thread.id, look_at=now + ALARM_AFTER)


def _outgoing(row: texts.TextRow, business: Business) -> OutgoingText:
    return OutgoingText(
        key=row.key,
        sender=row.sender,
        to=row.recipient,
        body=row.body,
        account_sid=business.twilio.account_sid,
        auth_token_env=business.twilio.auth_token_env,
        validity_s=VALIDITY_S if row.kind == TextKind.FIRST_TEXT else None,
    )
