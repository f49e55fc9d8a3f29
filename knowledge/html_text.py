"""Turns a web page into the Markdown that `prose` reads: headings, paragraphs, lists and tables."""

import re
from html.parser import HTMLParser

_SILENT = {"script", "style", "noscript", "template", "svg", "nav", "head", "form", "button"}
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)} | {
    "dt": "######",
    "summary": "######",
}
_BLOCKS = {"p", "div", "section", "article", "ul", "ol", "table", "dl", "dd", "details", "main"} | {
    "header",
    "footer",
    "blockquote",
    "pre",
}


def html_to_markdown(html: str) -> str:
    page = _Page()
    page.feed(html)
    page.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(page.pieces)).strip()


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent: list[str] = []
        self._rows: list[list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._silent.clear()  # the end tag of head may be left out
        elif tag in _SILENT:
            self._silent.append(tag)
        elif tag == "br":
            self.handle_data("\n")
        elif tag in {"table", "tr", "td", "th"}:
            self._open_table(tag)
        elif self._rows is None:
            self.pieces.append(_opening(tag))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._leave(tag)
        elif tag == "table":
            self.pieces.append(_table(self._rows or []))
            self._rows = None
        elif self._rows is None and (tag in _BLOCKS or tag in _HEADINGS):
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        words = data if data == "\n" else re.sub(r"\s+", " ", data)
        if self._rows is None:
            self.pieces.append(words)
        elif self._rows and self._rows[-1]:
            self._rows[-1][-1] += words.replace("\n", " ")

    def _open_table(self, tag: str) -> None:
        if tag == "table" or self._rows is None:
            self._rows = []
        if tag == "tr":
            self._rows.append([])
        if tag in {"td", "th"} and self._rows:
            self._rows[-1].append("")

    def _leave(self, tag: str) -> None:
        """Also what was never closed inside it, so that one missing end tag cannot hide the page."""
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]


def _opening(tag: str) -> str:
    if tag in _HEADINGS:
        return f"\n\n{_HEADINGS[tag]} "
    if tag == "li":
        return "\n- "
    return "\n\n" if tag in _BLOCKS else ""


def _table(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(cell.strip() for cell in row) + " |" for row in rows if any(row)]
    if len(lines) > 1:
        lines.insert(1, "|---|")
    return "\n\n" + "\n".join(lines) + "\n\n"
