"""People on call are tried until one takes it; the caller reads nothing but what is so."""

import shutil
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.model import Reason
from agent.rules.segments import segments
from agent.state import alert
from server import closing, trial_alert
from server.outbox import alert_staff
from server.store import businesses, pauses, tasks, threads
from server.store import escalations as store
from server.store.engine import migrate
from server.store.tables import business
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
    assert "Reply 1 to take it (#2)." in emergency.to_staff("joe")[0]
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

    assert emergency.to_staff("joe")[-1] == "Alder Creek Plumbing: Mia has #2."
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


# Who has the conversation, and who has answered


def _desk(house, done, *words, **more):
    with house.database.begin() as connection:
        getattr(house.desk, done)(connection, house.thread, *words, house.clock.now(), **more)


def _close(house):
    with house.database.begin() as connection:
        closing.resolve(
            connection, house.thread, "mia", "answered", house.clock.now(),
            ladder=house.built.escalations, anyway=True,
        )  # fmt: skip


def test_done_in_the_inbox_asks_nobody_any_more_and_the_next_danger_climbs(emergency):
    _close(emergency)
    first = emergency.escalation()
    emergency.pass_s(5)
    emergency.caller_texts("a pipe burst and water is everywhere")
    emergency.pass_s(2)

    assert first.ended == "resolved"
    assert emergency.escalation().id != first.id
    assert len(emergency.to_staff("joe")) == 2


def test_what_is_left_of_an_earlier_episode_is_not_joined(emergency):
    with emergency.database.begin() as connection:
        threads.update(connection, emergency.thread, resolved_at=emergency.clock.now())
    emergency.pass_s(5)
    emergency.caller_texts("a pipe burst and water is everywhere")
    emergency.pass_s(2)

    assert len(emergency.to_staff("joe")) == 2
    assert emergency.escalation().ended is None


def test_a_long_silence_closes_no_conversation_in_which_people_are_tried(plays):
    house = plays(BOTH, at="2026-11-27T18:00")
    house.caller_texts("can someone call me back please")
    house.pass_s(20)
    with house.database.begin() as connection:
        for one in tasks.open_of_thread(connection, house.thread):
            tasks.done(connection, house.business.slug, one.id, "mia", house.clock.now())

    house.pass_s(30 * 3600)

    with house.database.connect() as connection:
        row = threads.get(connection, house.thread)
    assert row
    assert row.resolved_at is None
    assert house.escalation().ended is None


def test_a_danger_on_a_closed_conversation_opens_it_and_climbs_to_its_end(plays):
    house = plays(BOTH)
    house.caller_texts("hello")
    house.pass_s(20)
    _close(house)
    house.pass_s(3600)
    with house.database.begin() as connection:
        thread = threads.lock(connection, house.thread)
        house.built.escalations.begin(
            connection, thread, house.business, "voicemail:1", Reason.EMERGENCY, "A gist.", house.clock.now()
        )  # fmt: skip
    house.pass_s(400)

    assert {one.to for one in house.staff_phones.placed} == {PHONES["joe"], PHONES["mia"]}
    assert house.escalation().ended is None


def test_who_is_handed_a_danger_is_tried_first_and_the_climb_goes_on(emergency):
    _desk(emergency, "hand_on", "joe", "sam")
    emergency.pass_s(2)
    assert PHONES["sam"] in [one.to for one in emergency.staff_phones.placed]
    assert "EMERGENCY" in emergency.to_staff("sam")[0]
    assert not any("Sam has" in one for one in emergency.to_staff("mia"))
    assert emergency.escalation().ended is None

    emergency.pass_s(400)
    assert PHONES["mia"] in [one.to for one in emergency.staff_phones.placed]

    emergency.texts_1("mia")
    emergency.pass_s(2)
    assert emergency.told()[-1] == "taken_by:mia"
    assert emergency.to_staff("joe")[-1].endswith("Mia has #2.")


def test_who_was_handed_a_danger_accepts_it_with_1(emergency):
    _desk(emergency, "hand_on", "joe", "sam")
    emergency.pass_s(2)

    emergency.texts_1("sam")
    emergency.pass_s(400)

    assert emergency.escalation().taken_by == "sam"
    assert emergency.told() == ["hand_off_line", "taken_by:sam"]
    assert emergency.to_staff("mia")[-1].endswith("Sam has #2.")


def test_who_is_handed_a_danger_and_has_no_phone_holds_nobody_up(plays):
    staff = [{"id": one, "name": one.title(), "phone": PHONES[one]} for one in ("joe", "mia")]
    house = plays(BOTH, staff=[*staff, {"id": "ann", "name": "Ann"}])
    house.caller_texts("a pipe burst and water is everywhere")
    house.pass_s(1)
    house.rings("joe", "rejected")

    _desk(house, "hand_on", "joe", "ann")
    house.pass_s(1)

    assert house.ringing("mia")


def test_a_first_answer_that_is_undone_lets_the_climb_go_on_at_once(emergency):
    _desk(emergency, "answer", "mia", "On my way", "k1", undo_s=10)
    emergency.pass_s(5)
    assert emergency.escalation().ended == "taken"
    assert emergency.to_staff("joe")[-1].endswith("Mia has #2.")

    _desk(emergency, "undo", "mia", "k1")
    emergency.pass_s(2)

    assert emergency.escalation().ended is None
    assert "EMERGENCY" in emergency.to_staff("joe")[-1]
    assert emergency.ringing("joe")
    with emergency.database.connect() as connection:
        row = threads.get(connection, emergency.thread)
    assert row
    assert row.owner == "nobody"


def test_a_second_answer_that_is_undone_changes_nothing(emergency):
    _desk(emergency, "answer", "mia", "On my way", "k1")
    emergency.pass_s(5)
    _desk(emergency, "answer", "mia", "There at 3", "k2", undo_s=10)

    _desk(emergency, "undo", "mia", "k2")

    assert emergency.escalation().taken_by == "mia"


@pytest.fixture
def held(plays):
    """Sam, who is on no list, has the conversation."""
    house = plays(BOTH)
    house.caller_texts("hello")
    house.pass_s(20)
    house.takes_in_inbox("sam")
    house.pass_s(600)
    return house


def test_danger_rings_the_phone_of_whoever_has_the_conversation_first(held):
    held.caller_texts("a pipe burst and water is everywhere")
    held.pass_s(2)

    assert [one.to for one in held.staff_phones.placed] == [PHONES["sam"]]
    assert all("EMERGENCY" in held.to_staff(one)[-1] for one in PHONES)

    held.pass_s(30)
    assert [one.to for one in held.staff_phones.placed] == [PHONES["sam"], PHONES["joe"]]


def test_what_to_do_in_danger_is_said_once_beside_a_person(held):
    held.caller_texts("a pipe burst and water is everywhere")
    held.pass_s(5)
    held.caller_texts("the pipe is still burst and water is everywhere")
    held.pass_s(5)

    assert held.told() == ["hand_off_line"]


@pytest.mark.parametrize("how", ["texts_1", "writes_in_inbox"])
def test_whoever_has_the_conversation_ends_the_climb(held, how):
    held.caller_texts("a pipe burst and water is everywhere")
    held.pass_s(2)

    getattr(held, how)("sam")
    held.pass_s(2)

    assert held.escalation().taken_by == "sam"


def test_another_takes_a_danger_from_whoever_does_not_answer(held):
    held.caller_texts("a pipe burst and water is everywhere")
    held.pass_s(200)

    held.text(PHONES["mia"], "TAKE 2")
    held.pass_s(2)

    assert held.told()[-1] == "taken_by:mia"


def test_a_caller_in_danger_reads_that_nobody_came_also_where_a_person_has_the_conversation(held):
    held.caller_texts("a pipe burst and water is everywhere")
    held.pass_s(1200)

    assert held.told() == ["hand_off_line", "nobody_yet"]


def test_more_about_a_danger_that_somebody_has_just_taken_is_news_and_rings_nobody(emergency):
    emergency.texts_1("joe")
    emergency.pass_s(2)
    placed = len(emergency.staff_phones.placed)

    emergency.caller_texts("please hurry")
    emergency.pass_s(5)

    assert len(emergency.staff_phones.placed) == placed
    assert all("hurry" in emergency.to_staff(one)[-1] for one in ("joe", "mia"))
    assert "nobody_yet" not in emergency.told()


def test_danger_begins_anew_when_whoever_took_it_has_long_been_silent(emergency):
    emergency.texts_1("joe")
    emergency.pass_s(16 * 60)

    emergency.caller_texts("please hurry")
    emergency.pass_s(5)

    assert emergency.escalation().ended is None


# What a 1 means


def test_1_answers_danger_before_what_was_asked_later(emergency):
    emergency.text("+13035550177", "can I talk to a real person please")
    emergency.pass_s(20)

    emergency.texts_1("joe")
    emergency.pass_s(2)

    assert emergency.escalation().taken_by == "joe"


def test_1_answers_what_was_climbed_in_vain_before_what_others_have(plays):
    house = plays([BOTH[0]])
    house.caller_texts("a pipe burst and water is everywhere")
    house.pass_s(1200)
    assert house.escalation().ended == "nobody"
    with house.database.begin() as connection:
        at, slug = house.clock.now(), house.business.slug
        other, _ = threads.locked(connection, slug, "+13035550177", at)
        begin = house.built.escalations.begin
        begin(connection, other, house.business, "k", Reason.HUMAN_REQUEST, "A gist.", at)
        house.desk.claim(connection, other.id, "mia", at)

    house.texts_1("joe")

    assert house.escalation().taken_by == "joe"


@pytest.mark.parametrize("waits_s", [1, 700])
def test_a_test_never_outranks_a_conversation(plays, waits_s):
    house = plays(BOTH)
    house.caller_texts("can I talk to a real person please")
    house.pass_s(20)
    with house.database.begin() as connection:
        trial_alert.begin(
            connection, house.jobs, house.business, "joe", "mia", ["text"], house.clock.now()
        )
    house.pass_s(waits_s)

    house.texts_1("joe")

    assert house.escalation().taken_by == "joe"


# A caller takes it back


def test_a_caller_who_takes_it_back_is_believed_where_nothing_is_urgent(plays):
    house = plays(BOTH)
    house.caller_texts("can I talk to a real person please")
    house.pass_s(60)

    house.caller_texts("never mind, all good now, thanks")
    house.pass_s(3600)

    assert house.escalation().ended == "withdrawn"
    assert not any("Reply 1" in one for one in house.to_staff("mia"))
    assert house.told() == ["hand_off_line"]


def test_of_danger_people_read_that_it_was_taken_back_and_still_come(emergency):
    emergency.caller_texts("never mind, it is fixed, no need to come")
    emergency.pass_s(10)
    emergency.caller_texts("thanks")
    emergency.pass_s(1200)

    assert all("no need to come" in emergency.to_staff(one)[1] for one in ("joe", "mia"))
    assert PHONES["mia"] in [one.to for one in emergency.staff_phones.placed]
    assert emergency.told() == ["hand_off_line"]
    assert emergency.escalation().ended == "nobody"


@pytest.fixture
def undelivered(plays):
    """Joe has texted from his phone, and the caller's was off."""
    house = plays(BOTH)
    house.caller_texts("can I talk to a real person please")
    house.pass_s(20)
    house.texts_1("joe")
    house.pass_s(3)
    house.text(PHONES["joe"], "I am there at 3")
    house.pass_s(3)
    house.is_undelivered("I am there at 3")
    house.pass_s(3)
    return house


def test_a_handset_hears_of_no_failure_while_a_text_is_tried_once_more(undelivered):
    undelivered.pass_s(700)

    assert undelivered.to_caller().count("I am there at 3") == 2
    assert not any("did not reach" in one for one in undelivered.to_staff("joe"))


def test_a_handset_hears_once_when_the_second_try_has_failed_too(undelivered):
    undelivered.pass_s(700)
    undelivered.is_undelivered("I am there at 3")
    undelivered.pass_s(3)

    assert [one for one in undelivered.to_staff("joe") if "did not reach" in one] == [
        '"I am there at 3" did not reach #2 (303) ***-0199: '
        "This phone is switched off or out of reach. Please phone later."
    ]


def test_new_words_leave_at_once_and_what_waited_to_be_said_again_does_not(undelivered):
    undelivered.text(PHONES["joe"], "Make it 4")
    undelivered.pass_s(5)
    at_once = undelivered.to_caller()
    undelivered.pass_s(1300)

    assert at_once[-1] == "Make it 4"
    assert undelivered.to_caller() == at_once
    assert any('"I am there at 3" did not reach #2' in one for one in undelivered.to_staff("joe"))


def test_only_where_somebody_must_phone_a_text_to_staff_has_the_callers_number(plays):
    house = plays(BOTH)
    house.caller_texts("can I talk to a real person please")
    house.pass_s(20)
    calm = house.to_staff("joe")
    house.caller_texts("a pipe burst and water is everywhere")
    house.pass_s(20)

    assert "(303) ***-0199" in calm[0]
    assert not any("555-0199" in one or "5550199" in one for one in calm)
    assert "(303) 555-0199" in house.to_staff("joe")[len(calm)]


def test_in_health_what_a_handset_reads_tells_no_number(plays):
    house = plays(BOTH, industry="dental", privacy={"health": True})
    house.caller_texts("can I talk to a real person please")
    house.pass_s(20)
    house.texts_1("joe")
    house.pass_s(3)

    house.caller_texts("my tooth hurts")
    house.pass_s(10)

    assert house.to_staff("joe")[-1].startswith("#2 wrote. ")
    assert not any("5550199" in one for one in house.to_staff("joe"))


BY_TEXT = [dict(one, reach="text") for one in BOTH]


def test_while_the_agent_is_paused_an_urgent_wish_for_a_later_day_is_heard(plays):
    house = plays(BOTH)
    with house.database.begin() as connection:
        pauses.begin(connection, house.business.slug, "mia", house.clock.now())

    house.caller_texts("my water heater is leaking badly, can you come next thursday?")
    house.pass_s(10)

    assert len(house.to_staff("joe")) == 1


def test_while_the_agent_is_paused_a_danger_rings_phones(plays):
    house = plays(BOTH)
    with house.database.begin() as connection:
        pauses.begin(connection, house.business.slug, "mia", house.clock.now())

    house.caller_texts("a pipe burst and water is everywhere")
    house.pass_s(2)

    assert house.escalation().is_urgent
    assert house.ringing("joe")


def test_nobody_is_said_to_be_alerted_when_all_have_opted_out_of_alerts(plays):
    house = plays(BY_TEXT)
    for one in ("joe", "mia"):
        house.text(PHONES[one], "STOP")
    house.pass_s(3)

    house.caller_texts("a pipe burst and water is everywhere")
    house.pass_s(2)

    [(_, said)] = house.sent_of_kind("hand_off")
    assert "alerting" not in said.body
    assert "Please call us at" in said.body


def test_an_alert_that_does_not_leave_has_failed_and_the_next_person_is_tried(plays):
    house = plays(BY_TEXT)
    house.text(PHONES["joe"], "STOP")
    house.pass_s(3)
    before = len(house.to_staff("joe"))

    house.caller_texts("can I talk to a real person please")
    house.pass_s(12)

    assert len(house.to_staff("joe")) == before
    assert len(house.to_staff("mia")) == 1
    assert [(one.staff, one.state) for one in house.steps() if one.way == "text"] == [
        ("joe", "failed"), ("mia", "done"),
    ]  # fmt: skip


def test_whoever_works_by_phone_and_texts_stop_is_replaced_at_once(plays):
    house = plays(BY_TEXT)
    house.caller_texts("can I talk to a real person please")
    house.pass_s(10)
    house.texts_1("joe")
    house.pass_s(2)
    house.text(PHONES["joe"], "STOP")
    house.pass_s(2)

    house.caller_texts("so when are you coming?")
    house.pass_s(12)

    assert "Joe Smith gets no texts any more" in house.to_staff("mia")[-1]


def test_a_call_that_nobody_can_settle_holds_up_no_other_business(plays):
    house = plays(BOTH)
    other = shop(BOTH, slug="other", phone="+13035550188")
    house.open_shop(other)
    house.rings_for_ever = True
    house.caller_texts("a pipe burst and water is everywhere")
    house.pass_s(2)
    with house.database.begin() as connection:
        theirs, _ = threads.locked(connection, other.slug, CALLER, house.began)
        house.built.escalations.begin(
            connection, theirs, other, "broken", Reason.EMERGENCY, "Gas", house.began
        )
    house.built.ladder.look(house.clock.now())
    with house.database.begin() as connection:
        broken = sa.update(business).where(business.c.slug == other.slug)
        connection.execute(broken.values(profile="{}"))

    house.clock.moment += timedelta(seconds=200)
    house.built.ladder.look(house.clock.now())

    assert "nothing more was heard of it" in [one.detail for one in house.steps()]
    assert [one.staff for one in house.steps() if one.way == "call"] == ["joe", "mia"]
    assert house.escalation().rung == 1


def test_a_call_for_oneself_counts_as_no_escalation(plays):
    house = plays(BOTH)
    house.caller_texts("can I talk to a real person please")
    house.pass_s(30)
    house.text(PHONES["joe"], "call 2")
    house.pass_s(2)

    with house.database.connect() as connection:
        since = house.clock.now() - timedelta(hours=1)
        ended = store.ended_since(connection, since)
        logged = store.of_business(connection, house.business.slug, 10)
    assert house.ringing("joe")
    assert [one.taken_by for one in ended] == ["joe"]
    assert [one.id for one in logged] == [one.id for one in ended]
    assert ended[0].ended_at
    assert (ended[0].ended_at - ended[0].began_at) > timedelta(seconds=10)


def test_whoever_has_the_conversation_reads_more_than_the_notices_of_a_turn(emergency):
    emergency.takes_in_inbox("joe")
    emergency.pass_s(2)
    thread = emergency.thread
    with emergency.database.begin() as connection:
        held = threads.lock(connection, thread)
        assert held
        alert_staff(connection, emergency.jobs, held, "turn:a", [alert(PHONES["mia"], "a notice")],
                    public_url="", sender=SHOP, at=emergency.clock.now())  # fmt: skip
        emergency.built.escalations.begin(
            connection, held, emergency.business, "turn", Reason.COMPLAINT, "What it is", emergency.clock.now()
        )  # fmt: skip
    emergency.pass_s(2)

    assert any("What it is" in one for one in emergency.to_staff("joe"))


def test_danger_waits_until_somebody_is_put_on_the_list(plays):
    house = plays([])
    house.caller_texts("a pipe burst and water is everywhere")
    house.pass_s(90)
    assert house.escalation().ended is None
    with house.database.begin() as connection:
        listed = shop(BOTH).model_copy(update={"slug": house.business.slug})
        businesses.save(connection, listed, house.clock.now())

    house.pass_s(120)

    assert "EMERGENCY" in house.to_staff("joe")[-1]
    assert PHONES["joe"] in [one.to for one in house.staff_phones.placed]
