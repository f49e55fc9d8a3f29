"""Is a text an emergency? Recall first: a missed emergency is worse than a false alarm."""

import re
from dataclasses import dataclass, replace

from agent.data import rule_data
from agent.model import Urgency
from agent.rules.normal import first_match, normal, without
from agent.rules.spelling import mended

_LEVELS = list(Urgency)
_SAID, _AGAIN = "said to be an emergency", "it happens again"
SOUNDS = {Urgency.EMERGENCY: "sounds like an emergency", Urgency.URGENT: "sounds urgent"}
"""The reason where no rule names one."""
NAMES_NO_DANGER = frozenset({None, SOUNDS[Urgency.URGENT], "said to be urgent"})
"""Reasons of what is urgent that say nothing of what is wrong."""
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
    folded = normal(text)
    whole = mended(folded)
    if span := first_match(rule_data("urgency")["plain"], whole):
        return UrgencyReading(urgency=Urgency.EMERGENCY, reason=_outright(whole), span=span)
    first = _read(whole)
    most = max([first, *_of_clauses(text)], key=lambda one: _LEVELS.index(one.urgency))
    if most.urgency is Urgency.ROUTINE and first.discounted and _happens_again(folded):
        return UrgencyReading(
            urgency=Urgency.URGENT, reason=_AGAIN, span=text[:40], discounted=True
        )
    return replace(most, discounted=first.discounted)


def _of_clauses(text: str) -> list[UrgencyReading]:
    clauses = [one for one in _CLAUSE_END.split(text) if len(one.split()) > 1]
    return [_read(mended(normal(one))) for one in clauses] if len(clauses) > 1 else []


def _read(words: str) -> UrgencyReading:
    """By one stretch of folded words; emergencies stand before urgent ones in the data."""
    said = without(rule_data("urgency")["harmless"], words)
    return replace(_by_rules(said), discounted=said != words)


def _by_rules(said: str) -> UrgencyReading:
    for rule in rule_data("urgency")["rules"]:
        if span := first_match(rule["patterns"], said):
            return UrgencyReading(urgency=Urgency(rule["level"]), reason=rule["reason"], span=span)
    return UrgencyReading()


def _outright(whole: str) -> str:
    """What else the text names, so that the caller reads the fitting line."""
    named = _by_rules(whole)
    return named.reason if named.urgency is Urgency.EMERGENCY and named.reason else _SAID


def _happens_again(folded: str) -> bool:
    """What was once comes back: "we had a gas leak in March and I smell it again"."""
    comes_back = first_match(rule_data("urgency")["comes_back"], folded) is not None
    return comes_back and _by_rules(folded).urgency is Urgency.EMERGENCY
