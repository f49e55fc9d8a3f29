"""Finds the tables of a page that are drawn with lines: rows of cells, also of merged ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from knowledge.pdf_words import Box, Sheet, Word

_THIN = 3.0
_TOUCH = 3.0
"""Points by which lines may miss each other."""
_EDGES_MAX = 200


@dataclass(frozen=True, kw_only=True)
class Grid:
    box: Box
    rows: list[list[list[Word]]]
    """Each row's cells, each cell's words; a cell merged over rows stands in each of them."""


@dataclass(frozen=True, kw_only=True)
class _Edges:
    across: list[Box]
    down: list[Box]


def read_grids(sheet: Sheet) -> tuple[list[Grid], list[Word]]:
    """The drawn tables, and the words outside of them."""
    grids: list[Grid] = []
    words = sheet.words
    for rules in _touching(sheet.rules):
        edges = _edges(rules)
        tops = _places([edge.middle for edge in edges.across])
        lefts = _places([edge.centre for edge in edges.down])
        if not (tops[2:] and lefts[2:]) or max(len(tops), len(lefts)) > _EDGES_MAX:
            continue
        box = Box(lefts[0], tops[0], lefts[-1], tops[-1])
        inside = [word for word in words if _holds(box, word)]
        rows = [row for row in _rows(edges, tops, lefts, inside) if any(row)]
        if sum(1 for row in rows if sum(map(bool, row)) > 1) > 1:
            grids.append(Grid(box=box, rows=rows))
            words = [word for word in words if not _holds(box, word)]
    return grids, words


def _touching(rules: list[Box]) -> Iterator[list[Box]]:
    """The rules in groups that hang together from top to bottom."""
    group: list[Box] = []
    reach = 0.0
    for rule in sorted(rules, key=lambda rule: rule.top):
        if group and rule.top > reach + _TOUCH:
            yield group
            group = []
        reach = max(reach, rule.bottom) if group else rule.bottom
        group.append(rule)
    if group:
        yield group


def _edges(rules: list[Box]) -> _Edges:
    across: list[Box] = []
    down: list[Box] = []
    for rule in rules:
        if rule.height > _THIN:
            sides = (rule.left, rule.right) if rule.width > _THIN else (rule.centre,)
            down += [Box(side, rule.top, side, rule.bottom) for side in sides]
        if rule.width > _THIN:
            sides = (rule.top, rule.bottom) if rule.height > _THIN else (rule.middle,)
            across += [Box(rule.left, side, rule.right, side) for side in sides]
    return _Edges(across=across, down=down)


def _places(values: list[float]) -> list[float]:
    """Each place once, though lines miss each other a little."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value > found[-1] + _TOUCH:
            found.append(value)
    return found


def _rows(
    edges: _Edges, tops: list[float], lefts: list[float], words: list[Word]
) -> Iterator[list[list[Word]]]:
    for top, bottom in pairwise(tops):
        middle = (top + bottom) / 2
        walls = [x for x in lefts if any(_stands(edge, x, middle) for edge in edges.down)]
        yield [
            _cell(edges, tops, Box(left, top, right, bottom), words)
            for left, right in pairwise(walls)
        ]


def _cell(edges: _Edges, tops: list[float], box: Box, words: list[Word]) -> list[Word]:
    """What stands between the lines that close the cell above and below."""
    closed = [y for y in tops if any(_lies(edge, box.centre, y) for edge in edges.across)]
    top = max((y for y in closed if y <= box.top), default=box.top)
    bottom = min((y for y in closed if y >= box.bottom), default=box.bottom)
    whole = Box(box.left, top, box.right, bottom)
    return [word for word in words if _holds(whole, word)]


def _stands(edge: Box, x: float, y: float) -> bool:
    return abs(edge.left - x) <= _TOUCH and edge.top - 1 <= y <= edge.bottom + 1


def _lies(edge: Box, x: float, y: float) -> bool:
    return abs(edge.top - y) <= _TOUCH and edge.left - 1 <= x <= edge.right + 1


def _holds(box: Box, word: Word) -> bool:
    return box.left <= word.box.centre <= box.right and box.top <= word.box.middle <= box.bottom
