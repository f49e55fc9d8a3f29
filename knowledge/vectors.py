"""Keeps vectors of texts in Chroma, one directory a business.

Each business has files of its own, so that none is slower, or at risk, for what another one keeps: of a
collection Chroma reads through the log of the whole directory (chromadb 1.5.9).

The database holds the truth and this is only a copy: whatever is lost, half written or deleted here is
made again. A vector goes by the hash of the very text it was made of, so that a kept one is never a wrong
one: several processes may add, read and delete at once, and at worst one of them embeds a text again.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from knowledge.chroma import ChromaDirectories, chroma_errors
from knowledge.embedding import Embedder, Vectors

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

Done = TypeVar("Done")
Row = TypeVar("Row")
Kept = dict[str, Vectors]
"""By the hash of the text."""

_COLLECTION = "passages"
_BATCH = 500

# Chroma never searches for us, so its graph is made with the least work. Below sync_threshold it keeps
# vectors in SQLite alone, which survives a crash; its other files, cut short, end the process with a
# segmentation fault (chromadb 1.5.9).
_HNSW: "CreateHNSWConfiguration" = {
    "space": "cosine",
    "ef_construction": 2,
    "max_neighbors": 2,
    "sync_threshold": 1_000_000,
}
# What to do after each failure: most often another process was quicker, seldom the files are damaged.
_WIPE_AFTER = (False, False, True, False)

_log = logging.getLogger(__name__)


class VectorStore:
    """Safe to use from several threads; when Chroma cannot be used, every text is embedded each time."""

    def __init__(self, directory: Path, embedder: Embedder) -> None:
        self.embedder = embedder
        self._chroma = ChromaDirectories(directory)

    def look_up(self, business: str, texts: Sequence[str]) -> Vectors:
        """One row a text, from what is kept or embedded now; nothing is written."""
        return _rows(self._completed(self._kept(business), _by_key(texts)), texts)

    def add(self, business: str, texts: Sequence[str]) -> None:
        """Embed and keep the texts that are not kept yet; what is done stays if it is cut short."""
        kept = self._kept(business)
        new = {key: text for key, text in _by_key(texts).items() if key not in kept}
        for batch in _batches(new):
            self._write(business, self._completed({}, batch))

    def set(self, business: str, texts: Sequence[str]) -> Vectors:
        """One row a text; afterwards these are kept and no others."""
        kept = self._kept(business)
        known = self._completed(kept, _by_key(texts))
        if kept.keys() - known.keys():  # Chroma would leave what it deletes in its files
            self._chroma.wipe(_name(business))
            kept = {}
        self._write(business, {key: row for key, row in known.items() if key not in kept})
        return _rows(known, texts)

    def _kept(self, business: str) -> Kept:
        if not self._chroma.exists(_name(business)):
            return {}
        return self._attempt(business, lambda client: self._read(client, business)) or {}

    def _completed(self, kept: Kept, texts: Mapping[str, str]) -> Kept:
        """The vectors of these texts and of no others."""
        new = [key for key in texts if key not in kept]
        made = dict(zip(new, self.embedder.embed([texts[key] for key in new]), strict=True))
        return {key: made[key] if key in made else kept[key] for key in texts}

    def _write(self, business: str, vectors: Kept) -> None:
        if vectors:
            self._attempt(business, lambda client: self._written(client, business, vectors))

    def _attempt(self, business: str, work: "Callable[[ClientAPI], Done]") -> Done | None:
        """None when Chroma cannot be used at all."""
        name = _name(business)
        for wipe in _WIPE_AFTER:
            try:
                with self._chroma.client(name) as client:
                    return work(client)
            except chroma_errors() as error:
                _log.warning("knowledge.vectors_unusable business=%s error=%s", business, error)
                if wipe:
                    self._chroma.wipe(name)
        return None

    def _read(self, client: "ClientAPI", business: str) -> Kept:
        collection = self._collection(client, business)
        if collection is None:
            return {}
        kept = collection.get(include=["embeddings"])
        return dict(zip(kept["ids"], np.asarray(kept["embeddings"], dtype=np.float32), strict=True))

    def _written(self, client: "ClientAPI", business: str, vectors: Kept) -> None:
        collection = self._collection(client, business) or self._made(client, business)
        for batch in _batches(vectors):
            collection.upsert(ids=list(batch), embeddings=np.array(list(batch.values())))

    def _made(self, client: "ClientAPI", business: str) -> "Collection":
        return client.create_collection(
            _COLLECTION,
            metadata=self._of(business),
            configuration={"hnsw": _HNSW},
            embedding_function=None,
        )

    def _collection(self, client: "ClientAPI", business: str) -> "Collection | None":
        """Of this business and with comparable vectors, or none."""
        from chromadb.errors import NotFoundError  # noqa: PLC0415  # slow to import

        with suppress(NotFoundError):
            found = client.get_collection(_COLLECTION, embedding_function=None)
            if found.metadata == self._of(business):
                return found
            client.delete_collection(found.name)
        return None

    def _of(self, business: str) -> dict[str, str]:
        return {"business": business, "embedder": self.embedder.id}


def _by_key(texts: Sequence[str]) -> dict[str, str]:
    return {_key(text): text for text in texts}


def _rows(known: Kept, texts: Sequence[str]) -> Vectors:
    return np.array([known[_key(text)] for text in texts], dtype=np.float32)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _name(business: str) -> str:
    """Readable, and by its hash never the name of another business."""
    readable = re.sub(r"[^a-z0-9]+", "-", f"kb-{business.lower()}")[:60]
    return f"{readable}.{hashlib.sha256(business.encode()).hexdigest()[:32]}"


def _batches(rows: Mapping[str, Row]) -> Iterator[dict[str, Row]]:
    items = list(rows.items())
    for at in range(0, len(items), _BATCH):
        yield dict(items[at : at + _BATCH])
