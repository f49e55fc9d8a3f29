"""What an uploaded folder would do to a business, and the doing of it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.business import Business
from agent.errors import UnreadableDocument
from knowledge.library import Document, Library
from knowledge.reading import read_document
from server import answers
from server.business_yaml import FILE
from server.documents import Outcome, drop, take
from server.folder import BusinessFolder
from server.profile_diffs import Difference, differences
from server.profile_undo import with_places

What = Literal["added", "changed", "removed", "kept", "same"]
"""Kept: it is not in the folder, and was added on the pages."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What becomes of one document."""

    name: str
    what: What
    content: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Plan:
    held: Business
    business: Business
    """As it would be."""
    steps: tuple[Step, ...]
    problems: tuple[str, ...]
    """Why it cannot be taken; none: it can."""
    leaves_places: bool
    """The folder says that calendars live elsewhere, or names another carrier account, which is not taken from it."""

    @property
    def changes(self) -> list[Difference]:
        return differences(self.held.model_dump(mode="json"), self.business.model_dump(mode="json"))

    @property
    def does_nothing(self) -> bool:
        moves = [one for one in self.steps if one.what in ("added", "changed", "removed")]
        return self.held == self.business and not moves


def plan(
    held: Business, folder: BusinessFolder, documents: Sequence[Document], *, is_whole: bool
) -> Plan:
    """What a folder would change.

    Args:
        documents: those that the business has.
        is_whole: the folder speaks of documents too, so that one which is not in it is to go.

    """
    asked = folder.business.model_dump(mode="json")
    business = Business.model_validate(with_places(asked, held.model_dump(mode="json")))
    problems = []
    if business.slug != held.slug:
        say = f"this is the folder of another business; to take it here, write slug: {held.slug}"
        problems.append(f"{FILE}: slug: {say}")
    steps = tuple(_steps(folder, documents)) if is_whole else ()
    problems += _unreadable(steps)
    return Plan(
        held=held,
        business=business,
        steps=steps,
        problems=tuple(problems),
        leaves_places=business != folder.business,
    )


def take_documents(library: Library, slug: str, steps: Sequence[Step], by: str) -> list[Outcome]:
    """Each document for itself; what became of those that changed."""
    outcomes = []
    for one in steps:
        if one.what in ("added", "changed"):
            outcomes.append(take(library, slug, one.name, one.content, by=by))
        elif one.what == "removed":
            outcomes.append(drop(library, slug, one.name, by=by))
    return outcomes


def _steps(folder: BusinessFolder, documents: Sequence[Document]) -> Iterator[Step]:
    held = {document.name: document for document in documents}
    for name, content in folder.documents:
        before = held.pop(name, None)
        is_same = before and before.bytes_sha256 == hashlib.sha256(content).hexdigest()
        what: What = "same" if is_same else "changed" if before else "added"
        yield Step(name=name, what=what, content=content)
    for name, document in held.items():
        is_of_pages = bool(document.added_by) or name == answers.NAME
        yield Step(name=name, what="kept" if is_of_pages else "removed")


def _unreadable(steps: Sequence[Step]) -> Iterator[str]:
    for one in steps:
        if one.what in ("added", "changed"):
            try:
                read_document(one.name, one.content)
            except UnreadableDocument as error:
                yield f"knowledge/{one.name}: {error}"
