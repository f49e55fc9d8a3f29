"""The agent's replies that a person may stop or has to agree to, through the webhooks and the inbox."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from agent.model import Reason
from agent.rules.phone import masked
from server.store import appointments, businesses, texts, threads
from server.store.tables import escalation
from server.threads import StaffDesk
from tests.server.at_desk import MIA, SHOP, AtDesk

HOURS = "Are you open on Saturday?"
PRICE = "How much is a drain cleaning?"
BOOK = "Can I book a drain cleaning for Thursday?"
LEAK = "There is a gas smell in my kitchen, help"


@pytest.fixture
def desk(tmp_path):
    opened: list[AtDesk] = []

    def open_one(**autonomy):
        opened.append(AtDesk(tmp_path / str(len(opened)), autonomy=autonomy))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture(scope="module")
def that_suggests(tmp_path_factory):
    one = AtDesk(tmp_path_factory.mktemp("suggests"), autonomy={"default": "suggest"})
    yield one
    one.close()


@pytest.fixture(scope="module")
def that_waits(tmp_path_factory):
    autonomy = {"default": "wait", "wait_s": 60}
    one = AtDesk(tmp_path_factory.mktemp("waits"), autonomy=autonomy)
    yield one
    one.close()


@pytest.fixture
def suggesting(that_suggests):
    """A shop whose agent only suggests, and a new caller."""
    return that_suggests.meets()


@pytest.fixture
def waiting(that_waits):
    """A shop whose agent waits for a minute, and a new caller."""
    return that_waits.meets()


def kept(desk):
    with desk.house.database.connect() as connection:
        return texts.kept_back(connection, f"{SHOP}:{desk.caller}")


def press(person, desk, what):
    [row] = kept(desk)
    person.sees(f"/inbox/{desk.digits}")
    return person.sends(f"/inbox/{desk.digits}/reply/{row.seq}/{what}")


def test_a_free_agent_answers_at_once(desk):
    free = desk()

    free.texts(HOURS)

    assert len(free.sent_to()) == 1
    assert kept(free) == []


def test_a_suggestion_leaves_only_when_a_person_sends_it(suggesting):
    suggesting.texts(HOURS)
    suggesting.passes(3600)
    assert suggesting.sent_to() == []

    assert press(suggesting.mia, suggesting, "send").status_code == 303
    suggesting.passes(1)

    [sent] = suggesting.sent_to()
    assert "Sat" in sent
    [row] = suggesting.rows(kind="reply")
    assert (row.author, row.why["approved"]) == ("agent", "mia")
    assert suggesting.thread().owner == "agent"
    assert suggesting.thread().last_text == row.seq


def test_a_suggestion_is_a_task_and_staff_are_told_once(suggesting):
    suggesting.texts(HOURS)
    suggesting.texts("Hello?", wait_s=30)
    suggesting.texts("And on Sunday?", wait_s=30)

    [owed] = suggesting.tasks(kind="review")
    assert owed.done_at is None
    number = masked(suggesting.caller)
    told = [one for one in suggesting.sent_to(MIA) if f"{number} has texted" in one]
    assert len(told) == 1

    press(suggesting.mia, suggesting, "discard")
    [owed] = suggesting.tasks(kind="review")
    assert owed.done_by == "mia"


def test_a_newer_text_replaces_a_suggestion_and_both_are_answered(suggesting):
    suggesting.texts(HOURS)
    [first] = kept(suggesting)

    suggesting.texts("And how much is a drain cleaning?", wait_s=30)

    [second] = kept(suggesting)
    assert second.seq > first.seq
    assert "Sat" in second.body
    assert "$149" in second.body
    [dropped] = suggesting.rows(key=first.key)
    assert (dropped.status, dropped.status_reason) == ("dropped", "a newer text came first")


def test_a_suggestion_never_counts_as_said(suggesting):
    suggesting.texts(HOURS)

    assert suggesting.thread().last_text == suggesting.rows(author="caller")[0].seq
    with suggesting.house.database.connect() as connection:
        last = texts.last_said(connection, f"{SHOP}:{suggesting.caller}")
        assert last is not None
        assert last.is_callers
        assert not texts.anyone_wrote_after(connection, f"{SHOP}:{suggesting.caller}", last.seq)
        assert [one.author for one in texts.history(connection, f"{SHOP}:{suggesting.caller}", 10**9, 9)] == ["caller"]  # fmt: skip


def test_stop_drops_a_suggestion(suggesting):
    suggesting.texts(HOURS)

    suggesting.texts("STOP")

    assert kept(suggesting) == []
    assert not any("Sat" in body for body in suggesting.sent_to())
    assert [one.done_at is None for one in suggesting.tasks(kind="review")] == [False]


def test_what_a_person_types_takes_the_place_of_a_suggestion(suggesting):
    suggesting.texts(HOURS)
    html = suggesting.mia.sees(f"/inbox/{suggesting.digits}")
    seen = re.findall(r'name="seen" value="([^"]*)"', html)

    suggesting.mia.sends(
        f"/inbox/{suggesting.digits}/send",
        {"body": "Yes, 9 to 1. Mia", "key": "k1", "seen": seen[0] if seen else "999999"},
    )
    suggesting.passes(30)

    assert suggesting.sent_to() == ["Yes, 9 to 1. Mia"]
    assert kept(suggesting) == []


def test_a_suggestion_cannot_be_sent_over_a_text_that_has_just_come(suggesting):
    suggesting.texts(HOURS)
    [row] = kept(suggesting)
    suggesting.mia.sees(f"/inbox/{suggesting.digits}")
    suggesting.texts("Wait, I mean Sunday", wait_s=1)

    answered = suggesting.mia.sends(f"/inbox/{suggesting.digits}/reply/{row.seq}/send")

    assert answered.status_code == 400
    assert "just written again" in answered.text
    assert suggesting.sent_to() == []


def test_a_suggestion_of_times_that_are_not_kept_any_more_is_thought_over(suggesting):
    suggesting.texts(BOOK)
    [row] = kept(suggesting)
    assert row.why["evidence"]
    suggesting.passes(16 * 60)

    assert press(suggesting.mia, suggesting, "send").status_code == 303
    suggesting.passes(10)

    assert suggesting.sent_to() == []
    [anew] = kept(suggesting)
    assert anew.seq > row.seq
    press(suggesting.mia, suggesting, "send")
    suggesting.passes(2)
    assert suggesting.sent_to() == [anew.body]


def test_a_suggestion_from_details_that_have_changed_is_thought_over(desk):
    suggesting = desk(default="suggest")
    suggesting.texts(HOURS)
    suggesting.passes(60)
    with suggesting.house.database.begin() as connection:
        shop = businesses.get(connection, SHOP)
        assert shop
        closed = shop.model_copy(update={"hours": {**shop.hours, "sat": ()}})
        businesses.save(connection, closed, suggesting.now)

    press(suggesting.mia, suggesting, "send")
    suggesting.passes(10)

    assert suggesting.sent_to() == []
    assert "closed" in kept(suggesting)[0].body.lower()


def test_only_whoever_has_the_conversation_sends_a_suggestion(suggesting):
    suggesting.texts(HOURS)
    sam = suggesting.sits("sam")
    suggesting.mia.sees(f"/inbox/{suggesting.digits}")
    suggesting.mia.sends(f"/inbox/{suggesting.digits}/claim")

    assert press(sam, suggesting, "send").status_code == 400
    assert press(suggesting.mia, suggesting, "send").status_code == 303
    suggesting.passes(2)

    assert len(suggesting.sent_to()) == 1


def test_help_in_danger_is_never_held_back(suggesting):
    suggesting.texts(LEAK)

    assert kept(suggesting) == []
    assert any("911" in body for body in suggesting.sent_to())


def test_a_waiting_reply_leaves_when_nobody_stops_it(waiting):
    waiting.texts(HOURS, wait_s=50)
    assert waiting.sent_to() == []
    [row] = kept(waiting)
    assert row.at < waiting.now

    waiting.passes(20)

    assert len(waiting.sent_to()) == 1
    assert kept(waiting) == []


def test_a_waiting_reply_can_be_sent_now(waiting):
    waiting.texts(HOURS)

    press(waiting.mia, waiting, "send")
    waiting.passes(1)
    assert len(waiting.sent_to()) == 1

    waiting.passes(120)
    assert len(waiting.sent_to()) == 1


def test_stopping_a_waiting_reply_takes_the_conversation_over(waiting):
    waiting.texts(HOURS)

    press(waiting.mia, waiting, "stop")
    waiting.passes(120)

    assert waiting.sent_to() == []
    assert waiting.thread().owner == "mia"
    [row] = waiting.rows(kind="reply")
    assert (row.status, row.status_reason) == ("dropped", "stopped by Mia")


def test_a_newer_text_overtakes_a_waiting_reply(waiting):
    waiting.texts(HOURS, wait_s=20)

    waiting.texts("And how much is a drain cleaning?", wait_s=90)

    [said] = waiting.sent_to()
    assert "Sat" in said
    assert "$149" in said


def test_danger_overtakes_a_waiting_reply(waiting):
    waiting.texts(HOURS, wait_s=20)

    waiting.texts(LEAK, wait_s=5)

    [said] = waiting.sent_to()
    assert "911" in said


def test_what_a_person_writes_does_not_wait_behind_a_waiting_reply(waiting):
    waiting.texts(HOURS)
    with waiting.house.database.begin() as connection:
        StaffDesk(jobs=waiting.house.jobs).answer(
            connection, f"{SHOP}:{waiting.caller}", "mia", "Yes we are.", "k", waiting.now
        )

    waiting.passes(2)
    assert waiting.sent_to() == ["Yes we are."]
    waiting.passes(120)
    assert waiting.sent_to() == ["Yes we are."]


def test_only_the_topics_that_the_owner_names_wait(desk):
    careful = desk(topics={"prices": "suggest"})

    careful.texts(HOURS)
    assert len(careful.sent_to()) == 1

    careful.texts(PRICE)
    assert len(careful.sent_to()) == 1
    assert len(kept(careful)) == 1


def test_a_booking_that_was_made_is_always_confirmed(suggesting):
    suggesting.texts("Can I book a drain cleaning on Thursday? Ann Lee, 12 Oak St, Boulder 80302")
    press(suggesting.mia, suggesting, "send")
    suggesting.passes(2)

    suggesting.texts("1")
    while kept(suggesting):
        press(suggesting.mia, suggesting, "send")
        suggesting.passes(2)
        suggesting.texts("12 Oak St, Boulder 80302. Ann Lee")

    assert "booked" in suggesting.sent_to()[-1].lower()


def test_the_conversation_shows_the_reply_that_waits(suggesting):
    suggesting.texts(HOURS)

    html = suggesting.mia.sees(f"/inbox/{suggesting.digits}")

    assert html.count('data-testid="kept-reply"') == 1
    assert "The agent suggests" in html
    assert "Send as it is" in html


def test_a_reply_that_is_gone_cannot_be_sent(suggesting):
    suggesting.texts(HOURS)
    [row] = kept(suggesting)
    press(suggesting.mia, suggesting, "discard")

    assert (
        suggesting.mia.sends(f"/inbox/{suggesting.digits}/reply/{row.seq}/send").status_code == 404
    )
    assert suggesting.sent_to() == []


def test_the_owner_chooses_by_topic(desk):
    shop = desk()
    html = shop.mia.sees("/business/autonomy")
    [seen] = re.findall(r'name="seen" value="([^"]+)"', html)
    form = {"answers": "send", "prices": "suggest", "booking": "wait", "changes": "send", "other": "send"}  # fmt: skip

    assert shop.mia.sends("/business/autonomy", {**form, "wait_s": "90", "seen": seen}).status_code == 303  # fmt: skip

    with shop.house.database.connect() as connection:
        stored = businesses.get(connection, SHOP)
    assert stored
    assert stored.autonomy.topics == {"prices": "suggest", "booking": "wait"}
    assert stored.autonomy.wait_s == 90
    assert "Saved" in shop.mia.sees("/business/autonomy")


@pytest.mark.parametrize("wait_s", ["5", "4000", "x", "-3", "9" * 40, "²"])
def test_a_wait_that_makes_no_sense_is_refused(desk, wait_s):
    shop = desk()
    html = shop.mia.sees("/business/autonomy")
    [seen] = re.findall(r'name="seen" value="([^"]+)"', html)

    assert shop.mia.sends("/business/autonomy", {"wait_s": wait_s, "seen": seen}).status_code == 400


def test_an_older_page_replaces_nothing(desk):
    shop = desk()
    shop.mia.sees("/business/autonomy")

    answered = shop.mia.sends("/business/autonomy", {"prices": "wait", "seen": "old"})

    assert answered.status_code == 400
    assert "Somebody else" in answered.text


def test_staff_see_the_choice_and_cannot_change_it(desk):
    sam = desk(default="wait").sits("sam")

    html = sam.sees("/business/autonomy")

    assert "Wait, then send" in html
    assert '<form class="stack"' not in html
    assert sam.sends("/business/autonomy", {"prices": "send"}).status_code == 403


def asked(desk):
    """Every escalation of the conversation."""
    query = sa.select(escalation).where(escalation.c.thread == f"{SHOP}:{desk.caller}")
    with desk.house.database.connect() as connection:
        return list(connection.execute(query.order_by(escalation.c.id)))


def test_people_on_call_are_tried_for_a_suggestion_and_a_sent_one_ends_that(suggesting):
    suggesting.texts(HOURS)
    [climbs] = asked(suggesting)
    assert (climbs.is_urgent, climbs.ended) == (False, None)

    press(suggesting.mia, suggesting, "send")

    assert [(one.ended, one.next_at) for one in asked(suggesting)] == [("answered", None)]


def test_a_danger_does_not_join_what_asks_for_a_look(suggesting):
    suggesting.texts(HOURS)
    with suggesting.house.database.begin() as connection:
        thread = threads.lock(connection, f"{SHOP}:{suggesting.caller}")
        suggesting.house.built.escalations.begin(
            connection, thread, businesses.get(connection, SHOP), f"tape:{suggesting.caller}",
            Reason.EMERGENCY, LEAK, suggesting.now,
        )  # fmt: skip

    assert [(one.is_urgent, one.ended) for one in asked(suggesting)] == [
        (False, "answered"), (True, None),
    ]  # fmt: skip


def test_what_is_suggested_goes_with_a_conversation_that_is_closed(suggesting):
    suggesting.texts(HOURS)
    suggesting.mia.sees(f"/inbox/{suggesting.digits}")
    suggesting.mia.sends(f"/inbox/{suggesting.digits}/done", {"outcome": "answered", "anyway": "true"})  # fmt: skip

    assert suggesting.thread().resolved_at
    assert kept(suggesting) == []
    [row] = suggesting.rows(author="agent", kind="reply")
    assert (row.status, row.status_reason) == ("dropped", "the conversation is closed")


def test_a_suggestion_of_three_days_ago_is_not_sent(suggesting):
    suggesting.texts(HOURS)
    suggesting.passes(73 * 3600)

    assert press(suggesting.mia, suggesting, "send").status_code == 400
    suggesting.passes(5)

    assert suggesting.sent_to() == []
    assert press(suggesting.mia, suggesting, "discard").status_code == 303


def test_an_offer_that_waits_leaves_while_its_times_are_kept(desk):
    slow = desk(default="wait", wait_s=3600)
    slow.texts(BOOK)

    [row] = kept(slow)
    with slow.house.database.connect() as connection:
        held = appointments.offered(connection, f"{SHOP}:{slow.caller}", slow.now)
    first = min(one.expires_at for one in held)
    assert row.waits_until == first - timedelta(minutes=2)
