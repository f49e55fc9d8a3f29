"""The words of dates and times: a text folded sign by sign, and word lists of `when.toml` as patterns."""

import re
import unicodedata
from functools import cache

from agent.data import rule_data

_SIGNS = str.maketrans("’‘´`–—−“”₹¥₱", "''''---\"\"$$$")  # noqa: RUF001 - phones type the curly ones

_NEAR = 80
"""Letters before a time in which words are looked for that make something of it."""

EDGES = "early|beginning of|mid|middle of|late|end of|principios de|mediados de|finales de"


def folded(text: str) -> str:
    """Lower case without accents, sign for sign: places in it are places in the text."""
    return "".join(_plain(sign) for sign in text.translate(_SIGNS))


def _plain(sign: str) -> str:
    if sign.isascii():
        return sign.lower()
    small = unicodedata.normalize("NFKD", sign).lower()[:1]
    if small.isascii() and small.isprintable():
        return small
    return "_" if small.isalnum() else " "


@cache
def one_of(table: str) -> str:
    """A word list as alternatives, longest first."""
    words = sorted(value_of(table), key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", " +") for word in words)


@cache
def value_of(table: str) -> dict[str, str]:
    """Of each word, the key it stands under."""
    return {word: key for key, words in rule_data("when")[table].items() for word in words}


def number(word: str) -> int:
    """The value of digits or of a number word."""
    digits = re.match(r"\d+", word)
    if digits:
        return int(digits.group(0))
    plain = " ".join(word.split())
    return int(value_of("ordinals").get(plain) or value_of("numbers")[plain])


@cache
def around(name: str) -> str:
    """The words that stand around a time, as one pattern."""
    return rf"(?:{'|'.join(rule_data('when')['around'][name])})"


@cache
def no_things() -> str:
    """An ordinal or a number that is a day has nothing behind it that it counts: not "the 3rd floor"."""
    return rf"(?!\w|(?: *- *| +)(?:{around('things')}|{around('in_a_row')})\b)"


@cache
def no_count() -> str:
    """A number that is an hour has nothing behind it that it counts: not "at 3 houses", "after 4 or 5 clicks"."""
    return rf"(?! *-? *(?:(?:or|to|o|a|-) *\d+ +)?{around('things')}\b|[\d/%$]|[:.,]\d)"


def said_before(name: str, before: str) -> re.Match[str] | None:
    """Such words as the last ones before a time."""
    frame = r"\b{}\s*(?:(?:about|around|like|on|at|the|el|la|las|por|this)\s+)*$"
    return _pattern(name, frame).search(before, max(0, len(before) - _NEAR))


def said_after(name: str, after: str) -> re.Match[str] | None:
    """Such words right after a time."""
    return _pattern(name, r"\s*,?\s*{}\b").match(after)


def said_in(name: str, words: str) -> re.Match[str] | None:
    return _pattern(name, r"\b{}\b").search(words)


@cache
def _pattern(name: str, frame: str) -> re.Pattern[str]:
    return re.compile(frame.replace("{}", around(name)))


def day_form() -> str:
    """A day of the month, in digits or as an ordinal."""
    return rf"(?:3[01]|[12]\d|0?[1-9])(?: ?(?:st|nd|rd|th|ro))?(?![\d:]| ?[ap]\.?m\b)|{one_of('ordinals')}"


def edge_days(edge: str | None, last: int) -> tuple[int, int]:
    """The days of a month that its beginning, middle or end may mean."""
    if edge is None:
        return 1, last
    if edge.startswith(("early", "beginning", "principios")):
        return 1, 10
    return (10, 20) if edge.startswith(("mid", "media")) else (last - 9, last)
