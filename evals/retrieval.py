"""Measures how well passages are found, and how well the score tells what nobody has written down.

    python -m evals.retrieval faq_kb.jsonl faq_queries.jsonl

Runs in process on a throw-away index, once with the questions as written and once with other phrasings,
and prints what the constants of `knowledge/scoring.py` were chosen by.
"""

import argparse
import csv
import io
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import EMBEDDERS, embedder
from knowledge.index import PassageIndex
from knowledge.reading import read_document
from knowledge.splitting import split

PHRASINGS_MAX = 9
Row = Mapping[str, Any]  # a line of JSON


@dataclass(frozen=True, kw_only=True)
class Asked:
    wanted: str | None
    """The id of the right entry; None: nobody has written it down."""
    found: list[str | None]
    score: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "entries", type=Path, help="JSON lines: business, faq_id, question, answer, ..."
    )
    parser.add_argument("queries", type=Path, help="JSON lines: business, query, faq_id or null")
    parser.add_argument("--embedder", choices=EMBEDDERS, default=EMBEDDERS[0])
    chosen = parser.parse_args()
    entries, queries = _rows(chosen.entries), _rows(chosen.queries)
    for phrasings in (False, True):
        asked = list(ask(entries, queries, embedder_name=chosen.embedder, phrasings=phrasings))
        title = "with other phrasings" if phrasings else "as written"
        sys.stdout.write(f"{chosen.embedder}, {title}: {report(asked)}\n")


def ask(
    entries: Sequence[Row], queries: Sequence[Row], *, embedder_name: str, phrasings: bool
) -> Iterator[Asked]:
    """Every query to its own business; with `phrasings`, only the businesses that have some."""
    with tempfile.TemporaryDirectory() as directory:
        index = PassageIndex(Path(directory), embedder(embedder_name))
        for business in dict.fromkeys(row["business"] for row in entries):
            mine = [row for row in entries if row["business"] == business]
            if phrasings and not any(row["alt_questions"] for row in mine):
                continue
            table = _table(mine, phrasings=phrasings).encode()
            opened = index.open(business, split("faq.csv", read_document("faq.csv", table)), 1)
            for query in (row for row in queries if row["business"] == business):
                passages = index.search(opened, query["query"], 3)
                yield Asked(
                    wanted=query["faq_id"],
                    found=[passage.source_id for passage in passages],
                    score=passages[0].score,
                )


def report(asked: Sequence[Asked]) -> str:
    known = [one for one in asked if one.wanted]
    right = np.array([one.found[0] == one.wanted for one in known])
    yes = np.array([one.score for one in known])
    no = np.array([one.score for one in asked if not one.wanted])
    answered = yes >= 0.5  # noqa: PLR2004  # what the score promises
    figures = {
        "recall@1": right.mean(),
        "recall@3": np.mean([one.wanted in one.found for one in known]),
        "AUROC": auroc(yes, no),
        "unanswerable let through at 90 % answered": (no >= np.quantile(yes, 0.1)).mean(),
        "score that 10 % of unanswerable pass": np.quantile(no, 0.9),
        "at 0.5: unanswerable passed": (no >= 0.5).mean(),  # noqa: PLR2004  # the same
        "answered": answered.mean(),
        "of these right": right[answered].mean(),
    }
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())


def auroc(yes: NDArray[np.float64], no: NDArray[np.float64]) -> float:
    """How often an answerable question scores above an unanswerable one."""
    wins = (yes[:, None] > no).mean() + (yes[:, None] == no).mean() / 2
    return float(wins)


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _table(entries: Sequence[Row], *, phrasings: bool) -> str:
    """The entries as an owner would upload them; one without an answer repeats its question."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["id", "question", "answer", "other_phrasings"])
    for row in entries:
        others = [text.replace("|", " ") for text in row["alt_questions"][:PHRASINGS_MAX]]
        table.writerow(
            [
                row["faq_id"],
                row["question"],
                row["answer"] or row["question"],
                "|".join(others) if phrasings else "",
            ]
        )
    return out.getvalue()


if __name__ == "__main__":
    main()
