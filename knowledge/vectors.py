"""Keeps the vectors of a business's passages in Chroma.

The database holds the truth and this is only a copy: whatever is lost, half written or deleted here is
made again. A collection never changes once it is whole; a change of documents makes another one and the
old one serves until then. So several processes may share the directory, although Chroma shows a process
none of what another one adds to a collection that it has open.
"""

import hashlib
import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge.chroma import ChromaDirectory, chroma_errors
from knowledge.embedding import Embedder, Vectors

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

_NEAREST = 200
_BATCH = 256
_STALE_S = 3600
"""A collection that nobody serves may still be in the making in another process, but not for so long."""

# Below sync_threshold Chroma keeps vectors in SQLite alone, which survives a crash; its other files,
# cut short, end the process with a segmentation fault (chromadb 1.5.9).
_HNSW: "CreateHNSWConfiguration" = {
    "space": "cosine",
    "ef_search": _NEAREST,
    "sync_threshold": 1_000_000,
}
# What to do after each failure: most often another process was quicker, seldom the files are damaged.
_WIPE_AFTER = (False, False, True)

_log = logging.getLogger(__name__)


class VectorStore:
    """Safe to use from several threads."""

    def __init__(self, directory: Path, embedder: Embedder) -> None:
        self.embedder = embedder
        self._chroma = ChromaDirectory(directory / "chroma")

    def reopen(self) -> None:
        """Let Chroma read its files again; what it remembers of them may be out of date."""
        with suppress(*chroma_errors()):
            self._chroma.reopen(self._chroma.client(), wipe=False)

    def keep(self, business: str, texts: Mapping[str, str]) -> "Collection | None":
        """Give a whole collection of these texts by id; None when Chroma cannot be used at all."""
        for wipe in _WIPE_AFTER:
            client = None
            try:
                client = self._chroma.client()
                return self._whole(client, business, texts)
            except chroma_errors() as error:
                _log.warning("knowledge.vectors_unusable business=%s error=%s", business, error)
                self._chroma.reopen(client, wipe=wipe)
        with suppress(*chroma_errors()):
            return self._whole(self._chroma.client(), business, texts)
        return None

    def cosines(self, collection: "Collection", question: str) -> dict[str, float] | None:
        """How near each text is to the question, of the nearest ones; None when it cannot be told."""
        vector = self.embedder.embed([question])
        try:
            hits = collection.query(
                query_embeddings=vector, n_results=_NEAREST, include=["distances"]
            )
        except chroma_errors() as error:
            _log.warning("knowledge.search_failed collection=%s error=%s", collection.name, error)
            return None
        distances = (hits["distances"] or [[]])[0]
        return {key: 1 - far for key, far in zip(hits["ids"][0], distances, strict=True)}

    def drop_others(
        self, business: str, current: "Collection | None", served: "Collection | None"
    ) -> None:
        """Delete what was served before, and what crashes and other embedders left behind."""
        names = {kept.name for kept in (current, served) if kept is not None}
        with suppress(*chroma_errors()):
            client = self._chroma.client()
            for other in _of(client, business):
                stale = time.time() - float((other.metadata or {})["made_at"]) > _STALE_S
                if stale and other.name not in names:
                    client.delete_collection(other.name)
            if served is not None and (current is None or served.name != current.name):
                client.delete_collection(served.name)

    def _whole(self, client: "ClientAPI", business: str, texts: Mapping[str, str]) -> "Collection":
        name = _name(business, self.embedder.id, texts)
        kept = {collection.name: collection for collection in _of(client, business)}
        collection = kept.pop(name, None) or self._made(client, business, name)
        there = set(collection.get(include=[])["ids"])
        missing = {key: text for key, text in texts.items() if key not in there}
        known = _vectors(self._comparable(kept.values()), missing) if missing else {}
        for batch in _batches(missing):
            collection.upsert(ids=list(batch), embeddings=self._embedded(batch, known))
        return collection

    def _made(self, client: "ClientAPI", business: str, name: str) -> "Collection":
        of = {"business": business, "embedder": self.embedder.id, "made_at": time.time()}
        return client.get_or_create_collection(
            name, metadata=of, configuration={"hnsw": _HNSW}, embedding_function=None
        )

    def _comparable(self, collections: "Iterable[Collection]") -> "list[Collection]":
        mine = self.embedder.id
        return [kept for kept in collections if (kept.metadata or {})["embedder"] == mine]

    def _embedded(self, texts: Mapping[str, str], known: Mapping[str, Vectors]) -> Vectors:
        new = [key for key in texts if key not in known]
        made = dict(zip(new, self.embedder.embed([texts[key] for key in new]), strict=True))
        return np.array([known[key] if key in known else made[key] for key in texts])


def _of(client: "ClientAPI", business: str) -> "list[Collection]":
    return [
        kept
        for kept in client.list_collections()
        if (kept.metadata or {}).get("business") == business
    ]


def _name(business: str, embedder: str, texts: Mapping[str, str]) -> str:
    """Readable, and by its hash never the name of another business or of other texts."""
    digest = hashlib.sha256("\x1f".join((business, embedder, *sorted(texts))).encode()).hexdigest()
    return f"{re.sub(r'[^a-z0-9]+', '-', f'kb-{business.lower()}')[:60]}.{embedder}.{digest[:16]}"


def _vectors(earlier: "list[Collection]", wanted: Mapping[str, str]) -> dict[str, Vectors]:
    """The vectors that were made for these texts already, as far as they can be had."""
    found: dict[str, Vectors] = {}
    for collection in earlier:
        with suppress(*chroma_errors()):  # another process may just be deleting or filling it
            kept = collection.get(include=["embeddings"])
            rows = np.asarray(kept["embeddings"], dtype=np.float32)
            pairs = zip(kept["ids"], rows, strict=True)
            found |= {key: row for key, row in pairs if key in wanted}
    return found


def _batches(texts: Mapping[str, str]) -> Iterator[dict[str, str]]:
    items = list(texts.items())
    for at in range(0, len(items), _BATCH):
        yield dict(items[at : at + _BATCH])
