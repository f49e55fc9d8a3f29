"""Use case: a call was missed -> the first text, or the reason not to send it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agent.business import Business
from agent.model import MissReason, NoText
from agent.rules import callers, first_text, hours, packs, quiet_hours

VALIDITY_S = 600
"""How long the carrier may try to deliver a first text: a stale one is worse than none."""
TOLD_WITHIN = timedelta(minutes=10)
"""News of a call that ended longer ago makes no first text: "just now" would be a lie."""
SPREAD_S, SPREAD_AT_MOST = 10, 90
"""Texts held for the opening leave one after another, so many seconds apart, and so many at most before all the rest."""


@dataclass(frozen=True, kw_only=True)
class MissedCall:
    """What is known when a call ended without a person."""

    caller: str | None
    """As the carrier gave it; None or a word such as `anonymous` when withheld."""
    called_at: datetime
    ended_at: datetime
    """As far as it is known."""
    told_at: datetime
    """When we learned that it was missed."""
    reason: MissReason = MissReason.NO_ANSWER
    opted_out: bool = False
    human_owned: bool = False
    last_first_text_at: datetime | None = None
    """When this caller last got a first text from this business, or is to get one."""
    last_said_at: datetime | None = None
    """When either of them last wrote to the other."""
    untextable: str | None = None
    """Why this phone gets no texts, where the carrier has said so."""
    signs: callers.Signs = field(default_factory=callers.Signs)
    told_as: str | None = None
    """E.164 of the number that was dialled, where it is none of the business's here."""
    language: str | None = None
    """The caller's, where known."""
    first_name: str = ""
    free_at: datetime | None = None
    """When whoever is busy now is free again."""
    held_already: int = 0
    """Texts of this business that wait for the same opening."""
    is_test: bool = False
    """The owner tries it out, with a phone of the staff."""


@dataclass(frozen=True, kw_only=True)
class SendFirstText:
    body: str
    template: str
    """The version of the template that it was made of: `agent.rules.first_text.Written`."""
    send_at: datetime | None = None
    """Held until then; None: after the grace."""
    back_at: datetime | None = None
    """When the text says that a person is back: somebody owes the caller that."""


@dataclass(frozen=True, kw_only=True)
class NoFirstText:
    reason: NoText
    task: str | None = None
    """What a person should do instead."""
    alert: bool = False
    """Staff are told at once: the caller has called again."""
    body: str | None = None
    """What would have been sent."""


def decide(business: Business, call: MissedCall) -> SendFirstText | NoFirstText:
    """One text an episode; where none may go but a person may be waiting, somebody is asked to phone."""
    if call.is_test:
        test = _written(business, call, None)
        return SendFirstText(body=test.words, template=test.template)
    if refused := _refused(business, call):
        return refused
    waits = texts_wait(business, call.called_at)
    send_at = _held_until(business, call) if waits else None
    if waits and send_at is None:
        task = f"{_at(business, call)}; no opening within two weeks to text at: phone back."
        return NoFirstText(reason=NoText.NOT_SENT, task=task)
    written = _written(business, call, send_at)
    body = written.words
    if business.texting.mode == "shadow":
        return NoFirstText(reason=NoText.SHADOW, body=body)
    back_at = first_text.promised(business, call.called_at, body)
    return SendFirstText(
        body=body,
        template=written.template,
        send_at=send_at,
        back_at=None if send_at else back_at,
    )


def texts_wait(business: Business, called_at: datetime) -> bool:
    """The text for a call at that moment is held for the opening."""
    return business.texting.after_hours == "hold" and not hours.is_open(business, called_at)


def _refused(business: Business, call: MissedCall) -> NoFirstText | None:
    at = _at(business, call)
    if who := callers.refused(business, call.caller, call.signs):
        reason, words = who
        return NoFirstText(reason=reason, task=words and f"{at}{words}")
    if call.told_at - call.ended_at > TOLD_WITHIN:
        task = f"{at}; we were told too late for a text: phone back."
        return NoFirstText(reason=NoText.TOLD_TOO_LATE, task=task)
    if call.reason is MissReason.HUNG_UP and callers.hung_up_at_once(business, call.signs):
        return NoFirstText(reason=NoText.HUNG_UP_AT_ONCE)
    if call.opted_out:
        return NoFirstText(reason=NoText.OPTED_OUT, task=f"{at}; opted out of texts: phone.")
    if call.untextable:
        return NoFirstText(reason=NoText.LANDLINE, task=f"{at}; this phone gets no texts: phone.")
    return _called_again(business, call)


def _at(business: Business, call: MissedCall) -> str:
    return f"Missed call {call.called_at.astimezone(business.zone):%a %b %-d, %-I:%M %p}"


def _called_again(business: Business, call: MissedCall) -> NoFirstText | None:
    """A text is there already, or a person: one more would be noise, but the caller waits and says so."""
    cooldown = timedelta(minutes=business.texting.cooldown_min)
    reason = None
    if call.human_owned:
        reason = NoText.PERSON_HAS_THREAD
    elif _is_within(call.last_first_text_at, call.called_at, cooldown):
        reason = NoText.ALREADY_TEXTED
    elif _is_within(call.last_said_at, call.called_at, cooldown):
        reason = NoText.IN_CONVERSATION
    if reason is None:
        return None
    clock = f"{call.called_at.astimezone(business.zone):%a %-I:%M %p}"
    return NoFirstText(reason=reason, task=f"Called again {clock}: phone back.", alert=True)


def _is_within(moment: datetime | None, now: datetime, cooldown: timedelta) -> bool:
    return moment is not None and now - moment < cooldown


def _held_until(business: Business, call: MissedCall) -> datetime | None:
    """The opening, or the first moment after it at which the law lets us write; each text a little later than the last."""
    opening = hours.next_opening(business, call.called_at)
    caller = callers.number_of(call.caller)
    if opening is None or caller is None:
        return None
    allowed = quiet_hours.next_allowed(business, caller, opening)
    place = min(call.held_already, SPREAD_AT_MOST)
    return allowed and allowed + timedelta(seconds=SPREAD_S * place)


def _written(business: Business, call: MissedCall, send_at: datetime | None) -> first_text.Written:
    return first_text.write(
        business,
        call.called_at,
        language=call.language or business.languages[0],
        first_name="" if packs.is_health(business) else call.first_name,
        free_at=call.free_at,
        told_as=call.told_as,
        sent_at=send_at,
    )
