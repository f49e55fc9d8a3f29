"""The index of passages: finds those of one business that fit a question."""

import shutil
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np

from agent.model import Passage
from knowledge.embedding import Embedder, Vectors
from knowledge.lexical import Words, plain_words
from knowledge.scoring import BY_MEANING, BY_WORDS, fit_by_meaning, fit_by_words
from knowledge.vectors import VectorStore
from knowledge.wordings import Wordings, wordings

OPEN_MAX = 150_000
"""Wordings; with their passages and words they take about 3 kB each."""

_OLD_STORE = "chroma"
"""Where an earlier version kept the vectors of all businesses together; no business's own directory is named so."""
_SMALL_TALK = "small talk"  # kept beside the businesses; no slug has a space


@dataclass(frozen=True, kw_only=True)
class OpenBusiness:
    """The passages of one business at one revision of its documents, ready to be searched."""

    business: str
    revision: int
    passages: tuple[Passage, ...]
    words: Words
    wordings: Wordings | None
    """None: words alone decide."""
    ways: int
    """How many ways to ask there are of all passages together."""


class PassageIndex:
    """Safe to use from several threads; the last used businesses stay in memory.

    A search sees what `OpenBusiness` holds and nothing else: its passages come from the shelf for that
    business alone, so that no fault of what is kept here can show it another one's.
    """

    def __init__(
        self, directory: Path, embedder: Embedder | None, *, open_max: int = OPEN_MAX
    ) -> None:
        """`open_max` counts the wordings of all open businesses; one is open however large it is."""
        shutil.rmtree(directory / _OLD_STORE, ignore_errors=True)
        self._store = VectorStore(directory, embedder) if embedder else None
        self._open_max = open_max
        self._lock = threading.Lock()
        self._open: OrderedDict[str, OpenBusiness] = OrderedDict()
        self._small_talk: Vectors | None = None

    def opened(self, business: str) -> OpenBusiness | None:
        with self._lock:
            if business in self._open:
                self._open.move_to_end(business)
            return self._open.get(business)

    def prepare(self, business: str, passages: Sequence[Passage]) -> None:
        """Embed and keep what is about to be served, so that no search has to wait for it."""
        if self._store:
            self._store.add(business, [one.text for one in wordings(passages)])

    def open(self, business: str, passages: Sequence[Passage], revision: int) -> OpenBusiness:
        """Serve these passages; what was served before is served until they are all embedded."""
        made = self._made(business, passages, revision, kept=True)
        with self._lock:
            self._open[business] = made
            self._open.move_to_end(business)
            while len(self._open) > 1 and self._held() > self._open_max:
                self._open.popitem(last=False)
        return made

    def trial(self, business: str, passages: Sequence[Passage]) -> OpenBusiness:
        """Searchable, but served to nobody and kept nowhere; only what is new is embedded."""
        return self._made(business, passages, 0, kept=False)

    def search(self, opened: OpenBusiness, question: str, limit: int) -> list[Passage]:
        """The best passages, best first, with their scores."""
        shared = opened.words.shared(question)
        ways = opened.ways / (len(opened.passages) or 1)
        if opened.wordings is None or self._store is None:
            fits = fit_by_words(shared)
            scores = BY_WORDS.scores(fits, ways or 1)
        else:
            (vector,) = self._store.embedder.embed([plain_words(question)])
            fits = fit_by_meaning(opened.wordings.near(vector), shared)
            scores = BY_MEANING.scores(fits, ways, float((self._talk(self._store) @ vector).max()))
        best = np.argsort(-fits, kind="stable")[:limit]
        return [replace(opened.passages[place], score=float(scores[place])) for place in best]

    def _made(
        self, business: str, passages: Sequence[Passage], revision: int, *, kept: bool
    ) -> OpenBusiness:
        return OpenBusiness(
            business=business,
            revision=revision,
            passages=tuple(passages),
            words=Words([_worded(passage) for passage in passages]),
            wordings=self._wordings(business, passages, kept=kept),
            ways=len(passages) + sum(len(passage.phrasings) for passage in passages),
        )

    def _wordings(
        self, business: str, passages: Sequence[Passage], *, kept: bool
    ) -> Wordings | None:
        if self._store is None:
            return None
        self._talk(self._store)
        known = list(wordings(passages))
        texts = [one.text for one in known]
        vectors = self._store.set(business, texts) if kept else self._store.look_up(business, texts)
        return Wordings(known, vectors) if known else None

    def _held(self) -> int:
        """Wordings in memory."""
        return sum(len(opened.wordings or opened.passages) for opened in self._open.values())

    def _talk(self, store: VectorStore) -> Vectors:
        """What callers text that no document answers."""
        if self._small_talk is None:
            text = files("knowledge").joinpath("data/small_talk.txt").read_text(encoding="utf-8")
            self._small_talk = store.set(
                _SMALL_TALK, [plain_words(one) for one in text.split("\n") if one]
            )
        return self._small_talk


def _worded(passage: Passage) -> str:
    return "\n".join((passage.heading, passage.text, *passage.phrasings))
