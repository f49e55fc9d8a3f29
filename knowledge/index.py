"""The index of passages: finds those of one business that fit a question."""

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agent.model import Passage
from knowledge.embedding import Embedder
from knowledge.lexical import Scores, Words, plain_words
from knowledge.scoring import BY_MEANING, BY_WORDS, fit_by_meaning, fit_by_words
from knowledge.vectors import VectorStore

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

OPEN_MAX = 64


@dataclass(frozen=True, kw_only=True)
class OpenBusiness:
    """The passages of one business at one revision of its documents, ready to be searched."""

    business: str
    revision: int
    passages: tuple[Passage, ...]
    words: Words
    wordings: float
    """How many ways to ask a passage has, on average."""
    vectors: "Collection | None"
    """None: words alone decide."""


class PassageIndex:
    """Safe to use from several threads; `open_max` businesses stay in memory, the last used ones."""

    def __init__(
        self, directory: Path, embedder: Embedder | None, *, open_max: int = OPEN_MAX
    ) -> None:
        self._store = VectorStore(directory, embedder) if embedder else None
        self._open_max = open_max
        self._lock = threading.Lock()
        self._open: OrderedDict[str, OpenBusiness] = OrderedDict()

    def opened(self, business: str) -> OpenBusiness | None:
        with self._lock:
            if business in self._open:
                self._open.move_to_end(business)
            return self._open.get(business)

    def prepare(self, business: str, passages: Sequence[Passage]) -> None:
        """Embed what is about to be served, so that no search has to wait for it."""
        self._vectors(business, passages)

    def open(self, business: str, passages: Sequence[Passage], revision: int) -> OpenBusiness:
        """Serve these passages; what was served before is served until they are all embedded."""
        served = self.opened(business)
        made = OpenBusiness(
            business=business,
            revision=revision,
            passages=tuple(passages),
            words=Words([_worded(passage) for passage in passages]),
            wordings=1 + sum(len(found.phrasings) for found in passages) / (len(passages) or 1),
            vectors=self._vectors(business, passages),
        )
        self._serve(made)
        if self._store:
            self._store.drop_others(business, made.vectors, served.vectors if served else None)
        return made

    def search(self, opened: OpenBusiness, question: str, limit: int) -> list[Passage]:
        """The best passages, best first, with their scores."""
        shared = opened.words.shared(question)
        cosines = self._cosines(opened, plain_words(question))
        if cosines is None:
            fits = fit_by_words(shared)
            scores = BY_WORDS.scores(fits, opened.wordings)
        else:
            fits = fit_by_meaning(cosines, shared)
            scores = BY_MEANING.scores(fits, opened.wordings)
        best = np.argsort(-fits, kind="stable")[:limit]
        return [replace(opened.passages[place], score=float(scores[place])) for place in best]

    def _serve(self, made: OpenBusiness) -> None:
        with self._lock:
            self._open[made.business] = made
            self._open.move_to_end(made.business)
            while len(self._open) > self._open_max:
                self._open.popitem(last=False)

    def _vectors(self, business: str, passages: Sequence[Passage]) -> "Collection | None":
        if self._store is None or not passages:
            return None
        return self._store.keep(business, dict(_embedded(passages)))

    def _cosines(self, opened: OpenBusiness, question: str) -> Scores | None:
        """One a passage: of its nearest text; a collection that was lost is made again, once."""
        if self._store is None or opened.vectors is None:
            return None
        found = self._store.cosines(opened.vectors, question)
        if found is None:
            self._store.reopen()
            opened = self._made_again(opened)
            found = self._store.cosines(opened.vectors, question) if opened.vectors else None
        return _by_passage(opened.passages, found) if found else None

    def _made_again(self, lost: OpenBusiness) -> OpenBusiness:
        made = replace(lost, vectors=self._vectors(lost.business, lost.passages))
        with self._lock:
            if self._open.get(lost.business) is lost:
                self._open[lost.business] = made
        return made


def _worded(passage: Passage) -> str:
    return "\n".join((passage.heading, passage.text, *passage.phrasings))


def _embedded(passages: Sequence[Passage]) -> Iterator[tuple[str, str]]:
    """What is embedded of each passage, under ids that change with the words."""
    headings = Counter(passage.heading for passage in passages)
    for passage in passages:
        texts = [f"{passage.heading}\n{passage.text}", *passage.phrasings]
        if passage.heading and headings[passage.heading] == 1:  # else it cannot tell them apart
            texts.append(passage.heading)
        for text in map(plain_words, texts):
            yield f"{passage.id}/{hashlib.sha256(text.encode()).hexdigest()[:12]}", text


def _by_passage(passages: Sequence[Passage], found: dict[str, float]) -> Scores:
    nearest: dict[str, float] = {}
    for key, cosine in found.items():
        passage_id = key.rpartition("/")[0]
        nearest[passage_id] = max(cosine, nearest.get(passage_id, -1.0))
    farthest = min(nearest.values())  # those not among the nearest are no nearer than this
    return np.array([nearest.get(passage.id, farthest) for passage in passages])
