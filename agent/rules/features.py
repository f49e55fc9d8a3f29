"""What a trained reader sees of a text: its letters and words, hashed, and the signs that rules found in it."""

import re
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from agent.rules.normal import normal

WORDS = 1 << 14
"""Places for letters and words."""
SIGNS = 1 << 9
"""Places for what rules found."""
SIGN = 0.3
"""Weight of one sign beside the words, which together have length 1."""

LONGEST = 400
"""Letters looked at: what a text wants shows before."""
GIST = 160
"""Letters of which a vector is made: each costs, and the rest of a long text changes little."""

_LETTERS = (2, 3, 4, 5)
_ANSWERED_WORDS = 6
_KINDS = (
    ("more", r"\b(anything|something|what) else\b|\b(algo mas|otra cosa)\b"),
    ("check", r"\b(confirm|correct|is that right|just to (check|make sure|verify)|to be sure|does that (look|sound))\b"),
    ("menu", r"(^|[\n ,.;])1 ?[=.:)]|\b1 (for|to)\b"),
    ("failed", r"\b(sorry|unfortunately|could not|couldnt|unable|no longer|not (free|available|possible))\b"),
    ("offer", r"\b(shall i|should i|would you like|do you want|want me to|how about|can i book|may i)\b"),
    ("when", r"\b(what|which) (day|time|date)|\bwhen\b"),
    ("booked", r"\b(booked|confirmed|all set|scheduled|reserved|successfully|set for|see you)\b"),
    ("asks", r"\?"),
)  # fmt: skip


def words(text: str, last_text: str | None) -> dict[int, float]:
    """Place -> weight of the words and their letters, of length 1; the same on every machine."""
    said = re.findall(r"[a-z0-9$#]+|\?", normal(text)[:LONGEST])
    kind = _kind(last_text)
    named = grams(said, _LETTERS)
    named |= {f"k {kind} {word}" for word in said[:_ANSWERED_WORDS]}
    named |= {f"first {word}" for word in said[:2]} | {f"last {word}" for word in said[-1:]}
    return spread(named, WORDS)


def grams(said: Sequence[str], sizes: tuple[int, ...]) -> set[str]:
    """Names of the words, of two and three in a row, and of their letters in runs of these sizes."""
    named = {f"w {word}" for word in said}
    named |= {f"w {' '.join(pair)}" for pair in pairwise(said)}
    named |= {f"w {' '.join(three)}" for three in zip(said, said[1:], said[2:], strict=False)}
    for word in said:
        named |= _letters(word, sizes)
    return named


def spread(named: Iterable[str], size: int) -> dict[int, float]:
    """Place -> weight, of length 1 together."""
    places = {place(name, size) for name in named}
    return dict.fromkeys(places, len(places) ** -0.5 if places else 0.0)


def place(name: str, size: int) -> int:
    """The same on every machine."""
    return zlib.crc32(name.encode()) % size


def gist(text: str) -> str:
    """What of a text is embedded."""
    return text[:GIST]


def signs(found: Iterable[str], last_text: str | None) -> dict[int, float]:
    """Place -> weight of the names of what rules found, and of the kind of text that this one answers."""
    return {place(name, SIGNS): SIGN for name in (*found, f"after {_kind(last_text)}")}


def _kind(last_text: str | None) -> str:
    """What sort of text was sent last, by what its end asks."""
    if not last_text:
        return "nothing"
    said = normal(last_text)
    return next((name for name, source in _KINDS if re.search(source, said)), "other")


@lru_cache(maxsize=4096)
def _letters(word: str, sizes: tuple[int, ...]) -> frozenset[str]:
    framed = f" {word} "
    return frozenset(
        f"c {framed[at : at + size]}" for size in sizes for at in range(len(framed) - size + 1)
    )
