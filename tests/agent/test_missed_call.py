"""Which missed calls are texted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.missed_call import MissedCall, NoFirstText, SendFirstText, decide
from tests.agent.rules.test_writing import business

NOW = datetime(2026, 11, 16, 17, tzinfo=UTC)
SHOP = business(staff=[{"id": "mia", "name": "Mia", "phone": "+13035550141"}])


def call(**more):
    facts: dict[str, Any] = {
        "caller": "+13035550199", "called_at": NOW, "opted_out": False, "human_owned": False, "last_first_text_at": None,
    }  # fmt: skip
    return MissedCall(**(facts | more))


def test_a_missed_call_is_texted():
    assert isinstance(decide(SHOP, call()), SendFirstText)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"caller": "anonymous"}, "caller withheld"),
        ({"caller": "+13035550141"}, "staff"),
        ({"caller": "+13035550140"}, "staff"),
        ({"opted_out": True}, "opted out"),
        ({"human_owned": True}, "person has the thread"),
        ({"last_first_text_at": NOW - timedelta(minutes=239)}, "already texted"),
    ],
)
def test_who_gets_none_and_why(facts, reason):
    decision = decide(SHOP, call(**facts))

    assert isinstance(decision, NoFirstText)
    assert decision.reason == reason


def test_a_new_episode_begins_after_the_cooldown():
    assert isinstance(
        decide(SHOP, call(last_first_text_at=NOW - timedelta(minutes=240))), SendFirstText
    )


def test_in_shadow_mode_nothing_is_sent():
    shadow = business(texting={"mode": "shadow"})

    assert decide(shadow, call()) == NoFirstText(reason="shadow", task=None)


@pytest.mark.parametrize("facts", [{"opted_out": True}, {"last_first_text_at": NOW}])
def test_where_no_text_may_go_a_person_is_asked_to_phone(facts):
    decision = decide(SHOP, call(**facts))

    assert isinstance(decision, NoFirstText)
    assert decision.task
