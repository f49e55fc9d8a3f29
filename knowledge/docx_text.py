"""Turns a Word document into the Markdown that `prose` reads; macros, pictures and links to other files are never opened."""

import io
import zipfile
from typing import Any

import mammoth

from agent.errors import UnreadableDocument
from knowledge.html_text import html_to_markdown

_UNPACKED_MAX = 40 * 1024 * 1024
"""Bytes of XML; a document of 500 pages has some 10 MB."""
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => h2:fresh
p[style-name^='Intense Quote'] => p:fresh
"""


def docx_to_markdown(content: bytes) -> str:
    """Headings, paragraphs, lists and tables, also those of text boxes and notes.

    Raises:
        UnreadableDocument: damaged, or too large once unpacked; without the document's name.
    """
    _refuse_bombs(content)
    page = mammoth.convert_to_html(
        io.BytesIO(content),
        style_map=_STYLES,
        convert_image=_no_picture,
        ignore_empty_paragraphs=False,
    )
    return html_to_markdown(page.value.encode())


def _refuse_bombs(content: bytes) -> None:
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise UnreadableDocument(
            "it is damaged and cannot be opened as a Word document. Save it in Word once more and upload that."
        ) from error
    unpacked = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    if unpacked > _UNPACKED_MAX:
        raise UnreadableDocument(
            "it holds far more text than can be read. Split it into smaller files."
        )


def _no_picture(_: Any) -> list[Any]:
    return []
