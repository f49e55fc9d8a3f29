"""Numbered menus: what a text that was sent offered ("Reply 1 to book, 2 with your question"), and what a caller picks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import count, takewhile

from agent.data import rule_data
from agent.rules.intents import pick
from agent.rules.language import read as read_language
from agent.rules.normal import normal, pattern, words_only
from agent.rules.sentences import typed

_CHOICE = re.compile(
    r"(?<![\d:$/#-])#?\b([1-9])\b(?![\d:/%]|\.\d|(?:st|nd|rd|th|am|pm)\b)\s*(?:[=.):(-]\s*|(?:to|for|with|if|when|para|con|si|por)\s+)?"
    r"(?=[^\W\d])(.+?)(?=\s*(?:[,.;!)\n]|,?\s(?:or|and|o|y)\s+#?[1-9]\b|\s#?[1-9]\s*[=.):]|\s\(|$))",
    re.IGNORECASE,
)
"""A number and the words up to the next one, or to the end of the sentence."""
_CLOCK = re.compile(r"\b\d{1,2}(:\d{2})? ?[ap]m\b", re.IGNORECASE)
_NUMBER = re.compile(r"^#?([1-9])(?!\d|[:/.,-]\d)([.,:;)-]*)\s*(.*)$", re.DOTALL)
_HALF_DAY = re.compile(r"[ap]\.?m\b|o ?clock\b", re.IGNORECASE)


class Meaning(StrEnum):
    """What a choice asks for."""

    BOOK = "book"
    QUESTION = "question"  # the caller has one, and has not asked it yet
    CALLBACK = "callback"
    HOLD = "hold"  # an item is to be kept for the caller
    INFO = "info"  # about what, is not said yet
    AS_WRITTEN = "as_written"  # anything else: as if the caller had written the words
    UNKNOWN = "unknown"  # a number that the menu does not have


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One place of a menu that a caller picked."""

    meaning: Meaning
    more: str
    """What the caller wrote beside the number."""
    reads_as: str
    """What the caller would have written without a menu."""


def read(text: str) -> dict[int, str]:
    """The choices of a menu in a text, place -> its words; empty where the text is none, or offers times."""
    if not pattern(rule_data("menus")["asks_for_number"]).search(words_only(_with_signs(text))):
        return {}
    squeezed = re.sub(r"[^\S\n]+", " ", text)
    found = [(int(place), " ".join(words.split())) for place, words in _CHOICE.findall(squeezed)]
    in_order = takewhile(lambda one: one[0][0] == one[1], zip(found, count(1), strict=False))
    menu = dict(one for one, _ in in_order)
    return menu if len(menu) > 1 and not _offers_times(text) else {}


def last_sent(texts: Iterable[str]) -> dict[int, str]:
    """The menu among the texts that were sent, newest first, unless a list of times came after it."""
    for text in texts:
        if menu := read(text):
            return menu
        if _offers_times(text):
            return {}
    return {}


def chosen(
    text: str, menu: dict[int, str], *, just_sent: bool, language: str = ""
) -> Choice | None:
    """What a text picks from the menu: "2", "#2", "option two", "2: how much is it?"; None: it picks nothing.

    Args:
        just_sent: the menu was the last text, so that "3 after 5" is a choice with a time and no quantity.
        language: of the conversation so far; empty: not known.
    """
    place, more = _number_of(text, just_sent=just_sent)
    place = place or _named(text, menu)
    if place is None or not menu:
        return None
    if place not in menu:
        is_slip = just_sent and not more
        return Choice(meaning=Meaning.UNKNOWN, more="", reads_as=text) if is_slip else None
    meaning, more = _meaning(menu[place]), more.strip()
    tongues = {language, read_language(menu[place]), read_language(text)}
    words = _reads_as(meaning, menu[place], more, "es" if "es" in tongues else "en")
    return Choice(meaning=meaning, more=more, reads_as=words)


def _number_of(text: str, *, just_sent: bool) -> tuple[int | None, str]:
    """The number that a text picks, and what else it says."""
    if place := pick(text) or pick(
        pattern(rule_data("menus")["lead"]).sub("", words_only(text), 1)
    ):
        return place, ""
    first, *others = typed(text) or [""]
    if others and (place := pick(first)):
        return place, text.strip()[len(first) :]
    match = _NUMBER.match(text.strip())
    if not match or _HALF_DAY.match(match[3]) or not (match[2] or just_sent):
        return None, ""
    goes_on = match[2] or pattern(rule_data("menus")["goes_on"]).match(normal(match[3]))
    return (int(match[1]), match[3]) if goes_on else (None, "")


def _named(text: str, menu: dict[int, str]) -> int | None:
    """The place whose words are all that the text says, or that its one word means: "Hold", "callback"."""
    said = words_only(text)
    meaning = _meaning(said) if len(said.split()) == 1 else Meaning.AS_WRITTEN
    for place, words in menu.items():
        same = meaning is not Meaning.AS_WRITTEN and _meaning(words) is meaning
        if same or words_only(words) == said:
            return place
    return None


def _meaning(words: str) -> Meaning:
    said = words_only(words)
    for name, source in rule_data("menus")["meanings"].items():
        if pattern(source).search(said):
            return Meaning(name)
    return Meaning.AS_WRITTEN


def _reads_as(meaning: Meaning, words: str, more: str, language: str) -> str:
    """Who says more than the number of a question has asked it; other words of a menu are read as a question."""
    said: dict[str, str] = rule_data("menus")["said"][language]
    if more and meaning not in (Meaning.BOOK, Meaning.CALLBACK, Meaning.AS_WRITTEN):
        return more
    return f"{said.get(meaning, f'{words}?')} {more}".strip()


def _offers_times(text: str) -> bool:
    """A numbered list of times, or one time with a question for a yes."""
    numbered = [line for line in text.splitlines() if re.match(r"\s*\d\s*[=.):]", line)]
    return any(_CLOCK.search(line) for line in numbered)


def _with_signs(text: str) -> str:
    """The equals sign, which folding drops, is told apart from a bare number."""
    return re.sub(r"1\s*=", " reply 1 ", text)
