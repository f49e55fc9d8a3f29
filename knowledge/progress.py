"""How far a document is on its way in, for whoever waits for it."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

import numpy as np

from agent.model import Passage
from knowledge.embedding import Embedder, Vectors

_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Progress:
    step: Literal["reading", "indexing"]
    done: int = 0
    of: int = 0
    """Passages to be indexed; 0 while reading."""


Told = Callable[[Progress], None]

_embedded: ContextVar[Callable[[int], None] | None] = ContextVar("embedded", default=None)
"""Who waits in this thread; the index in between need not know."""


class WatchedEmbedder:
    """An embedder that says how far it is to whoever waits."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.id = inner.id

    def embed(self, texts: list[str]) -> Vectors:
        tell = _embedded.get()
        if tell is None or len(texts) <= 1:
            return self._inner.embed(texts)
        parts = []
        for at in range(0, len(texts), _AT_ONCE):
            parts.append(self._inner.embed(texts[at : at + _AT_ONCE]))
            tell(len(parts[-1]))
        return np.concatenate(parts)


@contextmanager
def indexing_told(told: Told, passages: Collection[Passage]) -> Iterator[None]:
    """Tell how many of these are done by how much is embedded inside."""
    texts = sum(2 + len(passage.phrasings) for passage in passages)
    embedded = 0

    def tell(more: int) -> None:
        nonlocal embedded
        embedded = min(embedded + more, texts)
        done = embedded * len(passages) // max(texts, 1)
        told(Progress(step="indexing", done=done, of=len(passages)))

    tell(0)
    token = _embedded.set(tell)
    try:
        yield
    finally:
        _embedded.reset(token)


def silent(_progress: Progress) -> None:
    """Nobody waits."""
