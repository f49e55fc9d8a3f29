"""A text as the rules read it: lower case, no accents, apostrophes or punctuation, single spaces."""

import re
import unicodedata
from functools import cache

_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
"""Sooo, yesss."""
_THUMBS = {
    "\N{THUMBS UP SIGN}",
    "\N{OK HAND SIGN}",
    "\N{WHITE HEAVY CHECK MARK}",
    "\N{HEAVY CHECK MARK}",
}
"""A text of nothing else says yes."""
_KEPT = re.compile(r"[^a-z0-9?$#:./ ]+")


def normal(text: str) -> str:
    """Fold a text for matching; folding twice changes nothing more.

    Question marks, and the signs inside prices, times and numbers, stay.
    """
    decomposed = unicodedata.normalize("NFKD", text).lower()
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    plain = _DRAWN_OUT.sub(r"\1", plain)
    joined = re.sub(r"['’‘`´]", "", plain)  # noqa: RUF001 - phones type the curly one
    folded = " ".join(_KEPT.sub(" ", joined).split())
    return folded or ("yes" if _THUMBS & {*text} else "")


def words_only(text: str) -> str:
    """A text as keywords are compared: letters and digits, single spaces."""
    return " ".join(re.sub(r"[^a-z0-9 ]+", " ", normal(text)).split())


@cache
def pattern(source: str) -> re.Pattern[str]:
    return re.compile(source)


def first_match(sources: list[str], text: str) -> str | None:
    """The words in which the first of the patterns matches, or None."""
    for source in sources:
        if match := pattern(source).search(text):
            return match.group(0).strip() or match.group(0)
    return None


def without(sources: list[str], text: str) -> str:
    """The text with every match of the patterns blanked."""
    for source in sources:
        text = pattern(source).sub(" ", text)
    return " ".join(text.split())
