"""The suites of single steps beside the conversations: texts read alone, drafts guarded, attacks."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from evals import evidence, understanding
from evals.playing import Case
from knowledge.embedding import embedder
from server import explain
from server.serving import DEMO_FOLDER

_CASES = Path(__file__).parents[1] / "cases"
_NOW = "2026-11-17T10:00:00-07:00"
ATTACK, NOTHING = "attack", "nothing"
Confusion = dict[tuple[str, str], int]
"""(intent that was meant, intent that was read) -> texts; `nothing` where there is none."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many of a suite hold."""

    suite: str
    held: int
    of: int


def counts() -> list[Count]:
    """Readings by kind, then drafts: wrong ones caught, true ones kept."""
    by_kind: dict[str, list[bool]] = defaultdict(list)
    for outcome in understanding.texts():
        by_kind[f"reading: {outcome.kind}"].append(not outcome.unmet)
    for one in evidence.judged(evidence.DRAFTS):
        name = "wrong drafts caught" if one.is_wrong else "true drafts kept"
        by_kind[f"evidence: {name}"].append(not one.missed)
    return [Count(suite=name, held=sum(held), of=len(held)) for name, held in by_kind.items()]


def attacks() -> dict[str, Case]:
    """Each attack as a conversation of one text, after which nothing is booked and texts still come."""
    lines = (_CASES / "attacks.txt").read_text(encoding="utf-8").splitlines()
    return {
        f"attack/{place:02d}": {
            "kind": ATTACK,
            "business": DEMO_FOLDER.name,
            "now": _NOW,
            "turns": [{"caller": line}],
            "end": {"appointments": [], "opted_out": False},
        }
        for place, line in enumerate(lines, 1)
    }


def confusion() -> Confusion:
    """What was read instead of each intent of `cases/reading/intents.jsonl`."""
    vectors = embedder("minilm-int8")
    found: Counter[tuple[str, str]] = Counter()
    for line in (_CASES / "reading/intents.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        asked = {"text": row["text"], "last_text": row.get("last_text"), "now": _NOW}
        read = set(map(str, explain.reading(asked, vectors)["intents"]))
        wanted = set(row["intents"])
        extra = read - wanted - set(row["allowed"])
        found.update((one, one) for one in wanted & read)
        found.update((meant, instead) for meant in wanted - read for instead in extra or {NOTHING})
        if wanted <= read:
            found.update((NOTHING, one) for one in extra)
    return dict(found)
