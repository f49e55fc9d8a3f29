"""What does a caller want? Several answers a text: what patterns show and how likely the trained reader finds each."""

import re
from collections.abc import Collection, Mapping

from agent.data import rule_data
from agent.model import Fired, Intent
from agent.rules.features import LONGEST
from agent.rules.normal import normal, pattern, words_only

_MENU_LINE = re.compile(
    r"\b([1-9])(?:\s+(?:to|for|with)|\s*[=.):](?!\d))\s*([^,.;\n]+)", re.IGNORECASE
)
_PICK = re.compile(
    r"^(?:(?:y|yes|yeah|yep|yup|ok|okay|k|sure|perfect|great|good|thank you|thanks|that works|i can do that|ill take|i will take|lets do|lets go with|go with|si|number|option|the|el|la|numero|opcion) )*"
    r"#?([1-9]|one|two|three|first|second|third|1st|2nd|3rd|uno|dos|tres)"
    r"(?: (?:one|please|pls|por favor|works|is (?:good|fine|great|perfect|ok)|for me|thanks|thank you|sounds good|would be (?:good|great|fine|best)|gracias))*$"
)
_CLOCK = re.compile(r"\b\d{1,2}:\d{2} ?[ap]m\b")
_MENU_MEANING = (("callback", Intent.REQUEST_CALLBACK), ("call", Intent.REQUEST_CALLBACK), ("book", Intent.BOOK), ("visit", Intent.BOOK), ("question", Intent.QUESTION))  # fmt: skip
_QUOTED = re.compile('["\u201c\u201d][^"\u201c\u201d]{8,}["\u201c\u201d]')

# These say all there is to say; polite forms beside them ("can you ...?") add no question.
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
        Intent.CHOOSE_SLOT,
    }
)
_PLAIN_QUESTION = 0.75
"""From here on a question stands also beside those."""
_SAYS_NOTHING = frozenset(
    {Intent.GREETING, Intent.CHITCHAT, Intent.LANGUAGE_SPANISH, Intent.GIVE_DETAILS}
)
"""Beside these alone a question mark is enough."""
_NO_THANKS = "no thanks"
_QUESTION_MARK = "question 0"
_ASKS = frozenset({Intent.QUESTION, Intent.PRICE_REQUEST})
_PLAIN_COMPLAINT = 0.45
_PROFILE, _TOLD = "asks the profile", "asks to be told"
_BY_PHONE = frozenset({Intent.REQUEST_CALLBACK, Intent.REQUEST_HUMAN})
_TOO_DEAR, _HOW_MUCH = "too dear", "how much"
_SURE = frozenset({Intent.REQUEST_HUMAN, Intent.REQUEST_CALLBACK, Intent.COMPLAINT})
"""Nobody is asked twice for these: the wording is enough unless all else speaks against it."""
_NOT_UNLIKELY = 0.1
_PLAIN_VENDOR = 0.7
"""Who sells is not answered: without a telling word only from here on."""
_PLAIN_SENTENCE = 0.35
_SAID_ANYWHERE = frozenset(
    {
        Intent.PRICE_REQUEST,
        Intent.REQUEST_HUMAN,
        Intent.REQUEST_CALLBACK,
        Intent.CANCEL_APPOINTMENT,
        Intent.RESCHEDULE,
        Intent.BOOK,
        Intent.STATUS_OF_TECHNICIAN,
        Intent.COMPLAINT,
    }
)


def shown(text: str) -> dict[str, str]:
    """Name -> the words that show it, for each intent and each of its patterns (`book`, `book 2`)."""
    said = normal(_QUOTED.sub(" ", text))[:LONGEST]
    found: dict[str, str] = {}
    for name, sources in rule_data("intents")["patterns"].items():
        for place, source in enumerate(sources):
            if match := pattern(source).search(said):
                found.setdefault(name, match.group(0).strip() or said)
                found[f"{name} {place}"] = match.group(0)
    return found


def read(
    shown_by: Mapping[str, str],
    chances: Mapping[str, float],
    cuts: Mapping[str, float],
    in_sentences: Collection[Intent] = (),
) -> list[Fired]:
    """The intents of a text by name, likeliest first, each with the words that showed it or how likely it is.

    Args:
        in_sentences: what single sentences of the text want, as `of_sentence` told.
    """
    taken = {name for name in Intent if _is_taken(name, shown_by, chances, cuts)}
    if _INSTEAD_OF_QUESTION & taken and chances[Intent.QUESTION] < _PLAIN_QUESTION:
        taken -= {Intent.QUESTION}
    taken |= {*in_sentences}
    if _PROFILE in shown_by or (_QUESTION_MARK in shown_by and taken <= _SAYS_NOTHING):
        taken |= {Intent.QUESTION}
    if _TOLD in shown_by:
        taken -= {name for name in _BY_PHONE if name not in shown_by}
        taken |= {Intent.QUESTION} if taken <= _SAYS_NOTHING else set()
    if taken & _ASKS and chances[Intent.COMPLAINT] < _PLAIN_COMPLAINT:
        taken -= {Intent.COMPLAINT}
    if _TOO_DEAR in shown_by and _HOW_MUCH not in shown_by:
        taken -= {Intent.PRICE_REQUEST}
    if _NO_THANKS in shown_by and Intent.GOODBYE not in taken:
        taken -= {Intent.THANKS}
    return [
        Fired(rule=name, span=shown_by.get(name) or likely_words(chances[name]))
        for name in sorted(taken, key=lambda name: (-chances[name], name))
    ]


def likely_words(chance: float) -> str:
    """The evidence of what no pattern shows."""
    return f"likely {chance:.2f}"


def of_sentence(shown_by: Mapping[str, str], chances: Mapping[str, float]) -> set[Intent]:
    """What one of several sentences plainly wants; a question only if it wants nothing that has a name of its own."""
    wants = {
        name for name in _SAID_ANYWHERE if chances[name] >= _PLAIN_SENTENCE and name in shown_by
    }
    likeliest = max(_INSTEAD_OF_QUESTION, key=lambda name: chances[name])
    asks = _QUESTION_MARK in shown_by and chances[Intent.QUESTION] > chances[likeliest]
    return wants | ({Intent.QUESTION} if asks else set())


def _is_taken(
    name: Intent,
    shown_by: Mapping[str, str],
    chances: Mapping[str, float],
    cuts: Mapping[str, float],
) -> bool:
    """Some are told by their wording alone: who asks for a person gets one, and look-alikes of "are you a robot" have the same words."""
    if name is Intent.ARE_YOU_A_BOT:
        return name in shown_by
    if name is Intent.SPAM_OR_VENDOR and name not in shown_by:
        return chances[name] >= _PLAIN_VENDOR
    sure = name in _SURE and name in shown_by and chances[name] >= _NOT_UNLIKELY
    return sure or chances[name] >= cuts[name]


def menu(last_text: str) -> dict[int, str]:
    """The numbered choices that a text offered: place -> words."""
    return {int(place): words.strip().lower() for place, words in _MENU_LINE.findall(last_text)}


def pick(text: str) -> int | None:
    """The place in a menu that a text names and nothing else: "2", "#2", "two please"."""
    match = _PICK.match(words_only(text))
    if not match:
        return None
    word = match.group(1)
    return int(word[0]) if word[0].isdigit() else int(rule_data("intents")["number_words"][word])


def menu_intent(words: str) -> Intent:
    """What the words of a menu choice ask for."""
    if _CLOCK.search(words):
        return Intent.CHOOSE_SLOT
    return next((intent for key, intent in _MENU_MEANING if key in words), Intent.QUESTION)
