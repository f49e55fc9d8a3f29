"""Is a text an emergency? Recall first: a missed emergency is worse than a false alarm."""

import re
from dataclasses import dataclass, replace

from agent.data import rule_data
from agent.model import Urgency
from agent.rules.normal import first_match, normal, without
from agent.rules.spelling import mended

_LEVELS = list(Urgency)
_SAID, _AGAIN = "said to be an emergency", "it happens again"
_CLAUSE_END = re.compile(
    r"[,;:!?.\n]+|\s-+\s|\b(?:but|now|pero|ahora|because|porque)\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class UrgencyReading:
    urgency: Urgency = Urgency.ROUTINE
    reason: str | None = None
    span: str = ""
    discounted: bool = False
    """Some words were left out: idioms, denials, history."""


def read(text: str) -> UrgencyReading:
    """The most pressing of the whole and of each clause: history in one half must not hide what happens in the other."""
    clauses = [one for one in _CLAUSE_END.split(text) if len(one.split()) > 1]
    whole = mended(normal(text))
    if span := first_match(rule_data("urgency")["plain"], whole):
        return UrgencyReading(urgency=Urgency.EMERGENCY, reason=_outright(whole), span=span)
    readings = [_read(one) for one in (text, *(clauses if len(clauses) > 1 else []))]
    most = max(readings, key=lambda one: _LEVELS.index(one.urgency))
    if most.urgency is Urgency.ROUTINE and readings[0].discounted and _happens_again(text):
        return UrgencyReading(
            urgency=Urgency.URGENT, reason=_AGAIN, span=text[:40], discounted=True
        )
    return replace(most, discounted=readings[0].discounted)


def _read(text: str) -> UrgencyReading:
    """By one stretch of words; emergencies stand before urgent ones in the data."""
    whole = mended(normal(text))
    said = without(rule_data("urgency")["harmless"], whole)
    found = _by_rules(said)
    return replace(found, discounted=said != whole)


def _by_rules(said: str) -> UrgencyReading:
    for rule in rule_data("urgency")["rules"]:
        if span := first_match(rule["patterns"], said):
            return UrgencyReading(urgency=Urgency(rule["level"]), reason=rule["reason"], span=span)
    return UrgencyReading()


def _outright(whole: str) -> str:
    """What else the text names, so that the caller reads the fitting line."""
    named = _by_rules(whole)
    return named.reason if named.urgency is Urgency.EMERGENCY and named.reason else _SAID


def _happens_again(text: str) -> bool:
    """What was once comes back: "we had a gas leak in March and I smell it again"."""
    whole = normal(text)
    comes_back = (
        first_match(
            [
                r"\b(again|another|otra vez|de nuevo|is having one|ours is|mine is|because there is)\b"
            ],
            whole,
        )
        is not None
    )
    return comes_back and _by_rules(whole).urgency is Urgency.EMERGENCY
