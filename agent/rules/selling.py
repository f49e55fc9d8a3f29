"""The trained judge of what sells: how likely a sentence promotes, from thousands of written lines of both kinds.

The mean of two logistic regressions, one on words, letters and signs, one on the sentence's vector and signs.
Without a vector the first stands alone. Trained by `python -m evals.selling`.
"""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from agent.data import weights
from agent.rules.features import grams, place, spread
from agent.rules.trained import probable

MODEL = "marketing"

WORDS = 1 << 15
"""Places for words, their letters and signs."""
SIGNS = 1 << 7
"""Places for signs beside a vector."""
SIGN = 0.3
"""Weight of one sign beside the rest, which together has length 1."""

_LETTERS = (3, 4, 5)
_LONGEST = 500
_FEW = 5
"""Of so few letters nobody can tell whether they shout."""
_PARTLY, _MOSTLY = 0.2, 0.6
"""Shares of capitals among the letters."""
_SHAPES = (
    ("#link", r"\[(?:link|site|url)\]|\b(?:https?://|www\.)\S+|\b\S+\.(?:com|net|org|co\.uk|ly|gl|example)\b\S*"),
    ("#premium", r"\(?\b(?:09\d|9\d{2}|084|087)\d?\)?(?:[ -]?\d){7,8}\b"),
    ("#phone", r"\+?\(?\d(?:[ ().-]?\d){8,12}\b|\b\d{3}-\d{4}\b"),
    ("#time", r"\b\d{1,2}(?::\d\d)? ?[ap]\.?m\b|\b\d{1,2}:\d\d\b"),
    ("#percent", r"\b\d+ ?(?:%|percent\b|por ciento\b)"),
    ("#rate", r"\b\d+ ?(?:p|ppm|pm)\b|\bppm ?\d*|\b\d+p?/(?:min|msg|wk|mtmsg)\w*|[£$€]\d[\d.]*/(?:wk|week|min|msg)"),
    ("#money", r"[$£€] ?\d[\d.,]*k?|\b\d+ (?:dollars|pounds|euros|quid)\b"),
    ("#short", r"\b\d{4,6}\b"),
    ("#number", r"\d[\d,.]*"),
)  # fmt: skip
_SHAPE = re.compile("|".join(f"(?P<s{at}>{source})" for at, (_, source) in enumerate(_SHAPES)))
_TOKEN = re.compile(r"#[a-z]+|[a-z]+|[%!?&*]")


def likely(text: str, found: Iterable[str], vector: NDArray[np.float32] | None) -> float:
    """How likely a text sells, 0..1.

    Args:
        found: the names of what rules found in it.
        vector: its embedding, of the embedder that it was trained with; None: there is none.
    """
    stored = weights(MODEL)
    named = [*signs(text), *found]
    chance = float(probable(words(text, named), stored, "words"))
    if vector is None:
        return chance
    seen = dict(enumerate(vector.tolist())) | {
        len(vector) + at: weight for at, weight in beside(named).items()
    }
    return (chance + float(probable(seen, stored, "sense"))) / 2


def cut(*, with_vector: bool) -> float:
    """The chance from which on a text is taken to sell."""
    return float(weights(MODEL)["thresholds"][int(with_vector)])


def words(text: str, named: Iterable[str]) -> dict[int, float]:
    """Place -> weight of a text's words and letters, of length 1, and of the signs beside them."""
    said = _tokens(text)
    seen = grams(said, _LETTERS)
    seen |= {f"first {word}" for word in said[:1]} | {f"last {word}" for word in said[-1:]}
    return spread(seen, WORDS) | {place(name, WORDS): SIGN for name in named}


def beside(named: Iterable[str]) -> dict[int, float]:
    """Place -> weight of signs that stand beside a vector."""
    return {place(name, SIGNS): SIGN for name in named}


def signs(text: str) -> list[str]:
    """What shows how a text is written: shouting, exclamations, pictures, kinds of numbers."""
    letters = [one for one in text if one.isalpha()]
    shouted = sum(one.isupper() for one in letters) / max(1, len(letters))
    pictures = any(unicodedata.category(one) == "So" for one in text)
    found = {name for name in _tokens(text) if name.startswith("#")}
    found |= {"sign caps"} if len(letters) > _FEW and shouted > _MOSTLY else set()
    found |= {"sign some caps"} if _PARTLY < shouted <= _MOSTLY else set()
    found |= {f"sign !{min(2, text.count('!'))}"} | ({"sign picture"} if pictures else set())
    return sorted(found)


def _tokens(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text[:_LONGEST]).lower()
    plain = "".join(one for one in decomposed if not unicodedata.combining(one))
    joined = re.sub(r"['’‘`´]", "", plain)  # noqa: RUF001 - phones type the curly one
    return _TOKEN.findall(_SHAPE.sub(_shape, joined))


def _shape(found: re.Match[str]) -> str:
    return f" {_SHAPES[int((found.lastgroup or 's0')[1:])][0]} "
