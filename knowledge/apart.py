"""Reads a document in a process of its own, because the reading of a hostile file cannot be stopped in ours.

The child is given nothing but the file: no settings, no secrets. `python -m knowledge.apart KIND`
reads the file from its standard input and writes a line of JSON: {"sections": [[heading, text], ...]} or {"refusal": ...}.
"""

import json
import resource
import subprocess
import sys
import tempfile
import threading
from typing import IO, Any

from agent.errors import UnreadableDocument
from knowledge.prose import read_prose
from knowledge.section import Section

WALL_S = 60.0
"""More than the time of the processor, for a busy machine."""
CPU_S = 30
"""The system ends the child even if we are gone."""
MEMORY_MAX = 1024 * 1024 * 1024
"""Bytes of address space; macOS does not hold to it, there the times and the sizes do."""
TEXT_MAX = 2_000_000
"""Characters of text that one document may give."""
OUTPUT_MAX = 16 * 1024 * 1024
"""Bytes that the child may write."""

_at_a_time = threading.BoundedSemaphore(2)  # so that many uploads cannot take the machine's memory


def sections_apart(kind: str, content: bytes) -> list[Section]:
    """The sections of a `pdf`, `docx`, or of UTF-8 `html`, `markdown` or `text`; never empty.

    Raises:
        UnreadableDocument: without the document's name.
    """
    with _at_a_time, tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as written:
        given.write(content)
        given.seek(0)
        _run(kind, given, written)
        written.seek(0)
        found = _result(written.read(OUTPUT_MAX))
    if "refusal" in found:
        raise UnreadableDocument(found["refusal"])
    return [Section(heading=heading, text=text) for heading, text in found["sections"]]


def _run(kind: str, given: IO[bytes], written: IO[bytes]) -> None:
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
        [sys.executable, "-I", "-m", "knowledge.apart", kind],
        stdin=given,
        stdout=written,
        stderr=subprocess.DEVNULL,
        env={},
    )
    try:
        child.wait(WALL_S)
    except subprocess.TimeoutExpired as error:
        raise UnreadableDocument(
            "reading it takes too long. Split it into smaller files, or upload its text as a .txt file."
        ) from error
    finally:
        child.kill()
        child.wait()


def _result(written: bytes) -> Any:
    if not written:
        raise RuntimeError("The process that reads documents could not be started.")
    try:
        return json.loads(written)
    except ValueError as error:
        raise UnreadableDocument(
            "it is damaged, or too large inside to be read. "
            "Save it once more under a new name, or upload its text as a .txt file."
        ) from error


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_MAX, OUTPUT_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "darwin":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))


def _read(kind: str, content: bytes) -> list[Section]:
    markdown = _markdown(kind, content)
    if len(markdown) > TEXT_MAX:
        raise UnreadableDocument(
            "it holds more than 2 million letters. Split it into smaller files."
        )
    sections = read_prose(markdown)
    if not sections:
        raise UnreadableDocument(
            "no text found under its headings. Add the answers, then upload it again."
        )
    return sections


def _markdown(kind: str, content: bytes) -> str:
    """Each kind imports its own parser, so that the others start sooner."""
    match kind:
        case "pdf":
            from knowledge.pdf_text import pdf_to_markdown  # noqa: PLC0415

            return pdf_to_markdown(content)
        case "docx":
            from knowledge.docx_text import docx_to_markdown  # noqa: PLC0415

            return docx_to_markdown(content)
        case "html":
            from knowledge.html_text import html_to_markdown  # noqa: PLC0415

            return html_to_markdown(content)
        case _:
            return content.decode()


def main() -> None:
    """Run as the child; an empty line says that it has begun."""
    print(flush=True)  # noqa: T201 - the way back
    _limit()
    found: dict[str, Any]
    try:
        sections = _read(sys.argv[1], sys.stdin.buffer.read())
        found = {"sections": [(section.heading, section.text) for section in sections]}
    except UnreadableDocument as refusal:
        found = {"refusal": str(refusal)}
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main()
