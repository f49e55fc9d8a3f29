"""An owner's documents from one file to the next: what became of it, in words."""

import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

from agent.errors import BadInput
from knowledge.library import Document, Library
from knowledge.progress import Progress, Told, silent

PASTED_MAX = 200_000
"""Characters of a text that is pasted or edited on a page."""
_NAME_MAX = 120
"""Characters of a file's name."""
_PASTED_ENDINGS = (".txt", ".md", ".csv")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one file."""

    name: str
    words: str
    """For the owner; a refusal says the mend."""
    is_taken: bool


def take(
    library: Library,
    business: str,
    name: str,
    content: bytes,
    *,
    by: str = "",
    told: Told = silent,
) -> Outcome:
    """Add a document or replace the one of this name; callers are answered from it when this returns."""
    held = {document.name: document for document in library.documents(business)}
    try:
        document = library.put(business, name, content, by=by, told=told)
    except BadInput as error:  # it cannot be read, or there is no room for it
        return refusal(name, str(error))
    return Outcome(name=name, words=f"{name}: {_change(held.get(name), document)}", is_taken=True)


def drop(library: Library, business: str, name: str, *, by: str = "") -> Outcome:
    """Remove a document; its versions are kept."""
    if not library.remove(business, name, by=by):
        return refusal(name, f"{name}: there is no such document.")
    words = f"{name} is removed. Callers are no longer answered from it."
    return Outcome(name=name, words=words, is_taken=True)


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


def pasted_name(given: str, text: str) -> str:
    """The name of a document made of pasted text: `prices` becomes `prices.txt`, or `.md` with headings in it.

    Raises:
        BadInput: it is none that can be used, or that of a kind of file which is not plain text.
    """
    if not given.strip():
        raise BadInput('Give the text a name, like "Winter prices".')
    name = document_name(given)
    ending = PurePath(name).suffix.lower()
    if ending in _PASTED_ENDINGS:
        return name
    if ending and " " not in ending and not ending[1:].isdigit():
        raise BadInput(f"{name}: pasted text is kept as .txt, .md or .csv. Leave the ending off.")
    has_headings = any(line.startswith("#") for line in text.splitlines())
    return document_name(f"{name}.md" if has_headings else f"{name}.txt")


def pasted_content(text: str) -> bytes:
    """The bytes of a pasted text, with the line ends that documents have here.

    Raises:
        BadInput: nothing, or more than fits a page.
    """
    if not text.strip():
        raise BadInput("Paste or type the text first.")
    if len(text) > PASTED_MAX:
        raise BadInput(
            f"This is longer than {PASTED_MAX:,} characters. Save it as a file and add that."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n").encode()


def counted(passages: int) -> str:
    return "1 passage" if passages == 1 else f"{passages:,} passages"


def progress_words(progress: Progress) -> str:
    """How far a document is, to be shown after its name."""
    if progress.step == "reading":
        return "reading"
    if progress.of == 0:
        return "indexing"
    return f"indexing {progress.done:,} of {progress.of:,}"


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
