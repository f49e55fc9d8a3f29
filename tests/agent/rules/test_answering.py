"""Of the owner's own words only what was asked; of entries that fit alike the right one, or the question which."""

import pytest

from agent.model import Passage
from agent.rules.answering import answer, label
from agent.rules.questions import questions
from agent.rules.segments import segments
from agent.rules.which import kept, meant


def entry(heading, text, score=0.9, phrasings=()):
    return Passage(
        id=heading, document="faq.csv", heading=heading, text=text, score=score, phrasings=phrasings
    )


TANK = entry(
    "How much is a new water heater?", "A 40 gallon tank heater starts at $1,650 installed."
)
TANKLESS = entry(
    "Do you install tankless water heaters?",
    "Yes. Tankless starts at $3,400 installed. Most homes need a larger gas line.",
    0.8,
    ("on demand water heater",),
)  # fmt: skip
FULL = entry("How much are full highlights?", "Full highlights are $210.")
PARTIAL = entry("How much are partial highlights?", "Partial highlights are $120.", 0.85)
NOT_DONE = entry(
    "How we work > What we do not do",
    "- Septic tanks and drain fields\n- Wells and well pumps\n- Lawn sprinklers",
)
PRICES = entry(
    "Prices",
    "- Drain cleaning: $149\n- Camera inspection: $195\n- Toilet replacement: $420",
)
LONG = entry(
    "Renters and property managers",
    "If you rent, the owner or the property manager has to approve the work before we start. "
    "We can bill them if they have an account with us. "
    "In an emergency we shut the water off first and sort out the approval after. "
    "We keep the approval with the work order for two years, and we show it to whoever asks for it in writing.",
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("how much is a drain cleaning and are you open saturday", 2),
        ("Do you take Cigna, and is there parking?", 2),
        ("Where do I park? And $ for a men's cut, for my husband.", 2),
        ("¿cuanto cuesta un corte y abren el sabado?", 2),
        ("for a first visit, are the xrays included and how long will I be there?", 2),
        ("how much is a cut and color", 1),
        ("can you come and fix it tomorrow?", 1),
        ("My sink leaks since yesterday, we tried tape. how much is a repair", 1),
        ("hello", 1),
    ],
)
def test_a_text_is_taken_apart_into_its_questions(text, parts):
    assert len(questions(text)) == parts


def test_a_story_around_a_question_is_left_out():
    assert questions("We moved in last week. The tub is slow. how much is a cleaning?") == [
        "how much is a cleaning?"
    ]


@pytest.mark.parametrize(
    ("asked", "found", "says"),
    [
        ("how much for a tankless", [TANK, TANKLESS], "$3,400"),
        ("how much is an on demand heater", [TANK, TANKLESS], "$3,400"),
        ("price of a water heater", [TANK, TANKLESS], "$1,650"),
        ("how much are partial highlights", [FULL, PARTIAL], "$120"),
        ("do you do sprinklers", [NOT_DONE], "What we do not do: Lawn sprinklers."),
        ("how much is the camera", [PRICES], "Camera inspection: $195."),
    ],
)
def test_the_words_that_differ_pick_the_entry_or_row(asked, found, says):
    assert says in answer(asked, found).words


def test_a_question_may_run_over_the_texts_of_a_burst():
    assert questions("what would it cost\nto have you fit a toilet\nthat I bought myself") == [
        "what would it cost to have you fit a toilet that I bought myself"
    ]
    assert len(questions("how much is a cleaning\nare you open on sunday")) == 2


def test_where_the_question_does_not_say_which_the_caller_is_asked():
    told = answer("how much are highlights", [FULL, PARTIAL])

    assert told.asks_which
    assert [label(one) for one in told.alike] == ["full highlights", "partial highlights"]


@pytest.mark.parametrize(
    ("text", "says"),
    [("partial", "$120"), ("the second one", "$120"), ("1", "$210"), ("full please", "$210")],
)
def test_the_answer_to_which_is_understood(text, says):
    asked = kept("how much are highlights", [FULL, PARTIAL], "Do you mean one or the other?")

    named = meant(asked, "Do you mean one or the other?", text)

    assert named is not None
    assert named.passage == (PARTIAL if says == "$120" else FULL).id


def test_a_correction_names_the_other_entry_and_anything_else_does_not():
    told = kept("how much is a water heater", [TANK, TANKLESS], "It starts at $1,650.", asks=False)

    named = meant(told, "It starts at $1,650.", "no the tankless kind")
    assert named
    assert named.passage == TANKLESS.id
    assert meant(told, "It starts at $1,650.", "ok thanks") is None
    assert meant(told, "It starts at $1,650.", "how much is the tankless permit") is None
    assert meant(told, "What is the visit for?", "tankless install") is None


def test_one_detail_of_a_long_entry_is_told_alone_in_two_segments():
    told = answer("can you bill my property manager, do they need an account?", [LONG])

    assert "We can bill them if they have an account with us." in told.words
    assert "two years" not in told.words
    assert segments(told.words) <= 2


def test_what_leans_on_a_sentence_comes_with_it():
    fee = entry(
        "What if I cancel?",
        "Tell us a day before and there is no charge. After that the $69 fee applies, which we send by mail. "
        "Our office is open all week. We also keep your deposit on file for a later visit to the same house or another one.",
    )  # fmt: skip

    assert "no charge" in answer("when does the fee apply", [fee]).words


@pytest.mark.parametrize("asked", ["how much for a beard trim", "price of a wig"])
def test_the_price_of_another_thing_is_never_told(asked):
    assert answer(asked, [entry("How much is a haircut?", "A haircut is $30.")]).words == ""


def test_a_yes_to_the_owners_question_is_not_said_to_another_one():
    cards = entry("Do you take insurance?", "Yes, we take Delta Dental and MetLife.")

    assert answer("do you take aetna", [cards]).words == "We take Delta Dental and MetLife."
    assert answer("do you take insurance", [cards]).words.startswith("Yes")


def test_nothing_worth_saying_is_no_answer():
    assert answer("do you fix pianos", [entry("Parking?", "On the street.", 0.3)]).words == ""
    assert answer("do you fix pianos", []).words == ""
