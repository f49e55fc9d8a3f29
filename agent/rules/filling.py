"""A template's {variables} become words; one without a value leaves a clean sentence."""

import re
from collections.abc import Mapping

from agent.rules.sentences import sentences

VARIABLES = {
    "business": "the business's name",
    "call_time": "when they called, like 3:42 PM",
    "expect": 'when a person is there, like "tomorrow at 8 AM"',
    "free_at": "when you are free again, by your calendar",
    "first_name": "the caller's first name, where known",
    "booking_link": "your booking page",
}
"""What may stand in braces, and what becomes of it."""
AT = "at "
"""Before a name among the values: the words that already say "at"."""

_VARIABLE = re.compile(r"\{\s*(" + "|".join(VARIABLES) + r")\s*\}")
_WITH_AT = re.compile(
    r"\b(?:at|on|a las?|el)\s+\{\s*(expect|free_at|call_time)\s*\}", re.IGNORECASE
)
_NOT_FILLED = re.compile(r"\{[^{}]*\}|[{}]|\[[^\[\]]*[A-Za-z][^\[\]]*\]")
"""Also [Business Name], as other systems write it."""
_GAP = "\x00"
"""Stands where there is no value, until the sentence is mended."""
_NAME = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")  # noqa: RUF001 - phones type the curly one
_LONGEST_NAME = 20
_JOINT = re.compile(r"\s*(?:[,;(]|\s-)\s*(?:(?:or|and|o|y)\s)?|\s(?:or|and|o|y)\s")


def unknown(template: str) -> list[str]:
    """What stands in braces or brackets and means nothing here, in order."""
    return list(dict.fromkeys(_NOT_FILLED.findall(_VARIABLE.sub("", template))))


def uses(template: str, variable: str) -> bool:
    return variable in _VARIABLE.findall(template)


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its values, on one line.

    Args:
        values: by the names of VARIABLES, empty: not known; `at call_time` and the like say "at 3:42 PM".
    """

    def value(name: str) -> str:
        return values.get(name) or _GAP

    text = _WITH_AT.sub(lambda found: value(AT + found[1].lower()), template)
    text = _VARIABLE.sub(lambda found: value(found[1]), text)
    return " ".join(_mended(text).split())


def first_name(name: str) -> str:
    """A name as a text may say it; empty: it looks like none, and whoever wrote it is a stranger."""
    word = next(iter(name.split()), "")
    return word if len(word) <= _LONGEST_NAME and _NAME.fullmatch(word) else ""


def without_clauses(text: str, gap: str) -> str:
    """The text without the clauses in which something is missing; a sentence of nothing else goes whole."""
    return " ".join(kept for one in sentences(text) if (kept := _without_clause(one, gap)))


def _mended(text: str) -> str:
    """Close the gaps: "Hi , sorry" -> "Hi, sorry", ", sorry" -> "Sorry"."""
    opening = re.compile(rf"(^|[.!?:]\s+){_GAP}[\s,;:!.-]*(\w?)")
    text = opening.sub(lambda found: found[1] + found[2].upper(), text)
    text = re.sub(rf"[\s]*{_GAP}", "", text)
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    return re.sub(r"[,;:]+(?=[.!?])", "", text)


def _without_clause(sentence: str, gap: str) -> str:
    at = sentence.find(gap)
    if at < 0:
        return sentence
    joints = [one.start() for one in _JOINT.finditer(sentence, 0, at)]
    if not joints:
        return ""
    if not joints[-1]:
        return ""
    kept = sentence[: joints[-1]].rstrip() + sentence[at + len(gap) :].lstrip(")").rstrip()
    return kept if kept[-1] in ".!?" else f"{kept}."
