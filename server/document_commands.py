"""What `ringback documents` does: an owner's documents from the command line, in plain words."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from agent.business import Business
from agent.errors import BadInput, NotFound
from knowledge.reading import MAX_BYTES
from server.commands import known
from server.documents import (
    Outcome,
    counted,
    document_name,
    drop,
    pasted_content,
    pasted_name,
    refusal,
    take,
)
from server.store import document_versions
from server.store.document_versions import Version
from server.wiring import Tools


def listed(tools: Tools, slug: str) -> list[str]:
    """A line for each document in use, then for each removed one."""
    business = known(tools, slug)
    with tools.database.connect() as connection:
        removed = document_versions.removed(connection, slug)
    lines = [
        f"{one.name}: {one.kind}, {counted(one.passages)}, "
        f"added {_moment(business, datetime.fromisoformat(one.added_at))}"
        for one in tools.library.documents(slug)
    ]
    lines += [f"{one.name}: removed {_moment(business, one.ended_at)}" for one in removed]
    return lines or [f"{slug}: no documents yet"]


def add(tools: Tools, slug: str, files: Sequence[Path]) -> list[Outcome]:
    """Add or replace documents; each is judged for itself."""
    known(tools, slug)
    return [_added(tools, slug, file) for file in files]


def paste(tools: Tools, slug: str, given: str, text: str) -> Outcome:
    """Add or replace the document that a text makes.

    Raises:
        BadInput: the name or the text cannot be used.
    """
    known(tools, slug)
    return take(tools.library, slug, pasted_name(given, text), pasted_content(text))


def remove(tools: Tools, slug: str, name: str) -> Outcome:
    known(tools, slug)
    return drop(tools.library, slug, name)


def versions(tools: Tools, slug: str, name: str) -> list[str]:
    """A line for each earlier version, newest first.

    Raises:
        NotFound: there is and was no such document.
    """
    business = known(tools, slug)
    with tools.database.connect() as connection:
        found = document_versions.of_document(connection, slug, name)
    in_use = any(one.name == name for one in tools.library.documents(slug))
    if not found and not in_use:
        raise NotFound(f"{slug} has no document {name!r}.")
    return [_version(business, one) for one in found] or [f"{name}: no earlier versions"]


def restore(tools: Tools, slug: str, name: str, number: int) -> Outcome:
    """Use an earlier version again.

    Raises:
        NotFound: it is not kept.
    """
    known(tools, slug)
    with tools.database.connect() as connection:
        content = document_versions.content(connection, slug, name, number)
    return take(tools.library, slug, name, content)


def _added(tools: Tools, slug: str, file: Path) -> Outcome:
    try:
        name = document_name(file.name)
        if file.stat().st_size > MAX_BYTES:
            return refusal(name, f"{name}: larger than {MAX_BYTES // 1024**2} MB.")
        content = file.read_bytes()
    except BadInput as error:
        return refusal(file.name, str(error))
    except OSError as error:
        return refusal(file.name, f"{file}: cannot be read ({error.strerror})")
    return take(tools.library, slug, name, content)


def _version(business: Business, one: Version) -> str:
    added, ended = (_moment(business, at) for at in (one.added_at, one.ended_at))
    return f"{one.number}: {one.kind}, {one.size:,} bytes, added {added}, {one.ended} {ended}"


def _moment(business: Business, at: datetime) -> str:
    """In the business's own time."""
    return at.astimezone(business.zone).strftime("%Y-%m-%d %H:%M")
