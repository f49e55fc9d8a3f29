"""Reads a FAQ table: question, answer, other phrasings and the owner's id, one row an entry."""

import csv
import io
from collections.abc import Iterator

from agent.errors import UnreadableDocument
from knowledge.section import Section

_HEADERS = {
    "question": {"question", "questions", "q", "faq", "pregunta"},
    "answer": {"answer", "answers", "a", "reply", "response", "respuesta"},
    "other_phrasings": {
        "other phrasings",
        "phrasings",
        "other questions",
        "alternatives",
        "also asked as",
        "variations",
        "synonyms",
    },
    "id": {"id", "faq id", "key", "number", "no"},
}
_MEND = 'The first row must name the columns: "question" and "answer".'


def read_faq_table(name: str, text: str) -> list[Section]:
    """One section a row; rows without any words are passed over.

    Raises:
        UnreadableDocument: no header row, no rows, or a row that lacks its question or answer.
    """
    rows = _rows(name, text)
    header = next(rows, None)
    columns = _columns(name, header[1] if header else [])
    sections = [_section(name, number, row, columns) for number, row in rows if any(row)]
    if not sections:
        raise UnreadableDocument(f"{name}: there are no rows under the column names.")
    return sections


def _rows(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with its number as a spreadsheet counts; an answer may run over several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            yield number, [cell.strip() for cell in row]
    except csv.Error as error:
        raise UnreadableDocument(
            f"{name}: row {number + 1}: the quotes do not match. "
            'Put a cell that holds a quote in quotes and write the inner one as "".'
        ) from error


def _delimiter(text: str) -> str:
    first_line = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=first_line.count)


def _columns(name: str, header: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        for column, spellings in _HEADERS.items():
            if " ".join(cell.lower().replace("_", " ").split()) in spellings:
                found.setdefault(column, place)
    missing = [column for column in ("question", "answer") if column not in found]
    if missing:
        raise UnreadableDocument(f"{name}: row 1: no column named {' or '.join(missing)}. {_MEND}")
    return found


def _section(name: str, number: int, row: list[str], columns: dict[str, int]) -> Section:
    cells = {column: row[place] if place < len(row) else "" for column, place in columns.items()}
    for column in ("question", "answer"):
        if not cells[column]:
            raise UnreadableDocument(
                f"{name}: row {number}: the {column} is empty. Fill it in or delete the row."
            )
    return Section(
        heading=" ".join(cells["question"].split()),
        text=cells["answer"],
        phrasings=_phrasings(cells.get("other_phrasings", "")),
        source_id=cells.get("id") or None,
        whole=True,
    )


def _phrasings(cell: str) -> tuple[str, ...]:
    parts = (" ".join(part.split()) for part in cell.split("|"))
    return tuple(dict.fromkeys(part for part in parts if part))
