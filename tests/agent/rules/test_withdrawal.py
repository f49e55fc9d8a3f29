"""A caller takes back that a person is needed."""

import pytest

from agent.rules.withdrawal import is_withdrawn, stands


@pytest.mark.parametrize(
    "text",
    [
        "never mind, it is fixed, no need to come, thanks",
        "Never mind, all good now, thanks",
        "nvm",
        "False alarm, sorry!",
        "no need to come anymore, we got it sorted",
        "It's fixed now.",
        "we don't need you anymore",
        "olvídelo, ya está arreglado",
        "ya no hace falta, gracias",
        "Falsa alarma, perdón",
    ],
)
def test_it_is_taken_back(text):
    assert is_withdrawn(text)


@pytest.mark.parametrize(
    "text",
    [
        "never mind the sink, the heater is the problem",
        "never mind, it started again",
        "is it fixed yet?",
        "it's not fixed",
        "it is fixed but the other one drips",
        "never mind, the house is flooding",
        "never mind, a pipe burst",
        "12 Main St",
        "thanks",
        "ya no sale agua, ya no hace falta? sigue goteando",
        "no importa el precio, pero vengan ya",
        "I need somebody to come",
    ],
)
def test_it_is_not_taken_back(text):
    assert not is_withdrawn(text)


def test_a_courtesy_after_it_changes_nothing():
    assert stands(["a pipe burst", "never mind, it is fixed", "thank you so much"])


@pytest.mark.parametrize("texts", [[], ["thanks"], ["never mind", "it started again"]])
def test_what_was_said_last_counts(texts):
    assert not stands(texts)
