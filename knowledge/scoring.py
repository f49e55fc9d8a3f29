"""How well passages fit a question, from nearness in meaning and shared words."""

import math
from dataclasses import dataclass

import numpy as np

from knowledge.lexical import Scores, SharedWords
from knowledge.wordings import Nearness

_VOTES_WEIGHT = 0.6
_WORDS_WEIGHT = 0.3
_TELLING_WEIGHT = 0.1
_COVERED_WEIGHT = 0.5


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Turns a fit into 0..1, where 0.5 is worth saying; `evals/retrieval.py` measures it."""

    middle: float
    """The fit that is worth saying where each question stands in one wording."""
    per_wording: float
    """Added for each e-fold of wordings: among more wordings the nearest is nearer by chance."""
    slope: float
    lead: float
    """How much the distance to the best other passage counts, against the fit itself."""
    small_talk: float
    """How much it counts against all passages that a question is near to what none answers."""

    def scores(self, fits: Scores, wordings: float, small_talk: float = 0.0) -> Scores:
        """One a passage; `wordings` is how many ways to ask there are of each, on average."""
        middle = self.middle + self.per_wording * math.log(wordings) + self.small_talk * small_talk
        raised = fits + self.lead * (fits - _best_other(fits))
        calibrated: Scores = 1 / (1 + np.exp(-self.slope * (raised - middle)))
        return calibrated


BY_MEANING = Calibration(middle=0.65, per_wording=0.05, slope=6.0, lead=0.15, small_talk=0.6)
BY_WORDS = Calibration(middle=0.6, per_wording=0.07, slope=8.0, lead=0.0, small_talk=0.0)


def fit_by_meaning(near: Nearness, shared: SharedWords) -> Scores:
    fit: Scores = (
        near.cosines
        + _VOTES_WEIGHT * near.votes
        + _TELLING_WEIGHT * np.log(near.telling)
        + _WORDS_WEIGHT * _levelled(shared.bm25, half=12)
    )
    return fit


def fit_by_words(shared: SharedWords) -> Scores:
    return _levelled(shared.bm25, half=8) + _COVERED_WEIGHT * shared.covered


def _levelled(bm25: Scores, *, half: float) -> Scores:
    """0..1: `half` counts half, and above it more shared words say little more."""
    return bm25 / (bm25 + half)


def _best_other(fits: Scores) -> Scores:
    if fits.size <= 1:
        return fits
    second, best = np.sort(fits)[-2:]
    others: Scores = np.where(fits == best, second, best)
    return others
