"""What is kept of documents that are in use no more, and of changes not yet published, on either database."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.errors import BadInput, NotFound
from evals.product import FOLDER
from server import document_commands, document_drafts
from server.commands import import_folder, known
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
        (published,) = document_drafts.publish(tools, SHOP, "mia")
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
        draft = drafts.Draft(name="a.txt", at=NOW, by="mia", content=None, passages=())
        with tools.database.begin() as connection:
            drafts.put(connection, SHOP, draft)

            soon = drafts.names(connection, SHOP, NOW + timedelta(hours=23))
            late = drafts.names(connection, SHOP, NOW + timedelta(hours=25))

        assert (soon, late) == (["a.txt"], [])

    def test_there_is_room_for_so_many_drafts(self, tools):
        def draft(number):
            with tools.database.begin() as connection:
                one = drafts.Draft(
                    name=f"{number}.txt", at=NOW, by="mia", content=None, passages=()
                )
                drafts.put(connection, SHOP, one)

        for number in range(drafts.DRAFTS_MAX):
            draft(number)

        draft(0)
        with pytest.raises(BadInput):
            draft(drafts.DRAFTS_MAX)


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
