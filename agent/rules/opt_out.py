"""Does a text revoke, restart or ask about consent to be texted?

47 CFR 64.1200(a)(10): any reasonable means counts, not only the keyword. Read apart from urgency:
"STOP texting and send someone" is both.
"""

import re
from dataclasses import dataclass
from functools import cache

from agent.data import rule_data
from agent.model import OptOut
from agent.rules.normal import first_match, normal, pattern, without, words_only
from agent.rules.spelling import mended, shortened, swapped

KEYWORD = "keyword"
"""The rule of a text that is a consent keyword and nothing else."""
_ASKS_WHO = "asks who is writing"

_SENTENCE_END = re.compile(r"[.!?;:,\n]+|\s-+\s")
_SHORT = 6
_DIGITS_AS_LETTERS = str.maketrans("015", "ois")


@dataclass(frozen=True, kw_only=True)
class OptOutReading:
    meaning: OptOut
    rule: str = ""
    span: str = ""
    carrier_acts: bool = False
    """The carrier blocks or unblocks on this very word, and confirms it itself."""

    @property
    def is_whole_message(self) -> bool:
        """The text says nothing beside this."""
        return self.rule in (KEYWORD, _ASKS_WHO)


def read(text: str) -> OptOutReading:
    words = words_only(text)
    return (
        _keyword(text, words)
        or _clarifies(words)
        or _revokes(text, words)
        or _asks_who(words)
        or _starts(text)
        or OptOutReading(meaning=OptOut.NONE)
    )


def speaks_of_contact(text: str) -> bool:
    """It says something of being written to; an opt-out does, in whatever words."""
    return first_match(rule_data("opt_out")["contact"], normal(text)) is not None


def rules_version() -> str:
    """The date of the wording list, kept as evidence with every opt-out."""
    return str(rule_data("opt_out")["version"])


def _keyword(text: str, words: str) -> OptOutReading | None:
    """A keyword and nothing else, however it is spaced or misspelt."""
    rules = rule_data("opt_out")
    carrier_acts = words == text.strip().lower() and words in rules["carrier_acts"]
    if meaning := _keywords().get(words.replace(" ", "")):
        return OptOutReading(meaning=meaning, rule=KEYWORD, span=words, carrier_acts=carrier_acts)
    if any(_is_slip(words, keyword) for keyword in rules["slips_of"]):
        return OptOutReading(meaning=OptOut.REVOKE, rule=KEYWORD, span=words)
    return None


@cache
def _keywords() -> dict[str, OptOut]:
    """Each keyword written together; a word of two meanings revokes."""
    rules = rule_data("opt_out")
    meanings = {"help": OptOut.HELP, "start": OptOut.START, "revoke": OptOut.REVOKE}
    return {
        one.replace(" ", ""): meaning for name, meaning in meanings.items() for one in rules[name]
    }


def _clarifies(words: str) -> OptOutReading | None:
    """Nothing but a request whose meaning hangs on what is open."""
    if any(pattern(source).fullmatch(words) for source in rule_data("opt_out")["clarify"]):
        return OptOutReading(meaning=OptOut.CLARIFY, rule="could mean the appointment", span=words)
    return None


def _asks_who(words: str) -> OptOutReading | None:
    """Nothing but a question who we are."""
    if any(pattern(source).fullmatch(words) for source in rule_data("opt_out")["help_patterns"]):
        return OptOutReading(meaning=OptOut.HELP, rule=_ASKS_WHO, span=words)
    return None


def _revokes(text: str, words: str) -> OptOutReading | None:
    """A revocation anywhere, also in a sentence of its own: "This is harassment. Stop"."""
    rules = rule_data("opt_out")
    for said in map(mended, [words, *(words_only(part) for part in _SENTENCE_END.split(text))]):
        if span := first_match(rules["revoke_patterns"], without(rules["not_revoke"], said)):
            return OptOutReading(meaning=OptOut.REVOKE, rule="own words", span=span)
    return None


def _starts(text: str) -> OptOutReading | None:
    """A plain wish for texts: nothing in it denies, asks or threatens."""
    rules = rule_data("opt_out")
    words = words_only(text)
    if "?" in text and not first_match(rules["polite"], words):
        return None
    span = first_match(rules["start_patterns"], words)
    if span and not first_match(rules["not_start"], words):
        return OptOutReading(meaning=OptOut.START, rule="own words", span=span)
    return None


def _is_slip(words: str, keyword: str) -> bool:
    """The keyword with letters repeated, two neighbours swapped, one left out, or digits for letters."""
    typed = words.replace(" ", "").translate(_DIGITS_AS_LETTERS)
    drawn_out = pattern("".join(f"{letter}+" for letter in keyword)).fullmatch(typed)
    return drawn_out is not None or typed in _slips_of(keyword)


@cache
def _slips_of(keyword: str) -> set[str]:
    """A short word without one of its letters is often another word."""
    left_out = shortened(keyword) if len(keyword) > _SHORT else []
    return swapped(keyword) | {*left_out}
