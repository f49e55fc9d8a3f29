"""Measures what the guards let through that no evidence holds, and what they cut that is true.

    python -m evals.evidence [FILE] [--show]

FILE holds JSON lines: asked, draft, evidence, now, verdict (`wrong` or `true`), kind. A draft is caught when any
of its sentences says something unsupported.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.model import Evidence
from agent.rules import grounding, promises
from agent.rules.sentences import sentences

DRAFTS = Path(__file__).parent / "cases/evidence/drafts.jsonl"
Row = Mapping[str, Any]  # a line of JSON


@dataclass(frozen=True, kw_only=True)
class Judged:
    row: Row
    unsupported: tuple[tuple[str, str], ...]

    @property
    def is_wrong(self) -> bool:
        return bool(self.row["verdict"] == "wrong")

    @property
    def missed(self) -> bool:
        """Wrong and passed, or true and cut."""
        return self.is_wrong != bool(self.unsupported)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path, nargs="?", default=DRAFTS)
    parser.add_argument("--show", action="store_true", help="list what is misjudged")
    chosen = parser.parse_args()
    found = judged(chosen.file)
    print(report(found))
    if chosen.show:
        print(*map(_shown, (one for one in found if one.missed)), sep="\n\n")


def judged(file: Path) -> list[Judged]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [_judge(json.loads(line)) for line in lines if line.strip()]


def report(found: Iterable[Judged]) -> str:
    """Two lines: wrong ones that passed, true ones that were cut; each with its kinds."""
    found = list(found)
    return "\n".join(
        _line(title, [one for one in found if one.is_wrong is wrong])
        for title, wrong in (("wrong passed", True), ("true cut", False))
    )


def _line(title: str, found: list[Judged]) -> str:
    missed = Counter(one.row["kind"] for one in found if one.missed)
    kinds = ", ".join(f"{kind} {count}" for kind, count in missed.most_common())
    share = missed.total() / max(1, len(found))
    return f"{title}: {missed.total()} of {len(found)} ({share:.1%}) {kinds}".rstrip()


def _judge(row: Row) -> Judged:
    evidence = [Evidence(**one) for one in row["evidence"]]
    now = datetime.fromisoformat(row["now"]) if row.get("now") else None
    found: list[tuple[str, str]] = []
    for sentence in sentences(row["draft"]):
        found += grounding.unsupported(sentence, evidence, now=now, asked=row["asked"])
        promised = promises.promise_in(sentence)
        task_stands = any(one.kind == "task" for one in evidence)
        if promised and not task_stands and not grounding.quoted(sentence, evidence):
            found.append((promised, "promise"))
    return Judged(row=row, unsupported=tuple(found))


def _shown(one: Judged) -> str:
    row = one.row
    lines = [f"{row['id']} {row['verdict']} {row['kind']} ({row.get('span')}): {row['draft']}"]
    lines += [f"  asked: {row['asked']}", f"  cut: {list(one.unsupported)}"]
    return "\n".join([*lines, *(f"  {item['kind']}: {item['text']}" for item in row["evidence"])])


if __name__ == "__main__":
    main()
