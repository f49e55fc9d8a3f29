"""Reads an uploaded document: bytes in, sections of plain words out."""

from pathlib import PurePath

from agent.errors import UnreadableDocument
from knowledge.apart import TEXT_MAX, sections_apart
from knowledge.decoding import decode
from knowledge.faq_table import read_faq_table
from knowledge.section import Section

MAX_BYTES = 20 * 1024 * 1024
CAN_READ = (
    "Ringback reads FAQ tables (.csv), PDF (.pdf), Word (.docx), Markdown (.md), "
    "plain text (.txt) and web pages (.html)"
)


def read_document(name: str, content: bytes) -> list[Section]:
    """The sections of one document, in its own order; never empty. Safe to call from several threads.

    Raises:
        UnreadableDocument: the message names the document and the mend.
    """
    kind = document_kind(name)
    try:
        return _sections(_real_kind(kind, content), content)
    except UnreadableDocument as refusal:
        raise UnreadableDocument(f"{name}: {refusal}") from refusal.__cause__


def document_kind(name: str) -> str:
    """`csv`, `markdown`, `text`, `html`, `pdf` or `docx`, by the ending of the name.

    Raises:
        UnreadableDocument: another ending; the message names those that can be read.
    """
    ending = PurePath(name).suffix.lower()
    if ending in _KINDS:
        return _KINDS[ending]
    mend = _MENDS.get(ending, "Save it as one of these, then upload it again.")
    raise UnreadableDocument(f"{name}: this kind of file cannot be read. {CAN_READ}. {mend}")


def _real_kind(kind: str, content: bytes) -> str:
    """What the file is, whatever its ending says; a size that cannot be read is refused first."""
    if len(content) > MAX_BYTES:
        raise UnreadableDocument("larger than 20 MB. Split it into smaller files.")
    if not content.strip():
        raise UnreadableDocument("the file is empty. Save it again and upload it once more.")
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(b"PK\x03\x04") and b"word/" in content:
        return "docx"
    if content.startswith(b"PK\x03\x04") and b"xl/" in content:
        raise UnreadableDocument(f"this is an Excel file. {_MENDS['.xlsx']}")
    if content.startswith(_OLD_OFFICE):
        raise UnreadableDocument(
            "it is locked with a password, or of an Office before 2007. "
            "Save a copy without a password as .docx (of a table: .csv) and upload that."
        )
    if kind in _SIGNED:
        raise UnreadableDocument(
            f"this is not a {_SIGNED[kind]} file, whatever its ending says. {CAN_READ}."
        )
    return kind


def _sections(kind: str, content: bytes) -> list[Section]:
    if kind in _SIGNED:
        return sections_apart(kind, content)
    text = decode(content)
    if len(text) > _SOURCE_MAX[kind]:
        raise UnreadableDocument(
            "it holds more than 2 million letters. Split it into smaller files."
        )
    return read_faq_table(text) if kind == "csv" else sections_apart(kind, text.encode())


_KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
}
_SIGNED = {"pdf": "PDF", "docx": "Word"}
"""Kinds whose files begin with a sign of their own."""
_SOURCE_MAX = {"csv": TEXT_MAX, "markdown": TEXT_MAX, "text": TEXT_MAX, "html": MAX_BYTES}
"""Characters; most of a web page is not its text."""
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MENDS = {
    ".doc": "In Word choose Save As, Word Document (.docx), and upload that.",
    ".docm": "It may hold macros. In Word choose Save As, Word Document (.docx), and upload that.",
    ".rtf": "In Word choose Save As, Word Document (.docx), and upload that.",
    ".odt": "In LibreOffice choose Save As, Word 2007-365 (.docx), and upload that.",
    ".pages": "In Pages choose File, Export To, Word, and upload that.",
    ".xlsx": "In Excel choose Save As, CSV UTF-8 (.csv), and upload that.",
    ".xls": "In Excel choose Save As, CSV UTF-8 (.csv), and upload that.",
}
