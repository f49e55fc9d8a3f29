"""Is a text an emergency? Recall first: a missed emergency is worse than a false alarm."""

from dataclasses import dataclass

from agent.data import rule_data
from agent.model import Urgency
from agent.rules.normal import first_match, normal, without


@dataclass(frozen=True, kw_only=True)
class UrgencyReading:
    urgency: Urgency = Urgency.ROUTINE
    reason: str | None = None
    span: str = ""


def read(text: str) -> UrgencyReading:
    """The most pressing rule that fires; emergencies stand before urgent ones in the data."""
    rules = rule_data("urgency")
    said = without(rules["harmless"], normal(text))
    for rule in rules["rules"]:
        if span := first_match(rule["patterns"], said):
            return UrgencyReading(urgency=Urgency(rule["level"]), reason=rule["reason"], span=span)
    return UrgencyReading()
