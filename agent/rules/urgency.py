"""Is a text an emergency? Recall first: a missed emergency is worse than a false alarm."""

from dataclasses import dataclass

from agent.data import rule_data
from agent.model import Urgency
from agent.rules.normal import first_match, normal, without
from agent.rules.spelling import mended


@dataclass(frozen=True, kw_only=True)
class UrgencyReading:
    urgency: Urgency = Urgency.ROUTINE
    reason: str | None = None
    span: str = ""
    discounted: bool = False
    """Some words were left out: idioms, denials, history."""


def read(text: str) -> UrgencyReading:
    """The most pressing rule that fires; emergencies stand before urgent ones in the data."""
    rules = rule_data("urgency")
    whole = mended(normal(text))
    said = without(rules["harmless"], whole)
    discounted = said != whole
    for rule in rules["rules"]:
        if span := first_match(rule["patterns"], said):
            return UrgencyReading(
                urgency=Urgency(rule["level"]),
                reason=rule["reason"],
                span=span,
                discounted=discounted,
            )
    return UrgencyReading(discounted=discounted)
