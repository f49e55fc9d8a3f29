"""What people owe callers: the list, what is done with it, promises kept and broken, and the alarm."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from agent.errors import NotFound
from agent.model import TaskKind
from server import owed
from server.owed import Wanted
from server.store import businesses, tasks, threads
from server.store.tables import business, escalation, handset
from tests.server.at_desk import MIA, SAM, SHOP, AtDesk

ASKED = "Please have somebody call me back"
LEAK = "There is a gas smell in my kitchen, help"


class ForTwo(AtDesk):
    def __init__(self, folder):
        super().__init__(folder)
        self.sam = self.sits("sam")


@pytest.fixture(scope="module")
def shop_of_all(tmp_path_factory):
    one = ForTwo(tmp_path_factory.mktemp("tasks"))
    yield one
    one.close()


@pytest.fixture
def shop(shop_of_all):
    """Tuesday, open, with a new caller."""
    return shop_of_all.meets()


@pytest.fixture
def alone(tmp_path):
    """A shop of one's own, for what counts or alarms all that is owed."""
    opened: list[AtDesk] = []

    def open_one(start="2026-09-15T10:00", **business):
        opened.append(AtDesk(tmp_path / str(len(opened)), start, **business))
        return opened[-1].meets()

    yield open_one
    for one in opened:
        one.close()


def owe(desk, note="Bring the drawing", minutes=0, kind=TaskKind.PROMISE, owner=None):
    """A task of the present caller, due so many minutes from now; returns its id."""
    thread, due = f"{SHOP}:{desk.caller}", desk.now + timedelta(minutes=minutes)
    with desk.house.database.begin() as connection:
        threads.locked(connection, SHOP, desk.caller, desk.now)
        key = f"{note} {desk.caller} {due}"
        tasks.add(
            connection,
            key,
            business=SHOP,
            thread=thread,
            kind=kind,
            note=note,
            due_at=due,
            owner=owner,
            created_at=desk.now,
        )
    return desk.tasks()[-1].id


def row(html, note):
    """The list's item with this note."""
    items = re.findall(r'<li[^>]*data-testid="task">.*?</li>', html, re.DOTALL)
    return next((one for one in items if note in one), "")


def test_a_callback_stands_on_the_list_with_its_caller(shop):
    shop.texts(ASKED)

    item = row(shop.mia.sees("/tasks"), ASKED)

    assert f'href="/inbox/{shop.digits}"' in item
    assert f'href="tel:{shop.caller}"' in item
    assert "Nobody does it yet" in item


def test_what_is_late_says_by_how_much(shop):
    owe(shop, "Late drawing", minutes=-20)

    item = row(shop.mia.sees("/tasks?show=late"), "Late drawing")

    assert "overdue by 20 min" in item
    assert 'class="late"' in item


def test_what_is_due_later_says_when_in_the_zone_of_the_shop(alone):
    desk = alone()
    owe(desk, "Later drawing", minutes=300)

    assert "today at 3 PM" in row(desk.mia.sees("/tasks"), "Later drawing")
    assert row(desk.mia.sees("/tasks?show=late"), "Later drawing") == ""


def test_the_list_is_in_the_order_in_which_things_fall_due(alone):
    desk = alone()
    for minutes in (90, -60, 30):
        owe(desk, f"Note {minutes}", minutes=minutes)

    html = desk.mia.sees("/tasks")

    assert re.findall(r'class="what">Note (-?\d+)', html) == ["-60", "30", "90"]


def test_mine_are_those_given_to_me_and_those_of_my_conversations(shop):
    owe(shop, "Given to Sam", owner="sam")
    shop.meets()
    owe(shop, "In Mias hands")
    shop.mia.sees("/tasks")
    shop.mia.sends(f"/inbox/{shop.digits}/claim")

    assert row(shop.mia.sees("/tasks?show=mine"), "In Mias hands")
    assert not row(shop.mia.sees("/tasks?show=mine"), "Given to Sam")
    assert row(shop.sam.sees("/tasks?show=mine"), "Given to Sam")
    assert not row(shop.sam.sees("/tasks?show=free"), "In Mias hands")


def test_a_kind_can_be_chosen(shop):
    owe(shop, "A call", kind=TaskKind.CALLBACK)
    owe(shop, "A promise")

    html = shop.mia.sees("/tasks?kind=callback")

    assert row(html, "A call")
    assert not row(html, "A promise")


@pytest.mark.parametrize(
    "query", ["show=nonsense", "kind=nonsense", "done=999999", "show=%00&kind='"]
)
def test_a_strange_address_shows_the_list(shop, query):
    assert "Tasks" in shop.mia.sees(f"/tasks?{query}")


def test_done_can_be_undone(shop):
    task = owe(shop, "Undo me")
    shop.mia.sees("/tasks")

    answered = shop.mia.sends(f"/tasks/{task}/done", {"back": "/tasks?show=late"})
    assert answered.headers["location"] == f"/tasks?show=late&done={task}"
    html = shop.mia.sees(answered.headers["location"])
    assert 'data-testid="undo"' in html
    assert not row(html, "Undo me")

    shop.mia.sends(f"/tasks/{task}/undo")
    [again] = shop.tasks(id=task)
    assert (again.done_at, again.done_by, again.kept) == (None, None, None)


def test_only_who_finished_it_can_undo_it_and_not_for_ever(shop):
    task = owe(shop, "Mine to undo")
    shop.mia.sees("/tasks")
    shop.mia.sends(f"/tasks/{task}/done")
    shop.sam.sees("/tasks")

    assert shop.sam.sends(f"/tasks/{task}/undo").status_code == 404
    assert 'data-testid="undo"' not in shop.sam.sees(f"/tasks?done={task}")
    shop.passes(11 * 60)
    assert shop.mia.sends(f"/tasks/{task}/undo").status_code == 404


def test_done_twice_is_done_once(shop):
    task = owe(shop)
    shop.mia.sees("/tasks")

    assert shop.mia.sends(f"/tasks/{task}/done").status_code == 303
    assert shop.mia.sends(f"/tasks/{task}/done").status_code == 404


def test_a_task_is_taken_and_given(shop):
    task = owe(shop, "Take me")
    shop.mia.sees("/tasks")

    shop.mia.sends(f"/tasks/{task}/owner", {"owner": "mia"})
    assert "Yours" in row(shop.mia.sees("/tasks"), "Take me")
    shop.mia.sends(f"/tasks/{task}/owner", {"owner": "sam"})
    assert "Sam Reed does it" in row(shop.mia.sees("/tasks"), "Take me")
    shop.mia.sends(f"/tasks/{task}/owner", {"owner": ""})
    assert "Nobody does it yet" in row(shop.mia.sees("/tasks"), "Take me")
    assert shop.mia.sends(f"/tasks/{task}/owner", {"owner": "nora"}).status_code == 400


def test_a_task_is_put_off_to_the_next_opening(alone):
    desk = alone()
    task = owe(desk, "Put off", minutes=-60)
    desk.alarms()
    desk.mia.sees("/tasks")

    assert desk.mia.sends(f"/tasks/{task}/due", {"when": "opening"}).status_code == 303

    assert "tomorrow at 8 AM" in row(desk.mia.sees("/tasks"), "Put off")
    [put_off] = desk.tasks(id=task)
    assert put_off.alarmed_at is None


def test_a_task_is_put_off_to_a_time_of_the_shops_wall_clock(shop):
    task = owe(shop, "Wall clock")
    shop.mia.sees("/tasks")

    shop.mia.sends(f"/tasks/{task}/due", {"when": "hour", "at": "2026-11-02T09:30"})

    assert shop.tasks(id=task)[0].due_at == datetime(2026, 11, 2, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize("at", ["2020-01-01T10:00", "2099-01-01T10:00", "soon", "2026-13-45T99:00"])
def test_a_time_that_makes_no_sense_is_refused(shop, at):
    task = owe(shop, "Stays")
    before = shop.tasks(id=task)[0].due_at
    shop.mia.sees("/tasks")

    answered = shop.mia.sends(f"/tasks/{task}/due", {"at": at})

    assert answered.status_code == 400
    assert 'data-testid="error"' in answered.text
    assert shop.tasks(id=task)[0].due_at == before


def test_a_task_is_added_by_hand_once(shop):
    shop.texts("Hello there")
    html = shop.mia.sees(f"/tasks/of/{shop.digits}/new")
    [key] = re.findall(r'name="key" value="([^"]+)"', html)
    form = {"note": "Send the <b>invoice</b>", "kind": "promise", "owner": "sam", "key": key}

    for _ in range(2):
        assert shop.mia.sends(f"/tasks/of/{shop.digits}", form).status_code == 303

    [added] = [one for one in shop.tasks() if "invoice" in one.note]
    assert (added.kind, added.owner, added.due_at) == ("promise", "sam", shop.now)
    assert "&lt;b&gt;invoice" in row(shop.mia.sees("/tasks"), "invoice")


@pytest.mark.parametrize(
    "wrong",
    [
        {"note": " "},
        {"note": "x" * 501},
        {"note": "x", "owner": "nora"},
        {"note": "x", "at": "never"},
    ],
)
def test_a_task_that_makes_no_sense_comes_back_with_the_words(shop, wrong):
    shop.texts("Hello there")
    shop.mia.sees("/tasks")

    answered = shop.mia.sends(f"/tasks/of/{shop.digits}", wrong)

    assert answered.status_code == 400
    assert 'data-testid="error"' in answered.text
    assert [one for one in shop.tasks() if one.key.startswith("hand:")] == []


def test_what_is_added_after_hours_is_due_at_the_opening(alone):
    desk = alone(start="2026-09-15T20:00")
    desk.texts("Hello there")
    desk.mia.sees(f"/tasks/of/{desk.digits}/new")

    desk.mia.sends(f"/tasks/of/{desk.digits}", {"note": "Look at it", "key": "k"})

    [added] = [one for one in desk.tasks() if one.note == "Look at it"]
    assert added.due_at == datetime(2026, 9, 16, 14, tzinfo=UTC)  # 8 AM in Denver


@pytest.mark.parametrize(("late", "kept", "marker"), [(14, True, "kept"), (16, False, "late")])
def test_a_promise_is_kept_or_broken(shop, late, kept, marker):
    task = owe(shop, f"Drawing {late}", minutes=-late)
    shop.mia.sees("/tasks")

    shop.mia.sends(f"/tasks/{task}/done")

    assert shop.tasks(id=task)[0].kept is kept
    [noted] = shop.markers(marker)
    assert (noted.who, noted.why) == ("mia", f"Drawing {late}")


def test_what_promises_nothing_for_a_time_is_neither(shop):
    task = owe(shop, "Look", kind=TaskKind.REVIEW, minutes=-60)
    shop.mia.sees("/tasks")

    shop.mia.sends(f"/tasks/{task}/done")

    assert shop.tasks(id=task)[0].kept is None


def test_a_call_with_the_caller_keeps_what_was_owed_by_phone(shop):
    shop.texts(ASKED)
    owe(shop, "The drawing", minutes=60)
    number, call = shop.caller, f"CA{shop.digits}"
    for event in (
        {"post": "voice", "call": call, "from": number},
        {"post": "screen", "call": call, "from": number, "digits": 1},
        {"post": "dialed", "call": call, "from": number, "status": "completed", "bridged": True},
    ):
        shop.line.happens({"at": shop._second, **event}, 0)
        shop.passes(30)

    by_kind = {one.kind: one for one in shop.tasks()}
    assert by_kind["callback"].kept is True
    assert by_kind["callback"].done_by == "agent"
    assert by_kind["promise"].done_at is None


def test_the_alarm_comes_once_a_quarter_of_an_hour_late(alone):
    desk = alone()
    owe(desk, "The drawing")
    desk.passes(14 * 60)
    assert desk.alarms() == 0

    desk.passes(61)
    assert desk.alarms() == 1
    assert desk.alarms() == 0

    [told] = desk.sent_to(MIA)
    assert "overdue by 15 min" in told
    assert "The drawing" in told


@pytest.mark.parametrize(("owner", "claims", "told"), [("sam", "mia", SAM), (None, "sam", SAM), (None, None, MIA)])  # fmt: skip
def test_whoever_is_to_do_it_is_told(alone, owner, claims, told):
    desk = alone()
    owe(desk, "The drawing", minutes=-20, owner=owner)
    if claims:
        person = desk.sits(claims)
        person.sees("/tasks")
        person.sends(f"/inbox/{desk.digits}/claim")

    desk.alarms()

    assert len(desk.sent_to(told)) == 1
    assert len(desk.sent_to(MIA)) + len(desk.sent_to(SAM)) == 1


def test_several_late_at_once_are_one_text(alone):
    desk = alone()
    for minutes in (-40, -30, -20):
        desk.meets()
        owe(desk, f"Note {minutes}", minutes=minutes)

    assert desk.alarms() == 3

    [told] = desk.sent_to(MIA)
    assert "Note -40" in told
    assert "And 2 more" in told


def test_by_night_only_danger_alarms(alone):
    desk = alone(start="2026-09-15T21:00")
    owe(desk, "The drawing", minutes=-30)
    assert desk.alarms() == 0
    danger = desk.meets()
    owe(danger, "Gas", minutes=-30, kind=TaskKind.PHONE_CALLER)
    with desk.house.database.begin() as connection:
        threads.update(connection, f"{SHOP}:{danger.caller}", reason="emergency")

    assert desk.alarms() == 1
    assert "Gas" in desk.sent_to(MIA)[-1]

    desk.passes(11 * 3600 + 60)
    assert desk.alarms() == 1
    assert "The drawing" in desk.sent_to(MIA)[-1]


def test_a_snooze_hides_nothing_from_the_alarm(alone):
    desk = alone()
    owe(desk, minutes=-20)
    with desk.house.database.begin() as connection:
        later = desk.now + timedelta(days=1)
        threads.update(connection, f"{SHOP}:{desk.caller}", snoozed_until=later)

    assert desk.alarms() == 1


def test_what_is_done_alarms_nobody(alone):
    desk = alone()
    task = owe(desk, minutes=-20)
    with desk.house.database.begin() as connection:
        owed.finish(connection, SHOP, task, "mia", desk.now)

    assert desk.alarms() == 0
    assert desk.sent_to(MIA) == []


def test_while_people_are_being_called_the_alarm_waits(alone):
    desk = alone()
    owe(desk, minutes=-20)
    climbing = {
        "key": "k", "business": SHOP, "thread": f"{SHOP}:{desk.caller}", "reason": "other",
        "is_urgent": False, "words": "", "began_at": desk.now, "rung": 0, "round": 1,
    }  # fmt: skip
    with desk.house.database.begin() as connection:
        connection.execute(escalation.insert().values(**climbing))
    assert desk.alarms() == 0

    with desk.house.database.begin() as connection:
        connection.execute(escalation.update().values(ended_at=desk.now, ended="nobody"))
    assert desk.alarms() == 1


def test_health_is_told_without_a_gist(alone):
    desk = alone(privacy={"health": True})
    owe(desk, "Rash on the arm", minutes=-20)

    desk.alarms()

    [told] = desk.sent_to(MIA)
    assert "Rash" not in told


def test_a_hand_of_another_shop_reaches_nothing(shop):
    task = owe(shop)
    with shop.house.database.begin() as connection:
        with pytest.raises(NotFound):
            owed.finish(connection, "other-1", task, "mia", shop.now)
        with pytest.raises(NotFound):
            owed.put_off(connection, "other-1", task, shop.now + timedelta(hours=1), shop.now)
        with pytest.raises(NotFound):
            owed.add(connection, shop.line.shop, "other-1:+1", "k", Wanted(note="x"), shop.now)
    assert shop.tasks(id=task)[0].done_at is None


def test_an_empty_list_says_so(alone):
    desk = alone()

    assert "Nothing is owed to any caller." in desk.mia.sees("/tasks")
    assert "Nothing is overdue." in desk.mia.sees("/tasks?show=late")


def test_whoever_cannot_be_reached_at_present_is_not_told(alone):
    desk = alone()
    owe(desk, "The drawing", minutes=-20)
    away = {"business": SHOP, "staff": "mia", "busy_until": desk.now + timedelta(hours=1)}
    with desk.house.database.begin() as connection:
        connection.execute(sa.insert(handset).values(**away))

    desk.alarms()

    assert (len(desk.sent_to(MIA)), len(desk.sent_to(SAM))) == (0, 1)


def test_a_business_that_cannot_be_read_holds_up_no_alarm_of_another(alone):
    desk = alone()
    owe(desk, "The drawing", minutes=-20)
    with desk.house.database.begin() as connection:
        ours = businesses.get(connection, SHOP)
        assert ours
        other = ours.model_copy(update={"slug": "a-first-shop", "phone": "+13035550188"})
        businesses.save(connection, other, desk.now)
        theirs, _ = threads.locked(connection, other.slug, desk.caller, desk.now)
        tasks.add(connection, "theirs", business=other.slug, thread=theirs.id, note="Gas",
                  kind=TaskKind.PROMISE, due_at=desk.now - timedelta(hours=1), created_at=desk.now)  # fmt: skip
        broken = sa.update(business).where(business.c.slug == other.slug)
        connection.execute(broken.values(profile="{}"))

    assert desk.alarms() == 1
    assert len(desk.sent_to(MIA)) == 1
