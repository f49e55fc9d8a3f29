"""Measures how well texts are understood without a model: single readings, and whole conversations.

    python -m evals.understanding [--show]

Reads `evals/cases/reading/*.jsonl` and `evals/conversations/*/*.yaml`; prints how many hold, with `--show` what does not.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from evals.playing import Stage
from knowledge.embedding import Embedder, embedder
from server import explain

HERE = Path(__file__).parent
Row = Mapping[str, Any]  # a line of JSON

_NOW = "2026-11-16T10:00:00-05:00"
_ZONE = "America/New_York"
_WISH = ("date", "time", "date_end", "time_end", "dayparts")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    kind: str
    name: str
    unmet: list[str]
    """Empty: it holds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--show", action="store_true", help="print what does not hold")
    show = parser.parse_args().show
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [*texts(), *conversations(Stage(Path(folder)))]
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.kind == kind]
        print(f"{kind}: {sum(not one.unmet for one in mine)} of {len(mine)}")
        for outcome in mine if show else []:
            if outcome.unmet:
                print(f"  {outcome.name}\n    " + "\n".join(outcome.unmet).replace("\n", "\n    "))


def texts() -> Iterator[Outcome]:
    """Each text read alone, by kind of reading."""
    minilm = embedder("minilm-int8")
    for kind, unmet in _KINDS.items():
        for line in (HERE / f"cases/reading/{kind}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield Outcome(kind=kind, name=row["text"], unmet=unmet(row, _reading(row, minilm)))


def conversations(stage: Stage) -> Iterator[Outcome]:
    """Each conversation played to its end."""
    for path in sorted((HERE / "conversations").glob("*/*.yaml")):
        case = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield Outcome(
            kind="conversations", name=f"{path.parent.name}/{path.stem}", unmet=stage.play(case)
        )


def _reading(row: Row, vectors: Embedder | None) -> Row:
    asked = {"now": _NOW, "time_zone": _ZONE, "industry": "generic"} | {
        key: row[key] for key in ("text", "now", "time_zone", "industry", "hours", "last_text") if key in row
    }  # fmt: skip
    return explain.reading(asked, vectors)


def _same(key: str) -> Callable[[Row, Row], list[str]]:
    def unmet(row: Row, read: Row) -> list[str]:
        return [] if read[key] == row[key] else [f"{read[key]}, not {row[key]}: {read['fired']}"]

    return unmet


def _intents(row: Row, read: Row) -> list[str]:
    found, wanted = set(read["intents"]), set(row["intents"])
    missing, extra = wanted - found, found - wanted - set(row["allowed"])
    wrong = {"missing": sorted(missing), "too many": sorted(extra)}
    if row["choice"] != read["choice"]:
        wrong["choice"] = [str(read["choice"])]
    return [f"{key}: {names}" for key, names in wrong.items() if names]


def _when(row: Row, read: Row) -> list[str]:
    wanted, found = row["when"], read["when"]
    if not wanted or not found:
        same = not wanted and not found
    else:
        same = all((found[key] or None) == (wanted[key] or None) for key in _WISH)
    return [] if same else [f"{found}, not {wanted}"]


_KINDS: dict[str, Callable[[Row, Row], list[str]]] = {
    "urgency": _same("urgency"),
    "opt_out": _same("opt_out"),
    "intents": _intents,
    "times": _when,
}

if __name__ == "__main__":
    main()
