"""Puts a page's words into lines and tables, in the order in which a person reads them."""

import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from knowledge.pdf_grid import Grid, read_grids
from knowledge.pdf_words import Box, Sheet, Word

_GAP = 1.2
"""In heights of a line: a wider gap parts two cells or two columns."""
_BULLET_GAP = 4
_COLUMN_LINES = 3
_WRAPPED_SHARE = 0.3
_WRAPPED_WORDS = 4
ALIGNED = 4.0
"""Points by which the beginnings of one column may differ."""
BULLETS = r"[-\u2013*•◦▪●o·\uf0b7\uf0a7]"
"""Also those of the fonts that draw their bullets where Unicode has none."""
_BULLET = re.compile(rf"{BULLETS}|\(?\d{{1,2}}[.)]")
_LEADER = re.compile(r"(?:[.·_…]\s?){3,}|…+")


@dataclass(frozen=True, kw_only=True)
class Run:
    """Words on one line without a wide gap between them."""

    text: str
    box: Box
    bold: bool


@dataclass(frozen=True, kw_only=True)
class Line:
    """What stands side by side: one run of prose, the cells of a row, or a whole drawn table."""

    runs: list[Run]
    box: Box
    letter_height: float
    """In points; the usual one of its words."""
    grid: list[list[str]] = field(default_factory=list[list[str]])

    @property
    def text(self) -> str:
        cells = [cell for row in self.grid for cell in row]
        return " ".join([*(run.text for run in self.runs), *cells])

    @property
    def bold(self) -> bool:
        return all(run.bold for run in self.runs) and not self.grid


def read_lines(sheet: Sheet) -> list[list[Line]]:
    """The columns of a page in reading order, each with its lines from top to bottom."""
    grids, words = read_grids(sheet)
    lines = [_line(group) for group in _on_one_line(words)]
    lines += [_grid_line(grid) for grid in grids]
    return _columns(sorted(lines, key=lambda line: line.box.middle))


def cells(words: list[Word]) -> str:
    """The words of a cell, its lines joined."""
    return " ".join(run.text for group in _on_one_line(words) for run in _runs(group))


def _on_one_line(words: list[Word]) -> list[list[Word]]:
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.box.middle):
        if lines and _level(lines[-1][0].box, word.box):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [sorted(line, key=lambda word: word.box.left) for line in lines]


def _level(one: Box, other: Box) -> bool:
    return abs(one.middle - other.middle) < 0.4 * min(one.height, other.height)


def _line(words: list[Word]) -> Line:
    runs = list(_runs(words))
    return Line(runs=runs, box=_around([run.box for run in runs]), letter_height=_usual(words))


def _grid_line(grid: Grid) -> Line:
    words = [word for row in grid.rows for cell in row for word in cell]
    rows = [[cells(cell) for cell in row] for row in grid.rows]
    return Line(runs=[], box=grid.box, letter_height=_usual(words), grid=rows)


def _usual(words: list[Word]) -> float:
    return statistics.median_low(word.box.height for word in words)


def _runs(words: list[Word]) -> Iterator[Run]:
    """Parted at wide gaps and at dot leaders; a bullet stays with its item."""
    group: list[Word] = []
    for word in words:
        if group and _parts(group, word):
            yield from _run(group)
            group = []
        group.append(word)
    yield from _run(group)


def _parts(group: list[Word], word: Word) -> bool:
    if _LEADER.fullmatch(word.text) or _LEADER.fullmatch(group[-1].text):
        return True
    is_bullet = len(group) == 1 and _BULLET.fullmatch(group[0].text)
    gap = word.box.left - group[-1].box.right
    return gap > (_BULLET_GAP if is_bullet else _GAP) * word.box.height


def _run(words: list[Word]) -> Iterator[Run]:
    """None of a dot leader; two of words that have one in their midst."""
    text = " ".join(word.text for word in words)
    box = _around([word.box for word in words])
    for part in _LEADER.split(text) if words else []:
        if part.strip():
            yield Run(text=part.strip(), box=box, bold=all(word.bold for word in words))


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        min((box.left for box in boxes), default=0.0),
        min((box.top for box in boxes), default=0.0),
        max((box.right for box in boxes), default=0.0),
        max((box.bottom for box in boxes), default=0.0),
    )


def _columns(lines: list[Line]) -> list[list[Line]]:
    """Bands of text beside text are read column after column, all else line after line."""
    gutter = next((x for x in _gutters(lines) if _bands(lines, x)), None)
    if gutter is None:
        return [lines] if lines else []
    out: list[list[Line]] = []
    at = 0
    for first, last in _bands(lines, gutter):
        left, right = _halves(lines[first:last], gutter)
        out += [*_columns(lines[at:first]), *_columns(left), *_columns(right)]
        at = last
    return [*out, *_columns(lines[at:])]


def _gutters(lines: list[Line]) -> list[float]:
    """The places where most runs begin behind a gap, the likeliest first."""
    starts = sorted(run.box.left for line in lines for run in line.runs)
    counts: dict[float, int] = {}
    for start in starts:
        near = next((x for x in reversed(counts) if start - x < ALIGNED), start)
        counts[near] = counts.get(near, 0) + 1
    likely = sorted(counts, key=lambda x: -counts[x])
    return [x - 2 for x in likely[:4] if counts[x] >= _COLUMN_LINES]


def _bands(lines: list[Line], gutter: float) -> list[tuple[int, int]]:
    """From where to where lines keep off the gutter and stand as text on both sides of it."""
    found: list[tuple[int, int]] = []
    at = 0
    for crosses, group in groupby(lines, key=lambda line: _crosses(line, gutter)):
        band = list(group)
        if not crosses and _is_text_beside_text(*_halves(band, gutter)):
            found.append((at, at + len(band)))
        at += len(band)
    return found


def _crosses(line: Line, gutter: float) -> bool:
    boxes = [run.box for run in line.runs] or [line.box]
    return any(box.left < gutter < box.right for box in boxes)


def _halves(lines: list[Line], gutter: float) -> tuple[list[Line], list[Line]]:
    return (
        list(_side(lines, lambda box: box.right <= gutter)),
        list(_side(lines, lambda box: box.left >= gutter)),
    )


def _side(lines: Iterable[Line], is_in: Callable[[Box], bool]) -> Iterator[Line]:
    for line in lines:
        runs = [run for run in line.runs if is_in(run.box)]
        if runs:
            yield replace(line, runs=runs, box=_around([run.box for run in runs]))
        elif line.grid and is_in(line.box):
            yield line


def _is_text_beside_text(left: list[Line], right: list[Line]) -> bool:
    """Text is wrapped where its column ends, or asks on both sides; the cells of a table do neither."""
    if min(len(left), len(right)) < _COLUMN_LINES:
        return False
    wrapped = all(_is_wrapped(side) for side in (left, right))
    return wrapped or all(any(line.text.endswith("?") for line in side) for side in (left, right))


def _is_wrapped(lines: list[Line]) -> bool:
    """Lines of several words, of which many end because the next word had no room."""
    end = max(line.box.right for line in lines)
    share = statistics.fmean(wraps(line, below, end) for line, below in pairwise(lines))
    words = statistics.median(len(line.text.split()) for line in lines)
    return share >= _WRAPPED_SHARE and words >= _WRAPPED_WORDS


def wraps(line: Line, below: Line, end: float) -> bool:
    """Whether the first word of the line below had no room before the end of the column."""
    if line.grid or below.grid or len(line.runs) > 1 or len(below.runs) > 1:
        return False
    first = below.text.split(" ", 1)[0]
    width = below.box.width * len(first) / max(len(below.text), 1)
    return line.box.right + width + 0.3 * line.box.height > end
