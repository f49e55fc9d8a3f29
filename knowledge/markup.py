"""Takes Markdown's marks away, so that a text can be said in an SMS."""

import html
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Literal

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_UNDERLINED = re.compile(r"^(?![|>#\-*+\s])(.+)\n(=+|-{3,})[ \t]*$", re.MULTILINE)
_RULE_OR_FENCE = re.compile(r"\s*(?:([-*_])(?:\s*\1){2,}|```\S*|~~~\S*)\s*$")
_IMAGE = re.compile(r"!\[[^\]]{0,500}\]\([^)]{0,2000}\)")
_LINK = re.compile(r"\[([^\]]{1,500})\]\(<?([^)\s>]{1,2000})>?[^)]{0,500}\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^>\s]{1,2000})>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_EMPHASIS = re.compile(r"(\*\*|__|~~|`|(?<![\w*])[*_](?=\S))(.{1,1000}?)(?<=\S)\1(?!\w)")
_LEADING = re.compile(r"^\s*(?:>\s?)*")
_BULLET = re.compile(r"^[*+•]\s+")
_BARE_TABLE_RULE = re.compile(r":?-+:?\s*(?:\|\s*:?-+:?\s*)+$")
_TO_PRICE = re.compile(
    r"(?<=[\w)])(?: ?(?:\. ?){3,200}| ?…{1,9}|(?:\t| {3})[ \t]{0,200}) {0,3}(?=[^\w\s.]?\d)"
)
_MARKS = re.compile(r"[\\`*_~<>\[\]|]|^#")
_FIGURE = re.compile(r"\d")
_TWICE_TWO = 4
_TABLE_RULE = re.compile(r"\|\s*:?-+:?\s*(?:\||$)[-|:\s]*$")


def plain(line: str) -> str:
    """One line without marks; a link keeps its address in brackets behind the words.

    Dots, tabs or a wide gap that lead from an item to its price become a colon.
    """
    line = _BULLET.sub("- ", _LEADING.sub("", _TO_PRICE.sub(": ", line)))
    line = _LINK.sub(_link_words, _IMAGE.sub("", line))
    line = _TAG.sub(" ", _AUTOLINK.sub(r"\1", line))
    for _ in range(3):
        line = _EMPHASIS.sub(r"\2", line)
    line = re.sub(r"\\([^\w\s])", r"\1", line)
    return re.sub(r"[ \t\xa0]+", " ", html.unescape(line)).strip()


def heading_lines(text: str) -> list[str]:
    """The lines, with underlined headings written as # headings, and without rules and fences."""
    text = _COMMENT.sub("", _FRONT_MATTER.sub("", text))
    text = _UNDERLINED.sub(lambda m: f"{'#' if m[2][0] == '=' else '##'} {m[1]}", text)
    lines = ["" if _RULE_OR_FENCE.match(line) else line.strip() for line in text.split("\n")]
    return _with_table_edges(lines)


def _with_table_edges(lines: list[str]) -> list[str]:
    """Tables that leave out the marks at the beginning of their rows get them."""
    out: list[str] = []
    inside = False
    for line in lines:
        begins = bool(_BARE_TABLE_RULE.match(line)) and bool(out) and "|" in out[-1]
        if begins:
            out[-1] = f"| {out[-1]}"
        inside = begins or (inside and "|" in line)
        out.append(f"| {line}" if inside else line)
    return out


def table_lines(lines: list[str]) -> list[str]:
    """The lines, with each table row written out so that it can be read alone."""
    out: list[str] = []
    for in_table, group in groupby(lines, key=lambda line: line.startswith("|")):
        found = list(group)
        out.extend(_rows(found) if in_table else found)
    return out


def as_said(words: str) -> str:
    """Words that are no Markdown, so that they come out of `plain` as they are."""
    return _MARKS.sub(r"\\\g<0>", words)


def markdown_table(rows: list[list[str]], *, has_header: bool | None = None) -> str:
    """Rows of cells as Markdown; None: a first row without figures above rows with figures names the columns.

    A row of one filled cell is the name of the rows below it, a row that asks and answers is a question.
    """
    rows = [cells for row in rows if any(cells := [_cell_words(cell) for cell in row])]
    rows = _unfolded(rows)
    if has_header is None:
        has_header = _names_columns(rows)
    header = rows[0] if has_header and len(rows) > 1 else []
    out: list[str] = []
    groups = [(kind, list(group)) for kind, group in groupby(rows[len(header) and 1 :], _row_kind)]
    for place, (kind, found) in enumerate(groups, start=1):
        is_last = place == len(groups)
        out.extend(_written("words" if kind == "name" and is_last else kind, found, header))
    return "\n\n".join(out)


def _unfolded(rows: list[list[str]]) -> list[list[str]]:
    """Items and prices that stand twice beside each other, to save paper, come one below the other."""
    if any(len(row) != _TWICE_TWO for row in rows) or not rows:
        return rows
    halves = [[row[:2] for row in rows], [row[2:] for row in rows]]
    below = [half[1:] if halves[0][0] == halves[1][0] else half for half in halves]
    if not all(_is_priced(row) for half in below for row in half if any(row)):
        return rows
    return [*halves[0], *below[1]]


def _is_priced(row: list[str]) -> bool:
    return bool(_FIGURE.search(row[1])) and not _FIGURE.search(row[0])


def _cell_words(cell: str) -> str:
    return " ".join(cell.replace("|", "/").split())


def _names_columns(rows: list[list[str]]) -> bool:
    has_figures = [any(map(_FIGURE.search, row[1:])) for row in rows]
    first = rows[0] if rows else []
    return len(list(filter(None, first))) > 1 and not has_figures[0] and any(has_figures[1:])


def _row_kind(row: list[str]) -> Literal["name", "question", "row"]:
    filled = [cell for cell in row if cell]
    match filled:
        case [_]:
            return "name"
        case [first, _] if first.endswith("?"):
            return "question"
        case _:
            return "row"


def _alone(row: list[str]) -> str:
    return " ".join(filter(None, row))


def _written(kind: str, rows: list[list[str]], header: list[str]) -> Iterator[str]:
    match kind:
        case "name":
            yield f"**{_alone(rows[0])}**"
            yield from map(_alone, rows[1:])
        case "words":
            yield from map(_alone, rows)
        case "question":
            yield from (cell for row in rows for cell in _asked(row))
        case _:
            marked = [*([header, ["---"]] if header else []), *rows]
            yield "\n".join(f"| {' | '.join(row)} |" for row in marked)


def _asked(row: list[str]) -> Iterator[str]:
    question, answer = (cell for cell in row if cell)
    yield f"**{question}**"
    yield answer


def _link_words(match: re.Match[str]) -> str:
    words, address = match[1], match[2]
    shown = re.sub(r"^(?:mailto:|tel:)", "", address)
    return words if shown in words or address.startswith("#") else f"{words} ({shown})"


def _rows(lines: list[str]) -> Iterator[str]:
    header: list[str] = []
    if len(lines) > 1 and _TABLE_RULE.match(lines[1]):
        header, lines = _cells(lines[0]), lines[2:]
    for line in lines:
        yield f"- {_row(_cells(line), header)}"


def _row(cells: list[str], header: list[str]) -> str:
    """`Drain cleaning: $149` of two columns; of more, each cell with its column's name."""
    if not cells[2:] or len(header) < len(cells):
        first, *others = [cell for cell in cells if cell] or [""]
        return f"{first}: {', '.join(others)}" if others else first
    named = (f"{name} {cell}" for name, cell in zip(header[1:], cells[1:], strict=False) if cell)
    return f"{cells[0]}: {', '.join(named)}"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
