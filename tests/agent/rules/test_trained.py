"""The trained reader: where its weights come from, and what it may and may not decide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.data import weights
from agent.model import Intent, OptOut, Urgency
from agent.rules import features, reading, trained
from agent.rules.spelling import mended
from evals.training.texts import fingerprint, read_texts
from knowledge.embedding import embedder


def test_the_weights_were_made_of_the_texts_beside_them():
    """`make train` makes them anew after a change of the texts or of the features."""
    assert str(weights(trained.MODEL)["fingerprint"]) == fingerprint()


def test_every_label_of_the_texts_has_a_name_of_ours():
    names = {str(intent) for intent in Intent}
    for row in read_texts():
        assert set(row["intents"]) <= names, row
        assert Urgency(row["urgency"]) in Urgency
        assert OptOut(row["opt_out"]) in OptOut


@given(st.text(max_size=300), st.none() | st.text(max_size=100))
def test_words_have_length_one_whatever_is_written(text, last_text):
    seen = features.words(text, last_text)

    assert not seen or abs(sum(weight**2 for weight in seen.values()) - 1) < 1e-9


@given(st.text(max_size=300))
def test_chances_are_probabilities(text):
    chances = trained.likely(text, None, reading.found_by_rules(text), None)

    assert all(0 <= chance <= 1 for chance in chances.values())


def test_a_vector_of_nothing_changes_no_verdict_of_the_rules():
    """Neither reader can switch off what the other heard."""
    nothing = np.zeros(384, dtype=np.float32)
    read = reading.read("i smell gas. stop texting me", None, vector=nothing)

    assert read.urgency is Urgency.EMERGENCY
    assert read.opt_out is OptOut.REVOKE


@pytest.mark.parametrize(
    "text",
    [
        "grandpa slid off his chair and one arm hangs and he answers with wrong words",
        "the ceiling light is dripping and there is a hum",
        "found her with the empty pill box, she is very drowsy",
    ],
)
def test_emergencies_that_no_rule_foresaw_reach_a_person(text):
    minilm = embedder("minilm-int8")
    assert minilm is not None
    vector = minilm.embed([features.gist(text)])[0]

    assert reading.read(text, None, vector=vector).urgency is not Urgency.ROUTINE


def test_slips_of_the_finger_are_mended_and_words_are_left_alone():
    assert mended("stpo textng") == "stop texting"
    assert mended("food spark text tapped root") == "food spark text tapped root"
