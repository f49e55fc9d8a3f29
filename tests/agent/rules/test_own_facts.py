"""What the profile answers by itself, and what nobody may answer by text."""

from datetime import datetime
from pathlib import Path

import pytest

from agent.model import Reason
from agent.rules import advice, own_facts
from agent.rules.reading import read
from server.folder import read_folder
from server.serving import DEMO_FOLDER

BUSINESSES = Path(__file__).parents[2] / "conversations" / "businesses"


@pytest.fixture(scope="module")
def plumber():
    return read_folder(DEMO_FOLDER).business


@pytest.fixture(scope="module")
def dentist():
    return read_folder(BUSINESSES / "prairie-lane-dental").business


@pytest.fixture(scope="module")
def lawyers():
    return read_folder(BUSINESSES / "reyes-calloway-law").business


def told(business, text):
    now = datetime(2026, 11, 16, 9, 30, tzinfo=business.zone)
    return [
        one.text
        for one in own_facts.facts(business, read(text, None, now, business.hours), text, now)
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("are you open on saturday?", "We're open Sat Nov 21, 9 AM-1 PM."),
        ("are you open sunday?", "We're closed Sun Nov 22."),
        ("are you open on nov 26?", "We're closed Thu Nov 26."),
        ("u open today?", "We're open Mon Nov 16, 8 AM-5 PM."),
        ("what are your hours", "We're open Mon-Fri 8 AM-5 PM; Sat 9 AM-1 PM."),
        ("where are you located?", "We're at 120 Alder St, Boulder, CO 80302."),
        ("how much for a drain cleaning?", "Drain cleaning: $149."),
        ("¿abren el sábado?", "Abrimos el sab nov 21, 9 AM-1 PM."),
    ],
)
def test_hours_closures_address_and_prices_are_told_from_the_profile(plumber, text, words):
    assert told(plumber, text) == [words]


def test_a_break_is_told(dentist):
    assert told(dentist, "are you open tuesday?") == [
        "We're open Tue Nov 17, 8 AM-12 PM, 1 PM-5 PM."
    ]


def test_in_health_no_text_names_a_service_by_its_price(dentist):
    assert told(dentist, "how much is whitening?") == []


@pytest.mark.parametrize(
    "text", ["can the guy open the drain cover?", "is it open ended", "do you do water heaters"]
)
def test_nothing_is_told_that_was_not_asked(plumber, text):
    assert told(plumber, text) == []


def test_a_dose_is_nobodys_to_say_by_text(dentist):
    text = "should i skip my warfarin the night before?"

    assert advice.asked(dentist, text, answered=True) is Reason.MEDICAL_ADVICE


def test_other_advice_is_only_missing_where_the_owner_wrote_nothing(dentist, lawyers):
    assert (
        advice.asked(dentist, "is it normal that it swells?", answered=False)
        is Reason.MEDICAL_ADVICE
    )
    assert advice.asked(dentist, "is it normal that it swells?", answered=True) is None
    assert advice.asked(lawyers, "should I sign the papers?", answered=False) is Reason.LEGAL_ADVICE


def test_a_plumber_may_be_asked_anything(plumber):
    assert advice.asked(plumber, "should I take the pipe out?", answered=False) is None
