"""A model's words reach a caller only where the business has said them, or where they claim nothing."""

import pytest

from agent.model import Asked, Draft, Evidence, Passage
from agent.rules import courtesy, drafts

DRAIN = Passage(
    id="p", document="faq.csv", heading="How much is a drain cleaning?",
    text="Drain cleaning (one sink or tub line) is $149.", score=0.8,
)  # fmt: skip
LIST = Passage(
    id="l",
    document="faq.md",
    heading="What we do not do",
    text="- Septic tanks\n- Wells",
    score=0.8,
)


def held(text, question="how much is a drain cleaning?", *passages):
    backing = passages or (DRAIN,)
    draft = Draft(text=text, evidence=tuple(one.evidence for one in backing))
    return drafts.held(draft, Asked(words=question, passages=backing))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A drain cleaning is $149.", "A drain cleaning is $149."),
        ("Happy to help! It's $149 for one tub line.", "It's $149 for one tub line."),
        ("It's $149. Thanks for asking!", "It's $149."),
        ("It's $129.", ""),
        ("It's $149. We can come tonight.", ""),
        ("Yes, we do.", ""),
        ("Is one line enough?", ""),
        ("Sorry to hear that!", ""),
    ],
)
def test_only_what_the_business_wrote_is_said(text, said):
    assert held(text) == said


def test_a_row_is_not_said_without_its_title():
    assert held("- Septic tanks", "do you do septic tanks", LIST) == ""


def test_a_yes_is_of_what_was_asked():
    cards = Passage(id="c", document="d", heading="Do you take cards?", text="Yes, cards are fine.", score=0.6)  # fmt: skip

    assert held("Yes, cards are fine.", "do you take cards", cards)
    assert not held("Yes, we take cards.", "do you take cards", cards)
    assert not held("Yes, cards are fine.", "do you take bitcoin", cards)


@pytest.mark.parametrize(
    ("heading", "text", "draft"),
    [
        ("What we do not do", "Septic tanks\nWells", "We do septic tanks."),
        ("Sundays", "We do not work on Sundays.", "We work on Sundays."),
        ("Cards", "We take cards only for parts.", "We take cards for parts."),
    ],
)
def test_no_limit_is_lost(heading, text, draft):
    said = Passage(id="n", document="d", heading=heading, text=text, score=0.8)

    assert held(draft, "do you", said) == ""


def test_a_draft_leans_on_what_fits_best():
    other = Passage(id="o", document="d", heading="Warranty", text="Drains stay clear for 30 days.", score=0.6)  # fmt: skip
    draft = Draft(text="Drains stay clear for 30 days.", evidence=(other.evidence,))

    assert drafts.held(draft, Asked(words="do you do drains", passages=(DRAIN, other))) == ""


def test_what_was_only_shown_and_does_not_fit_is_no_answer():
    far = Passage(id="p", document="d", heading=DRAIN.heading, text=DRAIN.text, score=0.2)

    assert held("Drain cleaning is $149.", "do you like jazz", far) == ""


@pytest.mark.parametrize(
    "text",
    ["Sorry to hear that!", "Happy to help!", "Good question.", "Thanks for letting us know!", "Gracias por escribirnos.", "Siento mucho la molestia.", "I'm so sorry to hear that!"],
)  # fmt: skip
def test_kind_words_claim_nothing(text):
    assert courtesy.courteous(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sorry, we're closed.", "Happy to come today!", "Thanks, it's free!", "Good news: 10 % off.", "Sure thing!", "No problem, we'll be there.",
        "Thanks, we're getting back to you.", "Fair question, we're here this evening for you!", "Good question, it's good!", "We're here for you.", "Hi, this is Mia.", "Thanks, you're booked!", "Sorry to hear that, is it urgent?", "",
    ],
)  # fmt: skip
def test_whatever_claims_something_is_not_only_kind(text):
    assert not courtesy.courteous(text)


def test_who_only_asks_is_not_pitied():
    assert courtesy.opening("Sorry to hear that! It's $149.", plain=True) == ""
    assert courtesy.opening("Sorry to hear that! It's $149.", plain=False) == "Sorry to hear that!"
    assert courtesy.opening("Happy to help! It's $149.", plain=True) == "Happy to help!"


def test_evidence_of_the_profile_is_enough():
    fact = Evidence(id="profile-0", kind="profile", text="We're open Mon-Fri 8:00 AM-5:00 PM.")
    draft = Draft(text="We're open Mon-Fri 8:00 AM-5:00 PM.", evidence=(fact,))

    assert drafts.held(draft, Asked(words="when are you open"))
