"""Writes what was measured: `report.md` for reading in a terminal, `report.html` as one page with pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from evals.suite import pictures
from evals.suite.baseline import Change
from evals.suite.judge import Judged
from evals.suite.singles import Confusion, Count
from evals.suite.summary import Summary


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that is told."""

    summaries: Sequence[Summary]
    changes: Sequence[Change] = ()
    counts: Sequence[Count] = ()
    confusion: Confusion | None = None
    judged: Sequence[Judged] = ()


def write(report: Report, folder: Path) -> Path:
    """Returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    language = Environment(
        loader=PackageLoader("evals.suite", ""),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
    )
    told = vars(report) | {"percent": percent, "ms": _ms}
    (folder / "report.md").write_text(
        language.get_template("report.md.jinja").render(told), encoding="utf-8"
    )
    page = folder / "report.html"
    shown = told | {"pictures": _pictures(report)}
    page.write_text(language.get_template("report.html.jinja").render(shown), encoding="utf-8")
    return page


def percent(share: float) -> str:
    return f"{share:.1%}"


def _ms(number: float) -> str:
    return f"{number:.0f} ms"


def _pictures(report: Report) -> dict[str, Any]:
    asked = [one for one in report.summaries if one.cost.calls_a_turn]
    return {
        "rates": {one.mode: pictures.pass_rates(one) for one in report.summaries},
        "confusion": pictures.confusion(report.confusion) if report.confusion else "",
        "latency": pictures.latency(report.summaries),
        "tokens": pictures.tokens(asked) if asked else "",
    }
