"""Does a sentence sell? Unasked + push = removed; asked + plain fact = kept.

One promotional sentence makes the whole text promotional (47 CFR 64.1200(f)(13)).
"""

from agent.data import rule_data
from agent.rules.normal import first_match, normal


def push_in(sentence: str, asked: str | None) -> str | None:
    """Why a sentence is marketing, or None. What the caller asked about is not a push."""
    said = _with_signs(sentence)
    question = _with_signs(asked or "")
    for rule in rule_data("marketing")["push"]:
        span = first_match(rule["patterns"], said)
        if span and not first_match(rule["patterns"], question):
            return f"{rule['why']}: {span!r}"
    return None


def _with_signs(text: str) -> str:
    return normal(text.replace("%", " percent ").replace("-", " "))
