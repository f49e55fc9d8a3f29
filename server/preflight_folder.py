"""`ringback preflight`: what callers would be told otherwise if a business folder were imported."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.errors import BadInput
from agent.model import Passage
from agent.rules.phone import masked
from knowledge.library import passages_of
from server import preflight
from server.answers import NAME
from server.commands import known
from server.folder import BusinessFolder, read_folder
from server.preflight import Difference, Found
from server.preflight_changes import Made
from server.preflight_replay import Source
from server.wiring import Tools

Line = dict[str, Any]


def compare_folder(tools: Tools, slug: str, path: Path) -> Iterator[Line]:
    """One line for each reply that would be another, what matters most first; the sums last. Nothing is imported.

    Raises:
        NotFound: there is no such business.
        BadBusiness, BadInput, UnreadableDocument: the folder could not be imported.
    """
    business, folder = known(tools, slug), read_folder(path)
    if folder.business.slug != business.slug:
        raise BadInput(f"{path} is the folder of {folder.business.slug!r}, not of {slug!r}")
    made = Made(business=folder.business, documents=_documents(tools, folder))
    found = preflight.run(preflight.comparison(tools, slug, made))
    if found is not None:
        yield from (_line(one) for one in found.differences)
        yield _sums(found)


def _documents(tools: Tools, folder: BusinessFolder) -> dict[str, tuple[Passage, ...]]:
    """What `import` would make of the documents: those that people added on the pages stay."""
    slug = folder.business.slug
    new = {name: passages_of(name, content) for name, content in folder.documents}
    held = tools.library.documents(slug)
    kept = {one.name for one in held if one.added_by or one.name == NAME}
    gone = {one.name for one in held} - new.keys() - kept
    return {**new, **dict.fromkeys(gone, ())}


def _line(one: Difference) -> Line:
    return {
        "source": one.source,
        "at": one.at,
        "caller": masked(one.caller) if one.caller else None,
        "asked": one.asked or None,
        "times": one.times,
        "change": one.change.kind,
        "warnings": list(one.change.warns),
        "before": one.before.reply,
        "after": one.after.reply,
        "because_before": [_source(source) for source in one.sources_before],
        "because_after": [_source(source) for source in one.sources_after],
    }


def _source(one: Source) -> Line:
    return {"document": one.document, "heading": one.heading, "used": one.used}


def _sums(found: Found) -> Line:
    return {
        "compared": found.compared,
        "of_callers": found.of_callers,
        "changed": found.changed,
        "same": found.same,
        "cpu_s": found.cpu_s,
        "complete": found.compared == found.total,
    }
