"""The business folder: `business.yaml`, and in `knowledge/` what the owner has written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.business import Business
from agent.errors import BadBusiness, BadInput
from server.business_yaml import FILE, parse_business, render_business

KNOWLEDGE = "knowledge"


@dataclass(frozen=True, kw_only=True)
class BusinessFolder:
    business: Business
    documents: tuple[tuple[str, bytes], ...]
    """Name and content of each file in `knowledge/`, by name."""


def read_folder(path: Path) -> BusinessFolder:
    """Read a business folder; the documents are taken as they are.

    Raises:
        BadBusiness: one line a problem: file, line, key and the mend.
    """
    profile = path / FILE
    if not profile.is_file():
        raise BadBusiness(f"{FILE}: there is no such file in {path}")
    business = parse_business(_bytes(profile))
    return BusinessFolder(business=business, documents=_documents(path / KNOWLEDGE))


def write_folder(path: Path, business: Business, documents: Sequence[tuple[str, bytes]]) -> None:
    """Write the folder that `read_folder` reads back to the same; makes it where it is missing.

    Raises:
        BadInput: a document's name is no file name, or other files lie in `knowledge/`.
    """
    knowledge = path / KNOWLEDGE
    for name, _ in documents:
        if not name or name != Path(name).name or name.startswith("."):
            raise BadInput(f"{name!r} is no file name: upload the document under another name")
    names = {name for name, _ in documents}
    strangers = [name for name, _ in _documents(knowledge) if name not in names]
    if strangers:
        raise BadInput(
            f"{knowledge} holds {', '.join(strangers)}, which the business does not have: "
            "move it away or choose an empty folder"
        )
    path.mkdir(parents=True, exist_ok=True)
    (path / FILE).write_text(render_business(business), encoding="utf-8")
    if documents:
        knowledge.mkdir(exist_ok=True)
    for name, content in documents:
        (knowledge / name).write_bytes(content)


def _documents(knowledge: Path) -> tuple[tuple[str, bytes], ...]:
    """Hidden files are an editor's or the system's, and passed over."""
    if not knowledge.exists():
        return ()
    if not knowledge.is_dir():
        raise BadBusiness(f"{KNOWLEDGE}: this must be a folder")
    found = sorted(file for file in knowledge.iterdir() if not file.name.startswith("."))
    nested = [file.name for file in found if not file.is_file()]
    if nested:
        raise BadBusiness(
            "\n".join(f"{KNOWLEDGE}/{name}: put files straight into knowledge/" for name in nested)
        )
    return tuple((file.name, _bytes(file)) for file in found)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadBusiness(f"{file.name}: cannot be read ({error.strerror})") from error
