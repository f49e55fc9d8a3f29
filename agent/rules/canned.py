"""Words that staff send often: their {variables} become what is known of a caller; the rest is for the person to fill in."""

import re
from collections.abc import Mapping

VARIABLES = {
    "first_name": "the caller's first name; left out where it is not known",
    "business": "the business's name",
    "me": "your first name",
    "phone": "the business's phone number",
    "service": "what the caller has booked, or asks for",
    "time": "when the caller's next visit is",
}
"""What may stand in braces, and what becomes of it."""

_VARIABLE = re.compile(r"\{\s*(" + "|".join(VARIABLES) + r")\s*\}")
_ANY = re.compile(r"\{\s*[A-Za-z][A-Za-z_ ]{0,30}\}")
_GAP = "\x00"
"""Stands for a name that is not known, until the sentence is mended."""
_SIGNS = ",;:!."


def fill(text: str, values: Mapping[str, str]) -> str:
    """The words with what is known; a first name that is not known leaves a clean sentence, anything else stays in braces.

    Args:
        values: by the names of VARIABLES; empty or missing: not known.
    """
    filled = _VARIABLE.sub(lambda found: _value(found, values), text.replace(_GAP, ""))
    return _mended(filled) if _GAP in filled else filled


def unfilled(text: str) -> list[str]:
    """What still stands in braces, each once, in order: a text with it is not sent."""
    return list(dict.fromkeys(_ANY.findall(text)))


def unknown(text: str) -> list[str]:
    """What stands in braces and means nothing here."""
    return unfilled(_VARIABLE.sub("", text))


def _value(found: re.Match[str], values: Mapping[str, str]) -> str:
    name = found[1]
    known = values.get(name, "").replace("{", "(").replace("}", ")")
    return known or (_GAP if name == "first_name" else f"{{{name}}}")


def _mended(text: str) -> str:
    """Close the gaps: "Hi ?, thanks" -> "Hi, thanks"; "?, we are on our way" -> "We are on our way"."""
    opening = re.compile(rf"(^|[.!?]\s+|\n){_GAP}[ {_SIGNS}]*(\w?)")
    text = opening.sub(lambda found: found[1] + found[2].upper(), text)
    return re.sub(rf"[,;:]? *{_GAP}(?=[.!?])| *{_GAP}", "", text)
