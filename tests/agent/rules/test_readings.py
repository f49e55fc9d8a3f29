"""The deterministic readers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model import Intent, OptOut, Urgency
from agent.rules import intents, opt_out, reading, urgency
from agent.rules.normal import normal

KEYWORDS = [
    "stop",
    "quit",
    "end",
    "cancel",
    "unsubscribe",
    "revoke",
    "opt out",
    "optout",
    "stopall",
]


@given(st.text())
def test_no_text_breaks_a_reader(text):
    reading.read(text, text)


@given(st.text())
def test_normalising_twice_changes_nothing_more(text):
    assert normal(normal(text)) == normal(text)


@given(
    st.sampled_from(KEYWORDS),
    st.sampled_from(["", " ", "  ", "\n"]),
    st.sampled_from(["", ".", "!", "!!!", " .", " \U0001f6d1"]),
    st.sampled_from([str.lower, str.upper, str.title, str.swapcase]),
)
def test_keywords_stop_under_any_case_space_and_punctuation(word, space, end, case):
    assert opt_out.read(space + case(word) + end + space).meaning is OptOut.REVOKE


@pytest.mark.parametrize(
    "text",
    [
        "please take me off your list",
        "stop texting me",
        "STOP texting and send someone now there's water everywhere",
        "lose my number",
        "I revoke my consent",
        "don't text me again",
        "no more texts please",
        "ya no me manden mensajes",
        "Arrêtez de m'écrire",
        "ARRÊT",
    ],
)
def test_clear_revocations_in_own_words_are_heard(text):
    assert opt_out.read(text).meaning is OptOut.REVOKE


@pytest.mark.parametrize(
    "text",
    [
        "stop by tomorrow",
        "can you stop by around 5",
        "the leak won't stop",
        "toilet won't stop running",
        "end of the day works",
        "cancel my 3pm",
        "my furnace quit",
        "I want to quit smoking, do you do hypnosis?",
        "please stop the leak",
        "can you text me the address",
    ],
)
def test_look_alikes_do_not_opt_anyone_out(text):
    assert opt_out.read(text).meaning is OptOut.NONE


def test_cancel_it_could_mean_the_visit():
    assert opt_out.read("cancel it").meaning is OptOut.CLARIFY


def test_only_the_exact_keyword_is_confirmed_by_the_carrier():
    assert opt_out.read("STOP").carrier_acts
    assert not opt_out.read("stop please").carrier_acts
    assert not opt_out.read("opt out").carrier_acts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I smell gas in the kitchen", "gas"),
        ("the basement is filling up w water", "flooding"),
        ("there's smoke coming out of the outlet", "fire"),
        ("he ate rat poison", "poisoning"),
        ("my husband has chest pain", "medical"),
        ("HELP there's smoke", "fire"),
        ("my CO alarm is going off", "carbon monoxide"),
        ("se quema la casa", "fire"),
    ],
)
def test_emergencies_are_heard(text, reason):
    found = urgency.read(text)

    assert (found.urgency, found.reason) == (Urgency.EMERGENCY, reason)


@pytest.mark.parametrize(
    "text",
    [
        "do you install smoke detectors",
        "no rush, whenever you have time",
        "it's not an emergency",
        "we had a flood last year, do you do waterproofing",
        "how much for a gas stove hookup",
        "do you fix fireplaces",
    ],
)
def test_idioms_denials_and_history_are_no_emergency(text):
    assert urgency.read(text).urgency is Urgency.ROUTINE


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("how much is a drain cleaning", Intent.PRICE_REQUEST),
        ("are you open saturday?", Intent.QUESTION),
        ("can someone come out tomorrow", Intent.BOOK),
        ("is this a real person?", Intent.ARE_YOU_A_BOT),
        ("can I talk to the owner", Intent.REQUEST_HUMAN),
        ("call me back", Intent.REQUEST_CALLBACK),
        ("wrong number", Intent.WRONG_NUMBER),
        ("thanks!", Intent.THANKS),
        ("can we reschedule", Intent.RESCHEDULE),
        ("¿Cuánto cuesta?", Intent.LANGUAGE_SPANISH),
    ],
)
def test_intents_are_named(text, intent):
    assert intent in reading.read(text, None).intents


@pytest.mark.parametrize("text", ["1", "1.", "one", "1 please", "#1", " 1 ", "uno"])
def test_ways_to_pick_the_first(text):
    assert intents.pick(text) == 1


@pytest.mark.parametrize("text", ["1 bathroom", "tomorrow at 1", "11", ""])
def test_a_number_in_a_sentence_picks_nothing(text):
    assert intents.pick(text) is None
