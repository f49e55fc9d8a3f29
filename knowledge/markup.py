"""Takes Markdown's marks away, so that a text can be said in an SMS."""

import html
import re
from collections.abc import Iterator
from itertools import groupby

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_UNDERLINED = re.compile(r"^(?![|>#\-*+\s])(.+)\n(=+|-{3,})[ \t]*$", re.MULTILINE)
_RULE_OR_FENCE = re.compile(r"\s*(?:([-*_])(?:\s*\1){2,}|```\S*|~~~\S*)\s*$")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\(<?([^)\s>]+)>?[^)]*\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^>\s]+)>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_EMPHASIS = re.compile(r"(\*\*|__|~~|`|(?<![\w*])[*_](?=\S))(.+?)(?<=\S)\1(?!\w)")
_LEADING = re.compile(r"^\s*(?:>\s?)*")
_BULLET = re.compile(r"^[*+•]\s+")
_TABLE_RULE = re.compile(r"\|\s*:?-+:?\s*(?:\||$)[-|:\s]*$")


def plain(line: str) -> str:
    """One line without marks; a link keeps its address in brackets behind the words."""
    line = _BULLET.sub("- ", _LEADING.sub("", line))
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
    return ["" if _RULE_OR_FENCE.match(line) else line.strip() for line in text.split("\n")]


def table_lines(lines: list[str]) -> list[str]:
    """The lines, with each table row written out so that it can be read alone."""
    out: list[str] = []
    for in_table, group in groupby(lines, key=lambda line: line.startswith("|")):
        found = list(group)
        out.extend(_rows(found) if in_table else found)
    return out


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
        return ": ".join(cell for cell in cells if cell)
    named = (f"{name} {cell}" for name, cell in zip(header[1:], cells[1:], strict=False) if cell)
    return f"{cells[0]}: {', '.join(named)}"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
