"""Turns a web page into the Markdown that `prose` reads: headings, paragraphs, lists and tables."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from knowledge.markup import as_said, markdown_table

_SILENT = {"script", "style", "noscript", "template", "svg", "nav", "head", "footer", "dialog"} | {
    "select",
    "textarea",
    "iframe",
    "object",
}
_SILENT_ROLES = {"navigation", "contentinfo", "dialog", "alertdialog", "search"}
_NOTICE = re.compile(
    r"(?=.*(cookie|consent|gdpr))(?=.*(banner|bar|notice|popup|modal|overlay|law))"
)
_PRESSED = {"button", "label"}
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)} | {
    "dt": "######",
    "summary": "######",
}
_BLOCKS = {"p", "div", "section", "article", "ul", "ol", "li", "dl", "dd", "details", "main"} | {
    *("header", "blockquote", "pre", "form", "fieldset", "table", "tr", "td", "th", "caption"),
    *("figure", "figcaption", "legend", "address", "aside", "body", "hr"),
    *_HEADINGS,
    *_PRESSED,
}
_BOLD = {"b", "strong"}
_BOLD_MAX = 120
_SPAN_MAX = 50


def html_to_markdown(content: bytes) -> str:
    """What a visitor reads, UTF-8 in; menus, footers, cookie notices and forms are left out."""
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return ""
    page = _Page()
    if root is not None:
        page.read(root)
    return "\n\n".join(page.blocks)


class _Page:
    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._words: list[str] = []
        self._bold = 0
        self._has_light = False
        self._heading = ""
        self._in_item = False

    def read(self, root: Any) -> None:
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, node in walk:
            if event == "start" and self._passes_over(node):
                walk.skip_subtree()
            elif event == "start":
                self._open(node.tag)
                self._say(node.text)
            else:
                self._close(node.tag)
                self._say(node.tail)
        self._end_block()

    def _passes_over(self, node: Any) -> bool:
        """Also a table, when it is read at once."""
        if node.tag == "table" and not _lays_out(node):
            self._end_block()
            self.blocks += filter(None, [_caption(node), _table(node)])
            return True
        return _is_silent(node)

    def _open(self, tag: str) -> None:
        if tag == "br":
            self._words.append("\n")
        elif tag in _BOLD:
            self._bold += 1
        elif tag in _BLOCKS and not (self._heading and tag in _PRESSED):
            self._end_block()
            self._heading = _HEADINGS.get(tag, self._heading)
            self._in_item = self._in_item or tag == "li"

    def _close(self, tag: str) -> None:
        if tag in _BOLD:
            self._bold = max(0, self._bold - 1)
        elif tag in _BLOCKS and not (self._heading and tag not in _HEADINGS):
            self._end_block()

    def _say(self, words: str | None) -> None:
        if words:
            self._words.append(re.sub(r"\s+", " ", words))
            self._has_light = self._has_light or bool(words.strip() and not self._bold)

    def _end_block(self) -> None:
        lines = [line.strip() for line in "".join(self._words).split("\n")]
        if any(lines):
            self._write([as_said(" ".join(line.split())) for line in lines])
            self._in_item = False
        self._words, self._has_light, self._heading = [], False, ""

    def _write(self, lines: list[str]) -> None:
        if self._heading:
            self.blocks.append(f"{self._heading} {' '.join(lines)}")
        elif self._in_item:
            self._write_item(f"- {' '.join(lines)}")
        elif not self._has_light and len(lines) == 1 and len(lines[0]) <= _BOLD_MAX:
            self.blocks.append(f"**{lines[0]}**")
        else:
            self.blocks.append("\n".join(lines).strip())

    def _write_item(self, item: str) -> None:
        if self.blocks and self.blocks[-1].startswith("- "):
            self.blocks[-1] += f"\n{item}"
        else:
            self.blocks.append(item)


def _is_silent(node: Any) -> bool:
    if node.tag in _SILENT or node.get("role") in _SILENT_ROLES:
        return True
    if node.tag in _PRESSED and not _asks_or_names(node):
        return True
    return bool(_NOTICE.search(f"{node.get('class', '')} {node.get('id', '')}".lower()))


def _asks_or_names(node: Any) -> bool:
    """What is pressed to see an answer: it asks, or it stands in a heading."""
    above = node.getparent()
    return _inline(node).endswith("?") or (above is not None and above.tag in _HEADINGS)


def _lays_out(table: Any) -> bool:
    """A table that only puts parts of the page beside each other."""
    return bool(table.xpath("boolean(.//table | .//h1 | .//h2 | .//h3 | .//h4)"))


def _caption(table: Any) -> str:
    words = " ".join(_inline(caption) for caption in table.iterchildren("caption"))
    return f"**{as_said(words)}**" if words else ""


def _table(table: Any) -> str:
    rows = list(_rows(table))
    first = next(table.iter("tr"), None)
    is_named = first is not None and all(cell.tag == "th" for cell in first) and len(first) > 0
    return markdown_table(rows, has_header=True if is_named else None)


def _rows(table: Any) -> Iterator[list[str]]:
    """A cell merged over rows stands in each of them, one merged over columns leaves them empty."""
    held: dict[int, tuple[int, str]] = {}
    for row in table.iter("tr"):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            _put_held(cells, held)
            words = as_said(_inline(cell))
            if (down := _span(cell, "rowspan")) > 1:
                held[len(cells)] = (down - 1, words)
            cells += [words, *[""] * (_span(cell, "colspan") - 1)]
        _put_held(cells, held)
        yield cells


def _put_held(cells: list[str], held: dict[int, tuple[int, str]]) -> None:
    while (place := len(cells)) in held:
        left, words = held.pop(place)
        cells.append(words)
        if left > 1:
            held[place] = (left - 1, words)


def _span(cell: Any, side: str) -> int:
    given = cell.get(side, "1")
    return min(int(given), _SPAN_MAX) if re.fullmatch(r"[1-9]\d{0,4}", given) else 1


def _inline(node: Any) -> str:
    """All its words on one line."""
    out: list[str] = []
    for event, part in etree.iterwalk(node, events=("start", "end")):
        out.append(" " if part.tag == "br" or part.tag in _BLOCKS else "")
        if event == "start":
            out.append(part.text or "")
        elif part is not node:
            out.append(part.tail or "")
    return " ".join("".join(out).split())
