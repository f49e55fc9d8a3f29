"""Trains the judge of what sells on `sells.txt`, `tells.txt` and callers' texts.

    uv sync --group train && python -m evals.selling

Prints how well it does on patterns that it has not seen, and writes `agent/data/marketing.npz`.
Equal texts give equal weights.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from agent.rules import selling
from agent.rules.marketing import rules_found
from evals import fitting
from evals.fitting import Chances, Part, Seen, Truth, sparse, store
from evals.selling.texts import HERE, Line, fingerprint, read_lines
from knowledge.embedding import embedder

MADE = HERE.parents[1] / "agent" / "data" / f"{selling.MODEL}.npz"

_C = {"words": 30.0, "sense": 10.0}
_FOLDS = 5
_LOST = 0.03
"""Of unseen lines that do not sell, and are written to look as if they did, so many may be cut."""


def main() -> None:
    lines = read_lines()
    truth = np.array([line.sells for line in lines])
    seen = look_at(lines)
    folds = np.array([zlib.crc32(line.pattern.encode()) % _FOLDS for line in lines])
    unseen = np.zeros((len(lines), 2))
    for fold in range(_FOLDS):
        mine = folds == fold
        unseen[mine] = chances(fit(seen.of(~mine), truth[~mine]), seen.of(mine))
    cuts = [best_cut(column, truth) for column in unseen.T]
    for name, cut, column in zip(("words", "words and sense"), cuts, unseen.T, strict=True):
        taken = column >= cut
        hit = (taken & truth).sum()
        print(f"{name:16} cut {cut:.2f}: precision {hit / taken.sum():.3f}, recall {hit / truth.sum():.3f}")  # fmt: skip
    store(MADE, fit(seen, truth), thresholds=np.array(cuts), fingerprint=np.array(fingerprint()))
    print(f"{MADE.name}: {MADE.stat().st_size // 1024} KB from {len(lines)} texts, {truth.sum()} of which sell")  # fmt: skip


def look_at(lines: Sequence[Line]) -> Seen:
    named = [[*selling.signs(line.text), *rules_found(line.text)] for line in lines]
    words = sparse(
        [selling.words(line.text, names) for line, names in zip(lines, named, strict=True)],
        selling.WORDS,
    )
    beside = sparse([selling.beside(names) for names in named], selling.SIGNS)
    minilm = embedder("minilm-int8")
    assert minilm is not None
    vectors = minilm.embed([line.text for line in lines]).astype(np.float64)
    return Seen(words, np.hstack([vectors, beside.toarray()]))


def fit(seen: Seen, truth: Truth) -> tuple[Part, Part]:
    return _fit(seen.words, truth, "words", "liblinear"), _fit(seen.sense, truth, "sense", "lbfgs")


def _fit(rows: Any, truth: Truth, part: str, solver: str) -> Part:
    made = LogisticRegression(C=_C[part], solver=solver, max_iter=400, random_state=0)
    made.fit(rows, truth)
    return made.coef_[0], float(made.intercept_[0])


def chances(parts: tuple[Part, Part], seen: Seen) -> Chances:
    """Two columns: by words alone, and by words and sense."""
    words, sense = fitting.chances(parts, seen)
    return np.stack([words, (words + sense) / 2], 1)


def best_cut(column: Chances, truth: Truth) -> float:
    """The lowest cut that loses little of what does not sell."""
    return float(next(cut for cut in np.arange(30, 95) / 100 if (column[~truth] >= cut).mean() <= _LOST))  # fmt: skip


if __name__ == "__main__":
    main()
