"""What sells is cut, with what leans on it; what was asked for and plainly said stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.data import weights
from agent.rules import marketing, selling
from agent.rules.sentences import sentences
from evals.selling.texts import fingerprint
from knowledge.embedding import embedder

MINILM = embedder("minilm-int8")
assert MINILM is not None
EMBEDDERS = [pytest.param(None, id="words"), pytest.param(MINILM.embed, id="vectors")]


def left_of(draft, asked, embed=None):
    return " ".join(one.kept for one in marketing.judge(draft, asked, embed) if one.kept)


def test_the_weights_were_made_of_the_texts_beside_them():
    """`make train` makes them anew after a change of the texts, the rules or the features."""
    assert str(weights(selling.MODEL)["fingerprint"]) == fingerprint()


@pytest.mark.parametrize("embed", EMBEDDERS)
@pytest.mark.parametrize(
    ("draft", "asked", "left"),
    [
        ("You're set for Friday at 2. While we're out there, want to add a gutter cleaning?", "fri at 2", "You're set for Friday at 2."),
        ("A tune-up is $99, and our Comfort Club at $249 is the best value.", "price of a tune up?", "A tune-up is $99."),
        ("A tune-up is $99 - the lowest price in town!", "price of a tune up?", "A tune-up is $99."),
        ("A tune-up is $99 (20% off this week only!).", "price of a tune up?", "A tune-up is $99."),
        ("Yes, we fix boilers. Most of our customers choose the Platinum Plan. It covers parts too. Want to hear more?", "do you fix boilers", "Yes, we fix boilers."),
        ("We open at 9. P.S. Our summer sale ends tonight! Reply YES to join.", "when do you open", "We open at 9."),
        ("Thanks for coming in. Good news! Refer a friend and you both get $20. Just say the word.", None, "Thanks for coming in."),
        ("Su cita es el martes a las 10. Aproveche nuestro 20% de descuento en limpiezas.", "martes", "Su cita es el martes a las 10."),
        ("Order today and we'll throw in a free filter.", "do you have filters", ""),
        ("Half-price wings all night for members!", None, ""),
        ("¡Síganos en Instagram para ver ofertas!", None, ""),
    ],
)  # fmt: skip
def test_a_pitch_goes_and_the_answer_before_it_stays(draft, asked, left, embed):
    assert left_of(draft, asked, embed) == left


@pytest.mark.parametrize("embed", EMBEDDERS)
@pytest.mark.parametrize(
    ("said", "asked", "not_asked"),
    [
        ("Students get 15% off with an ID.", "is there a student discount?", "what time do you open"),
        ("You can leave a review on Google.", "where can I leave a review?", "ok thanks"),
        ("We pay $50 per referral.", "do you have a referral program?", "can you come monday"),
        ("Financing is available at 6% for 24 months.", "can I pay over time? financing?", "is it fixed"),
        ("Upgrade to express delivery costs $12.", "how much is express delivery", "is my part in"),
    ],
)  # fmt: skip
def test_the_same_fact_stays_when_asked_for_and_goes_when_not(said, asked, not_asked, embed):
    assert left_of(said, asked, embed) == said
    assert left_of(said, not_asked, embed) == ""


@pytest.mark.parametrize("embed", EMBEDDERS)
@pytest.mark.parametrize(
    ("draft", "asked"),
    [
        ("The silver plan is $120 a year. The gold plan is the better deal.", "how much is the silver plan"),
        ("The coupon is valid until Friday, so don't miss out!", "is the coupon still valid?"),
        ("Yes, we have a senior discount. Hurry, this week only!", "any senior discount?"),
    ],
)  # fmt: skip
def test_pressure_and_steering_go_whatever_was_asked(draft, asked, embed):
    assert 0 < len(left_of(draft, asked, embed)) < len(draft)


@pytest.mark.parametrize("embed", EMBEDDERS)
@pytest.mark.parametrize(
    ("draft", "asked"),
    [
        ("You're booked for Monday at 9. Reply YES to confirm.", "monday at 9"),
        ("Deal, Thursday at 4 then.", "deal? thursday at 4"),
        ("Rescheduling is free.", "is there a fee to move it"),
        ("The Palm Inn has 4 stars and costs $110 a night.", "find me a hotel"),
        ("Only two tables are left for 8 people at 7. Which name?", "how many tables are left at 7"),
        ("Your code is 55120. Don't share it with anyone.", None),
        ("This is urgent. Leave the house now and call 911.", "i smell gas"),
        ("hey r u free now? call me when u get home", None),
        ("Tenemos hora el jueves a las 9. ¿Le conviene?", "tiene hora el jueves"),
    ],
)  # fmt: skip
def test_ordinary_texts_are_left_alone(draft, asked, embed):
    assert left_of(draft, asked, embed) == " ".join(sentences(draft))


def test_what_follows_a_pitch_but_belongs_to_the_visit_stays():
    draft = (
        "You're booked for Monday at 9. Ask about our VIP club! Reply YES to confirm your visit."
    )

    assert left_of(draft, None) == "You're booked for Monday at 9. Reply YES to confirm your visit."


def test_a_template_is_told_what_of_it_sells():
    template = "Sorry we missed you. What do you need? Ask about our spring specials! Reply STOP to opt out."

    assert marketing.selling_in(template) == ["Ask about our spring specials!"]


@given(st.text(max_size=200), st.none() | st.text(max_size=60))
def test_every_sentence_is_judged_once_and_a_cut_has_a_reason(draft, asked):
    judged = marketing.judge(draft, asked)

    assert [one.sentence for one in judged] == sentences(draft)
    assert all(one.why or one.kept == one.sentence for one in judged)
