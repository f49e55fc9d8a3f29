"""Turns a PDF into the Markdown that `prose` reads: headings, paragraphs, lists and tables."""

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from agent.errors import UnreadableDocument
from knowledge.markup import as_said, markdown_table
from knowledge.pdf_layout import ALIGNED, BULLETS, Line, read_lines, wraps
from knowledge.pdf_words import Sheet, read_sheets

_LARGER = 1.15
"""A heading's letters against those of the text."""
_HEADING_MAX = 150
_NAME_MAX_WORDS = 6
_WRAPPED_FROM = 30
"""Letters; a shorter line ends where its writer wanted it to."""
_MARGIN = 0.12
"""Of the page's height, above and below, where headers and footers stand."""
_PAGE_NUMBER = re.compile(r"\W*(?:[^\W\d]{1,6}\W*)?\d{1,3}(?:\W*(?:[^\W\d]{1,3}\W*)?\d{1,3})?\W*")
_ITEM = re.compile(rf"{BULLETS}\s+")
_NUMBERED = re.compile(r"\(?\d{1,2}[.)]\s")
_UNREADABLE = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, kw_only=True)
class _Style:
    """What is usual in this document."""

    size: float
    """Of the letters of its text."""
    spacing: float
    """Between two lines of a paragraph, in heights of a line."""
    is_bold: bool


def pdf_to_markdown(content: bytes) -> str:
    """The words of all pages; page numbers and what is repeated on every page are left out.

    Raises:
        UnreadableDocument: locked, broken, too large or without text; without the document's name.
    """
    columns = _without_margins(
        [_Page.of(sheet, number) for number, sheet in enumerate(read_sheets(content), start=1)]
    )
    text = " ".join(line.text for column in columns for line in column)
    _refuse_without_text(text)
    style = _style([line for column in columns for line in column])
    return _whole_letters(
        "\n\n".join(_joined(part for column in columns for part in _parts(column, style)))
    )


@dataclass(frozen=True, kw_only=True)
class _Page:
    number: int
    height: float
    columns: list[list[Line]]

    @classmethod
    def of(cls, sheet: Sheet, number: int) -> "_Page":
        return cls(number=number, height=sheet.height, columns=read_lines(sheet))

    def is_in_margin(self, line: Line) -> bool:
        above, below = self.height * _MARGIN, self.height * (1 - _MARGIN)
        return not line.grid and (line.box.bottom < above or line.box.top > below)

    def is_outermost(self, line: Line) -> bool:
        tops = [other.box.top for column in self.columns for other in column]
        return line.box.top in (min(tops), max(tops))


def _whole_letters(text: str) -> str:
    """PDFium hands over UTF-16: the two halves of an emoji are put together, a lone one is replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _refuse_without_text(text: str) -> None:
    letters = re.sub(r"\s", "", text)
    if not letters:
        raise UnreadableDocument(
            "it has no text in it: it is a scan, a picture of each page. "
            "Run it through text recognition (OCR) first, or write its text into a .txt or .docx file."
        )
    if len(_UNREADABLE.findall(letters)) > len(letters) / 5:
        raise UnreadableDocument(
            "its letters cannot be read, because it does not say which signs they stand for. "
            "Export it to PDF once more, or upload its text as a .txt or .docx file."
        )


def _without_margins(pages: list[_Page]) -> list[list[Line]]:
    seen = Counter(
        _margin_key(page, line)
        for page in pages
        for column in page.columns
        for line in column
        if page.is_in_margin(line)
    )
    often = {key for key, times in seen.items() if times > max(1, len(pages) / 2)}
    kept = (
        [line for line in column if not _is_margin(page, line, often)]
        for page in pages
        for column in page.columns
    )
    return [column for column in kept if column]


def _margin_key(page: _Page, line: Line) -> tuple[int, str]:
    """The same words at the same height, whatever the number of the page."""
    return round(line.box.top), re.sub(rf"\b{page.number}\b", "#", line.text)


def _is_margin(page: _Page, line: Line, often: set[tuple[int, str]]) -> bool:
    if not page.is_in_margin(line):
        return False
    is_number = _PAGE_NUMBER.fullmatch(line.text) and page.is_outermost(line)
    return bool(is_number) or _margin_key(page, line) in often


def _style(lines: list[Line]) -> _Style:
    sizes = Counter[float]()
    bold = 0
    for line in lines:
        sizes[_size(line)] += len(line.text)
        bold += len(line.text) * line.bold
    steps = [
        (below.box.middle - line.box.middle) / line.box.height
        for line, below in pairwise(lines)
        if _size(line) == _size(below)
        and 0 < below.box.middle - line.box.middle < 4 * line.box.height
    ]
    return _Style(
        size=sizes.most_common(1)[0][0],
        spacing=min(statistics.median_low(steps), 2.2) if steps else 1.2,
        is_bold=bold > sizes.total() / 2,
    )


def _size(line: Line) -> float:
    return round(line.letter_height * 2) / 2


_Part = tuple[str, str]
"""What it is, and its Markdown."""


def _parts(lines: list[Line], style: _Style) -> Iterator[_Part]:
    end = max((line.box.right for line in lines if len(line.runs) == 1), default=0.0)
    lines = list(_rows_made_whole(lines, style))
    kinds = [
        _kind(line, below, style) for line, below in zip(lines, [*lines[1:], None], strict=True)
    ]
    for kind, group in groupby(zip(kinds, lines, strict=True), key=lambda pair: pair[0]):
        found = [line for _, line in group]
        match kind:
            case "grid":
                yield from (("grid", markdown_table(_said(line.grid))) for line in found)
            case "rows":
                yield "rows", markdown_table(_said(_aligned(found)))
            case "heading":
                yield from (("heading", _heading(one, style)) for one in _headings(found, end))
            case "name":
                yield from (
                    ("name", f"**{as_said(text)}**") for text in _paragraphs(found, end, style)
                )
            case _:
                yield from (("text", _said_line(text)) for text in _paragraphs(found, end, style))


def _kind(line: Line, below: Line | None, style: _Style) -> str:
    if line.grid:
        return "grid"
    if len(line.runs) > 1:
        return "rows"
    if _size(line) > style.size * _LARGER and len(line.text) <= _HEADING_MAX:
        return "heading"
    if line.bold and not style.is_bold and len(line.text) <= _HEADING_MAX:
        return "name"
    return "name" if below and _names_rows(line, below) else "text"


def _names_rows(line: Line, below: Line) -> bool:
    is_near = below.box.top - line.box.bottom < 2 * line.box.height
    is_short = len(line.text.split()) <= _NAME_MAX_WORDS and line.text[-1] not in ".,;!?"
    return is_near and is_short and (len(below.runs) > 1 or bool(below.grid))


def _rows_made_whole(lines: list[Line], style: _Style) -> Iterator[Line]:
    """A cell that runs over two lines is put together: its second line is nearer to the row above."""
    row: Line | None = None
    for line, below in zip(lines, [*lines[1:], None], strict=True):
        if row and _continues(row, line, below):
            row = _with_more(row, line)
            continue
        if row and _goes_before(row, line):
            row = _with_more(row, line)
            continue
        if row:
            yield row
        row = line
    if row:
        yield row


def _continues(row: Line, line: Line, below: Line | None) -> bool:
    if not row.runs[1:] or len(line.runs) != 1 or line.runs[0].bold:
        return False
    above_gap = line.box.middle - row.box.bottom
    below_gap = below.box.middle - line.box.middle if below else float("inf")
    is_nearer = (
        above_gap < 1.2 * line.box.height and above_gap + line.box.height / 2 < 0.9 * below_gap
    )
    return is_nearer and any(abs(run.box.left - line.box.left) < ALIGNED for run in row.runs)


def _goes_before(line: Line, row: Line) -> bool:
    """A cell that ends in the row begins in the line above it."""
    if line.grid or len(line.runs) != 1 or not row.runs[1:] or not row.text[:1].islower():
        return False
    is_near = row.box.middle - line.box.middle < 1.5 * row.box.height
    return is_near and abs(row.box.left - line.box.left) < ALIGNED


def _with_more(above: Line, below: Line) -> Line:
    """A row and the line that belongs to one of its cells, in their order."""
    row, more = (above, below.runs[0]) if above.runs[1:] else (below, above.runs[0])
    runs = [
        replace(run, text=f"{run.text} {more.text}" if row is above else f"{more.text} {run.text}")
        if abs(run.box.left - more.box.left) < ALIGNED
        else run
        for run in row.runs
    ]
    box = replace(above.box, bottom=below.box.bottom)
    return replace(row, runs=runs, box=box)


def _aligned(lines: list[Line]) -> list[list[str]]:
    """Rows of the same columns: runs that stand above each other are of one column."""
    columns: list[list[float]] = []
    for run in sorted((run for line in lines for run in line.runs), key=lambda run: run.box.left):
        if columns and run.box.left < columns[-1][1]:
            columns[-1][1] = max(columns[-1][1], run.box.right)
        else:
            columns.append([run.box.left, run.box.right])
    return [list(_row(line, columns)) for line in lines]


def _row(line: Line, columns: list[list[float]]) -> Iterator[str]:
    if len(line.runs) > len(columns):
        yield from (run.text for run in line.runs)
        return
    for left, right in columns:
        yield " ".join(run.text for run in line.runs if left <= run.box.left < right)


def _said(rows: Iterable[Iterable[str]]) -> list[list[str]]:
    return [[as_said(cell) for cell in row] for row in rows]


def _headings(lines: list[Line], end: float) -> Iterator[list[Line]]:
    """Each with the lines over which it runs."""
    heading: list[Line] = []
    for line in lines:
        if heading and not (_size(heading[-1]) == _size(line) and wraps(heading[-1], line, end)):
            yield heading
            heading = []
        heading.append(line)
    yield heading


def _heading(lines: list[Line], style: _Style) -> str:
    """The larger its letters, the higher it stands."""
    ratio = _size(lines[0]) / style.size
    level = next((n for n, least in enumerate((1.8, 1.5, 1.3), start=1) if ratio >= least), 4)
    return f"{'#' * level} {as_said(' '.join(line.text for line in lines))}"


def _paragraphs(lines: list[Line], end: float, style: _Style) -> list[str]:
    """Lines that were wrapped are joined; a word that was cut at the end of a line is whole again."""
    out: list[str] = []
    for place, line in enumerate(lines):
        above = lines[place - 1] if place else None
        if above and _runs_on(above, line, end, style):
            out[-1] = _run_together(out[-1], line.text)
        else:
            out.append(line.text)
    return out


def _runs_on(above: Line, line: Line, end: float, style: _Style) -> bool:
    step = (line.box.middle - above.box.middle) / max(above.box.height, 1.0)
    starts_anew = _ITEM.match(line.text) or _NUMBERED.match(line.text) or above.text.endswith("?")
    if starts_anew or len(above.text) < _WRAPPED_FROM:
        return False
    return step < style.spacing * 1.3 and wraps(above, line, end)


def _run_together(above: str, below: str) -> str:
    if re.search(r"\w-$", above) and below[:1].islower():
        return above[:-1] + below
    return f"{above} {below}"


def _said_line(text: str) -> str:
    item = _ITEM.match(text)
    return f"- {as_said(text[item.end() :])}" if item else as_said(text)


def _joined(parts: Iterable[_Part]) -> list[str]:
    """A paragraph that a page or a column cuts goes on; items of one list stand together."""
    out: list[str] = []
    before = ""
    for kind, words in parts:
        if kind == before == "text" and words[:1].islower() and out[-1][-1] not in ".!?:":
            out[-1] = _run_together(out[-1], words)
        elif (
            kind == before == "text"
            and words.startswith("- ")
            and out[-1].rpartition("\n")[2].startswith("- ")
        ):
            out[-1] += f"\n{words}"
        else:
            out.append(words)
        before = kind
    return out
