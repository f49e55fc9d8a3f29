"""Use case: a call was missed -> the first text, or the reason not to send it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.business import Business
from agent.rules import first_text, phone

VALIDITY_S = 600
"""How long the carrier may try to deliver a first text: a stale one is worse than none."""


@dataclass(frozen=True, kw_only=True)
class MissedCall:
    """What is known when a call ended without a person."""

    caller: str | None
    """As the carrier gave it; None or a word such as `anonymous` when withheld."""
    called_at: datetime
    opted_out: bool
    human_owned: bool
    last_first_text_at: datetime | None
    """When this caller last got a first text from this business."""


@dataclass(frozen=True, kw_only=True)
class SendFirstText:
    body: str


@dataclass(frozen=True, kw_only=True)
class NoFirstText:
    reason: str
    """`caller withheld`, `staff`, `opted out`, `already texted`, `person has the thread` or `shadow`."""
    task: str | None
    """What a person should do instead."""


def decide(business: Business, call: MissedCall) -> SendFirstText | NoFirstText:
    """One text an episode; where none may go, a person is asked to phone."""
    caller = phone.normalised(call.caller)
    at = call.called_at.astimezone(business.zone).strftime("%a %H:%M")
    if caller is None:
        return NoFirstText(
            reason="caller withheld", task=f"Missed call {at} from a withheld number."
        )
    if caller in {person.phone for person in business.staff} | set(business.numbers):
        return NoFirstText(reason="staff", task=None)
    if call.opted_out:
        return NoFirstText(reason="opted out", task=f"Missed call {at}; opted out of texts: phone.")
    if call.human_owned:
        return NoFirstText(reason="person has the thread", task=f"Called again {at}: phone back.")
    if _within_episode(business, call):
        return NoFirstText(reason="already texted", task=f"Called again {at}: phone back.")
    if business.texting.mode == "shadow":
        return NoFirstText(reason="shadow", task=None)
    return SendFirstText(body=first_text.render(business, call.called_at))


def _within_episode(business: Business, call: MissedCall) -> bool:
    if call.last_first_text_at is None:
        return False
    cooldown = timedelta(minutes=business.texting.cooldown_min)
    return call.called_at - call.last_first_text_at < cooldown
