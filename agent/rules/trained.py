"""The trained reader: how likely each intent and each level of urgency is, from thousands of labelled texts.

The mean of two logistic regressions: one on letters and words, one on the text's vector; both also see what
the rules found. Without a vector the first stands alone. Trained by `python -m evals.training`.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from agent.data import weights
from agent.rules.features import WORDS, signs, words

MODEL = "understanding"


def likely(
    text: str, last_text: str | None, found: Iterable[str], vector: NDArray[np.float32] | None
) -> dict[str, float]:
    """Name -> probability, 0..1, for every intent, `urgent`, `emergency` and `revoke`.

    Args:
        found: the names of what rules found in the text.
        vector: the embedding of the text, from the embedder that it was trained with; None: there is none.
    """
    stored = weights(MODEL)
    seen = signs(found, last_text)
    said = words(text, last_text) | {WORDS + place: weight for place, weight in seen.items()}
    scores = probable(said, stored, "words")
    if vector is not None:
        meant = dict(enumerate(vector.tolist()))
        meant |= {len(vector) + place: weight for place, weight in seen.items()}
        scores = (scores + probable(meant, stored, "sense")) / 2
    return dict(zip(stored["labels"].tolist(), scores.tolist(), strict=True))


@cache
def thresholds() -> dict[str, float]:
    """Name -> the probability from which on it is taken for said."""
    stored = weights(MODEL)
    return dict(zip(stored["labels"].tolist(), stored["thresholds"].tolist(), strict=True))


def probable(
    seen: Mapping[int, float], stored: Mapping[str, NDArray[np.float32]], part: str
) -> NDArray[np.float64]:
    """What one of the two regressions makes of places and their weights: one chance a label.

    Args:
        part: `words` or `sense`, as it is stored.
    """
    rows = np.fromiter(seen.keys(), dtype=np.int64, count=len(seen))
    share = np.fromiter(seen.values(), dtype=np.float64, count=len(seen))
    total = share @ (stored[part][rows] * stored[f"{part}_scale"]) + stored[f"{part}_bias"]
    return np.asarray(1 / (1 + np.exp(-total)))
