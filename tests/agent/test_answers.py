"""Questions through whole turns: which entry is meant, follow-ups, and what the caller is told when an answer is cut."""

import json
from datetime import datetime, timedelta

import pytest

from agent import inbound
from agent.graph import Conversation
from agent.model import Fit, Offers, Passage
from agent.ports import Ports
from agent.state import Turn
from knowledge.embedding import embedder
from knowledge.index import PassageIndex

NOW = datetime.fromisoformat("2026-11-17T10:00:00-07:00")
SHOP = {
    "slug": "alder",
    "name": "Alder Creek",
    "industry": "plumbing",
    "timezone": "America/Denver",
    "phone": "+13035550140",
    "address": "120 Alder St",
    "hours": {"mon": ["08:00-17:00"], "tue": ["08:00-17:00"]},
    "calendars": [],
    "services": [],
    "staff": [{"id": "mia", "name": "Mia Torres", "phone": "+13035550141"}],
    "on_call": [{"staff": "mia"}],
}
ENTRIES = {
    "How much is a water softener install for a house?": "A water softener install for a house is $900.",
    "How much is a water softener install for a shop?": "A water softener install for a shop is $1,900.",
    "How much is a drain cleaning?": "Drain cleaning is $149.",
    "Do you have gift cards?": "Gift cards make the perfect present, grab yours today and save 20%!",
    "Do I need an appointment?": "No appointment needed. Just come in.",
    "Do you do camera inspections?": "Yes. A camera inspection is $195, and we send you the video.",
    "What is in a full service?": "A full service takes the whole morning and "
    + "checks every tap, valve, drain and pipe of the house from the attic to the basement " * 5,
}


class NoTimes:
    def offer(self, business, caller, service, wish, moves=None):
        return Offers(fit=Fit.NOTHING)

    def book(self, business, caller, hold):
        raise AssertionError("nothing was offered")

    def cancel(self, business, caller, visit):
        raise AssertionError("nothing is booked")

    def release(self, business, caller):
        pass


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    index = PassageIndex(tmp_path_factory.mktemp("index"), embedder("minilm-int8"))
    passages = [
        Passage(id=str(place), document="faq.csv", heading=heading, text=text)
        for place, (heading, text) in enumerate(ENTRIES.items())
    ]
    return index, index.open("alder", passages, 1)


class Talk:
    """One caller's texts, each answered before the next."""

    def __init__(self, documents):
        self._index, self._open = documents
        self._conversation = Conversation(
            Ports(knowledge=self, diary=NoTimes(), mind=None, embedder=self._index._store.embedder)
        )
        self.history, self.memory = [], {}

    def search(self, business, question, limit):
        return self._index.search(self._open, question, limit)

    def __call__(self, text):
        at = (NOW + timedelta(minutes=len(self.history))).isoformat()
        asked = {"seq": len(self.history), "author": "caller", "body": text, "at": at, "kind": None, "media": []}  # fmt: skip
        turn = Turn(
            key=f"t{len(self.history)}",
            now=at,
            business=json.dumps(SHOP),
            caller="+13035550199",
            texts=[asked | {"carrier_acts": False}],
            owner="agent",
            opted_out=False,
            history=list(self.history),
            memory=self.memory,
        )
        self.decision = inbound.answer(turn, self._conversation)
        said = " ".join(reply["body"] for reply in self.decision.replies)
        self.history += [asked, asked | {"author": "agent", "body": said, "kind": "reply"}]
        self.memory = self.decision.memory
        return said


@pytest.fixture
def talk(documents):
    return Talk(documents)


@pytest.mark.parametrize("answer", ["2", "the second one", "the {}", "for a {} please", "{} one"])
def test_the_caller_is_asked_which_and_answers(talk, answer):
    asked = talk("how much is a water softener install")
    second = "shop" if asked.index("shop") > asked.index("house") else "house"

    assert asked.startswith("Do you mean")
    assert f"for a {second} is" in talk(answer.format(second))


@pytest.mark.parametrize("correction", ["no i meant for the shop", "and for the shop?"])
def test_a_correction_brings_the_other_entry(talk, correction):
    assert "$900" in talk("how much is a water softener install for a house?")

    assert "$1,900" in talk(correction)


@pytest.mark.parametrize(
    "later", ["thanks", "its the blue house on the corner", "no thanks, we have no shop"]
)
def test_what_names_no_entry_brings_none(talk, later):
    talk("how much is a water softener install for a house?")

    assert "$" not in talk(later)


def test_a_correction_counts_for_the_next_text_only(talk):
    talk("how much is a water softener install for a house?")
    talk("thanks")

    assert "$1,900" not in talk("its the shop on the corner")


def test_a_wish_to_be_called_goes_before_the_entry_that_it_names(talk):
    talk("how much is a water softener install for a house?")

    assert "call you back" in talk("please call me about the shop one")
    assert [one["kind"] for one in talk.decision.tasks] == ["callback"]


def test_another_price_is_another_question(talk):
    talk("how much is a water softener install for a house?")

    assert "$195" in talk("what does a camera inspection cost?")


def test_an_answer_that_is_cut_away_becomes_a_persons(talk):
    said = talk("how much is a drain cleaning? do you have gift cards?")

    assert "$149" in said
    assert "person" in said
    assert "perfect" not in said
    assert [one["kind"] for one in talk.decision.tasks] == ["question"]
    assert [one["answered"] for one in talk.decision.questions] == [True, False]


def test_a_no_is_not_taken_from_the_word_that_it_belongs_to(talk):
    said = talk("do i need an appointment to drop off a pump for repair?")

    assert not said.startswith("Appointment needed")


def test_a_sentence_too_long_for_two_segments_is_not_sent(talk):
    assert len(talk("what is in a full service?")) <= 306


def test_a_question_and_another_that_nobody_has_written_down(talk):
    said = talk("how much is a drain cleaning and do you tune violins?")

    assert "$149" in said
    assert [one["note"] for one in talk.decision.tasks] == ["do you tune violins?"]


def test_two_questions_that_the_profile_and_a_document_answer(talk):
    said = talk("where are you located, and how much is a drain cleaning?")

    assert "120 Alder St" in said
    assert "$149" in said
