"""Tables for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from fastapi.responses import Response, StreamingResponse

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are full-width, which some spreadsheets read alike."""
_CHUNK = 64_000
"""Characters that are sent at once."""
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


def download(name: str, head: Sequence[str], rows: Iterable[Iterable[str]]) -> Response:
    """A file `name`.csv."""
    return Response(csv_of(head, rows), media_type="text/csv", headers=_named(name))


def stream(name: str, head: Sequence[str], rows: Iterable[Iterable[str]]) -> Response:
    """The same for more rows than should be held at once."""
    return StreamingResponse(_chunks(head, rows), media_type="text/csv", headers=_named(name))


def csv_of(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """CSV whose cells a spreadsheet shows and never runs; E.164 numbers stay as they are."""
    file = io.StringIO()
    written = csv.writer(file)
    written.writerow(head)
    written.writerows([_cell(one) for one in row] for row in rows)
    return file.getvalue()


def _named(name: str) -> dict[str, str]:
    """It is full of callers: no browser and no proxy keeps it."""
    named = f'attachment; filename="{name}.csv"'
    return {"Content-Disposition": named, "Cache-Control": "no-store"}


def _chunks(head: Sequence[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    file = io.StringIO()
    written = csv.writer(file)
    written.writerow(head)
    for row in rows:
        written.writerow([_cell(one) for one in row])
        if file.tell() >= _CHUNK:
            yield file.getvalue()
            file.seek(0)
            file.truncate()
    yield file.getvalue()


def _cell(words: str) -> str:
    is_formula = words.startswith(_FORMULA) and not _NUMBER.fullmatch(words)
    return f"'{words}" if is_formula else words
