"""All deterministic readers together: one text in, one Reading out."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from agent.model import Fired, Hold, Intent, OptOut, Reading, TimeWish, Urgency, When
from agent.rules import (
    barred,
    choosing,
    details,
    intents,
    language,
    opt_out,
    trained,
    urgency,
    when,
)
from agent.rules.sentences import typed

_BESIDE_CHOICE = (Intent.QUESTION, Intent.THANKS, Intent.GIVE_DETAILS, Intent.PRICE_REQUEST)
_SILENT, _CALM = opt_out.OptOutReading(meaning=OptOut.NONE), urgency.UrgencyReading()
_SENTENCES = 6
_DOUBT_WORDS = 3
_REVOKES = 0.6
"""Chance from which a text that no rule takes for a revocation is one."""
_PIECE_END = re.compile(r"[.,!;?\n]+\s*|\s+(?:also|and)\s+", re.IGNORECASE)
_ASKS_TOO = re.compile(
    r",? and (?=(?:do|does|is|are|what|whats|how|when|where|will)\b)", re.IGNORECASE
)
"""A second question in one sentence."""
_SPANISH = 0.6
"""Chance from which a text is taken for Spanish."""
_DESPITE_RULES = 0.6
"""Chance from which danger is heard also where rules left out an idiom, a denial or history."""


def read(
    text: str,
    last_text: str | None,
    now: datetime | None = None,
    hours: when.Hours | None = None,
    vector: NDArray[np.float32] | None = None,
) -> Reading:
    """Read one text against the last one sent; pure, no clock, no language model.

    Args:
        now: in the business's zone; without it no date or time is read.
        hours: the business's week, which tells whether "at 7" is morning or evening.
        vector: the embedding of the text; without it the trained reader goes by letters and words alone.
    """
    consent = opt_out.read(text)
    by_rule = urgency.read(text)
    shown = intents.shown(text)
    chances = trained.likely(text, last_text, _signs(consent, by_rule, shown), vector)
    consent = _consent(consent, chances)
    pressing = _pressing(by_rule, chances)
    fired = intents.read(shown, chances, trained.thresholds(), _in_sentences(text, last_text))
    choice = _choice(text, last_text, now, hours)
    if choice:
        place, words = choice
        fired = [Fired(rule=intents.menu_intent(words), span=str(place)), *_kept_beside(fired)]
    given = details.read(text, last_text)
    if given and all(hit.rule != Intent.GIVE_DETAILS for hit in fired):
        fired.append(Fired(rule=Intent.GIVE_DETAILS, span=", ".join(given)))
    if pressing.urgency is Urgency.EMERGENCY and not given:
        fired = [hit for hit in fired if hit.rule != Intent.GIVE_DETAILS]
    tongue = language.read(text)
    if chances[Intent.LANGUAGE_SPANISH] >= _SPANISH:
        tongue = "es"
    if tongue == "es" and all(hit.rule != Intent.LANGUAGE_SPANISH for hit in fired):
        fired.append(Fired(rule=Intent.LANGUAGE_SPANISH, span=text[:40]))
    named = tuple(dict.fromkeys(Intent(hit.rule) for hit in fired))
    wish = _wish(text, last_text, now, hours) if now and not choice else None
    return Reading(
        opt_out=consent.meaning,
        urgency=pressing.urgency,
        urgency_reason=pressing.reason,
        intents=named,
        choice=choice[0] if choice else None,
        when=wish,
        details=given,
        callback=_call_at(wish, now) if wish and now and Intent.REQUEST_CALLBACK in named else None,
        language=tongue,
        fired=(*_evidence(consent, pressing), *fired),
    )


def found_by_rules(text: str) -> set[str]:
    """The names of all that rules find in a text: what the trained reader was and is shown."""
    return _signs(opt_out.read(text), urgency.read(text), intents.shown(text))


def _in_sentences(text: str, last_text: str | None) -> set[Intent]:
    """What the sentences of a text want, each read alone: a long text hides one wish behind another."""
    parts = [part for one in typed(text) for part in _ASKS_TOO.split(one)][:_SENTENCES]
    if len(parts) == 1:
        return set()
    found: set[Intent] = set()
    for part in parts:
        shown = intents.shown(part)
        chances = trained.likely(part, last_text, _signs(_SILENT, _CALM, shown), None)
        found |= intents.of_sentence(shown, chances)
    return found


def _signs(
    consent: opt_out.OptOutReading, pressing: urgency.UrgencyReading, shown: dict[str, str]
) -> set[str]:
    named = {f"urgency {pressing.urgency}", f"urgency {pressing.reason}", *shown}
    named |= {"discounted"} if pressing.discounted else set()
    return named | ({f"opt_out {consent.meaning}"} if consent.meaning is not OptOut.NONE else set())


def _consent(by_rule: opt_out.OptOutReading, chances: dict[str, float]) -> opt_out.OptOutReading:
    """Any reasonable wording revokes (47 CFR 64.1200(a)(10)), also one that no rule foresaw."""
    chance = chances[OptOut.REVOKE]
    if by_rule.meaning is not OptOut.NONE or chance < _REVOKES:
        return by_rule
    span = intents.likely_words(chance)
    return opt_out.OptOutReading(meaning=OptOut.REVOKE, rule="sounds like it", span=span)


def _pressing(by_rule: urgency.UrgencyReading, chances: dict[str, float]) -> urgency.UrgencyReading:
    """The more pressing of the two readers: neither can switch off what the other heard."""
    cuts = trained.thresholds()
    heard = next(
        (level for level in (Urgency.EMERGENCY, Urgency.URGENT) if chances[level] >= cuts[level]),
        Urgency.ROUTINE,
    )
    levels = list(Urgency)
    if levels.index(heard) <= levels.index(by_rule.urgency):
        return by_rule
    if by_rule.discounted and chances[heard] < _DESPITE_RULES:
        return by_rule
    return urgency.UrgencyReading(
        urgency=heard,
        reason=by_rule.reason or urgency.SOUNDS[heard],
        span=by_rule.span or intents.likely_words(chances[heard]),
    )


def _wish(text: str, last_text: str | None, now: datetime, hours: when.Hours | None) -> When | None:
    """The time wish, with the weekdays that the text rules out; these alone are a wish for any other day."""
    but = barred.read(text)
    wish = when.read(barred.without(text) if but else text, now, hours, last_text)
    return replace(wish or When(), but=but) if but else wish


def _call_at(wish: When, now: datetime) -> TimeWish:
    """When to call back: not before `time`, not after `time_end`; a time alone is the next such time."""
    day = wish.date
    if day is None and wish.time and not when.is_latest(wish):
        passed = wish.time <= f"{now:%H:%M}"
        day = (now.date() + timedelta(days=passed)).isoformat()
    return TimeWish(
        date=day,
        time=None if when.is_latest(wish) else wish.time,
        time_end=None if when.is_earliest(wish) else wish.time_end,
        date_end=wish.date_end,
        dayparts=wish.dayparts,
    )


def _choice(
    text: str, last_text: str | None, now: datetime | None, hours: when.Hours | None
) -> tuple[int, str] | None:
    """The place that the text chooses in the last text sent, and the words that stood there."""
    offered = intents.menu(last_text or "")
    if not offered:
        return None
    place = intents.pick(text) or _first_said(text)
    if place not in offered and now:
        holds = [hold for hold in (_hold(*one, now) for one in offered.items()) if hold]
        wish = when.read(text, now, hours, last_text)
        hold = choosing.chosen(holds, wish, None, text) if len(holds) > 1 else None
        place = hold.place if hold else None
    return (place, offered[place]) if place in offered else None


def _first_said(text: str) -> int | None:
    """The number that a text begins with, as a sentence of its own: "1 please. Gate code is 4471"."""
    first, *rest = _PIECE_END.split(text, maxsplit=1)
    follows = " ".join(rest[0].split()[:_DOUBT_WORDS]) if rest else ""
    return intents.pick(first) if rest and not choosing.doubts(follows) else None


def _hold(place: int, words: str, now: datetime) -> Hold | None:
    """A time on offer as the text told it; None: the words tell no time."""
    told = when.read(words, now)
    if not (told and told.date and told.time):
        return None
    start = datetime.fromisoformat(f"{told.date}T{told.time}").replace(tzinfo=now.tzinfo)
    return Hold(
        id="", service="", start=start, duration_min=0, calendar="", place=place, expires_at=start
    )


def _kept_beside(fired: list[Fired]) -> list[Fired]:
    """What may be said in the same breath as a choice."""
    return [hit for hit in fired if hit.rule in _BESIDE_CHOICE]


def _evidence(consent: opt_out.OptOutReading, pressing: urgency.UrgencyReading) -> list[Fired]:
    found = []
    if consent.rule:
        found.append(Fired(rule=f"opt_out.{consent.rule}", span=consent.span))
    if pressing.reason:
        found.append(Fired(rule=f"urgency.{pressing.reason}", span=pressing.span))
    return found
