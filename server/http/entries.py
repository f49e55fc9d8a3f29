"""Everything that happened on a thread, in order, as staff read it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from agent.business import Business
from agent.model import TextKind
from agent.rules import carrier_errors, hours
from agent.rules.carrier_errors import Handling
from agent.rules.harmless import harmless
from agent.rules.phrases import slot_words
from agent.rules.segments import segments
from agent.state import AGENT
from server.bookings import OWNER
from server.cautions import again_key
from server.forwarding import RELAYED
from server.http import call_words, on_call_views
from server.store import calls, escalations, texts, threads
from server.store.escalations import StepState, Way
from server.threads import closed_to_texts, text_key

_STATES = {
    "queued": "waiting to be sent",
    "sending": "sending",
    "accepted": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "not delivered",
    "failed": "failed",
    "dropped": "not sent",
    texts.SUGGESTED: "not sent: it waits for you",
}
_MARKERS = {
    "claimed": "{who} took over",
    "unclaimed": "{who} took the text back, and nobody has the conversation",
    "handed on": "{who} handed the conversation to {why}",
    "released": "{who} gave the conversation back to the agent",
    "resolved": "{who} marked it as done: {why}",
    "reopened": "{who} opened the conversation again",
    "snoozed": "{who} put it aside until {why}",
    "woken": "{who} brought it back",
    "kept": "Done in time: {why}",
    "late": "Done late: {why}",
    "owed again": "{who} put it back on the list: {why}",
    "alarm": "Nobody had answered: staff were told again",
    "handed over": "The agent asked for a person ({why})",
    "opted out": "The caller opted out of texts",
    "opted in": "The caller opted in again",
    "booked": "{who} booked {why}",
    "moved": "{who} moved the visit to {why}",
    "cancelled": "{who} cancelled {why}",
}
_WHO = {AGENT: "The agent", OWNER: "The business, in its calendar,"}
_TEMPLATES = {
    TextKind.FIRST_TEXT: "First text",
    TextKind.NUDGE: "Second text",
    TextKind.REMINDER: "Reminder",
}
_PHONE_INSTEAD = {
    Handling.OPTED_OUT, Handling.NOT_TEXTABLE, Handling.LOOP, Handling.PERMANENT,
}  # fmt: skip
_SAID_AGAIN = {TextKind.STAFF, TextKind.REPLY, TextKind.HAND_OFF}
"""Kinds whose words make sense a second time, as a person's."""
_MENTION = re.compile(r"@([^\W_][\w-]*)")

Side = Literal["caller", "us", "note", "alert", "private"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a private note."""

    words: str
    mentions: bool = False
    """It names a colleague."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened on a thread."""

    at: datetime
    clock: str
    """2:14 PM, in the business's zone."""
    day: str = ""
    """Said before the first entry of a day: "Today", "Mon, Nov 23"; empty: the same day as the one before."""
    is_new: bool = False
    """The first that whoever looks has not seen."""
    side: Side
    who: str
    body: str
    state: str = ""
    failed: bool = False
    seq: int = 0
    """Of a text."""
    key: str = ""
    """Of a person's text, as its form had it."""
    undo_s: int = 0
    """So many seconds it can still be taken back."""
    again: Literal["", "send", "phone"] = ""
    """What can be done about a text that did not arrive."""
    photos: tuple[dict[str, str], ...] = ()
    voicemail: str = ""
    """The id of the call on whose tape it is."""
    why: dict[str, Any] | None = None
    turn: str | None = None
    """The turn that wrote it."""
    segments: int = 1
    parts: tuple[Part, ...] = ()
    """Of a private note."""


def entries(
    connection: sa.Connection,
    thread: threads.ThreadRow,
    business: Business,
    now: datetime,
    seen: int | None = None,
) -> list[Entry]:
    """Texts, calls, notes and markers of a thread, oldest first.

    Args:
        seen: the newest text that whoever looks has seen before; None: they see all of it for the first time.
    """
    rows = texts.of_thread(connection, thread.id)
    said = _Said(thread=thread, business=business, rows=rows, now=now)
    found = [_text(row, said) for row in rows if not _stands_elsewhere(row)]
    found += [_call(call, business.zone) for call in calls.of_thread(connection, thread.id)]
    found += [
        entry
        for one in threads.markers(connection, thread.id)
        if (entry := _marker(one, business)).body
    ]
    found += _tries(connection, thread.id, business)
    in_order = sorted(found, key=lambda entry: entry.at)
    return list(_with_days(_with_new(in_order, seen), business.zone, now))


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What all texts of a thread are read with."""

    thread: threads.ThreadRow
    business: Business
    rows: Sequence[texts.TextRow]
    now: datetime

    def repeated(self, row: texts.TextRow) -> bool:
        """Its words were said again, by us or by a person."""
        again = text_key(self.thread.id, again_key(row.seq))
        return any(
            one.key == again or (one.copy_of == row.seq and one.status != "dropped")
            for one in self.rows
        )


def _text(row: texts.TextRow, said: _Said) -> Entry:
    business = said.business
    failed = row.status in texts.NOT_LEFT
    state = "" if row.is_callers else _STATES.get(row.status, row.status)
    if failed and row.status_reason:
        state = f"{state}: {row.status_reason}"
    body = row.body.split("\n")[0] if row.kind == TextKind.ALERT else row.body
    return Entry(
        at=row.at,
        clock=_clock(row.at, business.zone),
        side=_side(row),
        who=_author(row, business),
        body=harmless(body),
        state=state,
        failed=failed,
        seq=row.seq,
        key=row.key.removeprefix(text_key(said.thread.id, "")),
        undo_s=_undo_s(row, said.now),
        again=_again(row, said),
        photos=tuple(row.media),
        why=row.why if row.author == AGENT and "passages" in (row.why or {}) else None,
        turn=row.turn,
        segments=segments(row.body),
    )


def _stands_elsewhere(row: texts.TextRow) -> bool:
    """A reply that waits for a person has its own box; what goes to and fro with a handset is no part of the talk."""
    why = row.why or {}
    waits = row.status == texts.SUGGESTED or (row.status == "queued" and "waits_until" in why)
    return waits or (row.kind == TextKind.ALERT and RELAYED in why)


def _undo_s(row: texts.TextRow, now: datetime) -> int:
    until = (row.why or {}).get("undo_until")
    if row.kind != TextKind.STAFF or row.status != "queued" or not until:
        return 0
    return max(0, ceil((datetime.fromisoformat(until) - now).total_seconds()))


def _again(row: texts.TextRow, said: _Said) -> Literal["", "send", "phone"]:
    if row.is_callers or row.kind == TextKind.ALERT or row.status not in texts.FAILED:
        return ""
    if said.repeated(row):
        return ""
    read = carrier_errors.read(row.error_code)
    hopeless = said.thread.untextable or (read is not None and read.handling in _PHONE_INSTEAD)
    if hopeless or row.kind not in _SAID_AGAIN or closed_to_texts(said.thread):
        return "phone"
    return "send"


def _side(row: texts.TextRow) -> Side:
    if row.is_callers:
        return "caller"
    return "alert" if row.kind == TextKind.ALERT else "us"


def _author(row: texts.TextRow, business: Business) -> str:
    if row.is_callers:
        return "Caller"
    if row.kind == TextKind.ALERT:
        to = next((p.name for p in business.staff if p.phone == row.recipient), row.recipient)
        return f"Alert to {to}"
    if row.author.startswith("staff:"):
        person = business.person(row.author.removeprefix("staff:"))
        return person.name if person else "Staff"
    if row.author == "template":
        return _TEMPLATES.get(TextKind(row.kind or TextKind.FIRST_TEXT), "Fixed text")
    return "Agent"


def _call(call: Any, zone: ZoneInfo) -> Entry:
    return Entry(
        at=call.at,
        clock=_clock(call.at, zone),
        side="note",
        who="",
        body=harmless(call_words.line(call)),
        voicemail=call.sid if (call.voicemail or {}).get("recording") else "",
    )


def _marker(marker: Any, business: Business) -> Entry:
    clock = _clock(marker.at, business.zone)
    who = _name(marker.who, business)
    if marker.what == "note":
        body = harmless(marker.why["body"])
        parts = tuple(_parts(body, business))
        return Entry(at=marker.at, clock=clock, side="private", who=who, body=body, parts=parts)
    words = _MARKERS.get(marker.what, marker.what)
    if marker.what == "resolved" and marker.who == AGENT:
        words = "Closed after a long silence"
    body = words.format(who=who, why=_why(marker, business))
    return Entry(at=marker.at, clock=clock, side="note", who="", body=body)


def _tries(connection: sa.Connection, thread_id: str, business: Business) -> list[Entry]:
    """How staff were called and rung; that they were texted stands there as a text, that one took it as a marker."""
    steps = escalations.steps_of_thread(connection, thread_id)
    told = [
        (one.at, on_call_views.step_words(business, one, None))
        for one in steps
        if one.way in (Way.CALL, Way.CONNECT, Way.BELL) and one.state != StepState.DUE
    ]
    return [
        Entry(at=at, clock=_clock(at, business.zone), side="note", who="", body=words)
        for at, words in told
        if words
    ]


def _name(who: str, business: Business) -> str:
    person = business.person(who)
    return person.name if person else _WHO.get(who, who)


def _why(marker: Any, business: Business) -> str:
    match marker.what:
        case "booked" | "moved" | "cancelled":
            return _visit_words(marker.why, business.zone)
        case "handed on":
            return _name(marker.why, business)
        case "snoozed":
            return hours.ahead(business, datetime.fromisoformat(marker.why), marker.at)
        case _:
            return str(marker.why or "").replace("_", " ")


def _visit_words(why: dict[str, str], zone: ZoneInfo) -> str:
    start = datetime.fromisoformat(why["start"]).astimezone(zone)
    return f"{why['service']}, {slot_words(start)} ({why['calendar']})"


def _parts(body: str, business: Business) -> Iterator[Part]:
    """A note cut at the colleagues that it names."""
    named = {one.id for one in business.staff}
    named |= {one.name.split(maxsplit=1)[0].lower() for one in business.staff}
    at = 0
    for found in _MENTION.finditer(body):
        if found[1].lower() in named:
            yield Part(words=body[at : found.start()])
            yield Part(words=found[0], mentions=True)
            at = found.end()
    yield Part(words=body[at:])


def _with_new(found: list[Entry], seen: int | None) -> list[Entry]:
    """The first text of the caller that is new to whoever looks is marked; none where all is."""
    if seen is None:
        return found
    new = next(
        (at for at, one in enumerate(found) if one.side == "caller" and one.seq > seen), None
    )
    return [replace(one, is_new=True) if at == new else one for at, one in enumerate(found)]


def _with_days(found: list[Entry], zone: ZoneInfo, now: datetime) -> Iterator[Entry]:
    today = now.astimezone(zone).date()
    dates = [None, *(one.at.astimezone(zone).date() for one in found)]
    for one, (before, date) in zip(found, pairwise(dates), strict=True):
        if date is None or date == before:
            yield one
            continue
        year = f", {date.year}" if date.year != today.year else ""
        day = "Today" if date == today else f"{date:%a, %b} {date.day}{year}"
        yield replace(one, day=day)


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%-I:%M %p")
