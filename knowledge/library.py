"""The use case of an owner's documents: add, replace, remove, list, and search them."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.model import Passage
from agent.ports import Clock
from knowledge.index import OpenBusiness, PassageIndex
from knowledge.reading import document_kind, read_document
from knowledge.splitting import split


@dataclass(frozen=True, kw_only=True)
class Document:
    """What an owner uploaded."""

    name: str
    kind: str
    """`csv`, `markdown`, `text` or `html`."""
    bytes_sha256: str
    passages: int
    """How many it gave."""
    added_at: str
    """ISO 8601 with offset."""


class Shelf(Protocol):
    """Where documents and their passages are kept: the truth that the index is made from."""

    def put(
        self, business: str, document: Document, passages: Sequence[Passage], content: bytes
    ) -> None:
        """Add a document, or replace the one of the same name, in one transaction."""

    def remove(self, business: str, document_name: str) -> bool:
        """True if there was such a document."""

    def documents(self, business: str) -> list[Document]: ...

    def passages(self, business: str) -> list[Passage]:
        """Of all documents, in their order."""

    def revision(self, business: str) -> int:
        """Grows at each put and remove; one cheap query."""


class Library:
    """Knows what each business has written; plays `agent.ports.Knowledge`."""

    def __init__(self, shelf: Shelf, index: PassageIndex, clock: Clock) -> None:
        self._shelf = shelf
        self._index = index
        self._clock = clock
        self._locks: dict[str, threading.Lock] = {}

    def put(self, business: str, name: str, content: bytes) -> Document:
        """Add a document or replace the one of this name; the same bytes again change nothing.

        Raises:
            UnreadableDocument: nothing has changed; the message says the mend.
        """
        passages = split(name, read_document(name, content))
        document = Document(
            name=name,
            kind=document_kind(name),
            bytes_sha256=hashlib.sha256(content).hexdigest(),
            passages=len(passages),
            added_at=self._clock.now().isoformat(),
        )
        same = self._unchanged(business, document, passages)
        if same is None:
            self._index.prepare(business, [*self._beside(business, name), *passages])
            self._shelf.put(business, document, passages, content)
        self._current(business, wait=True)
        return same or document

    def remove(self, business: str, name: str) -> bool:
        """True if there was such a document."""
        removed = self._shelf.remove(business, name)
        self._current(business, wait=True)
        return removed

    def documents(self, business: str) -> list[Document]:
        return self._shelf.documents(business)

    def passages(self, business: str, name: str) -> list[Passage]:
        """Of one document, in its order."""
        return [found for found in self._shelf.passages(business) if found.document == name]

    def search(self, business: str, question: str, limit: int) -> list[Passage]:
        """The best passages of this business alone, best first, `score` filled."""
        return self._index.search(self._current(business, wait=False), question, limit)

    def _beside(self, business: str, name: str) -> list[Passage]:
        return [found for found in self._shelf.passages(business) if found.document != name]

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
        return self._index.open(business, self._shelf.passages(business), revision)
