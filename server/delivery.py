"""THE ONE DOOR: consent, owner and staleness are checked again in the transaction that marks a text `sending`."""

import uuid
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
LOOK_BACK = timedelta(minutes=10)
"""Ids of earlier texts to the same phone are known this far back; the carrier is asked about less."""
PAUSES_S = (1.0, 3.0, 9.0, 27.0)
"""Waits between tries when the carrier fails in a way that may pass."""

_OVERTAKEN = "a newer text came first"
_AGENTS = {TextKind.REPLY, TextKind.FIRST_TEXT}


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where every outgoing text passes, whoever wrote it."""

    carrier: Carrier
    process: str = field(default_factory=lambda: uuid.uuid4().hex)
    """This run of this process: a text that another run had begun is looked for before it is sent."""

    def open(self, connection: sa.Connection, key: str, tries: int, now: datetime) -> Json | None:
        """Check a text once more and mark it `sending`, or drop it with the reason; before every try.

        Args:
            tries: how often it was tried before.

        Returns:
            What `send` needs; None when nothing is to be sent.
        """
        row = texts.get(connection, key)
        if row is None or row.thread is None:
            return None
        thread = threads.lock(connection, row.thread)
        row = texts.get(connection, key)
        if row is None or thread is None or row.status not in ("queued", "sending"):
            return None
        if why := _refusal(connection, row, thread, now):
            _drop(connection, row, why)
            return None
        begun = row.sending_at or now
        texts.advance(connection, key, "sending", sending_at=begun)
        return {
            "text": _outgoing(row, businesses.get(connection, row.business)),
            "process": self.process,
            "tries": tries,
            "since": begun.isoformat(),
            "known": texts.sids_to(connection, row.recipient, begun - LOOK_BACK),
        }

    def send(self, ticket: Json) -> Json:
        """Try once to hand the text to the carrier; never twice, as far as the carrier lets us see.

        Returns:
            `sid` when the carrier has it; else `again` says whether another try can help.
        """
        if ticket["process"] != self.process:  # another run began this try: back to the door first
            return {"sid": None, "again": True, "code": None, "error": "interrupted"}
        text = OutgoingText(**ticket["text"])
        try:
            taken = self._already_taken(text, ticket) if ticket["tries"] else None
            return {"sid": taken or self.carrier.send(text)}
        except DeliveryError as error:
            again = not error.permanent
            return {"sid": None, "again": again, "code": error.code, "error": str(error)}

    def _already_taken(self, text: OutgoingText, ticket: Json) -> str | None:
        """The carrier's id of this very text: earlier ones may say the same words, but have their ids here."""
        found = self.carrier.find(text, datetime.fromisoformat(ticket["since"]))
        return next((sid for sid in found if sid not in ticket["known"]), None)

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
        return _alert_refused(connection, row)
    if thread.opted_out_at is not None:
        return _refused_after_opt_out(kind, thread.opted_out_at, now)
    if kind is TextKind.OPT_OUT_CONFIRMATION:
        return "the caller has opted in again"
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


def _alert_refused(connection: sa.Connection, row: texts.TextRow) -> str | None:
    """Staff too may text STOP."""
    theirs = threads.get(connection, threads.thread_id(row.business, row.recipient))
    stopped = theirs is not None and theirs.opted_out_at is not None
    return "this person has opted out of alerts" if stopped else None


def _refused_after_opt_out(kind: TextKind, opted_out_at: datetime, now: datetime) -> str | None:
    if kind is not TextKind.OPT_OUT_CONFIRMATION:
        return "the caller has opted out of texts; phone instead"
    late = now - opted_out_at > CONFIRMATION_WITHIN
    return "too late to confirm the opt-out" if late else None


def _first_text_refused(
    connection: sa.Connection, row: texts.TextRow, thread: threads.ThreadRow, now: datetime
) -> str | None:
    if calls.answered_since(connection, row.business, thread.caller, row.at):
        return "a person has answered the caller's call"
    if texts.caller_wrote_after(connection, thread.id, row.seq):
        return "the caller has already written"
    return "too late for a first text" if now - row.at > FIRST_TEXT_WITHIN else None


def _overtaken(connection: sa.Connection, row: texts.TextRow) -> str | None:
    """A newer text came before this plain reply left: its turn answers both."""
    why = row.why or {}
    if row.kind != TextKind.REPLY or not why.get("can_redo") or row.thread is None:
        return None
    newer = [one for one in texts.unanswered(connection, row.thread) if one.seq > why["newest"]]
    return _OVERTAKEN if newer else None


def _drop(connection: sa.Connection, row: texts.TextRow, why: str) -> None:
    texts.advance(connection, row.key, "dropped", status_reason=why)
    if why == _OVERTAKEN and row.thread and row.turn:
        again = [text.seq for text in texts.taken_by(connection, row.thread, row.turn)]
        texts.take(connection, again, None)


def _outgoing(row: texts.TextRow, business: Business | None) -> Json:
    return {
        "key": row.key,
        "sender": row.sender,
        "to": row.recipient,
        "body": row.body,
        "account_sid": business.twilio.account_sid if business else None,
        "auth_token_env": business.twilio.auth_token_env if business else None,
        "validity_s": VALIDITY_S if row.kind == TextKind.FIRST_TEXT else None,
    }
