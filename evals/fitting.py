"""What both trainings share: rows of a text's words and sense, their chances, and the weights as they are shipped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

PARTS = ("words", "sense")
_STEPS = 127

Truth = NDArray[np.bool_]
Chances = NDArray[np.float64]
Part = tuple[NDArray[np.float64], Any]
"""Weights and bias; of several labels a column each."""


@dataclass(frozen=True)
class Seen:
    """One row a text."""

    words: Any
    """Sparse: words, letters and signs."""
    sense: NDArray[np.float64]
    """The vector, then signs."""

    def of(self, rows: NDArray[np.bool_]) -> "Seen":
        return Seen(self.words[rows], self.sense[rows])


def sparse(rows: Sequence[Mapping[int, float]], size: int) -> Any:
    values = [weight for row in rows for weight in row.values()]
    across = [place for row in rows for place in row]
    down = [at for at, row in enumerate(rows) for _ in row]
    return sp.csr_matrix((values, (down, across)), (len(rows), size))


def chances(parts: tuple[Part, Part], seen: Seen) -> Iterator[Chances]:
    """By words, then by sense."""
    for rows, (weights, bias) in zip((seen.words, seen.sense), parts, strict=True):
        yield 1 / (1 + np.exp(-(rows @ weights + bias)))


def store(made: Path, parts: tuple[Part, Part], **arrays: NDArray[Any]) -> None:
    """Weights in 8 bits, beside the arrays given; equal ones give equal bytes."""
    kept = dict(arrays)
    for name, (weights, bias) in zip(PARTS, parts, strict=True):
        scale = np.abs(weights).max(axis=0) / _STEPS
        kept[name] = np.round(weights / scale).astype(np.int8)
        kept[f"{name}_scale"], kept[f"{name}_bias"] = np.array(scale), np.array(bias)
    np.savez_compressed(made, **kept)  # type: ignore[arg-type, unused-ignore]  # arrays by name
