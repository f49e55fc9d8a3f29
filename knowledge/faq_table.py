"""Reads a FAQ table: question, answer, other phrasings and the owner's id, one row an entry."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from agent.errors import UnreadableDocument
from knowledge.section import Section

_SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?[ ,;\t|]*\n", re.IGNORECASE)
_HEADER_WITHIN = 6
"""Rows; titles and empty rows may stand above the names of the columns."""
_NAME_MAX = 60
_PAIR = 2
_COLUMNS = {
    "other_phrasings": {"phrasing", "other", "alternative", "alternate", "also", "variation"}
    | {"variant", "synonym", "similar", "otra", "alternativa", "variante", "sinonimo"},
    "id": {"id", "key", "number", "no", "nr", "ref"},
    "answer": {"answer", "a", "reply", "response", "respuesta"},
    "question": {"question", "q", "faq", "pregunta", "query"},
}
_MEND = 'The first row must name the columns: "question" and "answer".'


@dataclass(frozen=True, kw_only=True)
class _Table:
    separator: str
    columns: dict[str, int]
    """Where each column stands, counted from 0."""
    header_rows: int
    """How many rows come before those of questions."""


def read_faq_table(text: str) -> list[Section]:
    """One section a row; rows without any words are passed over.

    Raises:
        UnreadableDocument: no header row, no rows, or a row that lacks its question or answer;
            without the document's name.
    """
    told = _SEPARATOR_LINE.match(text)
    text = f"\n{text[told.end() :]}" if told else text
    table = _table(text, told[1] if told else _SEPARATORS)
    rows = islice(_rows(text, table.separator), table.header_rows, None)
    sections = [_section(number, row, table.columns) for number, row in rows if any(row)]
    if not sections:
        raise UnreadableDocument("there are no rows under the column names.")
    return sections


def _table(text: str, separators: str) -> _Table:
    """The separator with which the columns have names; without names, questions tell theirs."""
    tops = {separator: _top(text, separator) for separator in separators}
    for separator, top in tops.items():
        for number, row in top:
            columns = _named_columns(row)
            if {"question", "answer"} <= columns.keys():
                return _Table(separator=separator, columns=columns, header_rows=number)
    for separator, top in tops.items():
        if columns := _asking_columns([row for _, row in top]):
            return _Table(separator=separator, columns=columns, header_rows=0)
    raise UnreadableDocument(_no_columns(tops))


def _top(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """The first rows that have words; as many as can be read, as another separator may fit."""
    top: list[tuple[int, list[str]]] = []
    rows = ((number, row) for number, row in _rows(text, separator) if any(row))
    try:
        top.extend(islice(rows, _HEADER_WITHIN))
    except UnreadableDocument:
        return top
    return top


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with its number as a spreadsheet counts; an answer may run over several lines."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True
    )
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            yield number, [cell.strip() for cell in row]
    except csv.Error as error:
        raise UnreadableDocument(f"row {number + 1}: {_broken(error)}") from error


def _broken(error: csv.Error) -> str:
    if "limit" in str(error):
        return "a cell is longer than any answer. See whether a quote before it was never closed."
    return (
        "the quotes do not match. "
        'Put a cell that holds a quote in quotes and write the inner one as "".'
    )


def _named_columns(row: list[str]) -> dict[str, int]:
    """Where the known columns are; of two that would do, the one with the shorter name."""
    found: dict[str, int] = {}
    for place, cell in sorted(enumerate(row), key=lambda pair: len(pair[1].split())):
        column = _column(cell)
        if column:
            found.setdefault(column, place)
    return found


def _column(cell: str) -> str | None:
    if len(cell) > _NAME_MAX or cell.endswith(("?", ".", "!")):
        return None
    words = _words(cell)
    if words and words[-1] in _COLUMNS["id"]:
        return "id"
    telling = {word for word in words if len(word) > 1 or len(words) == 1}
    return next((column for column, known in _COLUMNS.items() if known & telling), None)


def _words(cell: str) -> list[str]:
    """Small letters without accents, each word as if there were one of it."""
    bare = unicodedata.normalize("NFKD", cell.lower().replace("(s)", ""))
    return [
        word.removesuffix("s")
        for word in re.findall(r"[a-z]+", re.sub(r"[\u0300-\u036f]", "", bare))
    ]


def _asking_columns(rows: list[list[str]]) -> dict[str, int]:
    """Without a row of names: two columns of which one asks in most rows and the other answers in all."""
    filled = {tuple(place for place, cell in enumerate(row) if cell) for row in rows}
    if [len(places) for places in filled] != [_PAIR] or not rows[1:]:
        return {}
    asks = {place: sum(row[place].endswith("?") for row in rows) for place in filled.pop()}
    answer, question = sorted(asks, key=lambda place: asks[place])
    if asks[question] <= len(rows) / 2 or asks[answer]:
        return {}
    return {"question": question, "answer": answer}


def _no_columns(tops: dict[str, list[tuple[int, list[str]]]]) -> str:
    """Which of the two is missing, told by the row that comes nearest."""
    firsts = [top[0] for top in tops.values() if top] or [(1, [""])]
    number, row = max(firsts, key=lambda first: len(first[1]))
    found = _named_columns(row)
    missing = [column for column in ("question", "answer") if column not in found]
    return f"row {number}: no column named {' or '.join(missing)}. {_MEND}"


def _section(number: int, row: list[str], columns: dict[str, int]) -> Section:
    cells = {column: row[place] if place < len(row) else "" for column, place in columns.items()}
    for column in ("question", "answer"):
        if not cells[column]:
            raise UnreadableDocument(
                f"row {number}: the {column} is empty. Fill it in or delete the row."
            )
    return Section(
        heading=" ".join(cells["question"].split()),
        text=cells["answer"],
        phrasings=_phrasings(cells.get("other_phrasings", "")),
        source_id=cells.get("id") or None,
        whole=True,
    )


def _phrasings(cell: str) -> tuple[str, ...]:
    parts = (" ".join(part.split()) for part in re.split(r"[|;\n]", cell))
    return tuple(dict.fromkeys(part for part in parts if part))
