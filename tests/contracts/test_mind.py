"""The Mind port over the real OpenAI client and HTTP."""

import pytest

from agent.errors import ModelError
from agent.model import Intent, OptOut, Passage, Reading, Situation, Text, Urgency
from server.adapters.mind_openai import OpenAiMind
from tests.model_double import ModelDouble, reading


def situation():
    from datetime import UTC, datetime

    earlier = Text(seq=1, author="agent", body="Hi, how can we help?", at=datetime(2026, 11, 16, tzinfo=UTC))  # fmt: skip
    return Situation(
        business={"name": "Alder Creek Plumbing"},
        now_local="Monday 2026-11-16 10:00",
        history=(earlier,),
        texts=("how much is a drain cleaning?",),
        passages=(Passage(id="faq-1", document="faq.csv", heading="Drain?", text="It is $149."),),
        hints=Reading(intents=(Intent.PRICE_REQUEST,)),
    )


def ask(double):
    return OpenAiMind("key", double.url, "a-model", 2).read(situation())


def test_one_call_gives_one_typed_reading():
    said = reading(intents=["price_request"], draft="It is $149.", passage_ids=["faq-1"], urgency="urgent", opt_out=True)  # fmt: skip

    with ModelDouble(said) as double:
        found = ask(double)

    assert len(double.asked) == 1
    assert found.intents == (Intent.PRICE_REQUEST,)
    assert found.urgency is Urgency.URGENT
    assert found.opt_out is OptOut.REVOKE
    assert found.draft is not None
    assert found.draft.passage_ids == ("faq-1",)


def test_the_model_is_shown_the_passages_the_thread_and_a_strict_schema():
    with ModelDouble() as double:
        ask(double)

    (asked,) = double.asked
    assert "It is $149." in asked["messages"][0]["content"]
    assert [message["role"] for message in asked["messages"]] == ["system", "assistant", "user"]
    assert asked["response_format"]["json_schema"]["strict"]


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_refused_call_is_a_model_error(status):
    with ModelDouble(status=status) as double, pytest.raises(ModelError):
        ask(double)


@pytest.mark.parametrize("said", ["not json", "{}", '{"urgency": "whenever"}', ""])
def test_a_broken_answer_is_a_model_error(said):
    with ModelDouble(said) as double, pytest.raises(ModelError):
        ask(double)


def test_a_slow_model_is_a_model_error():
    with ModelDouble(delay_s=1) as double, pytest.raises(ModelError):
        OpenAiMind("key", double.url, "a-model", 0.1).read(situation())
