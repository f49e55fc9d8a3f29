"""Tables for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from fastapi.responses import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


def download(name: str, head: Sequence[str], rows: Iterable[Iterable[str]]) -> Response:
    """A file `name`.csv."""
    named = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(csv_of(head, rows), media_type="text/csv", headers=named)


def csv_of(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """CSV whose cells a spreadsheet shows and never runs; E.164 numbers stay as they are."""
    file = io.StringIO()
    written = csv.writer(file)
    written.writerow(head)
    written.writerows([_cell(one) for one in row] for row in rows)
    return file.getvalue()


def _cell(words: str) -> str:
    is_formula = words.startswith(_FORMULA) and not _NUMBER.fullmatch(words)
    return f"'{words}" if is_formula else words
