"""Calls: what each callback of a phone system proves.

Callbacks come late, twice, out of order or never. Each notes what it proves; whatever connects a person with the
caller outweighs every miss, whenever it is told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from agent.business import Business
from agent.errors import NotFound
from agent.model import MissReason, TextKind
from agent.rules import callers, first_text, phone
from agent.state import AGENT
from server import events, owed
from server.arrivals import caller_thread, language_of, thread_name
from server.first_texts import FirstTexts
from server.store import calls, tasks, texts, threads, usage

_CALL_TASKS = ("call:", "again:", tasks.BACK, "voicemail:")
"""What a person owed the caller of a missed call, by the beginnings of the tasks' keys."""


@dataclass(frozen=True, kw_only=True)
class IncomingCall:
    """One call as the phone system told of it."""

    sid: str
    caller: str
    """E.164, or whatever the carrier gave instead."""
    dialled: str
    """E.164 of the business's number that it reached."""
    raw: dict[str, str]
    at: datetime | None = None
    """When it began, where that is told; None: now."""
    told_as: str | None = None
    """E.164 of the number that the caller dialled, where it is not one of ours."""


@dataclass(frozen=True, kw_only=True)
class ReportedCall:
    """A call that another phone system tells of."""

    id: str
    """Its own id of the call."""
    caller: str
    """`from`: E.164, or whatever it shows for a withheld one; the business's number for a call back."""
    dialled: str
    """`to`."""
    at: datetime
    outcome: Literal["missed", "answered", "voicemail"]
    duration_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Switchboard:
    """The telephones of every business of this installation."""

    first_texts: FirstTexts

    def began(
        self, connection: sa.Connection, business: Business, call: IncomingCall, now: datetime
    ) -> Any:
        """A call arrived; told again it changes nothing. Returns its row.

        Raises:
            NotFound: another business has a call of this id.
        """
        told_as = call.told_as if call.told_as not in business.numbers else None
        calls.begin(
            connection,
            sid=call.sid,
            business=business.slug,
            caller=call.caller,
            dialled=call.dialled,
            told_as=told_as,
            at=min(call.at or now, now),
            raw=call.raw,
        )
        row = calls.get(connection, call.sid)
        if row.business != business.slug:
            raise NotFound("There is no such call.")
        return row

    def picked_up(
        self, connection: sa.Connection, slug: str, sid: str, now: datetime, *, pressed: bool
    ) -> None:
        """A phone of the staff was picked up, by a person or a voicemail greeting.

        Args:
            pressed: 1, so that a person has the caller, unless the carrier says later that it could not join them.
        """
        what = "accepted_at" if pressed else "asked_at"
        calls.note_once(connection, slug, sid, what, now)

    def answered(
        self,
        connection: sa.Connection,
        business: Business,
        call: IncomingCall,
        now: datetime,
        ended_at: datetime | None = None,
    ) -> None:
        """A person spoke with the caller, whatever was told before: nothing of ours is due any more.

        Args:
            ended_at: of the talk, as far as it is known; None: now, or it goes on.
        """
        known = self.began(connection, business, call, now)  # its first callback may come last
        thread = self._end(connection, business, call, "answered", ended_at or now)
        if thread and not callers.is_withheld(call.caller):  # who it was is not known
            tasks.settle(connection, thread.id, _CALL_TASKS, AGENT, now, ended_at)
            owed.spoke(connection, thread.id, AGENT, now, ended_at)
        if known.settled_at is None:
            _count(connection, business, now)

    def missed(
        self,
        connection: sa.Connection,
        business: Business,
        told: IncomingCall,
        reason: MissReason,
        now: datetime,
        duration_s: float | None = None,
        heard: str | None = None,
    ) -> str:
        """Settle a call that nobody took: the first text is queued, or a person is asked. Says which.

        Repeated and late callbacks settle nothing twice.

        Args:
            duration_s: of the whole call; None: not told.
            heard: names the greeting that the caller hears now; None: they hear none of ours.
        """
        known = self.began(connection, business, told, now)
        nobody = callers.nobody(business, told.caller)
        if nobody and not known.is_test:
            settled = {"reason": reason, "settled_at": now, "decision": nobody}
            if calls.end(connection, told.sid, "missed", **settled):
                _count(connection, business, now)
            return nobody
        thread = caller_thread(connection, business, told.caller, now)
        call = calls.end(connection, told.sid, "missed", reason=reason, settled_at=now)
        if call is None:
            calls.learn_reason(connection, told.sid, reason)
            settled_before = calls.get(connection, told.sid)  # under the thread's lock
            return str(settled_before.decision or settled_before.outcome)
        decision = self.first_texts.follow(
            connection, business, call, thread, now, duration_s, heard
        )
        if not call.is_test:
            body = {
                "call": call.sid,
                "reason": call.reason,
                "decision": decision,
                "called_at": call.at,
            }
            events.emit(connection, business.slug, events.Kind.CALL_MISSED, now, body, thread.id)
        _count(connection, business, now)
        return decision

    def called_back(
        self,
        connection: sa.Connection,
        business: Business,
        call: IncomingCall,
        now: datetime,
        *,
        connected: bool,
        ended_at: datetime | None = None,
    ) -> None:
        """Staff called a caller; where nobody took it, a first text that has not left says so.

        Args:
            call: `caller` is whom they called.
            ended_at: of the call, as far as it is known; None: now, or it goes on.
        """
        if connected:
            return self.answered(connection, business, call, now, ended_at)
        tried = self.began(connection, business, call, now)
        thread = self._end(connection, business, call, "unanswered", ended_at or now)
        if thread:
            _say_that_we_tried(connection, business, thread, tried.at, now)
        if tried.settled_at is None:
            _count(connection, business, now)
        return None

    def _end(
        self,
        connection: sa.Connection,
        business: Business,
        call: IncomingCall,
        outcome: str,
        ended_at: datetime,
    ) -> threads.ThreadRow | None:
        """Settle a call that asks for nothing: it joins the caller's thread, locked, where there is one."""
        name = threads.thread_id(business.slug, thread_name(call.caller))
        thread = threads.lock(connection, name)
        joined = {"thread": thread.id} if thread else {}
        calls.end(connection, call.sid, outcome, settled_at=ended_at, **joined)
        return thread

    def reported(
        self, connection: sa.Connection, business: Business, told: ReportedCall, now: datetime
    ) -> str:
        """A call of another phone system; says what follows, as `missed` does."""
        sid = f"{business.slug}:{told.id}"
        at = min(told.at, now)
        if told.caller in business.numbers and told.dialled not in business.numbers:
            theirs = _numbered(told.dialled)
            ours = {"Direction": "outbound-api"}
            back = IncomingCall(sid=sid, caller=theirs, dialled=told.caller, raw=ours, at=at)
            connected = told.outcome == "answered"
            self.called_back(connection, business, back, now, connected=connected)
            return "answered" if connected else "unanswered"
        call = IncomingCall(
            sid=sid,
            caller=_numbered(told.caller),
            dialled=told.dialled,
            told_as=phone.normalised(told.dialled),
            raw={} if told.duration_s is None else {"CallDuration": f"{told.duration_s:.0f}"},
            at=at,
        )
        if told.outcome == "answered":
            ended_at = min(now, at + timedelta(seconds=told.duration_s or 0))
            self.answered(connection, business, call, now, ended_at)
            return "answered"
        reason = MissReason.VOICEMAIL if told.outcome == "voicemail" else MissReason.REPORTED
        return self.missed(connection, business, call, reason, now, told.duration_s)


def _count(connection: sa.Connection, business: Business, now: datetime) -> None:
    """One more call is settled; the last of its transaction."""
    usage.count(connection, business.slug, usage.month_of(now, business.zone), calls=1)


def _say_that_we_tried(
    connection: sa.Connection,
    business: Business,
    thread: threads.ThreadRow,
    tried_at: datetime,
    now: datetime,
) -> None:
    """In the first text that has not left, if its call was missed before; one held over night keeps its own words."""
    for text in texts.unsent_of_kind(connection, thread.id, TextKind.FIRST_TEXT):
        why = text.why or {}
        came_after = datetime.fromisoformat(why["called_at"]) > tried_at
        if why.get("test") or why.get("held") or came_after:
            continue
        body = first_text.called_back(business, now, language_of(business, thread))
        texts.reword(connection, text.key, body)
        calls.update(connection, why["call"], body=body)


def _numbered(given: str) -> str:
    return phone.normalised(given) or given
