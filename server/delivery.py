"""THE ONE DOOR: consent, owner and staleness are checked again in the transaction that marks a text `sending`."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.business import Business
from agent.errors import DeliveryError
from agent.missed_call import VALIDITY_S
from agent.model import OutgoingText, TaskKind, TextKind
from agent.ports import Carrier
from agent.state import AGENT, NOBODY, Json
from server.reception import opt_out_now
from server.store import businesses, calls, tasks, texts, threads

CONFIRMATION_WITHIN = timedelta(minutes=5)
"""47 CFR 64.1200(a)(12): later than this an opt-out confirmation needs a showing."""
FIRST_TEXT_WITHIN = timedelta(seconds=VALIDITY_S)
OPTED_OUT_CODE = "21610"
PAUSES_S = (1.0, 3.0, 9.0)
"""Waits between tries when the carrier fails in a way that may pass."""

_AFTER_OPT_OUT = {TextKind.OPT_OUT_CONFIRMATION, TextKind.ALERT}
_AGENTS = {TextKind.REPLY, TextKind.FIRST_TEXT}


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where every outgoing text passes, whoever wrote it."""

    carrier: Carrier
    process: str = field(default_factory=lambda: uuid.uuid4().hex)
    """This run of this process: a text that another run had begun is looked for before it is sent."""

    def open(self, connection: sa.Connection, key: str, now: datetime) -> Json | None:
        """Check a queued text once more and mark it `sending`, or drop it with the reason.

        Returns:
            What `send` needs; None when nothing is to be sent.
        """
        row = texts.get(connection, key)
        if row is None or row.thread is None:
            return None
        thread = threads.lock(connection, row.thread)
        row = texts.get(connection, key)
        if row is None or thread is None or row.status != "queued":
            return None
        if why := _refusal(connection, row, thread, now):
            _drop(connection, row, why, now)
            return None
        texts.advance(connection, key, "sending", sending_at=now)
        business = businesses.get(connection, row.business)
        return _outgoing(row, business) | {"process": self.process, "since": now.isoformat()}

    def send(self, ticket: Json, pause: Callable[[float], None]) -> Json:
        """Hand the text to the carrier; never twice, as far as the carrier lets us see."""
        text = OutgoingText(**{k: v for k, v in ticket.items() if k not in ("process", "since")})
        since = datetime.fromisoformat(ticket["since"])
        look_first = ticket["process"] != self.process
        failure: DeliveryError | None = None
        for wait_s in (0.0, *PAUSES_S):
            if wait_s:
                pause(wait_s)
            try:
                sid = self.carrier.find(text, since) if look_first else None
                return {"sid": sid or self.carrier.send(text)}
            except DeliveryError as error:
                failure = error
                look_first = look_first or error.unknown
                if error.permanent:
                    break
        assert failure is not None  # noqa: S101 - every way out of the loop sets it
        return {"sid": None, "code": failure.code, "error": str(failure)}

    def record(self, connection: sa.Connection, key: str, result: Json, now: datetime) -> None:
        """Keep what the carrier said; a text that failed becomes a task for a person."""
        if result["sid"]:
            _advance(connection, key, "accepted", sid=result["sid"])
            return
        fail(connection, key, "failed", result.get("code"), result["error"], now)

    def report(
        self, connection: sa.Connection, key: str, status: str, code: str | None, now: datetime
    ) -> None:
        """A delivery report of the carrier; late and repeated ones change nothing."""
        if status in ("failed", "undelivered"):
            fail(connection, key, status, code, f"carrier reports {status}", now)
        elif status in texts.RANK:
            _advance(connection, key, status)


def _advance(connection: sa.Connection, key: str, status: str, **values: str) -> None:
    """Move a text on, and let the pages that show its thread know."""
    texts.advance(connection, key, status, **values)
    row = texts.get(connection, key)
    if row and row.thread:
        threads.lock(connection, row.thread)


def fail(
    connection: sa.Connection,
    key: str,
    status: str,
    code: str | None,
    error: str,
    now: datetime,
) -> None:
    row = texts.get(connection, key)
    if row is None or not texts.advance(connection, key, status):
        return
    reason = error if code is None else f"{error} ({code})"
    texts.advance(connection, key, status, status_reason=reason)
    thread = threads.lock(connection, row.thread) if row.thread else None
    if thread is None:
        return
    if code == OPTED_OUT_CODE and thread.opted_out_at is None and row.kind != TextKind.ALERT:
        opt_out_now(connection, thread, {"sid": key, "wording": "carrier 21610"}, now)
    tasks.add(
        connection,
        f"undelivered:{key}",
        business=row.business,
        thread=row.thread,
        kind=TaskKind.UNDELIVERED,
        note=f"A text could not be delivered: {reason}",
        created_at=now,
    )


def _refusal(
    connection: sa.Connection, row: texts.TextRow, thread: threads.ThreadRow, now: datetime
) -> str | None:
    """Why a text may not leave, in plain words, or None."""
    kind = TextKind(row.kind or TextKind.REPLY)
    if kind is TextKind.ALERT:
        return None
    if thread.opted_out_at is not None:
        return _refused_after_opt_out(kind, thread.opted_out_at, now)
    if kind in _AGENTS and thread.owner != AGENT:
        return "a person has taken the thread"
    if kind is TextKind.HAND_OFF and (
        thread.owner not in (AGENT, NOBODY)
        or texts.staff_wrote_after(connection, thread.id, row.seq)
    ):
        return "a person has already answered"
    if kind is TextKind.FIRST_TEXT:
        return _first_text_refused(connection, row, thread, now)
    return _overtaken(connection, row)


def _refused_after_opt_out(kind: TextKind, opted_out_at: datetime, now: datetime) -> str | None:
    if kind not in _AFTER_OPT_OUT:
        return "the caller has opted out of texts; phone instead"
    late = now - opted_out_at > CONFIRMATION_WITHIN
    return "too late to confirm the opt-out" if late else None


def _first_text_refused(
    connection: sa.Connection, row: texts.TextRow, thread: threads.ThreadRow, now: datetime
) -> str | None:
    if calls.answered_since(connection, row.business, thread.caller, row.at):
        return "a person has answered the caller's call"
    return "too late for a first text" if now - row.at > FIRST_TEXT_WITHIN else None


def _overtaken(connection: sa.Connection, row: texts.TextRow) -> str | None:
    """A newer text came before this plain reply left: its turn answers both."""
    why = row.why or {}
    if row.kind != TextKind.REPLY or not why.get("can_redo") or row.thread is None:
        return None
    newer = [one for one in texts.unanswered(connection, row.thread) if one.seq > why["newest"]]
    return "a newer text came first" if newer else None


def _drop(connection: sa.Connection, row: texts.TextRow, why: str, now: datetime) -> None:
    texts.advance(connection, row.key, "dropped", status_reason=why)
    if why == "a newer text came first" and row.thread and row.turn:
        again = [text.seq for text in texts.taken_by(connection, row.thread, row.turn)]
        texts.take(connection, again, None)
    if row.thread:
        threads.mark(connection, row.thread, "not sent", row.author, now, why)


def _outgoing(row: texts.TextRow, business: Business | None) -> Json:
    return {
        "key": row.key,
        "sender": row.sender,
        "to": row.recipient,
        "body": row.body,
        "account_sid": business.twilio.account_sid if business else None,
        "validity_s": VALIDITY_S if row.kind == TextKind.FIRST_TEXT else None,
    }
