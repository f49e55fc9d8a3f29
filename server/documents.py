"""An owner's documents from one file to the next: what became of it, in words."""

import unicodedata
from dataclasses import dataclass

from agent.errors import BadInput, UnreadableDocument
from knowledge.library import Document, Library

_NAME_MAX = 120
"""Characters of a file's name."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one file."""

    name: str
    words: str
    """For the owner; a refusal says the mend."""
    is_taken: bool


def take(library: Library, business: str, name: str, content: bytes) -> Outcome:
    """Add a document or replace the one of this name; callers are answered from it when this returns."""
    held = {document.name: document for document in library.documents(business)}
    try:
        document = library.put(business, name, content)
    except UnreadableDocument as error:
        return refusal(name, str(error))
    return Outcome(name=name, words=f"{name}: {_change(held.get(name), document)}", is_taken=True)


def refusal(name: str, words: str) -> Outcome:
    """Nothing has changed."""
    return Outcome(name=name, words=words, is_taken=False)


def document_name(given: str) -> str:
    """The plain file name that a browser's words for a file end in.

    Raises:
        BadInput: it is none under which a document could be kept and exported.
    """
    name = unicodedata.normalize("NFC", given.replace("\\", "/").rpartition("/")[2].strip())
    if not name:
        raise BadInput("A file has no name. Save it under one, then add it again.")
    if name.startswith(".") or len(name) > _NAME_MAX or not name.isprintable():
        raise BadInput(
            f"{name[:_NAME_MAX]!r}: this name cannot be used. Give the file a short, plain name "
            "like prices.csv, then add it again."
        )
    return name


def counted(passages: int) -> str:
    return "1 passage" if passages == 1 else f"{passages:,} passages"


def _change(held: Document | None, now: Document) -> str:
    if held is None:
        return f"{counted(now.passages)}, in use now"
    if held.bytes_sha256 == now.bytes_sha256:
        return f"the same file as before, {counted(now.passages)}, in use"
    more = now.passages - held.passages
    if more == 0:
        return f"replaced, {counted(now.passages)} as before, in use now"
    grown = f"{counted(abs(more))} {'more' if more > 0 else 'fewer'}"
    return f"replaced, {grown}, {now.passages:,} in use now"
