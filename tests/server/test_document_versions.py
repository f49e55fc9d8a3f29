"""What is kept of documents that are in use no more, and of changes not yet published, on either database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from agent.errors import BadInput, NotFound
from evals.product import FOLDER
from knowledge.index import PassageIndex
from knowledge.library import Library
from server import document_commands, document_drafts
from server.commands import import_folder, known
from server.questions import Answer, answer
from server.settings import Settings
from server.store import document_drafts as drafts
from server.store import document_versions as versions
from server.store import questions
from server.wiring import open_tools

SHOP = "alder-creek-plumbing"
NOW = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)


@pytest.fixture
def tools(tmp_path, database_url):
    """A business whose documents are found by their words, which takes no model."""
    settings = Settings(
        _env_file=None, data_dir=tmp_path, database_url=database_url, embedder="lexical"
    )
    opened = open_tools(settings)
    import_folder(opened, FOLDER)
    yield opened
    opened.database.dispose()


def put(tools, words, name="notes.txt", **more):
    return tools.library.put(SHOP, name, words.encode(), **more)


def kept(tools, name="notes.txt"):
    with tools.database.connect() as connection:
        return versions.of_document(connection, SHOP, name)


def content(tools, number, name="notes.txt"):
    with tools.database.connect() as connection:
        return versions.content(connection, SHOP, name, number).decode()


def removed(tools):
    with tools.database.connect() as connection:
        return [one.name for one in versions.removed(connection, SHOP)]


def ask(tools, words):
    with tools.database.begin() as connection:
        questions.add(
            connection, business=SHOP, thread=None, at=tools.clock.now(), words=words,
            reply="", passage=None, score=0.0, answered=False,
        )  # fmt: skip


def test_each_version_says_who_changed_it_when_and_how(tools):
    put(tools, "We fix pumps.", by="mia")
    put(tools, "We fix pumps and boilers.", by="bob")
    tools.library.remove(SHOP, "notes.txt", by="mia")

    last, first = kept(tools)

    assert (first.number, first.added_by, first.ended, first.ended_by) == (
        1,
        "mia",
        "replaced",
        "bob",
    )
    assert (last.number, last.added_by, last.ended, last.ended_by) == (2, "bob", "removed", "mia")
    assert first.added_at < first.ended_at == last.added_at < last.ended_at
    assert content(tools, 1) == "We fix pumps."
    assert removed(tools) == ["notes.txt"]


def test_the_same_bytes_again_make_no_version(tools):
    put(tools, "We fix pumps.")
    put(tools, "We fix pumps.")

    assert kept(tools) == []


def test_the_last_twenty_versions_are_kept_and_keep_their_numbers(tools):
    for number in range(1, 25):
        put(tools, f"We fix {number} pumps.")

    assert [one.number for one in kept(tools)] == list(range(23, 3, -1))
    with pytest.raises(NotFound):
        content(tools, 3)


def test_the_oldest_go_when_all_together_are_too_large(tools, monkeypatch):
    monkeypatch.setattr(versions, "BYTES_MAX", 60)
    for words in ("a" * 30, "b" * 30, "c" * 30, "d" * 30):
        put(tools, words)

    assert [one.number for one in kept(tools)] == [3, 2]


def test_what_is_removed_and_added_again_is_removed_no_more(tools):
    put(tools, "We fix pumps.")
    tools.library.remove(SHOP, "notes.txt")

    put(tools, "We fix boilers.")

    assert removed(tools) == []
    assert [one.ended for one in kept(tools)] == ["removed"]


def test_what_a_version_said_is_kept_beside_its_file(tools, monkeypatch):
    monkeypatch.setattr(versions, "SHOWN_MAX", 1)
    put(tools, "question,answer,other_phrasings\nPumps?,Yes.,pump repair\nRoofs?,No.,\n", "a.csv")
    tools.library.remove(SHOP, "a.csv")

    with tools.database.connect() as connection:
        (version,) = versions.of_document(connection, SHOP, "a.csv")
        said = versions.said(connection, SHOP, "a.csv", version.number)

    assert version.passages == 2
    assert [(one.heading, one.text, one.phrasings) for one in said] == [
        ("Pumps?", "Yes.", ("pump repair",))
    ]


def test_another_business_has_none_of_it(tools):
    put(tools, "We fix pumps.")
    tools.library.remove(SHOP, "notes.txt")

    with tools.database.connect() as connection:
        assert versions.removed(connection, "birch") == []
        with pytest.raises(NotFound):
            versions.content(connection, "birch", "notes.txt", 1)


class TestDrafts:
    def test_a_draft_is_seen_published_and_gone(self, tools):
        business, before = known(tools, SHOP), tools.library.documents(SHOP)
        ask(tools, "Do you sweep chimneys?")
        put_off = document_drafts.stage(
            tools,
            SHOP,
            "chimneys.csv",
            b"question,answer\nDo you sweep chimneys?,It is $189.\n",
            "mia",
        )
        assert put_off.is_taken

        seen = document_drafts.preview(tools, business)

        assert tools.library.documents(SHOP) == before
        (different,) = seen.differences
        assert (different.now.handed_off, different.then.reply) == (True, "It is $189.")
        outcomes = document_drafts.publish(tools, SHOP, "mia", seen.seen)
        assert outcomes is not None
        (published,) = outcomes
        assert published.words == "chimneys.csv: 1 passage, in use now"
        assert document_drafts.preview(tools, business).drafts == ()

    def test_what_loses_its_answer_comes_first(self, tools):
        ask(tools, "Do you replace garbage disposals?")
        ask(tools, "How much is a drain cleaning?")
        table = b"question,answer\nHow much is a drain cleaning?,Drain cleaning is $159.\n"
        document_drafts.stage(tools, SHOP, "faq.csv", table, "mia")

        seen = document_drafts.preview(tools, known(tools, SHOP))

        assert [one.then.handed_off for one in seen.differences] == [True, False]

    def test_a_draft_is_kept_for_a_day(self, tools):
        soon, late = NOW + timedelta(hours=23), NOW + timedelta(hours=25)
        with tools.database.begin() as connection:
            drafts.put(connection, SHOP, draft("a.txt"))

            assert drafts.names(connection, SHOP, soon) == ["a.txt"]
            assert drafts.names(connection, SHOP, late) == []
            assert [drafts.forget(connection, at) for at in (soon, late, late)] == [0, 1, 0]

    def test_there_is_room_for_so_many_drafts(self, tools):
        def put_number(number):
            with tools.database.begin() as connection:
                drafts.put(connection, SHOP, draft(f"{number}.txt"))

        for number in range(drafts.DRAFTS_MAX):
            put_number(number)

        put_number(0)
        with pytest.raises(BadInput, match="50 changes wait already"):
            put_number(drafts.DRAFTS_MAX)

    def test_drafts_may_be_so_large_together(self, tools, monkeypatch):
        monkeypatch.setattr(drafts, "BYTES_MAX", 100)
        assert stage(tools, "a.txt", b"a" * 60).is_taken

        refused = stage(tools, "b.txt", b"b" * 60)

        assert not refused.is_taken
        assert stage(tools, "a.txt", b"c" * 90).is_taken
        with tools.database.connect() as connection:
            assert drafts.names(connection, SHOP, tools.clock.now()) == ["a.txt"]

    def test_a_draft_made_while_another_is_published_stays(self, tools):
        business = known(tools, SHOP)
        stage(tools, "pumps.txt", b"A pump is $80.")
        with tools.database.connect() as connection:
            (seen,) = drafts.of_business(connection, SHOP, tools.clock.now())
        stage(tools, "pumps.txt", b"A pump is $95.")

        with tools.database.begin() as connection:
            drafts.discard(connection, SHOP, [seen])

        (left,) = document_drafts.preview(tools, business).drafts
        assert [one.text for one in left.passages] == ["A pump is $95."]

    def test_only_what_was_seen_is_published(self, tools):
        business = known(tools, SHOP)
        stage(tools, "pumps.txt", b"A pump is $80.")
        seen = document_drafts.preview(tools, business).seen
        put(tools, "A pump is $60.", "pumps.txt")

        assert document_drafts.publish(tools, SHOP, "mia", seen) is None

        again = document_drafts.preview(tools, business)
        assert again.overtaken == ("pumps.txt",)
        assert tools.shelf.content(SHOP, "pumps.txt") == b"A pump is $60."
        outcomes = document_drafts.publish(tools, SHOP, "mia", again.seen)
        assert outcomes is not None
        (published,) = outcomes
        assert published.is_taken

    def test_looking_again_embeds_nothing_again(self, tools, tmp_path):
        embedder = CountingEmbedder()
        library = Library(tools.shelf, PassageIndex(tmp_path / "vectors", embedder), tools.clock)
        tools = replace(tools, library=library, embedder=embedder)
        business = known(tools, SHOP)
        body = "\n\n".join(f"# Item {number}\n\nIt is {number}." for number in range(30))
        stage(tools, "items.md", body.encode())
        put(tools, "We fix pumps.")
        document_drafts.preview(tools, business)
        embedder.count = 0

        document_drafts.preview(tools, business)

        assert embedder.count == 0


class CountingEmbedder:
    """Turns any text into the same vector, and counts."""

    id = "counting"

    def __init__(self):
        self.count = 0

    def embed(self, texts):
        self.count += len(texts)
        return np.ones((len(texts), 1), dtype=np.float32)


def draft(name):
    return drafts.Draft(name=name, at=NOW, by="mia", base="", is_removal=True, passages=())


def stage(tools, name, content):
    return document_drafts.stage(tools, SHOP, name, content, "mia")


class Overtaken(Library):
    """Somebody else's upload of the same document comes in just before each of the first puts."""

    def __init__(self, library, *theirs):
        super().__init__(library._shelf, library._index, library._clock)
        self.theirs = list(theirs)

    def put(self, business, name, content, **more):
        if self.theirs:
            super().put(business, name, self.theirs.pop())
        return super().put(business, name, content, **more)


@pytest.mark.parametrize("before", [(), ("gone",), ("Do you fix boilers?",)])
def test_an_answer_given_while_answers_are_uploaded_keeps_both(tools, before):
    def table(question):
        return f"id,question,answer,other_phrasings\na1,{question},No.,\n"

    for one in before:
        put(tools, table(one), "answers.csv")
    if before == ("gone",):
        tools.library.remove(SHOP, "answers.csv")
    ask(tools, "do you fix pumps?")
    with tools.database.connect() as connection:
        (asked,) = questions.open_ones(connection, SHOP, 10)
    overtaken = replace(
        tools, library=Overtaken(tools.library, table("Do you fix roofs?").encode())
    )
    given = Answer(question="Do you fix pumps?", answer="Yes.", wordings=[asked.id])

    answer(overtaken, SHOP, "mia", given)

    kept = [one.heading for one in tools.library.passages(SHOP, "answers.csv")]
    assert kept == ["Do you fix roofs?", "Do you fix pumps?"]


class TestImport:
    def test_what_was_added_on_the_pages_stays(self, tools):
        put(tools, "question,answer\nDo you fix roofs?,No.\n", "answers.csv")
        put(tools, "We fix pumps.", "pasted.txt", by="mia")
        put(tools, "We fix boilers.", "old.txt")

        report = import_folder(tools, FOLDER)

        assert [line.partition("/knowledge/")[2] for line in report[-3:]] == [
            "answers.csv: kept, added on the pages",
            "pasted.txt: kept, added on the pages",
            "old.txt: removed",
        ]
        assert tools.shelf.content(SHOP, "pasted.txt") == b"We fix pumps."


class TestCommands:
    def test_a_document_is_pasted_changed_listed_and_brought_back(self, tools):
        document_commands.paste(tools, SHOP, "Pumps", "We fix pumps.")
        replaced = document_commands.paste(tools, SHOP, "Pumps", "We fix pumps and boilers.")
        assert replaced.words == "Pumps.txt: replaced, 1 passage as before, in use now"

        restored = document_commands.restore(tools, SHOP, "Pumps.txt", 1)

        assert restored.is_taken
        assert tools.shelf.content(SHOP, "Pumps.txt") == b"We fix pumps."
        assert len(document_commands.versions(tools, SHOP, "Pumps.txt")) == 2
        document_commands.remove(tools, SHOP, "Pumps.txt")
        assert document_commands.listed(tools, SHOP)[-1].startswith("Pumps.txt: removed 20")

    def test_each_file_is_judged_for_itself(self, tools, tmp_path):
        good, bad = tmp_path / "good.txt", tmp_path / "bad.csv"
        good.write_text("We fix pumps.")
        bad.write_text("price,amount\n1,2\n")

        outcomes = document_commands.add(tools, SHOP, [bad, tmp_path / "none.txt", good])

        assert [one.is_taken for one in outcomes] == [False, False, True]
        assert "cannot be read (No such file or directory)" in outcomes[1].words

    def test_what_is_not_there_is_said(self, tools):
        with pytest.raises(NotFound, match="nobody"):
            document_commands.listed(tools, "nobody")
        with pytest.raises(NotFound, match="has no document"):
            document_commands.versions(tools, SHOP, "x.txt")
        assert not document_commands.remove(tools, SHOP, "x.txt").is_taken
