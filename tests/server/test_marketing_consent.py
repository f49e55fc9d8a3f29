"""Marketing by text: asked once, by a person, of one caller; only that caller's plain yes is consent."""

from datetime import UTC, datetime

import pytest

from agent.business import Texting
from agent.errors import BadInput
from evals.playing import Stage
from server.marketing_consent import Asking
from server.marketing_standing import standing
from server.store import businesses, consents, threads

SHOP, CALLER = "alder-creek-plumbing", "+15005550199"
THREAD = f"{SHOP}:{CALLER}"
FIRST = "Alder Creek Plumbing: Sorry we missed your call. What do you need? Reply STOP to opt out."
NOON = "2026-11-17T12:00:00-07:00"
TALK = ("do you do drain cleaning?", "thanks!")


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    return Stage(tmp_path_factory.mktemp("stage"))


class Chat:
    """One caller with the demo business, whose staff may ask about seasonal offers."""

    def __init__(self, scene, now, **profile):
        self.scene, self.rehearsal = scene, scene.rehearsal
        wanted = {"texting": Texting(ask_marketing="seasonal offers"), **profile}
        self.business = scene.business.model_copy(update=wanted)
        with scene.database.begin() as connection:
            businesses.save(connection, self.business, datetime.fromisoformat(now))

    def caller(self, *bodies):
        """The replies to texts a minute apart."""
        events = [one for body in bodies for one in ({"caller": body}, {"wait_s": 20})]
        return [reply for event in events for reply in self.rehearsal.play(event, None)["replies"]]

    def wait(self, hours):
        return self.rehearsal.play({"wait_s": hours * 3600}, None)

    def staff(self, **does):
        return self.rehearsal.play({"staff": {"name": "Mia"} | does}, None)

    @property
    def shown(self):
        with self.scene.database.begin() as connection:
            thread = threads.get(connection, THREAD)
            assert thread
            return standing(connection, thread, self.business, self._now())

    def ask(self, words=None):
        """What the caller then reads."""
        words = words or (self.shown.words if self.shown else "anything")
        with self.scene.database.begin() as connection:
            jobs = self.rehearsal._jobs
            Asking(jobs=jobs).ask(connection, THREAD, "mia", words, self._now())
        return self.rehearsal.play({"wait_s": 1}, None)["replies"]

    @property
    def subscribers(self):
        with self.scene.database.begin() as connection:
            return consents.subscribers(connection, SHOP)

    def _now(self):
        return self.rehearsal._clock.now()


@pytest.fixture
def chat(stage):
    open_scenes = []

    def begin(now=NOON, **profile):
        held = stage.scene({"business": SHOP, "now": now, "setup": {"first_text": FIRST}})
        open_scenes.append(held)
        return Chat(held.__enter__(), now, **profile)

    yield begin
    for one in open_scenes:
        one.__exit__(None, None, None)


def test_the_question_says_who_what_that_it_is_optional_and_how_to_stop(chat):
    talk = chat()
    talk.caller(*TALK)

    [asked] = talk.ask()

    assert asked.startswith("Alder Creek Plumbing: ")
    for words in ("seasonal offers", "optional", "Reply YES", "data rates", "STOP"):
        assert words in asked
    assert "Asked about seasonal offers" in talk.shown.state


def test_a_spanish_caller_is_asked_and_answered_in_spanish(chat):
    talk = chat()
    talk.caller("hola, hacen limpieza de drenajes?", "gracias!")

    assert "Responda SI" in talk.ask()[0]
    assert "suscripcion" in talk.caller("sí")[0]
    assert len(talk.subscribers) == 1


@pytest.mark.parametrize("answer", ["YES", "Yes please", "si", "yes!"])
def test_a_plain_yes_is_consent_with_its_evidence(chat, answer):
    talk = chat()
    talk.caller(*TALK)
    [asked] = talk.ask()

    [told] = talk.caller(answer)

    [one] = talk.subscribers
    assert "subscribed to seasonal offers" in told
    assert one.caller == CALLER
    assert (one.evidence["asked"], one.evidence["answered"]) == (asked, answer)
    assert one.evidence["asked_by"] == "mia"
    assert one.evidence["sid"]
    assert one.evidence["ask_sid"]
    assert "Subscribed to seasonal offers" in talk.shown.state


@pytest.mark.parametrize(
    "answer", ["ok", "sure", "yes how much is it?", "yes but not by text", "I might", "YES STOP"]
)
def test_anything_else_is_no_consent_and_is_read_as_usual(chat, answer):
    talk = chat()
    talk.caller(*TALK)
    talk.ask()

    told = talk.caller(answer)

    assert talk.subscribers == []
    assert not any("subscribed" in one for one in told)


def test_a_no_is_answered_in_one_sentence_and_never_asked_again(chat):
    talk = chat()
    talk.caller(*TALK)
    talk.ask()

    assert talk.caller("No thanks") == ["Okay, we won't. Text us here if you need anything."]
    assert talk.subscribers == []
    with pytest.raises(BadInput):
        talk.ask()


def test_a_yes_that_answers_something_else_or_comes_too_late_is_no_consent(chat):
    unasked, asked_since, wrote_since, late = chat(), chat(), chat(), chat()
    for talk in (unasked, asked_since, wrote_since, late):
        talk.caller(*TALK)
    for talk in (asked_since, wrote_since, late):
        talk.ask()
    asked_since.staff(action="send", text="Shall I come on Tuesday?")
    wrote_since.caller("what are your hours?")
    late.wait(73)

    for talk in (unasked, asked_since, wrote_since, late):
        talk.caller("yes")

        assert talk.subscribers == []


def test_stop_revokes_this_too_and_start_does_not_bring_it_back(chat):
    talk = chat()
    talk.caller(*TALK)
    talk.ask()
    talk.caller("yes")
    assert len(talk.subscribers) == 1

    talk.caller("STOP")
    assert talk.subscribers == []
    talk.caller("START")

    assert talk.subscribers == []


@pytest.mark.parametrize(
    ("said", "now", "profile"),
    [
        ((), NOON, {}),  # has not written yet
        (TALK, "2026-11-17T22:30:00-07:00", {}),
        (("STOP",), NOON, {}),
        (("I smell gas in the kitchen",), NOON, {}),
        (("how about drain cleaning on thursday?",), NOON, {}),  # times are on offer
        (TALK, NOON, {"industry": "dental"}),
        (TALK, NOON, {"texting": Texting()}),  # the owner asks nobody
        (TALK, NOON, {"texting": Texting(ask_marketing="offers", mode="shadow")}),
    ],
)
def test_it_is_not_asked_where_it_must_not_be(chat, said, now, profile):
    talk = chat(now, **profile)
    talk.caller(*said)

    with pytest.raises(BadInput):
        talk.ask()

    assert talk.subscribers == []


def test_only_the_text_that_was_seen_is_sent(chat):
    talk = chat()
    talk.caller(*TALK)

    with pytest.raises(BadInput, match="has changed"):
        talk.ask("Buy now!")


def test_the_owner_alone_gets_the_list_of_subscribers(two_businesses, mia, sam):
    now = datetime(2026, 11, 17, 19, 0, tzinfo=UTC)
    evidence = {
        "about": "seasonal offers",
        "asked": "=Alder Creek",
        "answered": "yes",
        "sid": "SM1",
    }
    with two_businesses.database().begin() as connection:
        for caller in ("+17205550901", "+17205550902"):
            consents.note(connection, SHOP, caller, consents.MARKETING, evidence, now)
        consents.note(connection, SHOP, "+17205550902", "opt_out", {}, now)

    table = mia.http.get("/business/subscribers.csv").text

    assert "+17205550901,2026-11-17T19:00:00+00:00,seasonal offers,'=Alder Creek" in table
    assert "+17205550902" not in table
    assert sam.http.get("/business/subscribers.csv").status_code == 403
