"""Does a text revoke, restart or ask about consent to be texted?

47 CFR 64.1200(a)(10): any reasonable means counts, not only the keyword. Read apart from urgency:
"STOP texting and send someone" is both.
"""

from dataclasses import dataclass

from agent.data import rule_data
from agent.model import OptOut
from agent.rules.normal import first_match, pattern, without, words_only

KEYWORD = "keyword"
"""The rule of a text that is a consent keyword and nothing else."""


@dataclass(frozen=True, kw_only=True)
class OptOutReading:
    meaning: OptOut
    rule: str = ""
    span: str = ""
    carrier_acts: bool = False
    """The carrier blocks or unblocks on this very word, and confirms it itself."""


def read(text: str) -> OptOutReading:
    rules = rule_data("opt_out")
    keyword = words_only(text)
    acts = words_only(text) == text.strip().lower() and keyword in rules["carrier_confirms"]
    if keyword in rules["revoke"]:
        return _reading(OptOut.REVOKE, KEYWORD, keyword, carrier_acts=acts)
    if keyword in rules["start"]:
        return _reading(OptOut.START, KEYWORD, keyword, carrier_acts=True)
    if keyword in rules["help"]:
        return _reading(OptOut.HELP, KEYWORD, keyword)
    if any(pattern(source).fullmatch(keyword) for source in rules["clarify"]):
        return _reading(OptOut.CLARIFY, "could mean the appointment", keyword)
    own_words = without(rules["not_revoke"], words_only(text))
    if span := first_match(rules["revoke_patterns"], own_words):
        return _reading(OptOut.REVOKE, "own words", span)
    return OptOutReading(meaning=OptOut.NONE)


def rules_version() -> str:
    """The date of the wording list, kept as evidence with every opt-out."""
    return str(rule_data("opt_out")["version"])


def _reading(meaning: OptOut, rule: str, span: str, *, carrier_acts: bool = False) -> OptOutReading:
    return OptOutReading(meaning=meaning, rule=rule, span=span, carrier_acts=carrier_acts)
