"""Replies that staff keep: what is known is filled in, what is not stays for the person, and nothing else changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rules import canned

NAMES = st.sampled_from(sorted(canned.VARIABLES))
PLAIN = st.text(st.characters(exclude_characters="{}\x00"), max_size=80)
WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {first_name}, thanks for calling.", "Hi, thanks for calling."),
        ("{first_name}, we are on our way.", "We are on our way."),
        ("Thanks. {first_name}, see you.", "Thanks. See you."),
        ("See you soon, {first_name}!", "See you soon!"),
        ("Line one\n{first_name}: two", "Line one\nTwo"),
    ],
)
def test_a_name_that_is_not_known_leaves_a_clean_sentence(text, filled):
    assert canned.fill(text, {}) == filled


def test_what_is_known_is_filled_in():
    values = {"first_name": "Ann", "me": "Mia", "time": "Tue Nov 17 at 9:00 AM"}

    said = canned.fill("Hi {first_name}, {me} here: see you { time }.", values)

    assert said == "Hi Ann, Mia here: see you Tue Nov 17 at 9:00 AM."
    assert canned.unfilled(said) == []


def test_what_is_not_known_stays_and_is_named_once():
    said = canned.fill("Your {service} is {time}. {time}? {first_name}", {"time": ""})

    assert canned.unfilled(said) == ["{service}", "{time}"]


def test_what_means_nothing_is_found():
    assert canned.unknown("Hi {frist_name}, {me}") == ["{frist_name}"]


@given(PLAIN)
def test_words_without_variables_stay_as_they_are(text):
    assert canned.fill(text, {"first_name": "Ann"}) == text
    assert canned.unfilled(text) == []


@given(st.lists(st.one_of(PLAIN, NAMES.map(lambda name: f"{{{name}}}")), max_size=8))
def test_with_everything_known_nothing_is_left_open(parts):
    text = "".join(parts)
    values = dict.fromkeys(canned.VARIABLES, "x")

    assert canned.unfilled(canned.fill(text, values)) == []


@given(st.lists(st.one_of(PLAIN, NAMES.map(lambda name: f"{{{name}}}")), max_size=8))
def test_a_missing_name_never_leaves_a_brace_and_anything_else_that_is_missing_does(parts):
    text = "".join(parts)

    left = canned.unfilled(canned.fill(text, {}))

    wanted = {part for part in parts if part.startswith("{")} - {"{first_name}"}
    assert set(left) == wanted


@given(WORDS, NAMES)
def test_a_value_is_said_word_for_word_and_opens_no_variable(word, name):
    said = canned.fill(f"a {{{name}}} b", {name: word})

    assert said == f"a {word.replace('{', '(').replace('}', ')')} b"
    assert canned.unfilled(said) == []
