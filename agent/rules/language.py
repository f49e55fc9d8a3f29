"""Which language is a text in? English unless enough of it is plainly another."""

from agent.data import rule_data
from agent.rules.normal import words_only

_YES_TOO = {"y", "yo"}
"""Alone they are English as well: a yes, a greeting."""


def read(text: str) -> str:
    """`es` or `en`."""
    if "¿" in text or "¡" in text:
        return "es"
    words = words_only(text).split()
    if not words:
        return "en"
    if {*words} <= _YES_TOO:
        return "en"
    rules = rule_data("words")
    known = rules["spanish"].split()
    spanish = sum(word in known for word in words)
    if not {*words} & ({*known} - {*rules["spanish_and_english"].split()}):
        return "en"
    return "es" if spanish / len(words) >= 0.4 or spanish >= 4 else "en"  # noqa: PLR2004 - a third of a short text is names and numbers


def speaks_english(text: str) -> bool:
    """It has one of the small words of which no English sentence is without; names and addresses have none."""
    rules = rule_data("words")
    small = {*rules["common"].replace("'", "").split()} - {*rules["spanish_and_english"].split()}
    return bool({*words_only(text).split()} & small)
