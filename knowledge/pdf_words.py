"""Reads a PDF's pages into words and ruled lines with their places; the only file that knows pypdfium2."""

import ctypes
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from agent.errors import UnreadableDocument

PAGES_MAX = 500
LETTERS_MAX = 2_000_000
_RULES_MAX = 4_000
_PASSWORD = 4
_BOLD_WEIGHT = 600
_LIGATURES = {chr(0xFB00 + n): text for n, text in enumerate(("ff", "fi", "fl", "ffi", "ffl"))}
_HYPHENS = {"\x02", "\xad", "\ufffe"}
_BOLD_FONT = re.compile(rb"bold|black|heavy|demi", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Box:
    """Points from the upper left corner of the page as it is shown."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    box: Box
    bold: bool


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One page."""

    width: float
    height: float
    words: list[Word] = field(default_factory=list[Word])
    rules: list[Box] = field(default_factory=list[Box])
    """Lines and frames that are drawn."""


def read_sheets(content: bytes) -> Iterator[Sheet]:
    """Each page, one after the other.

    Raises:
        UnreadableDocument: locked, broken, too many pages or letters; without the document's name.
    """
    letters = 0
    document = _open(content)
    if len(document) > PAGES_MAX:
        raise UnreadableDocument(
            f"it has {len(document)} pages, and at most {PAGES_MAX} are read. Split it into smaller files."
        )
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        letters += text.count_chars()
        if letters > LETTERS_MAX:
            raise UnreadableDocument(
                "it holds more than 2 million letters. Split it into smaller files."
            )
        place = _placing(page)
        width, height = page.get_size()
        yield Sheet(
            width=width, height=height, words=list(_words(text, place)), rules=_rules(page, place)
        )
        text.close()
        page.close()


Place = Callable[[float, float, float, float], Box]


def _open(content: bytes) -> Any:
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "password" in str(error).lower():
            raise UnreadableDocument(
                "it is locked with a password. Save a copy without the password and upload that."
            ) from error
        raise UnreadableDocument(
            "it is damaged and cannot be opened as a PDF. Save or print it to a new PDF and upload that."
        ) from error


def _placing(page: Any) -> Place:
    """From the page's own coordinates (left, bottom, right, top) to what is shown."""
    x0, y0, x1, y1 = page.get_bbox()
    turn = page.get_rotation()

    def place(left: float, bottom: float, right: float, top: float) -> Box:
        match turn:
            case 90:
                return Box(bottom - y0, left - x0, top - y0, right - x0)
            case 180:
                return Box(x1 - right, bottom - y0, x1 - left, top - y0)
            case 270:
                return Box(y1 - top, x1 - right, y1 - bottom, x1 - left)
            case _:
                return Box(left - x0, y1 - top, right - x0, y1 - bottom)

    return place


def _words(text: Any, place: Place) -> Iterator[Word]:
    letters: list[str] = []
    boxes: list[Box] = []
    first = 0
    for number in range(text.count_chars()):
        letter = _letter(text, number)
        box = _box(text, number, place) if letter.strip() else None
        if letters and (box is None or not _goes_on(boxes[-1], box)):
            yield _word(text, first, letters, boxes)
            letters, boxes = [], []
        if box is not None:
            first = first if letters else number
            letters.append(letter)
            boxes.append(box)
    if letters:
        yield _word(text, first, letters, boxes)


def _letter(text: Any, number: int) -> str:
    code = pdfium.FPDFText_GetUnicode(text, number)
    if code == 0 or code > sys.maxunicode:
        return " "
    letter = chr(code)
    return "-" if letter in _HYPHENS else _LIGATURES.get(letter, letter)


def _box(text: Any, number: int, place: Place) -> Box:
    rectangle = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text, number, ctypes.byref(rectangle))
    return place(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)


def _goes_on(before: Box, box: Box) -> bool:
    high = max(before.height, box.height, 1.0)
    same_line = abs(before.middle - box.middle) < 0.4 * high
    return same_line and -0.5 * high < box.left - before.right < 0.3 * high


def _word(text: Any, first: int, letters: list[str], boxes: list[Box]) -> Word:
    box = Box(
        min(one.left for one in boxes),
        min(one.top for one in boxes),
        max(one.right for one in boxes),
        max(one.bottom for one in boxes),
    )
    return Word("".join(letters), box, _is_bold(text, first))


def _is_bold(text: Any, number: int) -> bool:
    name = ctypes.create_string_buffer(128)
    pdfium.FPDFText_GetFontInfo(text, number, name, len(name), None)
    return bool(_BOLD_FONT.search(name.value)) or (
        pdfium.FPDFText_GetFontWeight(text, number) >= _BOLD_WEIGHT
    )


def _rules(page: Any, place: Place) -> list[Box]:
    """None at all of a drawing with thousands of strokes: that is no table."""
    found: list[Box] = []
    for drawn in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_PATH,), max_depth=3):
        found.append(place(*drawn.get_bounds()))
        if len(found) > _RULES_MAX:
            return []
    return found
