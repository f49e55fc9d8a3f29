"""The committed results, and what has changed since."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.suite.minds import LIVE, RULES
from evals.suite.summary import Summary

FILE = Path(__file__).parents[1] / "baseline.json"
Baseline = Mapping[str, Any]
"""By mode: `runs`, `pass_1`, `pass_k`, `forbidden` and `cases`, each with `first` (run 0 passed) and `passed` runs."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """Cases of one mode whose run 0 ends otherwise than in the baseline."""

    mode: str
    failing: tuple[str, ...]
    passing: tuple[str, ...]


def read(file: Path = FILE) -> Baseline:
    """Empty when none was saved."""
    found: Baseline = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def save(summaries: Iterable[Summary], file: Path = FILE) -> None:
    """Replace the modes that were played; a model of one's own is nobody else's measure."""
    kept = dict(read(file))
    kept |= {one.mode: _entry(one) for one in summaries if one.mode != LIVE}
    file.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def changes(summaries: Iterable[Summary], baseline: Baseline) -> list[Change]:
    """Mode by mode, for those that the baseline knows."""
    return [_change(one, baseline[one.mode]["cases"]) for one in summaries if one.mode in baseline]


def is_worse(summaries: Iterable[Summary], changed: Iterable[Change]) -> bool:
    """Something forbidden has happened, or the rules fail a case that they have passed."""
    lost = any(change.failing for change in changed if change.mode == RULES)
    return lost or any(summary.forbidden for summary in summaries)


def _entry(summary: Summary) -> dict[str, Any]:
    cases: dict[str, dict[str, Any]] = {}
    for one in summary.results:
        entry = cases.setdefault(one.case, {"first": False, "passed": 0})
        entry["passed"] += one.passed
        entry["first"] = entry["first"] or (one.run == 0 and one.passed)
    return {
        "runs": summary.runs,
        "pass_1": round(summary.rates.once, 3),
        "pass_k": round(summary.rates.every_run, 3),
        "forbidden": len(summary.forbidden),
        "cases": cases,
    }


def _change(summary: Summary, known: Mapping[str, Any]) -> Change:
    first = {one.case: one.passed for one in summary.results if one.run == 0 and one.case in known}
    return Change(
        mode=summary.mode,
        failing=tuple(name for name, now in first.items() if known[name]["first"] and not now),
        passing=tuple(name for name, now in first.items() if now and not known[name]["first"]),
    )
