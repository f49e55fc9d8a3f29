"""Whatever the model does, the caller is answered soon and once, and booked once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from evals.faults import MORE_FAULTS
from evals.model.double import ModelDouble
from evals.product import MIA, until
from tests.faults.crowd import PLAIN_STOP, phones
from tests.visitor import Visitor

TRY_S, TURN_S = 0.8, 1.6
SOON_S = TURN_S + 6.0
"""A turn that fails, and what a busy machine adds."""
PRICE, LICENCE = "how much is a drain cleaning?", "are you licensed and insured?"
WISH = "when could somebody come to unclog my kitchen sink?"
BOOKED = "You're booked"
WORDS = "Mia here, I'll look after this myself."


class Moody:
    """A model that fails as it is told to at the moment."""

    def __init__(self):
        self.fault = None
        self.double = ModelDouble(faults=lambda _: self.fault)

    def fails(self, fault):
        self.fault = fault

    def is_asked(self, product, text, caller):
        """Send a text and wait until the model has been asked for it."""
        before = self.double.calls
        product.text(text, caller=caller)
        until(lambda: self.double.calls > before, "the model is asked")


@pytest.fixture(scope="module")
def moody():
    one = Moody()
    with one.double:
        yield one


@pytest.fixture(scope="module")
def thinking(moody, start_product):
    """A product whose model has little time."""
    product = start_product(
        OPENAI_BASE_URL=moody.double.url,
        RINGBACK_MODEL_TIMEOUT_S=str(TRY_S),
        RINGBACK_MODEL_TURN_S=str(TURN_S),
    )
    yield product
    product.stop()


@pytest.fixture(scope="module")
def numbers():
    return iter(phones(100, first=9000))


@pytest.fixture
def model(moody, thinking, numbers):
    """Well before and after each test, so that it never rests after the failures of another one."""
    yield moody
    moody.fails(None)
    moody.double.delay_s = 0
    healed = next(numbers)
    moody.is_asked(thinking, PRICE, healed)
    thinking.replied(1, to=healed)


@pytest.fixture
def caller(numbers):
    return next(numbers)


@pytest.fixture(scope="module")
def mia(thinking):
    visitor = Visitor(thinking).signs_in("mia", thinking.password)
    yield visitor
    visitor.http.close()


@pytest.mark.parametrize("fault", ["status_500", "status_429", "hang", "broken_body"])
def test_a_caller_is_answered_and_booked_while_every_call_fails(thinking, model, caller, fault):
    model.fails(fault)
    before = model.double.calls

    replies = [_told(thinking, caller, text) for text in (PRICE, WISH, "1")]

    for words, reply in zip(("$149", "1)", BOOKED), replies, strict=True):
        assert words in reply
    assert model.double.calls - before >= 2
    thinking.stays_silent(3, 0.5, to=caller)
    assert _visits(thinking, caller) == 1


@pytest.mark.parametrize("fault", MORE_FAULTS, ids=lambda fault: fault.name)
def test_the_rules_answer_where_a_model_says_what_nobody_expects(thinking, model, caller, fault):
    model.fails(fault)

    reply = _told(thinking, caller, PRICE)

    assert "$149" in reply
    assert reply.isprintable()


def test_a_choice_repeated_after_the_model_has_failed_is_booked_once(thinking, model, caller):
    choice = _choice(_told(thinking, caller, WISH))
    assert BOOKED in _told(thinking, caller, choice)

    model.fails("status_500")
    _told(thinking, caller, choice)

    thinking.stays_silent(3, 0.5, to=caller)
    assert _visits(thinking, caller) == 1


def test_a_choice_sent_again_while_the_model_hangs_is_booked_once(thinking, model, caller):
    choice = _choice(_told(thinking, caller, WISH))
    model.fails("hang")

    model.is_asked(thinking, choice, caller)
    thinking.text("1", caller=caller)

    until(lambda: _visits(thinking, caller), "a visit", SOON_S)
    time.sleep(TURN_S)
    assert _visits(thinking, caller) == 1
    assert sum(BOOKED in body for body in thinking.bodies(caller)) == 1


@pytest.mark.parametrize(
    ("fault", "delay_s", "apart_s"),
    [(None, 0.5, 0.03), ("hang", 0, 0.03), ("status_500", 0, 0.4)],
)
def test_texts_that_overtake_a_model_are_each_answered_once(
    thinking, model, caller, fault, delay_s, apart_s
):
    model.fails(fault)
    model.double.delay_s = delay_s

    with ThreadPoolExecutor(2) as phone:
        phone.submit(thinking.text, PRICE, caller=caller)
        time.sleep(apart_s)
        phone.submit(thinking.text, LICENCE, caller=caller)

    answers = ("Drain cleaning is $149", "contractor license")
    until(lambda: all(_said(thinking, caller, answers)), "both answers", SOON_S)
    time.sleep(0.5)
    assert _said(thinking, caller, answers) == [1, 1]


def test_the_agent_is_silent_once_a_person_answers_while_the_model_hangs(
    thinking, model, mia, caller
):
    model.fails("hang")
    model.is_asked(thinking, PRICE, caller)

    answered = mia.sends(f"/inbox/{caller[1:]}/send", {"body": WORDS, "key": f"mia-{caller}"})

    assert answered.status_code == 303, answered.text
    thinking.replied(1, to=caller)
    time.sleep(TURN_S + 1)
    assert thinking.bodies(caller) == [WORDS]


def test_nothing_but_the_confirmation_follows_a_stop_while_the_model_hangs(thinking, model, caller):
    model.fails("hang")
    model.is_asked(thinking, PRICE, caller)

    thinking.text(PLAIN_STOP, caller=caller)

    said = thinking.replied(1, to=caller)
    assert "opted out" in said[0]
    time.sleep(TURN_S + 1)
    assert thinking.bodies(caller) == said


def test_an_emergency_is_answered_and_a_person_alerted_while_the_model_hangs(
    thinking, model, caller
):
    alerts = len(thinking.bodies(MIA))
    model.fails("hang")

    reply = _told(thinking, caller, "my basement is flooding right now, water everywhere")

    assert "shut off the main water valve" in reply
    until(lambda: len(thinking.bodies(MIA)) > alerts, "an alert")


def _told(product, caller, text):
    """The one reply to a text, in time."""
    before = len(product.bodies(caller))
    product.text(text, caller=caller)
    said = product.replied(before + 1, caller, SOON_S)
    assert len(said) == before + 1, said
    return said[-1]


def _choice(offer):
    """The first time of an offer, in words for which a model is asked."""
    return f"{offer.partition('1) ')[2].splitlines()[0]} works great for me, thanks"


def _said(product, caller, answers):
    """How often a caller was given each of these answers."""
    said = "\n".join(product.bodies(caller))
    return [said.count(words) for words in answers]


def _visits(product, caller):
    with product.database().connect() as connection:
        booked = sa.text(
            "select count(*) from appointment where state = 'booked' and thread like :of"
        )
        return connection.execute(booked, {"of": f"%{caller}"}).scalar_one()
