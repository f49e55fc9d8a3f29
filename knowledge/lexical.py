"""Compares words: BM25 over stemmed words, with the spellings that people use in texts."""

import math
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
import snowballstemmer  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray

Scores = NDArray[np.float64]

_K1 = 1.2
_B = 0.75
_SIZE_LEAST = 50
"""Rarity is told as among so many texts at least, so that the scores of a small business compare."""

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


def plain_words(text: str) -> str:
    """Small letters, and slang and common slips written out; numbers and signs stay."""
    slang = _slang()
    folded = (
        unicodedata.normalize("NFKC", text).lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )
    return _WORD.sub(lambda match: slang.get(match[0], match[0]), folded)


def stems(text: str) -> list[str]:
    """The words that carry meaning, without their endings and accents."""
    words = (part for word in _WORD.findall(_bare(plain_words(text))) for part in word.split("'"))
    return [_stem(word) for word in words if word not in _stop_words()]


def _bare(text: str) -> str:
    """Without accents."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@cache
def _slang() -> dict[str, str]:
    """What people type in a text -> what a document would say."""
    lines = files("knowledge").joinpath("data/slang.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines)


@cache
def _stop_words() -> frozenset[str]:
    text = files("knowledge").joinpath("data/stop_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


_stemmers = threading.local()  # a stemmer keeps its place in the word, so each thread has its own


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    if not hasattr(_stemmers, "english"):
        _stemmers.english = snowballstemmer.stemmer("english")
    stem: str = _stemmers.english.stemWord(word)
    return stem


@dataclass(frozen=True, kw_only=True)
class SharedWords:
    """What a question and each text have in common; zeros when nothing."""

    bm25: Scores
    """Counts a rare word more, a repeated one little more, and one in a long text less."""
    covered: Scores
    """0..1, the share of the question's words that the text has, rare words weighing more."""


class Words:
    """The words of fixed texts; built once, then only read."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(stems(text)) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float64)
        self._size = len(texts)
        self._norms = _K1 * (
            1 - _B + _B * lengths / max(float(lengths.sum()) / (len(texts) or 1), 1)
        )
        self._postings: dict[str, list[tuple[int, int]]] = {}
        for place, count in enumerate(counts):
            for stem, times in count.items():
                self._postings.setdefault(stem, []).append((place, times))

    def shared(self, question: str) -> SharedWords:
        bm25, covered = np.zeros(self._size), np.zeros(self._size)
        asked = list(dict.fromkeys(stems(question)))
        rarities = [self._rarity(stem) for stem in asked]
        for stem, rarity in zip(asked, rarities, strict=True):
            for place, times in self._postings.get(stem, []):
                bm25[place] += rarity * times * (_K1 + 1) / (times + self._norms[place])
                covered[place] += rarity / sum(rarities)
        return SharedWords(bm25=bm25, covered=covered)

    def _rarity(self, stem: str) -> float:
        size = max(self._size, _SIZE_LEAST)
        found = len(self._postings.get(stem, []))
        return math.log(1 + (size - found + 0.5) / (found + 0.5))
