"""A call in words, for staff."""

from typing import Any

from agent.model import MissReason, NoText

REASONS = {
    MissReason.BUSY: "busy",
    MissReason.NO_ANSWER: "nobody answered",
    MissReason.FAILED: "no phone of yours could be reached",
    MissReason.HUNG_UP: "hung up while it rang",
    MissReason.NOT_ACCEPTED: "picked up, but nobody pressed 1",
    MissReason.CLOSED: "closed",
    MissReason.FORWARDED: "forwarded to us",
    MissReason.REPORTED: "told by your phone system",
    MissReason.VOICEMAIL: "went to voicemail",
    MissReason.UNKNOWN: "the carrier did not say why",
}
DECISIONS = {
    "first text": "texted",
    "held": "the text waits for your opening",
    NoText.SHADOW: "shadow mode: nothing was sent",
    NoText.WITHHELD: "no text: the number is withheld",
    NoText.INVALID: "no text: not a number that can be texted",
    NoText.OWN_NUMBER: "no text: the phone company showed your own number",
    NoText.STAFF: "no text: one of your own phones",
    NoText.BLOCKED: "no text: you have blocked this number",
    NoText.ROBOCALL: "no text: perhaps a machine",
    NoText.COUNTRY: "no text: a country that is not texted",
    NoText.LANDLINE: "no text: this phone gets none",
    NoText.OPTED_OUT: "no text: opted out",
    NoText.PERSON_HAS_THREAD: "no text: a person has the conversation",
    NoText.ALREADY_TEXTED: "no second text",
    NoText.IN_CONVERSATION: "no text: you are texting already",
    NoText.HUNG_UP_AT_ONCE: "no text: hung up at once",
    NoText.TOLD_TOO_LATE: "no text: it would have come too late",
    NoText.ANSWERED: "no text: a person has spoken with them",
    NoText.WROTE_FIRST: "no text needed: they wrote first",
    NoText.NOT_SENT: "the text could not be sent",
}
"""By the decision as it is kept."""
_OUTCOMES = {
    "ringing": "Call",
    "answered": "Answered call",
    "missed": "Missed call",
    "unanswered": "You called back, nobody answered",
}


def line(call: Any) -> str:
    """One call: what happened, why, and what was done."""
    reason = REASONS.get(call.reason) if call.outcome == "missed" else None
    done = DECISIONS.get(call.decision or "") if call.decision != "first text" else None
    said = _OUTCOMES.get(call.outcome, "Call") + (f" ({reason})" if reason else "")
    parts = [said, done, voicemail(call)]
    return "; ".join(part for part in parts if part)


def voicemail(call: Any) -> str:
    """What was said on the tape, as far as it is known; empty: nothing was."""
    kept = call.voicemail or {}
    if words := kept.get("transcript"):
        return f'voicemail: "{words}"'
    return f"voicemail of {kept['duration_s']} s" if kept.get("duration_s") else ""
