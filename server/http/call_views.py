"""Calls in plain words, as a list of them is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from agent.rules import callers, carrier_errors
from agent.rules.phone import spoken
from server.call_log import UNDECIDED, UNDELIVERED, untexted
from server.http import call_words
from server.store.logged_calls import Logged

_REASONS = {str(why): words for why, words in call_words.REASONS.items()}
_UNTEXTED = {str(why): words for why, words in call_words.DECISIONS.items()} | {
    UNDELIVERED: "no text: the phone company could not deliver it",
    UNDECIDED: "no text: not decided yet",
}
_OUTCOMES = {"answered": "Answered", "missed": "Missed", "ringing": "Rings"}
_STATES = {
    "queued": "Text waits to be sent",
    "sending": "Text is being sent",
    "accepted": "Text sent",
    "sent": "Text sent",
    "delivered": "Text delivered",
}
_SHORTEST = timedelta(seconds=1)
_LONGEST = timedelta(hours=4)
"""A call that took longer was settled late: its length is not known."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One call in the list."""

    clock: str
    who: str
    digits: str
    """Of the conversation; empty: there is none."""
    outcome: str
    why: str
    long: str
    came: str
    """What was said or done about it; empty: nothing to say."""
    is_noted: bool
    body: str
    voicemail: str
    listen: str
    """The call whose message can be played; empty: there is none."""
    urgent: str
    answered_later: bool
    missed: bool


@dataclass(frozen=True, kw_only=True)
class Day:
    name: str
    rows: tuple[Row, ...]


def days(calls: Sequence[Logged], zone: ZoneInfo) -> list[Day]:
    """By the business's date, in the order given."""
    by_date = groupby(calls, key=lambda call: call.at.astimezone(zone).date())
    return [
        Day(name=f"{day:%A, %b} {day.day}", rows=tuple(row(call, zone) for call in found))
        for day, found in by_date
    ]


def row(call: Logged, zone: ZoneInfo) -> Row:
    withheld = callers.is_withheld(call.caller)
    return Row(
        clock=f"{call.at.astimezone(zone):%-I:%M %p}",
        who="Withheld number" if withheld else spoken(call.caller),
        digits=call.caller.lstrip("+") if call.thread and not withheld else "",
        outcome="Called back" if call.is_ours else _OUTCOMES.get(call.outcome, call.outcome),
        why=_why(call),
        long=long(call),
        came=came(call),
        is_noted=call.came == "shadow",
        body=call.body or "" if call.came != "none" else "",
        voicemail=_voicemail(call),
        listen=call.sid if (call.voicemail or {}).get("recording") else "",
        urgent=call.urgent,
        answered_later=call.answered_later,
        missed=call.missed,
    )


def _why(call: Logged) -> str:
    if call.is_ours:
        return "by you, and nobody picked up" if call.outcome == "unanswered" else "by you"
    return _REASONS.get(call.reason or "", call.reason or "") if call.missed else ""


def _without(call: Logged) -> str:
    """Why a missed call has no text; the carrier's own reason where it gave one."""
    told = carrier_errors.words(call.error_code, call.text_reason or "")
    return f"no text: {told}" if told else _UNTEXTED.get(untexted(call), "no text")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def untexted_words(why: str) -> str:
    """Why there is no text, as one of several reasons."""
    return _UNTEXTED.get(why, why).removeprefix("no text: ")


def came(call: Logged) -> str:
    """What was done about a call."""
    if not call.missed:
        return "First taken as missed, then answered" if call.answered_later else ""
    if call.came == "shadow":
        return "Only noted; the caller would have got"
    if call.came == "none":
        return _sentence(_without(call))
    if call.came == "waits" and call.decision == "held":
        return "Text waits for your opening"
    return _STATES.get(call.text_status or "", "Text sent")


def long(call: Logged) -> str:
    """How long it took: talked, else rang; empty: not known."""
    told = call.raw.get("CallDuration")
    if call.accepted_at and call.settled_at:
        return f"talked {_length(call.settled_at - call.accepted_at)}"
    if told is not None:
        return _length(timedelta(seconds=float(told)))
    took = call.settled_at - call.at if call.settled_at else _LONGEST
    if not _SHORTEST <= took < _LONGEST:
        return ""
    return f"rang {_length(took)}" if call.missed else _length(took)


def _voicemail(call: Logged) -> str:
    if call.voicemail is None:
        return ""
    seconds = call.voicemail.get("duration_s")
    length = f" of {_length(timedelta(seconds=float(seconds)))}" if seconds else ""
    return call.transcript or f"a message{length}, not written down"


def _length(took: timedelta) -> str:
    """45 s, 3 min, 1 h 5 min."""
    seconds = max(int(took.total_seconds()), 0)
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return " ".join(
        filter(None, (f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""))
    )
