"""`answers.csv`: the document of answers that an owner has given to callers' questions."""

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import count

from agent.errors import UnreadableDocument
from agent.rules import details
from knowledge.reading import read_document
from knowledge.section import Section

NAME = "answers.csv"
PHRASING_MAX = 200
"""Characters; a longer text tells a story."""

_COLUMNS = ("id", "question", "answer", "other_phrasings")
_PRIVATE = re.compile(r"\d(?:[\s().-]?\d){4,}|@")
"""A number of five digits or more may be a phone, a house or an account."""
_FORMULA = "=+-@ "
"""A cell that begins so would be run by a spreadsheet."""


def can_keep(phrasing: str) -> bool:
    """A caller's words may become the business's: they are short and hold no name, number or address of a person."""
    is_plain = len(phrasing) <= PHRASING_MAX and not _PRIVATE.search(phrasing)
    return is_plain and not details.read(phrasing)


def with_answer(content: bytes, question: str, answer: str, phrasings: Sequence[str]) -> bytes:
    """The document with this entry at its end; an entry of the same question is replaced and its phrasings stay.

    Args:
        content: the document as it is; empty: there is none yet.
    """
    entries = read_document(NAME, content) if content else []
    same = [one for one in entries if folded(one.heading) == folded(question)]
    others = [one for one in entries if one not in same]
    kept = [*(phrasing for one in same for phrasing in one.phrasings), *phrasings]
    entry = Section(
        heading=_cell(question),
        text=answer.strip(),
        phrasings=_distinct(question, kept),
        source_id=next((one.source_id for one in same if one.source_id), None),
    )
    return _table([*others, entry])


def without_phrasings(content: bytes, gone: Collection[str]) -> bytes:
    """The document without these other phrasings; the very bytes where it has none of them.

    Args:
        gone: folded.
    """
    try:
        entries = read_document(NAME, content)
    except UnreadableDocument:
        return content
    kept = [replace(one, phrasings=_without(one.phrasings, gone)) for one in entries]
    return content if kept == entries else _table(kept)


def folded(question: str) -> str:
    """Equal for the same words: letters and digits of any script, without case and accents."""
    signs = unicodedata.normalize("NFKD", question).casefold()
    return " ".join("".join(one for one in signs if one.isalnum() or one.isspace()).split())


def _distinct(question: str, phrasings: Sequence[str]) -> tuple[str, ...]:
    """Each way to ask once, without the question's own."""
    by_words: dict[str, str] = {}
    for one in map(_cell, phrasings):
        by_words.setdefault(folded(one), one)
    return tuple(one for words, one in by_words.items() if words and words != folded(question))


def _without(phrasings: Sequence[str], gone: Collection[str]) -> tuple[str, ...]:
    return tuple(one for one in phrasings if folded(one) not in gone)


def _cell(words: str) -> str:
    return " ".join(words.replace("|", " ").split()).lstrip(_FORMULA)


def _table(entries: Sequence[Section]) -> bytes:
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(_COLUMNS)
    taken = {one.source_id for one in entries}
    fresh = (name for number in count(1) if (name := f"a{number}") not in taken)
    for one in entries:
        name = one.source_id or next(fresh)
        writer.writerow((name, one.heading, one.text, " | ".join(one.phrasings)))
    return table.getvalue().encode()
