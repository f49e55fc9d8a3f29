"""Where an owner begins: every trade has hours, services and twenty questions whose answers are the owner's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.business import WEEKDAYS
from agent.errors import BadInput
from agent.rules import typical
from agent.rules.phone_zone import title, zone_of

TRADES = list(typical.trades())


def question(trade, name):
    return next(one for one in typical.questions(trade) if one.id == name)


@pytest.mark.parametrize("trade", TRADES)
def test_every_trade_has_twenty_questions_hours_and_services(trade):
    asked = typical.questions(trade)

    assert len({one.id for one in asked}) == 20
    assert all(one.choices for one in asked if one.kind in ("one", "several"))
    assert all(one.unit for one in asked if one.kind == "number")
    assert all(one.hint for one in asked if one.kind == "words")
    assert set(typical.week(trade)) == set(WEEKDAYS)
    assert typical.week(trade)["mon"]
    assert typical.services(trade)


def test_the_menu_is_no_trade():
    assert "menu" not in TRADES


@pytest.mark.parametrize("trade", TRADES)
def test_whatever_is_tapped_becomes_whole_sentences(trade):
    for one in typical.questions(trade):
        taps = {"one": one.choices[-1:], "several": one.choices, "number": ["12"], "words": [one.hint]}[one.kind]  # fmt: skip

        said = typical.answer(one, taps)

        assert said.endswith((".", "!", "?"))
        assert "{" not in said


@pytest.mark.parametrize("given_", [(), ("",), ("  ",)])
@pytest.mark.parametrize("trade", TRADES)
def test_what_is_not_answered_is_never_said(trade, given_):
    assert {typical.answer(one, given_) for one in typical.questions(trade)} == {""}


def test_several_taps_are_listed_in_the_order_of_the_page():
    pay = question("plumbing", "pay")

    assert typical.answer(pay, ["Zelle", "cash", "checks"]) == "We take cash, checks and Zelle."


@pytest.mark.parametrize(
    ("typed", "said"),
    [("89", "$89."), ("$89.50", "$89.50."), ("1,250", "$1250."), ("0", "no fee")],
)
def test_numbers_are_read_as_people_write_them(typed, said):
    assert said in typical.answer(question("plumbing", "fee"), [typed])


@pytest.mark.parametrize("typed", ["lots", "-5", "1e9", "nan"])
def test_what_is_no_number_is_refused_in_words(typed):
    with pytest.raises(BadInput, match="number"):
        typical.answer(question("plumbing", "fee"), [typed])


def test_a_choice_that_is_not_on_the_page_is_refused():
    with pytest.raises(BadInput, match="choices"):
        typical.answer(question("plumbing", "emergency"), ["Maybe"])


@given(st.text(max_size=400))
def test_own_words_are_kept_or_refused_and_never_break(words):
    area = question("plumbing", "area")
    try:
        said = typical.answer(area, [words])
    except BadInput:
        assert len(" ".join(words.split())) > typical.WORDS_AT_MOST
    else:
        assert (said == "") == (not words.strip())


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+13035550140", "America/Denver"),
        ("+12125550140", "America/New_York"),
        ("+16025550140", "America/Phoenix"),
        ("+18085550140", "Pacific/Honolulu"),
        ("+18005550140", None),
        ("+10001234567", None),
        ("nothing", None),
    ],
)
def test_a_number_tells_its_time_zone_where_its_digits_do(number, zone):
    assert zone_of(number) == zone


def test_zones_have_the_names_that_people_use():
    assert (title("America/Denver"), title("Europe/Paris")) == ("Mountain", "Paris")
