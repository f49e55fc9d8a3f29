"""A text promises a later act, or it does not."""

import json
from pathlib import Path

import pytest

from agent.rules.promises import promise_in

CASES = Path(__file__).parents[3] / "evals/cases/evidence/promises.jsonl"


@pytest.mark.parametrize(
    "text",
    [
        "I'll check with the owner and get back to you.",
        "Mia is going to call you in the morning.",
        "You'll hear from us today.",
        "Le avisamos en cuanto sepamos.",
        "Un tecnico le llamara mas tarde.",
    ],
)
def test_a_later_act_of_a_person_is_a_promise(text):
    assert promise_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "See you Tuesday at 10.",
        "Would you like someone to call you?",
        "You can call us any time.",
        "The visit will take an hour.",
        "The plumber texts you when leaving.",
        "Nadie le llamara sin permiso.",
        "Puede llamarnos cuando quiera.",
    ],
)
def test_facts_offers_and_booked_visits_promise_nothing(text):
    assert promise_in(text) is None


def test_the_measured_texts_are_told_apart():
    rows = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    wrong = [row["text"] for row in rows if bool(promise_in(row["text"])) != row["promise"]]

    assert len(rows) >= 100
    assert wrong == []
