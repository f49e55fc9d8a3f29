"""The use case of an owner's documents: add, replace, remove, list, and search them."""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent.model import Passage
from agent.ports import Clock
from knowledge.index import OpenBusiness, PassageIndex
from knowledge.phrasings import Approved, with_approved
from knowledge.progress import Progress, Told, indexing_told, silent
from knowledge.reading import document_kind, read_document
from knowledge.splitting import split


@dataclass(frozen=True, kw_only=True)
class Document:
    """What an owner uploaded."""

    name: str
    kind: str
    """As `knowledge.reading.document_kind` names it."""
    bytes_sha256: str
    passages: int
    """How many it gave."""
    added_at: str
    """ISO 8601 with offset."""
    added_by: str = ""
    """Who gave it; empty: not known."""


class Shelf(Protocol):
    """Where documents and their passages are kept: the truth that the index is made from."""

    def put(
        self, business: str, document: Document, passages: Sequence[Passage], content: bytes
    ) -> None:
        """Add a document, or replace the one of the same name, in one transaction."""

    def remove(self, business: str, document_name: str, at: datetime, by: str = "") -> bool:
        """True if there was such a document."""

    def documents(self, business: str) -> list[Document]: ...

    def passages(self, business: str) -> list[Passage]:
        """Of all documents, in their order, as they were read."""

    def phrasings(self, business: str) -> list[Approved]:
        """What the owner approved beside the documents."""

    def revision(self, business: str) -> int:
        """Grows at each put and remove and with the phrasings; one cheap query."""


class Library:
    """Knows what each business has written; plays `agent.ports.Knowledge`."""

    def __init__(self, shelf: Shelf, index: PassageIndex, clock: Clock) -> None:
        self._shelf = shelf
        self._index = index
        self._clock = clock
        self._locks: dict[str, threading.Lock] = {}

    def put(
        self, business: str, name: str, content: bytes, *, by: str = "", told: Told = silent
    ) -> Document:
        """Add a document or replace the one of this name; the same bytes again change nothing.

        Raises:
            UnreadableDocument: nothing has changed; the message says the mend.
        """
        told(Progress(step="reading"))
        passages = passages_of(name, content)
        document = Document(
            name=name,
            kind=document_kind(name),
            bytes_sha256=hashlib.sha256(content).hexdigest(),
            passages=len(passages),
            added_at=self._clock.now().isoformat(),
            added_by=by,
        )
        same = self._unchanged(business, document, passages)
        if same is None:
            self.prepare(business, {name: passages}, told=told)
            self._shelf.put(business, document, passages, content)
        self._current(business, wait=True)
        return same or document

    def remove(self, business: str, name: str, *, by: str = "") -> bool:
        """True if there was such a document."""
        removed = self._shelf.remove(business, name, self._clock.now(), by)
        self._current(business, wait=True)
        return removed

    def catch_up(self, business: str) -> None:
        """Serve what the shelf holds now: something beside the documents has changed."""
        self._current(business, wait=True)

    def prepare(
        self, business: str, changes: Mapping[str, Sequence[Passage]], *, told: Told = silent
    ) -> None:
        """Embed what these documents would say, so that nobody has to wait for it later."""
        before = self._every_passage(business)
        passages = self._changed(before, changes, self._shelf.phrasings(business))
        with indexing_told(told, {*passages} - {*before}):
            self._index.prepare(business, passages)

    def trial(
        self,
        business: str,
        changes: Mapping[str, Sequence[Passage]],
        approved: Sequence[Approved] | None = None,
    ) -> "Trial":
        """The business as it would be with these documents in place of those of their names; nothing changes.

        Args:
            changes: passages by document; none: the document is removed.
            approved: every other way to ask that the owner would have approved; None: those that are.
        """
        ways = self._shelf.phrasings(business) if approved is None else approved
        before = with_approved(self._shelf.passages(business), ways)
        passages = self._changed(before, changes, ways)
        return Trial(self._index, self._index.trial(business, passages))

    def documents(self, business: str) -> list[Document]:
        return self._shelf.documents(business)

    def passages(self, business: str, name: str) -> list[Passage]:
        """Of one document, in its order."""
        return [found for found in self._every_passage(business) if found.document == name]

    def search(self, business: str, question: str, limit: int) -> list[Passage]:
        """The best passages of this business alone, best first, `score` filled."""
        return self._index.search(self._current(business, wait=False), question, limit)

    def _every_passage(self, business: str) -> list[Passage]:
        """Of all documents, with the phrasings that the owner approved."""
        return with_approved(self._shelf.passages(business), self._shelf.phrasings(business))

    def _changed(
        self,
        before: Sequence[Passage],
        changes: Mapping[str, Sequence[Passage]],
        approved: Sequence[Approved],
    ) -> list[Passage]:
        beside = [found for found in before if found.document not in changes]
        new = [passage for passages in changes.values() for passage in passages]
        return [*beside, *with_approved(new, approved)]

    def _unchanged(
        self, business: str, document: Document, passages: Sequence[Passage]
    ) -> Document | None:
        """The document as it is, if these bytes are there and would still be split the same way."""
        for there in self._shelf.documents(business):
            if (there.name, there.bytes_sha256) == (document.name, document.bytes_sha256):
                kept = [passage.id for passage in self.passages(business, there.name)]
                return there if kept == [passage.id for passage in passages] else None
        return None

    def _current(self, business: str, *, wait: bool) -> OpenBusiness:
        """The business at its present revision; without `wait`, the last one while another thread embeds."""
        opened = self._index.opened(business)
        if opened and opened.revision == self._shelf.revision(business):
            return opened
        lock = self._locks.setdefault(business, threading.Lock())
        if not lock.acquire(blocking=wait or opened is None) and opened:
            return opened
        try:
            return self._brought_up(business)
        finally:
            lock.release()

    def _brought_up(self, business: str) -> OpenBusiness:
        opened = self._index.opened(business)
        revision = self._shelf.revision(
            business
        )  # before the passages: a change between is seen next
        if opened and opened.revision == revision:
            return opened
        return self._index.open(business, self._every_passage(business), revision)


class Trial:
    """One business as it would be after a change: searched like a Library, served to no caller."""

    def __init__(self, index: PassageIndex, opened: OpenBusiness) -> None:
        self._index = index
        self._opened = opened

    def search(self, business: str, question: str, limit: int) -> list[Passage]:
        """The best passages, best first, `score` filled.

        Raises:
            ValueError: of another business.
        """
        if business != self._opened.business:
            raise ValueError(f"this is a trial of {self._opened.business!r}")
        return self._index.search(self._opened, question, limit)


def passages_of(name: str, content: bytes) -> tuple[Passage, ...]:
    """What a document says, in its order.

    Raises:
        UnreadableDocument: the message says the mend.
    """
    return split(name, read_document(name, content))
