"""Which missed calls are texted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.missed_call import MissedCall, NoFirstText, SendFirstText, decide
from agent.model import MissReason
from agent.rules.callers import Signs
from tests.agent.rules.test_writing import business

NOW = datetime(2026, 11, 16, 17, tzinfo=UTC)  # a Monday, 10 AM in Denver
NIGHT = datetime(2026, 11, 17, 4, tzinfo=UTC)
SHOP = business(
    staff=[{"id": "mia", "name": "Mia", "phone": "+13035550141"}],
    calls={"blocked": ["+17205550666", "+1307*"], "min_ring_s": 4},
)
CALL = MissedCall(caller="+13035550199", called_at=NOW, ended_at=NOW, told_at=NOW)


def test_a_missed_call_is_texted():
    assert isinstance(decide(SHOP, CALL), SendFirstText)


@pytest.mark.parametrize(
    ("facts", "reason", "asks_a_person"),
    [
        ({"caller": "anonymous"}, "caller withheld", True),
        ({"caller": "+266696687"}, "caller withheld", True),
        ({"caller": ""}, "caller withheld", True),
        ({"caller": None}, "caller withheld", True),
        ({"caller": "12"}, "invalid number", True),
        ({"caller": "+13035550141"}, "staff", False),
        ({"caller": "+13035550140"}, "own number", True),
        ({"caller": "+17205550666"}, "blocked", False),
        ({"caller": "+13075550100"}, "blocked", False),
        ({"caller": "+18005551234"}, "robocall", True),
        ({"caller": "+19005551234"}, "robocall", True),
        ({"signs": Signs(spoofed=True)}, "robocall", True),
        ({"signs": Signs(shops=3)}, "robocall", True),
        ({"caller": "+447700900123"}, "country not served", True),
        ({"caller": "+18765551234"}, "country not served", True),
        ({"opted_out": True}, "opted out", True),
        ({"untextable": "a landline"}, "landline", True),
        ({"human_owned": True}, "person has the thread", True),
        ({"last_first_text_at": NOW - timedelta(minutes=239)}, "already texted", True),
        ({"last_said_at": NOW - timedelta(minutes=3)}, "in conversation", True),
        ({"told_at": NOW + timedelta(minutes=11)}, "told too late", True),
        ({"reason": MissReason.HUNG_UP, "signs": Signs(rang_s=3)}, "hung up at once", False),
    ],
)  # fmt: skip
def test_who_gets_none_and_why(facts, reason, asks_a_person):
    decision = decide(SHOP, replace(CALL, **facts))

    assert isinstance(decision, NoFirstText)
    assert (decision.reason, bool(decision.task)) == (reason, asks_a_person)


@pytest.mark.parametrize(
    "facts",
    [
        {"last_first_text_at": NOW - timedelta(minutes=240)},
        {"last_said_at": NOW - timedelta(minutes=240)},
        {"caller": "+14165550123"},  # Canada
        {"caller": "+17875550123"},  # Puerto Rico
        {"signs": Signs(shops=2)},
        {"reason": MissReason.HUNG_UP, "signs": Signs(rang_s=4)},
        {"reason": MissReason.NO_ANSWER, "signs": Signs(rang_s=1)},
    ],
)
def test_who_gets_one_although_it_is_close(facts):
    assert isinstance(decide(SHOP, replace(CALL, **facts)), SendFirstText)


def test_a_caller_who_calls_again_is_told_to_staff_at_once():
    again: Any = decide(SHOP, replace(CALL, last_first_text_at=NOW - timedelta(minutes=2)))

    assert again.alert


def test_countries_are_the_owners_to_choose():
    abroad = business(texting={"countries": ["GB"]})

    assert isinstance(decide(abroad, replace(CALL, caller="+447700900123")), SendFirstText)
    assert isinstance(decide(abroad, CALL), NoFirstText)


def test_in_shadow_mode_the_text_is_only_noted():
    shadow: Any = decide(business(texting={"mode": "shadow"}), CALL)

    assert (shadow.reason, shadow.task) == ("shadow", None)
    assert "STOP" in shadow.body


def test_an_owner_who_tries_it_out_gets_a_text_on_a_phone_of_the_staff():
    tried = replace(CALL, caller="+13035550141", is_test=True, last_first_text_at=NOW)

    assert isinstance(decide(SHOP, tried), SendFirstText)


def test_texts_held_by_night_leave_at_the_opening_one_after_another():
    shop = business(
        texting={"after_hours": "hold"}, address="1 Main St, Boulder, CO 80301",
        hours={day: ["08:00-17:00"] for day in ("mon", "tue")},
    )  # fmt: skip
    by_night = replace(CALL, called_at=NIGHT, ended_at=NIGHT, told_at=NIGHT)
    opening = datetime(2026, 11, 17, 8, tzinfo=ZoneInfo("America/Denver"))

    first: Any = decide(shop, by_night)
    fourth: Any = decide(shop, replace(by_night, held_already=3))
    open_now: Any = decide(shop, CALL)

    assert first.send_at == opening
    assert fourth.send_at == first.send_at + timedelta(seconds=30)
    assert open_now.send_at is None


def test_what_is_held_leaves_no_earlier_than_the_law_of_the_callers_state_lets_it():
    shop = business(
        texting={"after_hours": "hold"}, address="1 Main St, Boulder, CO 80301",
        hours={day: ["06:00-17:00"] for day in ("mon", "tue")},
    )  # fmt: skip
    kentucky = replace(CALL, caller="+15025550123", called_at=NIGHT, ended_at=NIGHT, told_at=NIGHT)

    held: Any = decide(shop, kentucky)

    eastern = held.send_at.astimezone(ZoneInfo("America/New_York"))
    assert eastern.hour >= 10
