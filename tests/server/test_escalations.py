"""People on call are tried until one takes it; the caller reads nothing but what is so."""

import shutil
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.rules.segments import segments
from server.store.engine import migrate
from tests.calls.house import ACCOUNT
from tests.server.ladder_house import CALLER, PHONES, SHOP, LadderHouse, shop

STORIES = tomllib.loads((Path(__file__).parent / "ladder_stories.toml").read_text())["story"]
DISPUTED = {
    "a 1 from somebody who has not been alerted accepts nothing":
        "what is urgent is texted to everybody on duty at once, so that Mia has been alerted",
}  # fmt: skip


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """Made once: bringing a schema up to date takes longer than a story."""
    path = tmp_path_factory.mktemp("ladder") / "ringback.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def plays(tmp_path, empty_database):
    """Houses in which a ladder is climbed."""
    opened = []

    def open_one(on_call, at="2026-11-23T13:10", **more):
        shutil.copy(empty_database, tmp_path)
        opened.append(LadderHouse(tmp_path, datetime.fromisoformat(at), shop(on_call, **more)))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def _stories():
    for story in STORIES:
        why = DISPUTED.get(story["name"])
        marks = [pytest.mark.xfail(strict=True, reason=why)] if why else []
        yield pytest.param(story, id=story["name"], marks=marks)


@pytest.mark.parametrize("story", list(_stories()))
def test_what_the_caller_reads_while_people_are_tried(plays, story):
    house = plays(story["on_call"], story["at"])

    house.play(story)

    assert house.told() == story["true_texts"]


BOTH = [
    {"staff": "joe", "when": "always", "reach": "both"},
    {"staff": "mia", "when": "always", "reach": "both"},
]


@pytest.fixture
def emergency(plays):
    house = plays(BOTH)
    house.caller_texts("a pipe burst and water is everywhere")
    house.pass_s(1)
    return house


def test_a_danger_reaches_everybody_on_duty_at_once_and_rings_the_first(emergency):
    assert [len(emergency.to_staff(one)) for one in ("joe", "mia")] == [1, 1]
    assert emergency.to_staff("joe")[0].startswith("Alder Creek Plumbing: EMERGENCY (flooding)")
    assert "Reply 1 to take it (#1)." in emergency.to_staff("joe")[0]
    assert [one.to for one in emergency.staff_phones.placed] == [PHONES["joe"]]


def test_an_alert_costs_three_segments_at_most(emergency):
    assert segments(emergency.to_staff("joe")[0]) <= 3


def test_nobody_answers_so_the_next_phone_rings_at_once(emergency):
    emergency.rings("joe", "rejected")
    emergency.pass_s(1)

    assert [one.to for one in emergency.staff_phones.placed] == [PHONES["joe"], PHONES["mia"]]


def test_pressing_2_rings_the_next_phone_at_once(emergency):
    joe = emergency.ringing("joe")
    said = emergency.press(joe, emergency.alert(joe), "2")
    emergency.pass_s(1)

    assert "next person" in said
    assert emergency.ringing("mia")


def test_the_call_says_who_and_what_twice(emergency):
    said = emergency.alert(emergency.ringing("joe"))

    assert said.count("EMERGENCY (flooding)") == 2
    assert said.count("Press 1 to take it, 2 if you cannot.") == 2


def test_whoever_takes_it_is_put_through_by_a_second_1_with_numbers_hidden(emergency):
    joe = emergency.ringing("joe")
    taken = emergency.press(joe, emergency.alert(joe), "1")
    through = emergency.press(joe, taken, "1")
    emergency.pass_s(1)

    assert "You have it" in taken
    assert f'callerId="{SHOP}"' in through
    assert f"<Number>{CALLER}</Number>" in through
    assert emergency.updates() == [
        "Joe at Alder Creek Plumbing has your message and is calling you now."
    ]


def test_a_late_second_1_tells_the_caller_apart(emergency):
    joe = emergency.ringing("joe")
    taken = emergency.press(joe, emergency.alert(joe), "1")
    emergency.pass_s(3)
    emergency.press(joe, taken, "1")
    emergency.pass_s(1)

    assert emergency.updates() == [
        "Joe at Alder Creek Plumbing has your message.", "Joe is calling you now.",
    ]  # fmt: skip


def test_the_others_read_who_has_it(emergency):
    emergency.takes_in_inbox("mia")
    emergency.pass_s(1)

    assert emergency.to_staff("joe")[-1] == "Alder Creek Plumbing: Mia has #1."
    assert len(emergency.to_staff("mia")) == 1


def test_who_presses_1_too_late_hears_who_has_it(emergency):
    joe = emergency.ringing("joe")
    said = emergency.alert(joe)
    emergency.takes_in_inbox("mia")

    assert "Mia has it already" in emergency.press(joe, said, "1")


def test_callbacks_that_come_late_and_twice_change_nothing(emergency):
    joe = emergency.ringing("joe")
    said = emergency.alert(joe)
    for _ in range(2):
        emergency.press(joe, said, "1")
    for status in ("completed", "no-answer", "busy"):
        emergency.status(joe, status)
    emergency.pass_s(600)

    assert emergency.told() == ["hand_off_line", "taken_by:joe"]
    assert len(emergency.staff_phones.placed) == 1
    assert emergency.escalation().taken_by == "joe"


def test_a_call_of_which_nothing_is_heard_holds_nobody_up(plays):
    house = plays(BOTH)
    house.rings_for_ever = True
    house.caller_texts("a pipe burst and water is everywhere")
    house.pass_s(65)
    house.built.ladder.look(house.clock.now())

    assert [one.to for one in house.staff_phones.placed] == [PHONES["joe"], PHONES["mia"]]
    assert "nothing more was heard of it" in [one.detail for one in house.steps()]


def test_a_carrier_that_rings_nobody_is_told_in_the_log(plays):
    house = plays(BOTH)
    house.staff_phones.refuses = "no such number"
    house.caller_texts("a pipe burst and water is everywhere")
    house.pass_s(2)

    failed = [one for one in house.steps() if one.way == "call"]
    assert [one.staff for one in failed] == ["joe", "mia"]
    assert "could not be called: no such number" in {one.detail for one in failed}


def test_the_webhooks_of_a_call_are_believed_only_when_signed(emergency):
    url = f"/twilio/voice/alert/answer?step={emergency.ringing('joe').step}"
    fields = {"From": SHOP, "To": PHONES["joe"], "AccountSid": ACCOUNT, "Digits": "1"}

    answer = emergency.post(url, fields, token="somebody else's", good=False)

    assert answer.status_code == 403
    assert emergency.escalation().ended is None


def test_another_business_cannot_answer_for_this_one(emergency):
    other = shop(BOTH, slug="other", phone="+13035550188")
    emergency.open_shop(other)
    fields = {
        "From": other.phone, "To": PHONES["joe"], "AccountSid": ACCOUNT, "CallSid": "CA1",
        "Digits": "1", "CallStatus": "completed", "Direction": "outbound-api",
    }  # fmt: skip
    step = emergency.ringing("joe").step

    for path in ("alert", "alert/answer", "alert/talked", "status"):
        answer = emergency.post(f"/twilio/voice/{path}?step={step}", fields, good=False)
        assert answer.status_code == 404, path
    assert emergency.escalation().ended is None


def test_what_is_not_urgent_waits_for_the_opening(plays):
    house = plays(BOTH, at="2026-11-23T16:55")
    house.caller_texts("can I talk to a real person please")
    house.pass_s(60)
    assert [len(house.to_staff(one)) for one in ("joe", "mia")] == [1, 0]

    house.run_until(house.clock.now().replace(hour=15, minute=14) + timedelta(days=1))
    assert len(house.to_staff("mia")) == 0

    house.pass_s(120)
    assert len(house.to_staff("mia")) == 1
    assert house.staff_phones.placed == []


def test_what_becomes_a_danger_begins_anew_for_everybody(plays):
    house = plays(BOTH)
    house.caller_texts("can I talk to a real person please")
    house.pass_s(60)
    house.caller_texts("now water is pouring through the ceiling")
    house.pass_s(2)

    assert [len(house.to_staff(one)) for one in ("joe", "mia")] == [2, 1]
    assert house.escalation().is_urgent
    assert house.ringing("joe")


def test_more_about_a_danger_reaches_who_was_alerted(emergency):
    emergency.caller_texts("now I smell gas too")
    emergency.pass_s(10)

    assert ["EMERGENCY (gas)" in emergency.to_staff(one)[-1] for one in ("joe", "mia")] == [
        True
    ] * 2
    assert len(emergency.staff_phones.placed) == 1


def test_climbed_in_vain_it_is_a_task(emergency):
    emergency.pass_s(1200)

    assert emergency.escalation().ended == "nobody"
    assert any(one.startswith("Nobody on call took this") for one in emergency.open_tasks())


def test_in_health_no_gist_leaves(plays):
    house = plays(BOTH, industry="dental", privacy={"health": True})
    house.caller_texts("my face is swelling and I cannot breathe")
    house.pass_s(1)
    said = house.alert(house.ringing("joe"))

    assert "swelling" not in house.to_staff("joe")[0] + said


def test_two_processes_climb_once(emergency):
    emergency.run_until(emergency.clock.now() + timedelta(seconds=170))
    emergency.clock.moment += timedelta(seconds=20)
    looks = [emergency.built.ladder, emergency.built.ladder]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda ladder: ladder.look(emergency.clock.now()), looks))

    calls = [one for one in emergency.steps() if one.way == "call"]
    assert [one.staff for one in calls] == ["joe", "mia", "mia"]
