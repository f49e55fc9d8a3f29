"""What a change would change: the replies it changes and no other, nothing sent or kept, published only as it was seen."""

import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from agent.business import Business
from agent.errors import BadInput
from agent.rules.reply_changes import ChangeKind, Warn
from evals.model.double import ModelDouble
from evals.product import FOLDER
from server import document_drafts, preflight, preflight_cases, preflight_changes
from server.adapters.clock_system import SystemClock
from server.commands import import_folder, known
from server.preflight_changes import (
    AnswerChange,
    DocumentsChange,
    Made,
    ModelChange,
    PhrasingsChange,
    ProfileChange,
    Wanted,
)
from server.preflight_diary import Standing
from server.preflight_folder import compare_folder
from server.preflight_replay import replay
from server.preflight_runs import GONE, PreflightRuns
from server.rehearsal import VirtualClock
from server.settings import Settings
from server.store import business_versions, businesses, preflights, questions, texts, threads
from server.store.preflights import State
from server.store.tables import metadata, thread
from server.wiring import mind, open_tools

SHOP = "alder-creek-plumbing"
NOW = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
"""A Tuesday morning in Boulder."""
PRICE, SLOW, BOOKER, STOPPED = "+13035550151", "+13035550152", "+13035550153", "+13035550154"
DRAIN = "so how much would a drain cleaning be?"


def talk(tools, caller, *said, hours=30.0):
    """A caller's texts, each answered by the agent in a turn of its own; the moment of the first."""
    at = tools.clock.now() - timedelta(hours=hours)
    with tools.database.begin() as connection:
        row, _ = threads.locked(connection, SHOP, caller, at)
        for place, words in enumerate(said):
            moment, key = at + timedelta(minutes=place), f"{caller}:{place}"
            both = {"business": SHOP, "thread": row.id, "turn": key}
            texts.add(
                connection, key=key, author="caller", kind=None, sender=caller, recipient=caller,
                body=words, at=moment, status="answered", **both,
            )  # fmt: skip
            texts.add(
                connection, key=f"{key}:r0", author="agent", kind="reply", sender=caller,
                recipient=caller, body="What was said then.", at=moment, status="delivered", **both,
            )  # fmt: skip
    return at


def talks(tools):
    talk(tools, PRICE, DRAIN, "ok thanks")
    talk(tools, SLOW, "do you replace garbage disposals?")
    talk(
        tools,
        BOOKER,
        "can someone come thursday for a drain cleaning",
        "1",
        "what do I owe you for that?",
    )
    talk(tools, STOPPED, "how much is a drain cleaning for me")
    with tools.database.begin() as connection:
        stopped = thread.c.id == threads.thread_id(SHOP, STOPPED)
        connection.execute(sa.update(thread).where(stopped).values(opted_out_at=tools.clock.now()))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The data folder of a business with conversations, to be copied."""
    folder = tmp_path_factory.mktemp("shop")
    tools = opened(folder)
    import_folder(tools, FOLDER)
    talks(tools)
    tools.database.dispose()
    return folder


def opened(folder, url=""):
    """Its documents are found by their words, which takes no model; its clock stands."""
    settings = Settings(_env_file=None, data_dir=folder, database_url=url, embedder="lexical")
    return replace(open_tools(settings), clock=VirtualClock(moment=NOW))


@pytest.fixture
def tools(shop, tmp_path):
    copy = opened(shutil.copytree(shop, tmp_path / "data"))
    yield copy
    copy.database.dispose()


@pytest.fixture
def tools_on_postgres(tmp_path, postgres):
    made = opened(tmp_path / "data", postgres())
    import_folder(made, FOLDER)
    talks(made)
    yield made
    made.database.dispose()


@pytest.fixture
def folder(tmp_path):
    """A copy of the business's folder, to be changed."""
    return shutil.copytree(FOLDER, tmp_path / "folder")


@pytest.fixture
def runs(tools):
    return PreflightRuns(tools=tools, mind=None, tokens_per_day=0)


def reword(path, old, new):
    words = path.read_text()
    assert old in words
    path.write_text(words.replace(old, new))


def found(tools, made, **more):
    done = preflight.run(preflight.comparison(tools, SHOP, made), **more)
    assert done is not None
    return done


def profile(tools, **changed):
    return Business.model_validate(known(tools, SHOP).model_dump() | changed)


def priced(tools, price):
    """The profile with another price of its first service."""
    first, *others = known(tools, SHOP).services
    return profile(tools, services=[first.model_copy(update={"price": price}), *others])


def stage(tools, name, content):
    assert document_drafts.stage(tools, SHOP, name, content, "mia").is_taken


def all_rows(tools):
    """Everything that the database holds, but for pre-flights themselves."""
    with tools.database.connect() as connection:
        return {
            table.name: Counter(str(tuple(row)) for row in connection.execute(sa.select(table)))
            for table in metadata.sorted_tables
            if table.name != "preflight"
        }


def done(tools, runs, change, what=("A change",)):
    """Begun and compared; its row."""
    name = runs.begin(SHOP, change, what, "mia")
    assert runs.look(tools.clock.now())
    return row_of(tools, name)


def row_of(tools, name):
    with tools.database.connect() as connection:
        return preflights.get(connection, SHOP, name)


def publish(tools, row):
    return preflight_changes.publish(tools, SHOP, Wanted.of(row.change), "mia", "mia")


class TestComparison:
    def test_an_unchanged_folder_changes_no_reply(self, tools, folder):
        (sums,) = compare_folder(tools, SHOP, folder)

        assert sums["changed"] == 0
        assert sums["of_callers"] == 6
        assert sums["compared"] == sums["same"] == 6 + _typical(tools)
        assert sums["complete"]

    def test_a_changed_price_changes_exactly_the_replies_that_quote_it(self, tools, folder):
        reword(folder / "knowledge" / "faq.csv", "Drain cleaning is $149", "Drain cleaning is $159")

        *lines, sums = compare_folder(tools, SHOP, folder)

        assert sums["changed"] == len(lines)
        assert DRAIN in [line["asked"] for line in lines]
        for line in lines:
            assert line["change"] == ChangeKind.FIGURES
            assert line["after"] == line["before"].replace("$149", "$159") != line["before"]
            assert {one["document"] for one in line["because_after"]} == {"faq.csv"}

    def test_a_removed_document_hands_over_what_it_answered(self, tools):
        stage(tools, "faq.csv", None)
        made = preflight_changes.make(tools, SHOP, DocumentsChange(), tools.clock.now())

        differences = found(tools, made).differences

        slow = next(one for one in differences if one.caller == SLOW)
        assert slow.change.kind is ChangeKind.HANDED_OVER
        assert slow.after.handed
        assert not slow.before.handed
        kinds = [list(ChangeKind).index(one.change.kind) for one in differences]
        assert kinds == sorted(kinds)

    def test_the_same_comparison_finds_the_same(self, tools, folder):
        (folder / "knowledge" / "faq.csv").unlink()

        *first, _ = compare_folder(tools, SHOP, folder)
        *second, _ = compare_folder(tools, SHOP, folder)

        assert [line | {"at": ""} for line in first] == [line | {"at": ""} for line in second]
        assert first

    def test_other_hours_change_the_times_that_are_offered(self, tools):
        hours = {day: ["18:00-22:00"] for day in known(tools, SHOP).hours}

        differences = found(
            tools, Made(business=profile(tools, hours=hours), documents={})
        ).differences

        booked = [one for one in differences if one.caller == BOOKER]
        assert [one.change.kind for one in booked] == [ChangeKind.FIGURES]
        assert "PM" in booked[0].after.reply

    def test_a_chosen_time_is_booked_in_both_and_written_nowhere(self, tools):
        before = all_rows(tools)
        made = Made(business=known(tools, SHOP), documents={})
        comparison = preflight.comparison(tools, SHOP, made)
        replies = [
            replay(case, comparison.before, standing).said.reply
            for case, standing in _carried(comparison)
        ]

        assert any("You're booked" in reply for reply in replies)
        assert all_rows(tools) == before

    def test_who_opted_out_is_not_tried_on(self, tools):
        comparison = preflight.comparison(
            tools, SHOP, Made(business=known(tools, SHOP), documents={})
        )

        assert {case.caller for case in comparison.cases} == {PRICE, SLOW, BOOKER, ""}

    def test_words_that_are_never_texted_are_named(self, tools):
        stage(tools, "faq.csv", b"question,answer\nHow much is a drain cleaning?,Drain cleaning is $99. Only today: 50% off everything!\n")  # fmt: skip
        made = preflight_changes.make(tools, SHOP, DocumentsChange(), tools.clock.now())

        drain = next(one for one in found(tools, made).differences if one.caller == PRICE)

        assert Warn.FORBIDDEN in drain.change.warns
        assert "50%" in drain.after.cut[0]

    def test_first_texts_are_written_anew_where_the_profile_changes(self, tools):
        changed = profile(
            tools, first_text="{business}: we missed your call, sorry. What is it about?"
        )

        first = [
            one
            for one in found(tools, Made(business=changed, documents={})).differences
            if not one.asked
        ]

        assert [one.source for one in first] == [preflight.FIRST_TEXT]
        assert "What is it about?" in first[0].after.reply

    def test_when_the_time_is_over_it_says_how_far_it_came(self, tools):
        done = found(tools, Made(business=known(tools, SHOP), documents={}), enough_s=0.0)

        assert (done.compared, done.total) == (1, 6 + _typical(tools))

    def test_a_model_is_asked_once_where_both_sides_show_it_the_same(self, tools):
        with ModelDouble() as double:
            thinks = mind(Settings(_env_file=None, openai_base_url=double.url, model="a-model"))
            made = Made(business=known(tools, SHOP), documents={})
            compared = preflight.run(preflight.comparison(tools, SHOP, made, thinks))

        assert compared is not None
        assert compared.changed == 0
        assert 0 < compared.model_calls == double.calls <= compared.compared

    def test_the_folder_of_another_business_is_refused(self, tools, folder):
        reword(folder / "business.yaml", SHOP, "birch-creek-plumbing")

        with pytest.raises(BadInput, match="birch-creek-plumbing"):
            list(compare_folder(tools, SHOP, folder))


def _typical(tools):
    return len(preflight_cases.typical(known(tools, SHOP), NOW))


def _carried(comparison):
    standing, last = Standing(), ""
    for case in comparison.cases:
        standing = standing if case.thread == last else Standing()
        yield case, standing
        standing, last = replay(case, comparison.before, standing).after, case.thread


_LOOKS = """
import sys, time
from tests.server.test_preflight import PreflightRuns, opened
runs = PreflightRuns(tools=opened(sys.argv[1]), mind=None, tokens_per_day=0)
runs.look(runs.tools.clock.now())
time.sleep(60)
"""
"""A process that compares what waits."""


def _until(holds):
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


class TestRuns:
    def test_nothing_is_sent_and_nothing_but_the_result_is_kept(self, tools, runs):
        stage(tools, "faq.csv", None)
        before = all_rows(tools)

        row = done(tools, runs, DocumentsChange())

        assert (row.state, row.done) == (State.DONE, row.total)
        assert preflight.Found.of(row.found).changed > 0
        assert all_rows(tools) == before

    def test_a_published_profile_is_as_it_was_compared_and_has_its_author(self, tools, runs):
        row = done(tools, runs, ProfileChange(profile=priced(tools, "$163")))

        assert "published" in publish(tools, row)

        assert known(tools, SHOP).services[0].price == "$163"
        with tools.database.connect() as connection:
            assert business_versions.newest(connection, SHOP, limit=1)[0].by == "mia"

    def test_what_has_moved_since_is_not_published_over(self, tools, runs):
        row = done(tools, runs, ProfileChange(profile=priced(tools, "$163")))
        with tools.database.begin() as connection:
            other = profile(tools, name="Alder Creek")
            businesses.save(connection, other, tools.clock.now(), "sam")
        before = all_rows(tools)

        with pytest.raises(BadInput, match="has changed since"):
            publish(tools, row)

        assert all_rows(tools) == before

    def test_a_document_that_came_in_between_keeps_others_from_being_published(self, tools, runs):
        stage(tools, "faq.csv", None)
        row = done(tools, runs, DocumentsChange())
        tools.library.put(SHOP, "notes.txt", b"We fix pumps.")

        with pytest.raises(BadInput, match="has changed since"):
            publish(tools, row)

        assert "faq.csv" in [one.name for one in tools.library.documents(SHOP)]

    def test_published_documents_are_those_of_the_drafts(self, tools, runs):
        stage(tools, "faq.csv", None)
        row = done(tools, runs, DocumentsChange())

        assert publish(tools, row) == "1 document is published."

        assert "faq.csv" not in [one.name for one in tools.library.documents(SHOP)]
        with pytest.raises(BadInput):
            publish(tools, row)

    def test_an_answer_is_compared_and_then_settles_its_question(self, tools, runs):
        with tools.database.begin() as connection:
            questions.add(
                connection, business=SHOP, thread=threads.thread_id(SHOP, SLOW), at=tools.clock.now(),
                words="do you sweep chimneys?", reply="", passage=None, score=0.0, answered=False,
            )  # fmt: skip
            (asked,) = questions.open_ones(connection, SHOP, 5)
        talk(tools, "+13035550155", "do you sweep chimneys?")
        change = AnswerChange(
            question="Do you sweep chimneys?", answer="We do, for $189.", wordings=(asked.id,)
        )

        row = done(tools, runs, change)

        (one,) = preflight.Found.of(row.found).differences
        assert (one.change.kind, one.after.reply) == (ChangeKind.ANSWERED, "We do, for $189.")
        publish(tools, row)
        with tools.database.connect() as connection:
            assert questions.open_ones(connection, SHOP, 5) == []

    def test_on_postgresql_too_it_is_compared_published_and_not_published_over(
        self, tools_on_postgres
    ):
        tools = tools_on_postgres
        runs = PreflightRuns(tools=tools, mind=None, tokens_per_day=0)
        before = all_rows(tools)
        older = done(tools, runs, ProfileChange(profile=priced(tools, "$162")))
        row = done(tools, runs, ProfileChange(profile=priced(tools, "$163")))
        assert all_rows(tools) == before

        publish(tools, row)

        assert known(tools, SHOP).services[0].price == "$163"
        with pytest.raises(BadInput, match="has changed since"):
            publish(tools, older)
        runs.look(row.at + timedelta(days=8))
        assert row_of(tools, row.id) is None

    @pytest.mark.parametrize(
        "change",
        [
            DocumentsChange(),
            ModelChange(),
            AnswerChange(question="Pumps?", answer="Yes.", wordings=()),
        ],
    )
    def test_what_is_no_change_is_refused_in_words(self, tools, runs, change):
        with pytest.raises(BadInput):
            runs.begin(SHOP, change, (), "mia")

        assert runs.look(tools.clock.now()) is False

    def test_the_profile_as_it_stands_is_no_change(self, tools, runs):
        with pytest.raises(BadInput, match="changes nothing"):
            runs.begin(SHOP, ProfileChange(profile=known(tools, SHOP)), (), "mia")

    def test_a_first_text_that_may_not_be_sent_is_refused(self, tools, runs):
        selling = profile(tools, first_text="{business}: Huge sale, 50% off today only! Book now!")

        with pytest.raises(BadInput, match="first text"):
            runs.begin(SHOP, ProfileChange(profile=selling), (), "mia")

    def test_a_newer_one_takes_the_place_of_the_one_under_way(self, tools, runs):
        first = runs.begin(SHOP, ProfileChange(profile=priced(tools, "$163")), (), "mia")
        second = runs.begin(SHOP, ProfileChange(profile=priced(tools, "$164")), (), "mia")

        assert runs.look(tools.clock.now())
        assert not runs.look(tools.clock.now())
        assert (row_of(tools, first).state, row_of(tools, second).state) == (
            State.STOPPED,
            State.DONE,
        )

    def test_another_way_to_ask_is_compared_and_then_approved(self, tools, runs):
        asked = "got any of those thingamajigs that chew up leftovers?"
        talk(tools, "+13035550156", asked)
        change = PhrasingsChange(
            document="faq.csv", question="Do you replace garbage disposals?", words=(asked,)
        )

        row = done(tools, runs, change)

        (one,) = [
            one for one in preflight.Found.of(row.found).differences if one.caller == "+13035550156"
        ]
        assert one.change.kind is ChangeKind.ANSWERED
        assert tools.shelf.phrasings(SHOP) == []
        publish(tools, row)
        assert [one.words for one in tools.shelf.phrasings(SHOP)] == [asked]

    def test_compared_again_it_takes_back_nothing_that_others_changed(self, tools, runs):
        row = done(tools, runs, ProfileChange(profile=priced(tools, "$163")))
        with tools.database.begin() as connection:
            businesses.save(connection, profile(tools, name="Alder Creek"), NOW, "sam")

        change = preflight_changes.on_top(tools, SHOP, Wanted.of(row.change).change)
        publish(tools, done(tools, runs, change))

        stored = known(tools, SHOP)
        assert (stored.name, stored.services[0].price) == ("Alder Creek", "$163")

    def test_what_two_have_changed_is_not_decided_for_them(self, tools, runs):
        row = done(tools, runs, ProfileChange(profile=priced(tools, "$163")))
        with tools.database.begin() as connection:
            businesses.save(connection, priced(tools, "$164"), NOW, "sam")

        with pytest.raises(BadInput, match="the same"):
            preflight_changes.on_top(tools, SHOP, Wanted.of(row.change).change)

    def test_what_the_forms_of_the_profile_refuse_is_refused_here_too(self, tools, runs):
        gone = profile(
            tools,
            staff=[],
            calendars=[one.model_dump() | {"staff": None} for one in known(tools, SHOP).calendars],
            on_call=[],
        )

        with pytest.raises(BadInput):
            runs.begin(SHOP, ProfileChange(profile=gone), (), "mia")

    def test_one_whose_process_is_gone_has_failed_and_says_so(self, tools, runs):
        name = runs.begin(SHOP, ProfileChange(profile=priced(tools, "$163")), (), "mia")
        now = tools.clock.now()
        with tools.database.begin() as connection:
            assert preflights.take_next(connection, now) is not None

        runs.look(now + timedelta(seconds=30))
        assert row_of(tools, name).state == State.RUNNING
        runs.look(now + preflights.SILENT_FOR + timedelta(seconds=1))

        row = row_of(tools, name)
        assert (row.state, row.found["why"]) == (State.FAILED, GONE)

    def test_a_process_that_stops_in_the_middle_says_so(self, tools, runs):
        name = runs.begin(SHOP, ProfileChange(profile=priced(tools, "$163")), (), "mia")
        runs.stop()

        runs.look(tools.clock.now())

        row = row_of(tools, name)
        assert (row.state, row.found["why"]) == (State.FAILED, GONE)

    def test_one_that_was_killed_in_the_middle_has_failed_when_the_server_is_back(
        self, tools, runs
    ):
        name = runs.begin(SHOP, ProfileChange(profile=priced(tools, "$163")), (), "mia")
        folder = tools.database.url.database.rpartition("/")[0]
        killed = subprocess.Popen([sys.executable, "-c", _LOOKS, folder])
        _until(lambda: row_of(tools, name).total > 0)
        killed.kill()
        killed.wait()
        assert row_of(tools, name).state == State.RUNNING

        back = replace(runs, tools=replace(tools, clock=SystemClock()))
        back.start()
        _until(lambda: row_of(tools, name).state != State.RUNNING)
        back.stop()

        row = row_of(tools, name)
        assert (row.state, row.found["why"]) == (State.FAILED, GONE)

    def test_nothing_is_kept_of_one_that_was_forgotten_in_the_middle(
        self, tools, runs, monkeypatch
    ):
        runs.begin(SHOP, ProfileChange(profile=priced(tools, "$163")), (), "mia")
        compared = preflight.run

        def erased_meanwhile(*arguments):
            with tools.database.begin() as connection:
                assert preflights.forget_business(connection, SHOP) == 1
            return compared(*arguments)

        monkeypatch.setattr(preflight, "run", erased_meanwhile)
        runs.look(tools.clock.now())

        with tools.database.connect() as connection:
            assert preflights.of_business(connection, SHOP, 5) == []

    def test_they_are_kept_for_a_week(self, tools, runs):
        row = done(tools, runs, ProfileChange(profile=priced(tools, "$163")))

        runs.look(row.at + timedelta(days=6))
        assert row_of(tools, row.id) is not None
        runs.look(row.at + timedelta(days=7, seconds=1))
        assert row_of(tools, row.id) is None


def as_json(product, price):
    """The stored profile as a page posts it, with another price."""
    with product.database().connect() as connection:
        held = businesses.get(connection, SHOP)
    assert held is not None
    first, *others = held.services
    changed = held.model_copy(
        update={"services": (first.model_copy(update={"price": price}), *others)}
    )
    return changed.model_dump_json()


def begun(visitor, form):
    answered = visitor.sends("/business/preflight", form)
    assert answered.status_code == 303, answered.text
    return answered.headers["location"]


def watched(visitor, address):
    """The page once it is over."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        seen = visitor.http.get(f"{address}/progress")
        if seen.headers.get("hx-refresh"):
            return visitor.sees(address)
        assert 'hx-get="' in seen.text
        time.sleep(0.1)
    raise AssertionError("it does not end")


class TestPages:
    def test_a_price_is_tried_out_and_published(self, two_businesses, mia):
        two_businesses.text(DRAIN, caller="+17205550741")
        two_businesses.replied(1, to="+17205550741")
        mia.sees("/business/preflight")
        form = {
            "kind": "profile",
            "profile": as_json(two_businesses, "$171"),
            "back": "/business/first-text",
        }

        address = begun(mia, form)
        page = watched(mia, address)

        assert re.search(r"(\d+ of \d+ replies|No reply) would change", page)
        assert "$171" in page
        assert 'href="/business/first-text"' in page
        assert "+17205550741" not in page
        published = mia.sends(f"{address}/publish")
        assert published.status_code == 303, published.text
        assert "published" in mia.sees(address)
        with two_businesses.database().connect() as connection:
            held = businesses.get(connection, SHOP)
        assert held is not None
        assert held.services[0].price == "$171"
        assert mia.sends(f"{address}/publish").status_code == 400

    def test_another_business_s_owner_finds_none_of_it(self, two_businesses, mia, nora):
        mia.sees("/business/preflight")
        address = begun(mia, {"kind": "profile", "profile": as_json(two_businesses, "$172")})
        nora.sees("/business/preflight")

        for path in (address, f"{address}/progress"):
            assert nora.http.get(path).status_code == 404
        for act in ("stop", "again", "publish"):
            assert nora.sends(f"{address}/{act}").status_code == 404
        stopped = mia.sends(f"{address}/stop")
        assert stopped.status_code == 303

    def test_staff_may_not(self, sam):
        assert sam.http.get("/business/preflight").status_code == 403
        assert sam.sends("/business/preflight", {"kind": "documents"}).status_code == 403

    @pytest.mark.parametrize(
        "form",
        [
            {"kind": "documents"},
            {"kind": "profile", "profile": "{}"},
            {"kind": "profile", "profile": "no JSON"},
            {"kind": "nonsense"},
        ],
    )
    def test_what_cannot_be_tried_is_said_on_the_page(self, mia, form):
        mia.sees("/business/preflight")
        answered = mia.sends("/business/preflight", form | {"back": "//elsewhere.example"})

        assert answered.status_code == 400
        assert 'role="alert"' in answered.text
        assert "elsewhere.example" not in answered.text

    def test_what_was_written_is_not_lost(self, mia):
        mia.sees("/business/preflight")
        form = {
            "kind": "answer",
            "question": "Do you sweep?",
            "answer": "We do, gladly.",
            "wordings": "99999",
        }

        answered = mia.sends("/business/preflight", form)

        assert answered.status_code == 400
        assert "We do, gladly." in answered.text

    def test_a_profile_of_another_business_is_refused(self, two_businesses, nora):
        nora.sees("/business/preflight")

        answered = nora.sends(
            "/business/preflight", {"kind": "profile", "profile": as_json(two_businesses, "$1")}
        )

        assert answered.status_code == 400
        assert "keeps its short name" in answered.text
