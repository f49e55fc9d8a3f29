"""The wordings that passages are found by, as vectors: which passage do those near a question speak for?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.model import Passage
from agent.rules.excerpt import parts_of
from knowledge.embedding import Vectors
from knowledge.lexical import Scores, plain_words, stems

_VOTERS = 32
_SHARPNESS = 2.0
_CAUTION = 0.1
"""How little a single wording decides: at 0 one that is met word for word takes the whole vote."""
_TELLING_MAX = 6
_DETAIL_FARTHER = 0.08


@dataclass(frozen=True, kw_only=True)
class Wording:
    place: int
    """Of the passage among those of the business."""
    text: str
    """In plain words."""
    is_detail: bool = False
    """A sentence or row of its text, which tells less of what the whole is about."""


@dataclass(frozen=True, kw_only=True)
class Nearness:
    """How near the wordings of each passage are to a question."""

    cosines: Scores
    """Of the nearest wording."""
    votes: Scores
    """About 0..1: the share of the vote of the nearest wordings; those alike have one vote together."""
    telling: Scores
    """1..6: how many words of the nearest wording carry meaning; a single word is near by chance."""


def wordings(passages: Sequence[Passage]) -> Iterator[Wording]:
    """Its heading and text, each sentence or row of it, each other phrasing, and the heading if it tells it from the others."""
    headings = Counter(passage.heading for passage in passages)
    for place, passage in enumerate(passages):
        texts = [f"{passage.heading}\n{passage.text}", *passage.phrasings]
        if passage.heading and headings[passage.heading] == 1:
            texts.append(passage.heading)
        for text in texts:
            yield Wording(place=place, text=plain_words(text))
        for text in _details(passage):
            yield Wording(place=place, text=plain_words(text), is_detail=True)


def _details(passage: Passage) -> list[str]:
    """What a question about a detail is near to; a row goes with the title of its list."""
    parts = parts_of(passage.text)
    if len(parts) == 1 and not parts[0].row:
        return []
    return [f"{passage.heading}\n{part.text}" if part.row else part.text for part in parts]


class Wordings:
    """Those of one business; built once, then only read. They take 1 kB each."""

    def __init__(self, known: Sequence[Wording], vectors: Vectors) -> None:
        """One row of `vectors` a wording, each of length 1; in the order of their passages."""
        self._places = np.array([one.place for one in known], dtype=np.intp)
        self._firsts = np.flatnonzero(np.diff(self._places, prepend=-1))
        self._telling = np.array([_telling(one.text) for one in known], dtype=np.uint8)
        self._vectors = vectors.astype(np.float16)
        self._details = np.array([one.is_detail for one in known], dtype=np.bool_)

    def __len__(self) -> int:
        return len(self._places)

    def near(self, question: Vectors) -> Nearness:
        """To a question of length 1; one a passage."""
        vectors = self._vectors.astype(np.float32)
        cosines = _products(vectors, question[None])[:, 0] - _DETAIL_FARTHER * self._details
        best = np.maximum.reduceat(cosines, self._firsts)
        nearest = [
            first + int(own.argmax())
            for first, own in zip(self._firsts, np.split(cosines, self._firsts[1:]), strict=True)
        ]
        return Nearness(
            cosines=best,
            votes=self._votes(vectors, cosines),
            telling=self._telling[nearest].astype(np.float64),
        )

    def _votes(self, vectors: Vectors, cosines: Scores) -> Scores:
        """Kernel ridge regression on the passages that the nearest wordings belong to."""
        near = np.argsort(-cosines, kind="stable")[:_VOTERS]
        alike = _kernel(_products(vectors[near], vectors[near]))
        weights = np.linalg.solve(alike + _CAUTION * np.eye(len(near)), _kernel(cosines[near]))
        votes: Scores = np.zeros(len(self._firsts))
        np.add.at(votes, self._places[near], weights)
        return votes


def _products(rows: Vectors, others: Vectors) -> NDArray[np.float64]:
    """Each with each, without the threads of `@`: on busy cores they wait for one another."""
    products: NDArray[np.float64] = np.einsum("ij,kj->ik", rows, others).astype(np.float64)
    return products


def _kernel(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    kernel: NDArray[np.float64] = np.exp(_SHARPNESS * (cosines - 1))
    return kernel


def _telling(text: str) -> int:
    return min(_TELLING_MAX, max(1, len(set(stems(text)))))
