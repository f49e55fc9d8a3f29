"""What does a caller want? Several answers a text; the rules' first reading of it."""

import re

from agent.data import rule_data
from agent.model import Fired, Intent
from agent.rules.normal import first_match, normal, words_only

_MENU_LINE = re.compile(
    r"\b([1-9])(?:\s+(?:to|for|with)|\s*[=.):](?!\d))\s*([^,.;\n]+)", re.IGNORECASE
)
_PICK = re.compile(
    r"^(?:number |option |the )?#?([1-9]|one|two|three|first|second|third|uno|dos|tres)(?: one| please| pls| por favor)?$"
)
_CLOCK = re.compile(r"\b\d{1,2}:\d{2} ?[ap]m\b")
_MENU_MEANING = (("callback", Intent.REQUEST_CALLBACK), ("call", Intent.REQUEST_CALLBACK), ("book", Intent.BOOK), ("visit", Intent.BOOK), ("question", Intent.QUESTION))  # fmt: skip

# These say all there is to say; a bare "?" beside them adds no question.
_INSTEAD_OF_QUESTION = frozenset(
    {
        Intent.PRICE_REQUEST,
        Intent.STATUS_OF_TECHNICIAN,
        Intent.ARE_YOU_A_BOT,
        Intent.BOOK,
        Intent.RESCHEDULE,
        Intent.CANCEL_APPOINTMENT,
        Intent.REQUEST_CALLBACK,
        Intent.REQUEST_HUMAN,
        Intent.CHITCHAT,
    }
)


def read(text: str) -> list[Fired]:
    """The intents of a text by name, each with the words that showed it, most telling first."""
    said = normal(text)
    fired: list[Fired] = []
    for name, sources in rule_data("intents")["patterns"].items():
        if name != Intent.QUESTION and (span := first_match(sources, said)):
            fired.append(Fired(rule=name, span=span))
    names = {hit.rule for hit in fired}
    question = first_match(rule_data("intents")["patterns"][Intent.QUESTION], said)
    if question and not names & _INSTEAD_OF_QUESTION:
        fired.append(Fired(rule=Intent.QUESTION, span=question))
    return fired


def menu(last_text: str) -> dict[int, str]:
    """The numbered choices that a text offered: place -> words."""
    return {int(place): words.strip().lower() for place, words in _MENU_LINE.findall(last_text)}


def pick(text: str) -> int | None:
    """The place in a menu that a text names and nothing else: "2", "#2", "two please"."""
    match = _PICK.match(words_only(text))
    if not match:
        return None
    word = match.group(1)
    return int(word) if word.isdigit() else int(rule_data("intents")["number_words"][word])


def menu_intent(words: str) -> Intent:
    """What the words of a menu choice ask for."""
    if _CLOCK.search(words):
        return Intent.CHOOSE_SLOT
    return next((intent for key, intent in _MENU_MEANING if key in words), Intent.QUESTION)
