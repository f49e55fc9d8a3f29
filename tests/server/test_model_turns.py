"""A turn with a model, through the rehearsal: real adapter, real HTTP, real database; and what it may not do."""

import json
from datetime import datetime

import pytest
import sqlalchemy as sa

from evals.model.behaviours import honest
from evals.model.double import ModelDouble
from server.commands import import_folder
from server.folder import read_folder
from server.rehearsal import Rehearsal
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store import model_calls, threads
from server.store.engine import make_engine, migrate
from server.wiring import mind, open_tools, rehearsal_calendar

NOW = datetime.fromisoformat("2026-11-17T10:00:00-07:00")


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    opened = open_tools(Settings(data_dir=tmp_path_factory.mktemp("shop"), database_url=""))
    import_folder(opened, DEMO_FOLDER)
    return opened


class Shop:
    """Starts a conversation with a model; gives what is said to each text, and the state then."""

    def __init__(self, tools, folder):
        url = f"sqlite:///{folder}/talk.db"
        migrate(url)
        self.database, self._tools = make_engine(url), tools

    def __call__(self, double, **changed):
        business = read_folder(DEMO_FOLDER).business.model_copy(update=changed)
        thinks = mind(Settings(openai_base_url=double.url, model="a-model"))
        calendar, tools = rehearsal_calendar(None), self._tools
        talk = Rehearsal(
            business, tools.library, thinks, calendar, self.database, NOW, tools.embedder
        )

        def say(text):
            first = talk.play({"caller": text}, {"wait_s": 20})
            then = talk.play({"wait_s": 20}, None)
            return [*first["replies"], *then["replies"]], then["state"]

        return say


@pytest.fixture
def shop(tools, tmp_path):
    return Shop(tools, tmp_path)


def says(**fields):
    """A model that reads as the honest one does, but for this."""
    return lambda asked: honest(asked) | {"confidence": 0.9} | fields


def calls(database):
    with database.connect() as connection:
        thread = threads.thread_id("alder-creek-plumbing", "+15005550199")
        return model_calls.together(model_calls.by_turn(connection, thread).values())


def test_what_the_model_took_is_kept(shop):
    with ModelDouble() as double:
        shop(double)("how much is a drain cleaning?")

    spent = calls(shop.database)
    assert (spent.turns, spent.calls, spent.failed) == (1, 1, 0)
    assert spent.tokens_in > 400
    with shop.database.connect() as connection:
        why = connection.execute(sa.text("select why from text where author = 'agent'")).scalar_one()  # fmt: skip
    assert json.loads(why)["prompt"].startswith("understand ")


def test_a_time_that_only_the_model_hears_chosen_is_asked_back_and_then_booked(shop):
    with ModelDouble() as double:
        say = shop(double)
        _, state = say("can someone come thursday for a drain cleaning")
        assert len(state["offers"]) > 1
        double.behaviour = says(slot="s2", intents=["choose_slot"])

        asked, state = say("hmm it has to be after my shift ends, you know which")
        assert state["appointments"] == []
        assert "Reply 2 to book it" in asked[0]

        booked, state = say("yes")
        assert "You're booked" in booked[0]
        assert len(state["appointments"]) == 1


def test_a_yes_to_something_else_books_nothing_that_the_model_leaned_to(shop):
    with ModelDouble() as double:
        say = shop(double)
        say("can someone come thursday for a drain cleaning")
        double.behaviour = says(slot="s2", intents=["choose_slot"])
        say("hmm it has to be after my shift ends, you know which")
        double.behaviour = honest
        say("what does it cost?")

        _, state = say("yes")
        assert state["appointments"] == []


@pytest.mark.parametrize("text", ["2", "ok thanks", "yes"])
def test_a_plain_word_costs_no_call(shop, text):
    with ModelDouble() as double:
        shop(double)(text)

    assert double.calls == 0


@pytest.mark.parametrize("agreed", [False, True])
def test_what_patients_write_is_passed_on_only_under_an_agreement(shop, agreed):
    business = read_folder(DEMO_FOLDER).business
    privacy = business.privacy.model_copy(update={"health": True, "model_agreement": agreed})
    with ModelDouble() as double:
        shop(double, privacy=privacy)("how much is a drain cleaning?")

    assert double.calls == agreed


def test_kind_words_open_the_owner_s_answer(shop):
    with ModelDouble(says(draft="Happy to help! It is $1.", passages=["p1"])) as double:
        replies, _ = shop(double)("how much is a drain cleaning?")

    assert replies[0].startswith("Happy to help! ")
    assert "$149" in replies[0]
    assert "$1." not in replies[0]


def test_an_opt_out_that_only_the_model_hears_in_a_wish_is_a_person_s_to_look_at(shop):
    with ModelDouble(says(opt_out=True)) as double:
        replies, state = shop(double)("how much is a drain cleaning?")

    assert replies
    assert not state["opted_out"]
    assert [task["kind"] for task in state["tasks"]] == ["review"]


def test_what_a_caller_tells_is_remembered_and_shown_the_next_time(shop):
    with ModelDouble(says(keep=["the dog bites", "prices are $1"])) as double:
        say = shop(double)
        say("careful at the door, the dog bites")
        say("how much is a drain cleaning?")

    assert "Known of the caller: the dog bites\n" in double.asked[-1]["messages"][-1]["content"]


def test_an_emergency_that_nobody_has_taken_stays_one(shop):
    with ModelDouble() as double:
        say = shop(double)
        say("water is pouring through my ceiling")
        _, state = say("can somebody call me back please")

    assert state["reason"] == "emergency"


def test_who_cancels_after_all_is_not_told_that_the_visit_stays(shop):
    with ModelDouble() as double:
        say = shop(double)
        say("can someone come thursday for a drain cleaning")
        _, state = say("1")
        assert state["appointments"]
        replies, _ = say("lol actually nvm cancel that")

    assert "cancel" in replies[0].lower()
    assert "stays" not in replies[0]


def test_of_more_questions_than_are_answered_a_person_gets_the_rest(shop):
    asked = "how much is a drain cleaning? how much is a toilet? do you take cards? do you do financing? are you licensed?"
    with ModelDouble() as double:
        replies, state = shop(double)(asked)

    assert "passed it to a person" in replies[0]
    assert any("licensed" in task["note"] for task in state["tasks"])


def test_a_y_is_no_spanish(shop):
    with ModelDouble() as double:
        say = shop(double)
        say("can someone come thursday at 2pm for a drain cleaning")
        replies, state = say("y")

    assert not state["appointments"] or "booked" in replies[0]
    assert "libres" not in " ".join(replies)
