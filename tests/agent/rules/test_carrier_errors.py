"""What the carrier's error codes ask of us."""

import re

import pytest

from agent.data import rule_data
from agent.rules import carrier_errors
from agent.rules.carrier_errors import Handling

CODES = list(rule_data("carrier_errors")["codes"])


def known(code):
    error = carrier_errors.read(code)
    assert error
    return error


@pytest.mark.parametrize("code", CODES)
def test_every_known_code_has_a_handling_and_a_sentence_for_staff(code):
    error = known(code)

    assert error.handling in Handling
    assert re.fullmatch(r"[A-Z]\D{15,110}\.", error.words)


@pytest.mark.parametrize(
    ("code", "handling"),
    [
        ("21610", Handling.OPTED_OUT),
        ("21211", Handling.NOT_TEXTABLE),
        ("30006", Handling.NOT_TEXTABLE),
        ("30007", Handling.SENDER_BLOCKED),
        ("30034", Handling.SENDER_BLOCKED),
        ("30003", Handling.RETRY_ONCE_LATER),
        ("30008", Handling.PASSING),
        ("20429", Handling.PASSING_SLOWER),
        ("20003", Handling.OPERATOR),
        ("21617", Handling.TOO_LONG),
        ("30036", Handling.LATE),
        ("14107", Handling.LOOP),
        ("21615", Handling.PERMANENT),
    ],
)
def test_a_code_asks_for_its_handling(code, handling):
    assert known(code).handling is handling


def test_every_handling_is_asked_for_by_some_code():
    assert {known(code).handling for code in CODES} == set(Handling)


@pytest.mark.parametrize("code", [None, "", "99999", "undelivered"])
def test_an_unknown_code_says_nothing(code):
    assert carrier_errors.read(code) is None
    assert carrier_errors.words(code, "carrier reports failed") == "carrier reports failed"


def test_staff_read_the_words_of_a_known_code():
    said = carrier_errors.words("30006", "carrier reports undelivered")

    assert said == "This number cannot get texts (a landline). Please phone."
