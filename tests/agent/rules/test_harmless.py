"""What strangers write, on a page: nothing turns, hides or piles up, and every plain word stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rules.harmless import harmless

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pay \u202eGNP.exe", "pay [RLO]GNP.exe"),
        ("\u2067abc\u2069", "[RLI]abc[PDI]"),
        ("call \u200e303", "call 303"),
        ("a\u200bb", "ab"),
        ("a" + "\u200b\u200c\u200d" * 400 + "b", "a[hidden signs]b"),
        ("bell\x07", "bell[U+0007]"),
        ("one\r\ntwo\rthree\tfour", "one\ntwo\nthree\tfour"),
        ("Z" + "\u0301" * 50, "Z" + "\u0301" * 3),
        (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467",
            "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        ),
        ("שלום, مرحبا", "שלום, مرحبا"),
        ("Jose\u0301 नमस्ते", "Jose\u0301 नमस्ते"),
    ],
)
def test_shown(text, shown):
    assert harmless(text) == shown


@given(st.text(max_size=400))
def test_nothing_that_is_shown_turns_the_words_around_it(text):
    assert not set(harmless(text)) & set(TURNING)


@given(st.text(max_size=400))
def test_what_is_harmless_stays_so(text):
    once = harmless(text)

    assert harmless(once) == once


@given(st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=200))
def test_letters_numbers_and_signs_stay_as_they_are(text):
    hidden = "\u115f\u1160\u3164\uffa0"
    plain = "".join(one for one in text if one not in hidden)

    assert harmless(plain) == plain
