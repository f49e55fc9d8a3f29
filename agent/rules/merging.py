"""Two readings of the same texts become one: safety signals are OR-ed, and a model is believed only as far as the texts and the turn bear it out."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from agent.model import Draft, Hold, Intent, OptOut, Reading, Urgency, When
from agent.rules import language, opt_out, visit_talk
from agent.rules.normal import words_only
from agent.rules.questions import asks

SURE = 0.5
"""A model that is less sure of its reading is not heard, but for danger."""
KEPT = 6
"""What is remembered of one caller, at most."""
_KEPT_LETTERS = 80
_ZIP = re.compile(r"\d{5}(-\d{4})?")

_STAY = {Intent.REQUEST_HUMAN, Intent.COMPLAINT, Intent.REQUEST_CALLBACK, Intent.PRICE_REQUEST}
"""Heard by the rules, no model can unhear them."""
_FACTS = {Intent.QUESTION, Intent.PRICE_REQUEST}
_ENDING = {Intent.SPAM_OR_VENDOR, Intent.WRONG_NUMBER}
"""After these a caller is left alone: a model alone does not decide that."""
_NEEDS_NO_ANSWER = {Intent.CONFIRM, Intent.DECLINE, Intent.THANKS, Intent.GOODBYE}
"""May be met with silence, or give up what is on offer."""
_LEAVES = {*_ENDING, Intent.COMPLAINT, Intent.DECLINE, Intent.GOODBYE, Intent.CHITCHAT}
"""Who is heard to want anything else has not asked for silence."""
_CHANGES = {Intent.CANCEL_APPOINTMENT, Intent.RESCHEDULE}
_WANTS = {*_FACTS, Intent.BOOK, Intent.CHOOSE_SLOT, Intent.CONFIRM, Intent.THANKS}
"""Who is heard to want one of these does not give a visit up on a model's word."""
_VISITS = {Intent.BOOK, Intent.RESCHEDULE, Intent.CHOOSE_SLOT}


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a model's reading is measured against."""

    text: str
    """The caller's unanswered texts."""
    today: date
    """In the business's zone."""
    horizon_days: int
    services: Collection[str]
    offers: Sequence[Hold]


def merged(rules: Reading, thought: Reading, known: Known) -> Reading:
    """What both readers make of the texts."""
    levels = list(Urgency)
    urgency = max(rules.urgency, thought.urgency, key=levels.index)
    if thought.confidence < SURE:
        return Reading(**(vars(rules) | {"urgency": urgency, "confidence": thought.confidence}))
    intents, leans = _intents(rules, thought, known), _place(thought.leans, known.offers)
    return Reading(
        opt_out=OptOut.REVOKE if revokes(rules, thought, known.text) else rules.opt_out,
        urgency=urgency,
        urgency_reason=rules.urgency_reason,
        intents=intents,
        choice=rules.choice,
        when=rules.when or (None if leans else _when(thought.when, intents, known)),
        details=_told(thought.details, known.text) | dict(rules.details),
        callback=rules.callback,
        language=rules.language,
        fired=rules.fired,
        draft=_draft(rules, thought),
        service=thought.service if thought.service in known.services else None,
        leans=leans,
        keep=tuple(one for one in thought.keep if _is_said(one, known.text)),
        confidence=thought.confidence,
    )


def revokes(rules: Reading, thought: Reading, text: str) -> bool:
    """A model hears that no more texts are wanted, the text speaks of such, and nothing that the rules hear speaks against it."""
    heard = thought.opt_out is OptOut.REVOKE and {*rules.intents} <= _LEAVES
    return heard and opt_out.speaks_of_contact(text)


def remembered(before: Sequence[str], new: Sequence[str]) -> list[str]:
    """The last few things kept of a caller, each once."""
    return list(dict.fromkeys([*before, *new]))[-KEPT:]


def _intents(rules: Reading, thought: Reading, known: Known) -> tuple[Intent, ...]:
    """The model's own, as far as they can be meant and end nothing on its word alone; what the rules heard asked is not lost."""
    stay = [one for one in rules.intents if one in _STAY or (one in _FACTS and asks(known.text))]
    barred = {*_ENDING, *_NEEDS_NO_ANSWER, *(() if known.offers else (Intent.CHOOSE_SLOT,))}
    of_visit = visit_talk.speaks_of_visit(known.text) and not _WANTS & {*rules.intents}
    barred |= set() if of_visit else _CHANGES
    barred -= {*rules.intents}
    heard = [one for one in thought.intents if one not in barred]
    return tuple(dict.fromkeys([*stay, *(heard or rules.intents)]))


def _when(wish: When | None, intents: Collection[Intent], known: Known) -> When | None:
    """A day ahead and a time of day, for who speaks of a visit."""
    if wish is None or not _VISITS & {*intents}:
        return None
    day, clock = _date(wish.date), _time(wish.time)
    if day and not known.today <= day <= known.today + timedelta(days=known.horizon_days):
        return None
    if not day and not clock:
        return None
    return When(
        date=day.isoformat() if day else None, time=clock.strftime("%H:%M") if clock else None
    )


def _date(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        return None


def _time(said: str | None) -> time | None:
    try:
        return time.fromisoformat(said).replace(tzinfo=None) if said else None
    except ValueError:
        return None


def _told(details: Mapping[str, str], text: str) -> dict[str, str]:
    """What the caller has really written, if it looks like what it is said to be."""
    return {
        name: " ".join(value.split())
        for name, value in details.items()
        if _is_said(value, text) and (name != "zip" or _ZIP.fullmatch(value.strip()))
    }


def _is_said(words: str, text: str) -> bool:
    """A few words that stand in the caller's own text, in this order."""
    plain = words_only(words)
    return bool(plain) and len(words) <= _KEPT_LETTERS and f" {plain} " in f" {words_only(text)} "


def _place(leans: int | None, offers: Sequence[Hold]) -> int | None:
    return leans if leans in {hold.place for hold in offers} else None


def _draft(rules: Reading, thought: Reading) -> Draft | None:
    """In the caller's language."""
    draft = thought.draft
    if draft is None or not draft.text.strip() or language.read(draft.text) != rules.language:
        return None
    return draft
