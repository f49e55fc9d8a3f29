"""Trains the reader of intents and urgency on `evals/training/*.jsonl`.

    uv sync --group train && python -m evals.training

Prints how well each label is told on texts of a writer whom the reader has not seen, chooses the thresholds there,
and writes `agent/data/understanding.npz`. Equal texts give equal weights.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from agent.model import Intent, OptOut, Urgency
from agent.rules import features
from agent.rules.reading import found_by_rules
from agent.rules.trained import MODEL
from evals import fitting
from evals.fitting import Chances, Part, Seen, Truth, sparse, store
from evals.training.texts import HERE, Row, fingerprint, read_texts
from knowledge.embedding import embedder

MADE = HERE.parents[1] / "agent" / "data" / f"{MODEL}.npz"
LABELS = (*Intent, "urgent", "emergency", "revoke")

_C = 10.0
_CUTS = np.arange(20, 70, 5) / 100
_SURE, _RARE, _RARE_SURE = 0.4, 250, 0.25
"""The least cut of an intent, lower for those with few texts: a reader of all writers is surer than one who misses one."""


def main() -> None:
    texts = list(read_texts())
    truth = np.array([[label in said(row) for label in LABELS] for row in texts])
    seen = look_at(texts)
    writers = np.array([row["writer"] for row in texts])
    unseen = np.zeros(truth.shape)
    for writer in sorted(set(writers)):
        mine = writers == writer
        unseen[mine] = chances(fit(seen.of(~mine), truth[~mine]), seen.of(mine))
    cuts = [
        best_cut(unseen[:, at], truth[:, at], least=_least(label, truth[:, at]))
        for at, label in enumerate(LABELS)
    ]
    for label, cut, column, right in zip(LABELS, cuts, unseen.T, truth.T, strict=True):
        taken = column >= cut
        hit = (taken & right).sum()
        print(
            f"{label:22} {right.sum():5} texts, cut {cut:.2f}: precision {hit / max(1, taken.sum()):.2f}, recall {hit / right.sum():.2f}"
        )
    store(
        MADE,
        fit(seen, truth),
        labels=np.array([str(label) for label in LABELS]),
        thresholds=np.array(cuts),
        fingerprint=np.array(fingerprint()),
    )
    print(f"{MADE.name}: {MADE.stat().st_size // 1024} KB from {len(texts)} texts")


def said(row: Row) -> set[str]:
    urgency, labels = Urgency(row["urgency"]), set(row["intents"])
    labels |= {"urgent"} if urgency is not Urgency.ROUTINE else set()
    labels |= {"emergency"} if urgency is Urgency.EMERGENCY else set()
    return labels | ({"revoke"} if row["opt_out"] == OptOut.REVOKE else set())


def look_at(texts: Sequence[Row]) -> Seen:
    found = [features.signs(found_by_rules(row["text"]), row["prior"]) for row in texts]
    words = sparse([features.words(row["text"], row["prior"]) for row in texts], features.WORDS)
    signs = sparse(found, features.SIGNS)
    minilm = embedder("minilm-int8")
    assert minilm is not None
    vectors = minilm.embed([features.gist(row["text"]) for row in texts]).astype(np.float64)
    return Seen(sp.hstack([words, signs]).tocsr(), np.hstack([vectors, signs.toarray()]))


def fit(seen: Seen, truth: Truth) -> tuple[Part, Part]:
    return _fit(seen.words, truth, "liblinear"), _fit(seen.sense, truth, "lbfgs")


def _fit(rows: Any, truth: Truth, solver: str) -> Part:
    made = [
        LogisticRegression(C=_C, solver=solver, max_iter=400, random_state=0).fit(rows, right)
        for right in truth.T
    ]
    return np.stack([one.coef_[0] for one in made], 1), np.array(
        [one.intercept_[0] for one in made]
    )


def chances(parts: tuple[Part, Part], seen: Seen) -> Chances:
    words, sense = fitting.chances(parts, seen)
    return np.asarray((words + sense) / 2)


def _least(label: str, right: Truth) -> float:
    if label not in set(Intent):
        return 0.0
    return _SURE if right.sum() >= _RARE else _RARE_SURE


def best_cut(column: Chances, right: Truth, *, least: float) -> float:
    """The cut of the best F1; of equals the lower: what is not heard is worse than what is heard wrongly."""

    def f1(cut: float) -> float:
        taken = column >= cut
        return float(2 * (taken & right).sum() / max(1, taken.sum() + right.sum()))

    return float(max(_CUTS[least <= _CUTS], key=lambda cut: (round(f1(cut), 3), -cut)))


if __name__ == "__main__":
    main()
