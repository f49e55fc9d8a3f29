"""Who speaks on a conversation: taken over, handed on, given back, done, put aside; taken back, noted, and who else is there."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.errors import BadInput
from server.delivery import CarrierReport
from server.store import consents, tasks
from server.threads import StaffDesk
from tests.server.desk import MONDAY, Shop, box, part

PRICE = "how much is a drain cleaning?"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("shop"))
    yield shop
    shop.close()


@pytest.fixture
def shop(opened):
    """Monday, a quarter past nine, and a caller of whom nothing is known."""
    opened.new_caller()
    return opened


@pytest.fixture(scope="module")
def mia(opened):
    return opened.person("mia")


@pytest.fixture(scope="module")
def sam(opened):
    return opened.person("sam")


# Give back


def test_the_first_question_after_giving_back_is_answered(shop, mia):
    shop.writes("the pipe burst, water is pouring everywhere")
    mia.sends("Mia here, I am on my way.")
    shop.passes(20)
    shop.writes("thanks")
    before = len(shop.said())

    mia.does("release")
    shop.passes(5)
    assert len(shop.said()) == before
    shop.writes(PRICE)

    assert "$149" in shop.said()[-1]
    assert shop.row().owner == "agent"
    assert shop.markers().count("handed over") == 1


def test_what_nobody_answered_goes_back_to_the_agent(shop, mia):
    shop.writes("hello")
    mia.does("claim")
    before = len(shop.said())
    shop.writes(PRICE)
    assert len(shop.said()) == before

    mia.does("release")
    shop.passes(1)

    assert "$149" in shop.said()[-1]
    assert len(shop.said()) == before + 1


def test_a_question_that_was_cut_off_mid_turn_is_answered_after_giving_back(shop, mia):
    shop.writes("hello")
    shop.writes(PRICE, seconds=0)
    mia.does("claim")
    shop.passes(30)
    before = len(shop.said())

    mia.does("release")
    shop.passes(30)

    assert ["$149" in one for one in shop.said()[before:]] == [True]


def test_what_a_person_answered_stays_answered(shop, mia):
    shop.writes("hello")
    mia.does("claim")
    shop.writes(PRICE)
    mia.sends("It is $149.")
    shop.passes(15)
    before = shop.said()

    mia.does("release")
    shop.passes(30)

    assert shop.said() == before


@pytest.mark.parametrize(
    "said",
    [
        "water is pouring through my ceiling right now",
        "can I talk to a real person please?",
        "this is outrageous, you people wrecked my kitchen",
        "ok thanks",
    ],
)
def test_what_was_for_the_person_brings_no_new_hand_off(shop, mia, said):
    shop.writes("hello")
    mia.does("claim")
    shop.writes(said)
    before, handed = shop.said(), shop.markers().count("handed over")

    mia.does("release")
    shop.passes(30)
    shop.writes(PRICE)

    assert shop.said()[: len(before)] == before
    assert "$149" in shop.said()[-1]
    assert len(shop.said()) == len(before) + 1
    assert shop.markers().count("handed over") == handed
    assert shop.row().owner == "agent"


def test_not_having_been_understood_before_counts_no_more(shop, mia):
    shop.writes("hello")
    shop.sets(memory={"clarified": 2, "details": {"name": "Ann Lee"}}, owner="nobody")

    mia.does("release")

    assert shop.row().memory == {"details": {"name": "Ann Lee"}}


def test_tasks_of_people_stay_people_s_when_the_agent_gets_it_back(shop, mia):
    shop.writes("do you tune pianos?")
    owed = shop.owed()
    mia.does("claim")

    mia.does("release")
    shop.passes(30)

    assert shop.owed() == owed != []


def test_nothing_goes_back_after_an_opt_out(shop, mia):
    shop.writes("hello")
    mia.does("claim")
    shop.writes(PRICE)
    shop.writes("STOP")
    before = shop.said()

    mia.does("release")
    shop.passes(60)

    assert shop.said() == before


def test_giving_back_twice_answers_once(shop, mia):
    shop.writes("hello")
    mia.does("claim")
    shop.writes(PRICE)
    before = len(shop.said())

    mia.does("release")
    mia.does("release")
    shop.passes(30)

    assert len(shop.said()) == before + 1
    assert shop.markers().count("released") == 1


def test_a_person_s_thread_is_never_closed_while_the_shop_is_open(shop, mia):
    shop.writes("hello")
    mia.sends("Hi Ann, Mia here.")
    shop.passes(20)

    closed_at = None
    while closed_at is None:
        shop.passes(3600)
        closed_at = shop.row().resolved_at

    local = closed_at.astimezone(shop.business.zone)
    assert closed_at - MONDAY >= timedelta(hours=72)
    assert local.hour >= 17 or local.hour < 8
    assert shop.row().owner == "agent"


# Undo


def test_a_text_waits_ten_seconds_and_then_leaves(shop, mia):
    shop.writes("hello")
    before = len(shop.said())
    mia.sends("On my way.")

    shop.passes(9)
    assert len(shop.said()) == before
    shop.passes(2)

    assert shop.said()[-1] == "On my way."


def test_a_text_taken_back_never_leaves_and_its_words_return(shop, mia):
    shop.writes("hello")
    before = shop.said()
    mia.sends("On my way.", key="k1")
    assert part(mia.sees(), "undo") == "Undo 10 s"
    shop.passes(4)
    assert part(mia.sees(), "undo") == "Undo 6 s"

    answered = mia.does("undo", text="k1", body="and bring")
    shop.passes(60)

    assert box(answered.text) == "On my way.\nand bring"
    assert shop.said() == before
    assert "taken back by Mia" in mia.sees()
    assert shop.row().owner == "mia"
    assert shop.row().last_text == max(one.seq for one in shop.texts() if one.kind != "staff")


def test_undo_says_plainly_that_it_is_too_late(shop, mia):
    shop.writes("hello")
    mia.sends("On my way.", key="k1")
    shop.passes(20)

    answered = mia.does("undo", text="k1", body="I type")

    assert "It has left already" in part(answered.text, "error")
    assert box(answered.text) == "I type"
    assert shop.said()[-1] == "On my way."


def test_two_texts_leave_in_order_and_one_can_be_taken_back(shop, mia):
    shop.writes("hello")
    before = len(shop.said())
    mia.sends("One.", key="k1")
    shop.passes(3)
    mia.sends("Two.", key="k2")
    shop.passes(3)
    mia.sends("Three.", key="k3")

    mia.does("undo", text="k2")
    shop.passes(60)

    assert shop.said()[before:] == ["One.", "Three."]


def test_a_promise_taken_back_is_owed_no_more(shop, mia):
    shop.writes("hello")
    mia.sends("I'll call you at 3 PM.", key="k1")
    assert shop.owed() == ["promise"]

    mia.does("undo", text="k1")

    assert shop.owed() == []


def test_what_a_task_proposed_cannot_be_taken_back(shop, mia, sam):
    shop.writes("hello")
    with shop.house.database.begin() as connection:
        tasks.add(
            connection, "moved", business=shop.business.slug, thread=shop.thread, kind="review",
            note="Tell them.", tell="We moved your visit to Friday.", due_at=MONDAY, created_at=MONDAY,
        )  # fmt: skip
        [owed] = tasks.open_of_thread(connection, shop.thread)
    mia.does(f"tasks/{owed.id}/tell")

    answered = sam.does("undo", text=f"task:{owed.id}")
    shop.passes(10)

    assert "cannot be taken back" in part(answered.text, "error")
    assert shop.said()[-1] == "We moved your visit to Friday."


def test_what_a_colleague_takes_back_is_owed_again_too(shop, mia, sam):
    shop.writes("hello")
    with shop.house.database.begin() as connection:
        tasks.add(
            connection, f"{tasks.BACK}other call", business=shop.business.slug, thread=shop.thread,
            kind="promise", note="A person is back.", due_at=MONDAY, created_at=MONDAY,
        )  # fmt: skip
    mia.sends("Hi Ann, this is Mia.", key="k1")

    sam.does("undo", text="k1")

    assert shop.owed() == ["promise"]


def test_what_a_text_settled_is_owed_again_when_it_is_taken_back(shop, mia):
    shop.writes("hello")
    with shop.house.database.begin() as connection:
        tasks.add(
            connection, f"{tasks.BACK}call", business=shop.business.slug, thread=shop.thread,
            kind="promise", note="A person is back.", due_at=MONDAY, created_at=MONDAY,
        )  # fmt: skip
    mia.sends("Hi Ann, this is Mia.", key="k1")
    assert shop.owed() == []

    mia.does("undo", text="k1")

    assert shop.owed() == ["promise"]


def test_stop_within_the_ten_seconds_keeps_the_text_here(shop, mia):
    shop.writes("hello")
    mia.sends("On my way.")
    shop.writes("STOP", seconds=60)

    assert "On my way." not in shop.said()


def test_a_text_of_another_thread_cannot_be_taken_back(shop, mia):
    shop.writes("hello")
    shop.writes("hello", caller="+13035550111")
    mia.sends("On my way.", key="k1")

    answered = mia.does("undo", digits="13035550111", text="k1")
    shop.passes(20)

    assert answered.status_code == 404
    assert shop.said()[-1] == "On my way."


# Moves


def test_handing_on_gives_the_thread_to_a_colleague_who_is_told(shop, mia, sam):
    shop.writes("hello")

    mia.does("hand", to="sam")
    shop.passes(5)

    assert shop.row().owner == "sam"
    assert "Mia Torres handed the conversation to Sam" in mia.sees()
    phone = shop.business.person("sam").phone
    assert any("Mia hands you the conversation" in one for one in shop.said(phone))


def test_texts_to_staff_lead_to_the_conversation_without_its_number(shop, mia):
    shop.writes("hello")
    seq = shop.texts()[-1].seq

    found = mia.http.get(f"/inbox/t/{seq}", follow_redirects=False)

    assert found.headers["location"] == f"/inbox/{shop.digits}"
    assert mia.http.get("/inbox/t/0").status_code == 404


def test_nobody_is_handed_a_thread_who_is_not_here(shop, mia):
    shop.writes("hello")

    answered = mia.does("hand", to="nora")

    assert answered.status_code == 303
    assert "no such colleague" in part(mia.sees(), "error")
    assert shop.row().owner == "agent"


def test_done_closes_with_what_came_of_it_and_reopen_gives_it_to_whoever_pressed(shop, mia, sam):
    shop.writes("hello")
    shop.sets(snoozed_until=datetime.now(UTC))

    mia.does("done", outcome="won")
    row = shop.row()
    assert (row.outcome, row.owner, row.snoozed_until) == ("won", "agent", None)
    assert row.resolved_at is not None
    assert "Mia Torres marked it as done: won" in mia.sees()
    assert part(mia.sees(), "resolved") == "Done: Won the job"

    sam.does("reopen")
    row = shop.row()
    assert (row.outcome, row.owner, row.resolved_at) == (None, "sam", None)


def test_done_asks_about_what_is_still_to_do(shop, mia):
    shop.writes("do you tune pianos?")
    shop.writes("do you sell goldfish?")
    count = len(shop.owed())
    words = "1 thing is" if count == 1 else f"{count} things are"

    asked = mia.does("done", outcome="lost")
    assert asked.headers["location"] == f"/inbox/{shop.digits}?done=lost"
    assert f"{words} still to do" in part(mia.sees(asked.headers["location"]), "still-owed")
    assert shop.row().resolved_at is None

    mia.does("done", outcome="lost", anyway="true")
    assert shop.row().outcome == "lost"
    assert shop.owed() == []


def test_an_unknown_outcome_closes_nothing(shop, mia):
    shop.writes("hello")

    mia.does("done", outcome="rich")

    assert shop.row().resolved_at is None


def test_the_agent_answers_whoever_writes_again_after_done(shop, mia):
    shop.writes("hello")
    mia.does("claim")
    mia.does("done", outcome="answered")
    shop.writes(PRICE)

    assert "$149" in shop.said()[-1]
    assert shop.row().outcome is None


@pytest.mark.parametrize(
    ("form", "local"),
    [
        ({"until": "hour"}, "2026-11-16T10:12"),
        ({"until": "afternoon"}, "2026-11-16T15:00"),
        ({"until": "tomorrow"}, "2026-11-17T08:00"),
        ({"until": "monday"}, "2026-11-23T08:00"),
        ({"until": "chosen", "at": "2026-12-01T07:30"}, "2026-12-01T07:30"),
    ],
)
def test_snooze_until(shop, mia, form, local):
    shop.writes("hello", seconds=0)

    mia.does("snooze", **form)

    until = shop.row().snoozed_until.astimezone(shop.business.zone)
    assert until.strftime("%Y-%m-%dT%H:%M") == local
    assert "Back " in part(mia.sees(), "snoozed")


@pytest.mark.parametrize("at", ["", "soon", "2026-11-16T09:00", "2031-01-01T09:00"])
def test_a_time_that_makes_no_sense_is_no_snooze(shop, mia, at):
    shop.writes("hello")

    mia.does("snooze", until="chosen", at=at)

    assert part(mia.sees(), "error")
    assert shop.row().snoozed_until is None


def test_a_snooze_ends_when_the_caller_writes_or_a_person_wants_it_back(shop, mia):
    shop.writes("hello")
    mia.does("snooze", until="tomorrow")
    shop.writes(PRICE)
    assert shop.row().snoozed_until is None

    mia.does("snooze", until="tomorrow")
    mia.does("wake")

    assert shop.row().snoozed_until is None


def test_what_is_new_has_a_line_above_it_for_each_person(shop, mia, sam):
    shop.writes("hello")
    mia.sees()
    shop.writes(PRICE)

    page = mia.sees()
    assert page.index('data-testid="new"') < page.index(PRICE)
    assert page.index("hello") < page.index('data-testid="new"')
    assert 'data-testid="new"' not in mia.sees()

    mia.does("unread")
    assert 'data-testid="new"' in mia.sees()


# Who else is here


def test_people_see_who_is_here_and_who_types(shop, mia, sam):
    shop.writes("hello")
    mia.does("here", shown="0")

    assert "Mia is here" in sam.does("here", shown="0").text
    mia.does("here", shown="0", types="true")
    assert "Mia is typing a reply" in sam.does("here", shown="0").text
    shop.passes(9)
    assert "Mia is here" in sam.does("here", shown="0").text
    shop.passes(30)
    assert "Mia" not in sam.does("here", shown="0").text


def test_nobody_is_here_on_a_thread_that_is_not(shop, mia):
    assert mia.does("here", digits="13035550000", shown="0").status_code == 404


def test_who_sends_after_a_colleague_is_warned_once(shop, mia, sam):
    shop.writes("hello")
    fields = mia.fields()
    sam.sends("Sam here, we come at 3.")
    shop.passes(15)

    warned = mia.http.post(f"/inbox/{shop.digits}/send", data=fields | {"body": "We come at 5."})
    assert "Sam" in part(warned.text, "others")
    assert box(warned.text) == "We come at 5."
    assert "Sam here, we come at 3." in warned.text
    shop.passes(30)
    assert "We come at 5." not in shop.said()

    assert mia.sends("We come at 5.").status_code == 303
    shop.passes(30)
    assert shop.said()[-1] == "We come at 5."


def test_the_agent_s_answer_counts_until_it_is_on_the_page(shop, mia):
    shop.writes("hello")
    fields = mia.fields()
    shop.writes(PRICE)
    seen = str(max(one.seq for one in shop.texts()))

    warned = mia.http.post(f"/inbox/{shop.digits}/send", data=fields | {"body": "It is $149."})
    assert "The agent" in part(warned.text, "others")
    sent = mia.http.post(
        f"/inbox/{shop.digits}/send", data=fields | {"shown": seen, "body": "It is $149."}
    )

    assert sent.status_code == 303


def test_the_same_form_twice_is_one_text_and_no_collision(shop, mia, sam):
    shop.writes("hello")
    fields = mia.fields() | {"body": "Mia here."}

    first = mia.http.post(f"/inbox/{shop.digits}/send", data=fields)
    sam.sends("Sam here.", shown="99999", opened="99999")
    again = mia.http.post(f"/inbox/{shop.digits}/send", data=fields)
    shop.passes(60)

    assert (first.status_code, again.status_code) == (303, 303)
    assert shop.said().count("Mia here.") == 1


# Notes


def test_a_note_is_kept_for_staff_and_never_sent(shop, mia, sam):
    shop.writes("hello")
    before = shop.said()

    mia.sends("@sam she is the one with the dog <b>", mode="note", key="n1")
    mia.sends("@sam she is the one with the dog <b>", mode="note", key="n1")
    shop.passes(60)

    page = sam.http.get(f"/inbox/{shop.digits}").text
    assert page.count("<mark>@sam</mark>") == 1
    assert "Note by Mia Torres" in page
    assert "the dog &lt;b&gt;" in page
    assert shop.said() == before
    assert shop.row().owner == "agent"


def test_the_agent_never_reads_a_note(shop, mia):
    shop.writes("hello")
    mia.sends("the gate code is 4711", mode="note")
    shop.writes("what is the gate code?")

    assert not any("4711" in one for one in shop.said())
    assert "4711" not in mia.does("suggest").text.split('id="suggestions"')[1].split("</div>")[0]


# Before it is sent


def test_advertising_is_sent_only_by_a_second_press(shop, mia):
    shop.writes("hello")
    body = "Get 20% off your next drain cleaning this week!"

    warned = mia.sends(body)
    told = part(warned.text, "selling")
    assert "reads as advertising" in told
    assert "has not agreed to advertising" in told
    assert box(warned.text) == body
    shop.passes(30)
    assert body not in shop.said()

    judged = warned.text.split('name="judged" value="')[1].split('"')[0]
    assert mia.sends(f"{body} Refer a friend and get $50.", judged=judged).status_code == 200
    assert mia.sends(body, judged=judged).status_code == 303
    shop.passes(30)
    assert shop.said()[-1] == body


def test_advertising_to_a_subscriber_names_their_yes(shop, mia):
    shop.writes("hello")
    with shop.house.database.begin() as connection:
        evidence = {"about": "seasonal offers"}
        consents.note(
            connection, shop.business.slug, shop.caller, consents.MARKETING, evidence, MONDAY
        )

    warned = mia.sends("Get 20% off your next drain cleaning this week!")

    assert "They said yes to seasonal offers on Nov 16, 2026" in part(warned.text, "selling")


def test_a_plain_answer_to_what_was_asked_is_no_advertising(shop, mia):
    shop.writes("do you have any discounts for seniors?")

    assert mia.sends("Yes, seniors get 10% off.").status_code == 303


def test_what_is_not_filled_in_is_not_sent(shop, mia):
    shop.writes("hello")

    answered = mia.sends("See you {time}.")

    assert "Fill in {time} first" in part(answered.text, "error")
    assert box(answered.text) == "See you {time}."


def test_nobody_writes_to_who_opted_out_but_notes_are_kept(shop, mia):
    shop.writes("hello")
    shop.writes("STOP")
    page = mia.sees()
    assert "opted out" in part(page, "closed")
    assert f'href="tel:{shop.caller}"' in page
    assert 'value="reply" disabled' in page

    refused = mia.sends("One more thing")
    shop.passes(30)

    assert "opted out" in part(refused.text, "error")
    assert "One more thing" not in shop.said()
    assert mia.sends("Phone her.", mode="note").status_code == 303


def test_a_failed_text_is_sent_again_once(shop, mia):
    shop.writes("hello")
    mia.sends("On my way.")
    shop.passes(15)
    _fails(shop, "On my way.", code="30003")

    [seq] = [one.seq for one in shop.texts() if one.body == "On my way."]
    assert part(mia.sees(), "again") == "Send again"
    mia.does("again", text=str(seq))
    mia.does("again", text=str(seq))
    shop.passes(30)

    assert shop.said().count("On my way.") == 2


def test_what_has_not_failed_or_is_said_again_anyway_is_not_sent_again(shop, mia):
    shop.writes("hello")
    mia.sends("On my way.")
    shop.passes(15)
    [seq] = [one.seq for one in shop.texts() if one.body == "On my way."]

    mia.does("again", text=str(seq))
    unfailed = part(mia.sees(), "error")
    row = next(one for one in shop.texts() if one.seq == seq)
    report = CarrierReport(
        business=shop.business.slug, sid=row.sid, status="undelivered", code="30003"
    )
    with shop.house.database.begin() as connection:
        shop.house.built.door.report(connection, row.key, report, shop.house.clock.now())
    mia.does("again", text=str(seq))
    waiting = part(mia.sees(), "error")
    shop.passes(60)

    assert "did not arrive" in unfailed
    assert "sent again by itself" in waiting
    assert shop.said().count("On my way.") == 1


def test_a_phone_that_gets_no_texts_is_to_be_phoned(shop, mia):
    shop.writes("hello")
    mia.sends("On my way.")
    shop.passes(15)
    _fails(shop, "On my way.", code="30006")

    assert part(mia.sees(), "phone-instead") == "Phone instead"
    assert part(mia.sees(), "again") is None


def test_the_claim_is_told_to_whoever_climbs_for_a_person(shop):
    told: list[object] = []

    class Ladder:
        def claimed(self, connection, thread_id, staff, now, *, tells=False):
            told.append((staff, tells))

        def handed_on(self, connection, thread_id, now):
            told.append("handed on")

        def unclaimed(self, connection, thread_id, staff, at, now):
            told.append("unclaimed")

        def over(self, connection, thread_id, why, now):
            told.append("over")

    shop.writes("hello")
    desk, now = StaffDesk(jobs=shop.house.jobs, ladder=Ladder()), shop.house.clock.now()
    with shop.house.database.begin() as connection:
        desk.claim(connection, shop.thread, "mia", now)
        desk.answer(connection, shop.thread, "sam", "Sam here.", "k", now)
        with pytest.raises(BadInput):
            desk.hand_on(connection, shop.thread, "sam", "nobody-here", now)
        desk.hand_on(connection, shop.thread, "sam", "mia", now)

    assert told == [("mia", True), ("sam", False), "handed on"]


def _fails(shop, body, code):
    """The carrier reports that this text did not arrive, and will not."""
    from server.store import texts

    with shop.house.database.begin() as connection:
        [row] = [one for one in shop.texts() if one.body == body]
        texts.advance(
            connection, row.key, "failed", error_code=code, status_reason="did not arrive"
        )
