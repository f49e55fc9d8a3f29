"""The report's pictures as SVG that stands inside a page and takes its colours in the dark and in the light."""

import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from evals.suite.singles import NOTHING, Confusion
from evals.suite.summary import Summary

_INK = "#010203"
"""Stands for the page's own text colour; the style draws with it."""
_COLOURS = ("#4477aa", "#ee8844", "#229977", "#cc6677", "#aa7722", "#8866bb")
_STYLE = Path(__file__).with_suffix(".mplstyle")
_WIDE = 4.8


def pass_rates(summary: Summary) -> str:
    """pass^1 and pass^k of each kind of case."""
    kinds = summary.kinds
    with style.context(_STYLE):
        figure, axes = _drawing(0.5 * len(kinds) + 1.2)
        places = range(len(kinds))
        bars = {"pass^1": [100 * one.once for one in kinds.values()]}
        if summary.runs > 1:
            bars[f"pass^{summary.runs}"] = [100 * one.every_run for one in kinds.values()]
        height = 0.8 / len(bars)
        for row, (label, shares) in enumerate(bars.items()):
            at = [place + row * height for place in places]
            axes.barh(at, shares, height, color=_COLOURS[row], label=label, align="edge")
        axes.set_yticks(
            [place + 0.4 for place in places],
            [f"{kind} ({one.cases})" for kind, one in kinds.items()],
        )
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel("% of cases")
        figure.legend(loc="outside upper left", ncols=2)
        return _svg(figure)


def confusion(found: Confusion) -> str:
    """Intents meant, down, and read, across; the shade is the share of a row."""
    names = [*sorted({name for pair in found for name in pair} - {NOTHING}), NOTHING]
    table = [[found.get((meant, read), 0) for read in names] for meant in names]
    shares = [[count / max(1, sum(row)) for count in row] for row in table]
    with style.context(_STYLE):
        figure, axes = _drawing(6.2, wide=6.4)
        axes.imshow([[to_rgba(_COLOURS[0], share) for share in row] for row in shares])
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
        axes.set_yticks(range(len(names)), names, fontsize=7)
        axes.set_xlabel("read")
        axes.set_ylabel("meant")
        for down, row in enumerate(table):
            for across, count in enumerate(row):
                if count:
                    axes.text(across, down, str(count), ha="center", va="center", fontsize=7)
        return _svg(figure)


def latency(summaries: Sequence[Summary]) -> str:
    """The share of turns that were over after so many milliseconds."""
    with style.context(_STYLE):
        figure, axes = _drawing(3.2)
        for colour, summary in zip(_COLOURS, summaries, strict=False):
            for name, line in (("wall", "-"), ("cpu", ":")):
                took = [getattr(turn, f"{name}_s") * 1000 for turn in summary.turns]
                label = f"{summary.mode}, {name}"
                axes.ecdf(took or [0], label=label, color=colour, linestyle=line)
        axes.set_xscale("log")
        axes.set_xlabel("ms for one turn")
        axes.set_ylabel("share of turns")
        axes.legend(loc="lower right")
        return _svg(figure)


def tokens(summaries: Sequence[Summary]) -> str:
    """Prompt tokens of the first turn of a conversation, the second..."""
    with style.context(_STYLE):
        figure, axes = _drawing(2.8)
        for colour, summary in zip(_COLOURS, summaries, strict=False):
            means = summary.tokens_by_turn
            turns = range(1, len(means) + 1)
            axes.plot(turns, means, "o-", color=colour, label=summary.mode)
            axes.set_xticks(turns)
        axes.set_xlabel("turn of the conversation")
        axes.set_ylabel("prompt tokens")
        axes.set_ylim(bottom=0)
        axes.legend(loc="lower right")
        return _svg(figure)


def _drawing(height: float, wide: float = _WIDE) -> tuple[Figure, Axes]:
    """Inches; as wide as a phone shows without shrinking the letters much."""
    figure = Figure(figsize=(wide, height), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Figure) -> str:
    """The picture alone: no XML head, no fixed size, no ground."""
    written = io.StringIO()
    figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    picture = written.getvalue().replace(_INK, "currentColor")
    width, height = (f"{72 * inches:g}" for inches in figure.get_size_inches())
    head = f'<svg viewBox="0 0 {width} {height}" role="img" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    inside = picture[picture.index("<defs>") :]
    return head + inside
