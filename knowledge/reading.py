"""Reads an uploaded document: bytes in, sections of plain words out."""

from pathlib import PurePath

from agent.errors import UnreadableDocument
from knowledge.faq_table import read_faq_table
from knowledge.html_text import html_to_markdown
from knowledge.prose import read_prose
from knowledge.section import Section

MAX_BYTES = 20 * 1024 * 1024
CAN_READ = (
    "Ringback reads FAQ tables (.csv), Markdown (.md), plain text (.txt) and web pages (.html)"
)


def read_document(name: str, content: bytes) -> list[Section]:
    """The sections of one document, in its own order; never empty.

    Raises:
        UnreadableDocument: the message names the document and the mend.
    """
    kind = document_kind(name)
    if not content.strip():
        raise UnreadableDocument(
            f"{name}: the file is empty. Save it again and upload it once more."
        )
    if len(content) > MAX_BYTES:
        raise UnreadableDocument(f"{name}: larger than 20 MB. Split it into smaller files.")
    sections = _sections(name, kind, _decode(name, content))
    if not sections:
        raise UnreadableDocument(
            f"{name}: no text found under its headings. Add the answers, then upload it again."
        )
    return sections


def document_kind(name: str) -> str:
    """`csv`, `markdown`, `text` or `html`, by the ending of the name.

    Raises:
        UnreadableDocument: another ending; the message names those that can be read.
    """
    ending = PurePath(name).suffix.lower()
    if ending in _KINDS:
        return _KINDS[ending]
    mend = _MENDS.get(ending, "Save it as one of these, then upload it again.")
    raise UnreadableDocument(f"{name}: this kind of file cannot be read. {CAN_READ}. {mend}")


def _decode(name: str, content: bytes) -> str:
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if _looks_binary(text):
        raise UnreadableDocument(f"{name}: this is not text, whatever its ending says. {CAN_READ}.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig"


def _looks_binary(text: str) -> bool:
    odd = sum(1 for char in text if char == "\ufffd" or (char < " " and char not in "\t\n\r\f\v"))
    return "\x00" in text or odd > len(text) * 0.02


def _sections(name: str, kind: str, text: str) -> list[Section]:
    match kind:
        case "csv":
            return read_faq_table(name, text)
        case "html":
            return read_prose(html_to_markdown(text))
        case _:
            return read_prose(text)


_KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
    ".html": "html",
    ".htm": "html",
}
_MENDS = {
    ".pdf": "Copy its text into a .txt file and upload that.",
    ".docx": "In Word choose Save As, Plain Text (.txt), and upload that.",
    ".doc": "In Word choose Save As, Plain Text (.txt), and upload that.",
    ".xlsx": "In Excel choose Save As, CSV UTF-8 (.csv), and upload that.",
    ".xls": "In Excel choose Save As, CSV UTF-8 (.csv), and upload that.",
}
