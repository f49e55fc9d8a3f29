"""What staff see: the list of threads, and everything of one thread in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from agent.business import Business
from agent.model import Reason, TextKind
from agent.rules.phone import spoken
from agent.rules.phrases import slot_words
from agent.rules.segments import segments
from agent.rules.summary import Owed, Summary, summary
from agent.state import AGENT, NOBODY
from server.bookings import OWNER
from server.http import call_words
from server.store import appointments, calls, tasks, texts, threads

Queue = Literal["person", "agent", "done"]

QUEUES: dict[Queue, str] = {
    "person": "Needs a person",
    "agent": "Agent talking",
    "done": "Done",
}
"""In the order of the list."""

QUIET = timedelta(hours=24)
"""A conversation in which nothing is owed and nothing was said for so long is done."""

_STATES = {
    "queued": "waiting to be sent",
    "sending": "sending",
    "accepted": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "not delivered",
    "failed": "failed",
    "dropped": "not sent",
}
_MARKERS = {
    "claimed": "{who} took over",
    "released": "{who} gave the conversation back to the agent",
    "handed over": "The agent asked for a person ({why})",
    "opted out": "The caller opted out of texts",
    "opted in": "The caller opted in again",
    "booked": "The agent booked {why}",
    "moved": "{who} moved the visit to {why}",
    "cancelled": "{who} cancelled {why}",
}

_WHO = {AGENT: "The agent", OWNER: "The business, in its calendar,"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thread in the list."""

    digits: str
    caller: str
    owner: str
    queue: Queue
    urgent: bool
    pressing: bool
    """Urgent, but no emergency, and somebody has to see to it."""
    called_again: bool
    """A second call was missed, and nobody has phoned back."""
    opted_out: bool
    last: str
    at: str
    tasks: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened on a thread."""

    at: datetime
    clock: str
    side: Literal["caller", "us", "note", "alert"]
    who: str
    body: str
    state: str = ""
    failed: bool = False
    photos: tuple[dict[str, str], ...] = ()
    voicemail: str = ""
    """The id of the call on whose tape it is."""
    why: dict[str, Any] | None = None
    turn: str | None = None
    """The turn that wrote it."""
    segments: int = 1


def rows(connection: sa.Connection, business: Business, now: datetime) -> list[Row]:
    """The newest threads; those that need a person first."""
    own_phones = {person.phone for person in business.staff}
    newest = texts.last_of_threads(connection, business.slug)
    owed = tasks.pressing_counts(connection, business.slug, now)
    again = tasks.open_with_key(connection, business.slug, "again:")
    found = [
        _row(
            thread, newest.get(thread.id), owed.get(thread.id, 0), business, now, thread.id in again
        )
        for thread in threads.of_business(connection, business.slug)
        if thread.caller not in own_phones
    ]
    in_order = [row for queue in QUEUES for row in found if row.queue == queue]
    return sorted(
        in_order, key=lambda row: (not row.urgent, not row.called_again, not row.pressing)
    )


def entries(
    connection: sa.Connection, thread: threads.ThreadRow, business: Business
) -> list[Entry]:
    """Texts, calls and markers of a thread, oldest first."""
    names = {person.id: person.name for person in business.staff}
    found = [_text(row, names, business) for row in texts.of_thread(connection, thread.id)]
    found += [_call(call, business.zone) for call in calls.of_thread(connection, thread.id)]
    found += [
        entry
        for one in threads.markers(connection, thread.id)
        if (entry := _marker(one, names, business.zone)).body
    ]
    return sorted(found, key=lambda entry: entry.at)


def visits(
    connection: sa.Connection, thread: threads.ThreadRow, business: Business, now: datetime
) -> list[str]:
    """What this caller has booked and is still to come, in words."""
    return [
        f"{business.service_name(row.service)}, {slot_words(row.start.astimezone(business.zone))} ({row.calendar})"
        for row in appointments.visits(connection, thread.id, now)
    ]


def needs_a_person(thread: threads.ThreadRow, owed: int) -> bool:
    """The agent does not speak on it, or somebody owes its caller something now."""
    return thread.owner != AGENT or owed > 0


def handed_over(
    thread: threads.ThreadRow,
    business: Business,
    owed: Sequence[Any],
    visits: Sequence[str],
    said: str,
) -> Summary:
    """What a person has to know of a thread before taking it over.

    Args:
        owed: the open tasks, oldest first.
        visits: what is booked, in words.
        said: the caller's last words.
    """
    kept = thread.memory
    return summary(
        phone=thread.caller,
        details=kept.get("details", {}),
        kept=kept.get("kept", []),
        said=said,
        about=_talked_about(kept, business),
        reason=thread.reason or "",
        danger=next(reversed(kept.get("warned", [])), ""),
        owed=[_owed(one, business.zone) for one in owed],
        callback=kept.get("callback", {}),
        visits=visits,
        opted_out=thread.opted_out_at is not None,
    )


def _owed(one: Any, zone: ZoneInfo) -> Owed:
    due = one.due_at.astimezone(zone) if one.due_at else None
    return Owed(kind=one.kind, note=one.note, due=due)


def _talked_about(kept: dict[str, Any], business: Business) -> str:
    """The service that is wished for; else what was last answered."""
    service = (kept.get("visit") or {}).get("service")
    if service:
        return business.service_name(service)
    return str((kept.get("about") or {}).get("subject", ""))


def queue_of(thread: threads.ThreadRow, owed: int, now: datetime) -> Queue:
    if needs_a_person(thread, owed):
        return "person"
    over = thread.opted_out_at is not None or now - thread.last_at > QUIET
    return "done" if over else "agent"


def owner_words(owner: str, business: Business) -> str:
    """Who speaks on a thread, in words."""
    if owner == AGENT:
        return "Agent"
    if owner == NOBODY:
        return "Needs a person"
    person = business.person(owner)
    return person.name if person else owner


def _row(
    thread: threads.ThreadRow,
    last: texts.TextRow | None,
    owed: int,
    business: Business,
    now: datetime,
    called_again: bool,
) -> Row:
    return Row(
        digits=thread.caller.lstrip("+"),
        caller=spoken(thread.caller),
        owner=owner_words(thread.owner, business),
        queue=queue_of(thread, owed, now),
        urgent=thread.reason == Reason.EMERGENCY and thread.owner == NOBODY,
        pressing=thread.reason == Reason.URGENT and queue_of(thread, owed, now) == "person",
        called_again=called_again,
        opted_out=thread.opted_out_at is not None,
        last=_preview(last),
        at=_clock(thread.last_at, business.zone),
        tasks=owed,
    )


def _preview(last: texts.TextRow | None) -> str:
    if last is None:
        return "Missed call"
    return last.body or "Photo"


def _text(row: texts.TextRow, names: dict[str, str], business: Business) -> Entry:
    failed = row.status in texts.NOT_LEFT
    state = "" if row.is_callers else _STATES.get(row.status, row.status)
    if failed and row.status_reason:
        state = f"{state}: {row.status_reason}"
    return Entry(
        at=row.at,
        clock=_clock(row.at, business.zone),
        side=_side(row),
        who=_author(row, names, business),
        body=row.body.split("\n")[0] if row.kind == TextKind.ALERT else row.body,
        state=state,
        failed=failed,
        photos=tuple(row.media),
        why=row.why if row.author == AGENT else None,
        turn=row.turn,
        segments=segments(row.body),
    )


def _side(row: texts.TextRow) -> Literal["caller", "us", "alert"]:
    if row.is_callers:
        return "caller"
    return "alert" if row.kind == TextKind.ALERT else "us"


def _author(row: texts.TextRow, names: dict[str, str], business: Business) -> str:
    if row.is_callers:
        return "Caller"
    if row.kind == TextKind.ALERT:
        to = next((p.name for p in business.staff if p.phone == row.recipient), row.recipient)
        return f"Alert to {to}"
    if row.author.startswith("staff:"):
        return names.get(row.author.removeprefix("staff:"), "Staff")
    return "First text" if row.author == "template" else "Agent"


def _call(call: Any, zone: ZoneInfo) -> Entry:
    return Entry(
        at=call.at,
        clock=_clock(call.at, zone),
        side="note",
        who="",
        body=call_words.line(call),
        voicemail=call.sid if (call.voicemail or {}).get("recording") else "",
    )


def _marker(marker: Any, names: dict[str, str], zone: ZoneInfo) -> Entry:
    words = _MARKERS.get(marker.what, marker.what)
    is_visit = marker.what in ("booked", "moved", "cancelled")
    why = _visit_words(marker.why, zone) if is_visit else _reason_words(marker.why)
    who = names.get(marker.who) or _WHO.get(marker.who, marker.who)
    body = words.format(who=who, why=why)
    return Entry(at=marker.at, clock=_clock(marker.at, zone), side="note", who="", body=body)


def _visit_words(why: dict[str, str], zone: ZoneInfo) -> str:
    start = datetime.fromisoformat(why["start"]).astimezone(zone)
    return f"{why['service']}, {slot_words(start)} ({why['calendar']})"


def _reason_words(why: object) -> str:
    return str(why or "").replace("_", " ")


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%b %-d, %-I:%M %p")
