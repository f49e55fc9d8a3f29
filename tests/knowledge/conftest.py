import datetime as dt

import pytest

from knowledge.embedding import MiniLm
from knowledge.index import PassageIndex
from knowledge.library import Library


class ShelfInMemory:
    def __init__(self):
        self.kept = {}
        self.contents = {}
        self.revisions = {}

    def put(self, business, document, passages, content):
        self.contents[business, document.name] = content
        self.kept.setdefault(business, {})[document.name] = (document, list(passages))
        self._turn(business)

    def remove(self, business, document_name, at, by=""):
        gone = self.kept.get(business, {}).pop(document_name, None)
        self._turn(business)
        return gone is not None

    def documents(self, business):
        return [document for document, _ in self.kept.get(business, {}).values()]

    def passages(self, business):
        return [p for _, passages in self.kept.get(business, {}).values() for p in passages]

    def phrasings(self, business):
        return []

    def revision(self, business):
        return self.revisions.get(business, 0)

    def _turn(self, business):
        self.revisions[business] = self.revision(business) + 1


class ClockAtNoon:
    def now(self):
        return dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


class CountingEmbedder:
    """The real one, with the texts it was asked for."""

    def __init__(self, inner, name="minilm-int8"):
        self.id = name
        self.inner = inner
        self.asked = []

    def embed(self, texts):
        self.asked.extend(texts)
        return self.inner.embed(texts)


@pytest.fixture(scope="session")
def minilm():
    return MiniLm()


@pytest.fixture
def embedder(minilm):
    return CountingEmbedder(minilm)


@pytest.fixture
def renamed(minilm):
    return lambda name: CountingEmbedder(minilm, name)


@pytest.fixture
def shelf():
    return ShelfInMemory()


@pytest.fixture
def library_of(shelf, embedder, tmp_path):
    """A library on the same shelf and directory; each call is another process, as it were."""

    def make(*, embedder=embedder, open_max=64, directory=tmp_path / "index"):
        index = PassageIndex(directory, embedder, open_max=open_max)
        return Library(shelf, index, ClockAtNoon())

    return make


@pytest.fixture
def library(library_of):
    return library_of()


@pytest.fixture
def faq():
    """A FAQ file of question and answer pairs."""

    def make(*pairs):
        rows = "".join(f'"{question}","{answer}"\n' for question, answer in pairs)
        return f"question,answer\n{rows}".encode()

    return make


@pytest.fixture
def chroma():
    def client(path):
        import chromadb
        from chromadb.config import Settings

        return chromadb.PersistentClient(str(path), Settings(anonymized_telemetry=False))

    return client
