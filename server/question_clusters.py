"""Puts questions together that ask the same: deterministic, without any model of language beyond the embedder's."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Embedder
from knowledge.lexical import Words, plain_words

ALIKE_BY_MEANING = 0.45
"""The least cosine of any two in a cluster: of questions written for it, 93 % of what stands together belongs together."""
ALIKE_BY_WORDS = 0.35
"""The same for the share of words in common, where there is no embedder: 94 %."""

Alikeness = NDArray[np.float64]


def clusters(questions: Sequence[str], embedder: Embedder | None) -> list[list[int]]:
    """Places of the questions, together where all are alike; in each the most central first, then the shorter.

    Two clusters become one while even their most unlike questions are alike enough, the nearest two first.
    """
    if not questions:
        return []
    alike, least = _by_meaning(questions, embedder) if embedder else _by_words(questions)
    return [_central_first(one, alike, questions) for one in _joined(alike, least)]


def _by_meaning(questions: Sequence[str], embedder: Embedder) -> tuple[Alikeness, float]:
    vectors = embedder.embed([plain_words(question) for question in questions])
    return np.asarray(vectors @ vectors.T, dtype=np.float64), ALIKE_BY_MEANING


def _by_words(questions: Sequence[str]) -> tuple[Alikeness, float]:
    words = Words(questions)
    covered = np.array([words.shared(question).covered for question in questions])
    return (covered + covered.T) / 2, ALIKE_BY_WORDS


def _central_first(places: list[int], alike: Alikeness, questions: Sequence[str]) -> list[int]:
    central = alike[:, places].mean(axis=1).round(1)
    return sorted(places, key=lambda place: (-central[place], len(questions[place])))


def _joined(alike: Alikeness, least: float) -> list[list[int]]:
    """Complete linkage; among equals the first two are joined first."""
    near = alike.copy()
    np.fill_diagonal(near, -np.inf)
    together = [[place] for place in range(len(near))]
    while near.max() >= least:
        kept, gone = sorted(divmod(int(near.argmax()), len(near)))
        together[kept] += together[gone]
        together[gone] = []
        near[kept] = near[:, kept] = np.minimum(near[kept], near[gone])
        near[gone] = near[:, gone] = near[kept, kept] = -np.inf
    return [sorted(one) for one in together if one]
