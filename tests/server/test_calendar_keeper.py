"""The keeper: which calendars it reads when, and that none of them waits for another's trouble."""

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from agent.model import CalendarAddress
from server.calendar_keeper import CalendarKeeper
from server.calendar_schedule import Demand, Due, due, last_night
from server.store import appointments, texts, threads
from server.store.appointments import AppointmentRow, State
from server.store.mirror import MirrorRow
from server.store.tables import calendar_mirror
from tests.server.calendars import ALICE, HOUR, NOON, VAN, House, event, new_house

DENVER = ZoneInfo("America/Denver")
BOB = "+13035550102"
LONG_AGO = NOON - timedelta(days=2)
BOTH = ["van-1", "van-2"]


@dataclass
class Kept:
    """A house with a keeper whose looks are finished before the next."""

    house: House
    keeper: CalendarKeeper
    told: list[tuple[str, str, bool]]

    def look(self, **by):
        """The calendars that were read, after so long."""
        self.house.clock.forward(**by)
        self.house.calendar.asked.clear()
        self.keeper.look(self.house.clock.now())
        self.keeper.settle()
        return sorted(name for _, name in self.house.calendar.asked)

    def whole(self):
        return sorted(name for what, name in self.house.calendar.asked if what == "everything")


def kept(house, **more):
    told = []
    after = more.pop("after", lambda business, name, news: told.append((business.slug, name, news)))
    return Kept(house, CalendarKeeper(house.mirror(), house.database, house.clock, after), told)


@pytest.fixture
def house(database_url, tmp_path):
    made = new_house(tmp_path, database_url)
    yield made
    made.database.dispose()


@pytest.fixture
def one(house):
    """A keeper that has read everything once."""
    made = kept(house)
    made.look()
    made.told.clear()
    yield made
    made.keeper.stop()
    made.keeper.settle()


def caller_writes(house, at=None, status="answered"):
    at = at or house.clock.now()
    with house.database.begin() as connection:
        threads.locked(connection, ALICE, BOB, at)
        texts.add(
            connection,
            key=f"SM{at}{status}",
            business=ALICE,
            thread=threads.thread_id(ALICE, BOB),
            author="caller",
            sender=BOB,
            recipient="+13035550140",
            body="Tomorrow at 3?",
            at=at,
            status=status,
        )


def visit_is_booked(house, start):
    with house.database.begin() as connection:
        threads.locked(connection, ALICE, BOB, LONG_AGO)
        row = AppointmentRow(
            id="visit",
            business=ALICE,
            thread=threads.thread_id(ALICE, BOB),
            service="leak-repair",
            calendar="van-1",
            beside=[],
            start=start,
            duration_min=60,
            buffer_before_min=0,
            buffer_after_min=0,
            state=State.BOOKED,
            offer="offer",
            place=1,
            event="event",
            created_at=LONG_AGO,
            changed_at=LONG_AGO,
            expires_at=LONG_AGO,
        )
        appointments.add(connection, row)


def test_every_calendar_is_filled_at_first_and_then_left_alone(house):
    made = kept(house)

    assert made.look() == BOTH
    assert made.whole() == BOTH
    assert made.look(seconds=1) == []


def test_while_nobody_asks_calendars_are_read_every_half_hour(one):
    assert one.look(minutes=29) == []
    assert one.look(minutes=1) == BOTH
    assert one.whole() == []


def test_after_a_callers_text_they_are_read_every_three_minutes(one):
    caller_writes(one.house)

    assert one.look(seconds=170) == []
    assert one.look(seconds=10) == BOTH
    assert one.look(seconds=170) == []
    assert one.look(seconds=10) == BOTH


def test_a_day_later_that_is_over(one):
    one.house.clock.forward(hours=24)
    caller_writes(one.house, NOON - HOUR)
    one.look()

    assert one.look(minutes=10) == []


def test_with_a_visit_ahead_they_are_read_every_three_minutes(one):
    visit_is_booked(one.house, NOON + timedelta(days=9))

    assert one.look(minutes=3) == BOTH


def test_a_visit_that_is_over_does_not_count(one):
    visit_is_booked(one.house, NOON - HOUR)

    assert one.look(minutes=3) == []


def test_while_a_caller_waits_they_are_read_every_twenty_seconds(one):
    caller_writes(one.house, status="received")

    assert one.look(seconds=19) == []
    assert one.look(seconds=1) == BOTH
    assert one.look(seconds=20) == BOTH


def test_a_text_that_nobody_answers_is_not_waited_for_for_ever(one):
    caller_writes(one.house, NOON, status="received")
    one.look(minutes=15)

    assert one.look(seconds=30) == []


def test_a_stale_calendar_is_read_at_once_and_no_other(one):
    one.house.clock.forward(seconds=5)
    one.house.mirror().mark_stale(ALICE, "van-2")

    assert one.look(seconds=1) == ["van-2"]
    assert one.look(seconds=1) == []


def test_a_mark_that_came_while_it_was_read_is_seen_to_at_once(one):
    one.house.clock.forward(minutes=31)

    def mark():
        one.house.clock.forward(seconds=1)
        one.house.mirror().mark_stale(ALICE, "van-2")

    one.house.calendar.during["van-2"] = mark
    assert one.look() == BOTH

    assert one.look(seconds=1) == ["van-2"]
    assert one.look(seconds=1) == []


def test_of_two_keepers_one_reads(one):
    other = kept(one.house)
    one.house.clock.forward(minutes=31)
    one.house.calendar.asked.clear()

    begun = one.keeper.look(one.house.clock.now()) + other.keeper.look(one.house.clock.now())
    one.keeper.settle()
    other.keeper.settle()

    assert begun == 2
    assert sorted(one.house.calendar.asked) == [("changes", "van-1"), ("changes", "van-2")]
    other.keeper.stop()
    other.keeper.settle()


def test_two_who_claim_at_once_read_once(one):
    """Both have seen the same state."""
    other = kept(one.house)
    one.house.clock.forward(minutes=31)
    wanted = other.keeper._wanted
    one.house.calendar.asked.clear()

    def late(*seen):
        found = list(wanted(*seen))
        one.keeper.look(one.house.clock.now())
        return found

    other.keeper._wanted = late
    begun = other.keeper.look(one.house.clock.now())
    one.keeper.settle()

    assert begun == 0
    assert len(one.house.calendar.asked) == 2
    other.keeper.stop()
    other.keeper.settle()


def test_a_failing_calendar_is_asked_less_and_less_and_the_others_as_ever(one):
    one.house.calendar.failing = {"van-1"}
    caller_writes(one.house)
    tries = []

    for second in range(0, 4000, 10):
        caller_writes(one.house, status="received")
        if "van-1" in one.look(seconds=10):
            tries.append(second)

    gaps = [after - before for before, after in pairwise(tries)]
    assert gaps[:6] == [20, 40, 80, 160, 320, 600]
    assert set(gaps[6:]) == {600}
    state = one.house.mirror().state(ALICE)
    assert state["van-1"].problem
    assert one.house.clock.now() - state["van-2"].read_at < timedelta(seconds=30)


def test_a_calendar_that_works_again_is_read_as_ever(one):
    one.house.calendar.failing = {"van-1"}
    one.look(minutes=31)
    one.house.calendar.failing = set()
    assert one.look(seconds=20) == ["van-1"]
    one.house.mirror().mark_stale(ALICE, "van-1")

    assert one.look(seconds=1) == ["van-1"]


def test_a_slow_calendar_holds_up_no_other(one):
    one.house.calendar.failing = {"van-1"}
    one.look(minutes=31)
    one.house.calendar.failing = set()
    one.house.calendar.holding, one.house.calendar.held = {"van-1"}, threading.Event()
    one.house.clock.forward(minutes=31)
    one.house.calendar.asked.clear()

    for _ in range(3):
        one.keeper.look(one.house.clock.now())
        one.keeper._lanes[False].submit(int).result()  # stands behind van-2
        one.house.clock.forward(minutes=31)

    assert [name for _, name in one.house.calendar.asked if name == "van-2"] == ["van-2"] * 3
    assert [name for _, name in one.house.calendar.asked if name == "van-1"] == ["van-1"]
    one.house.calendar.held.set()
    one.keeper.settle()


def test_each_calendar_is_read_in_full_once_a_night(one):
    whole = []

    for minute in range(0, 48 * 60, 30):
        one.look(minutes=30)
        whole += [(minute, name) for name in one.whole()]

    assert sorted(name for _, name in whole) == ["van-1", "van-1", "van-2", "van-2"]
    clocks = [(NOON + timedelta(minutes=minute + 30)).astimezone(DENVER) for minute, _ in whole]
    assert all(2 <= clock.hour <= 5 for clock in clocks)


def test_changes_are_told_after_every_reading(one):
    one.house.calendar.write(VAN, "one", event("one"))
    one.look(minutes=31)

    assert sorted(one.told) == [(ALICE, "van-1", True), (ALICE, "van-2", False)]


def test_what_a_replys_own_reading_found_is_told_too(one):
    one.house.calendar.write(VAN, "one", event("one"))
    one.house.clock.forward(minutes=5)
    one.house.mirror().objects(VAN, NOON, NOON + HOUR)

    one.look(minutes=31)

    assert (ALICE, "van-1", True) in one.told


def test_at_the_start_everything_is_news(house):
    made = kept(house)
    made.look()

    assert sorted(made.told) == [(ALICE, "van-1", True), (ALICE, "van-2", True)]


def test_who_is_told_may_fail_and_is_told_again(one):
    failing = [RuntimeError("a bug")]

    def after(business, name, is_news):
        one.told.append((name, is_news))
        if failing:
            raise failing.pop()

    keeper = CalendarKeeper(one.house.mirror(), one.house.database, one.house.clock, after)
    again = Kept(one.house, keeper, one.told)
    again.look(minutes=31)
    again.look(minutes=31)

    news = {name: [is_news for told, is_news in one.told if told == name] for name in BOTH}
    assert sorted(news.values()) == [[True, False], [True, True]]
    keeper.stop()
    keeper.settle()


def test_who_is_told_and_takes_his_time_holds_up_no_reading(one):
    may_go = threading.Event()

    def after(*_):
        may_go.wait(10)

    keeper = CalendarKeeper(one.house.mirror(), one.house.database, one.house.clock, after)
    one.house.calendar.asked.clear()

    for _ in range(3):
        one.house.clock.forward(minutes=31)
        keeper.look(one.house.clock.now())
        for lane in keeper._lanes.values():
            lane.submit(int).result()

    assert len(one.house.calendar.asked) == 6
    may_go.set()
    keeper.stop()
    keeper.settle()


def test_a_calendar_that_is_new_is_filled_and_one_that_is_gone_forgotten(one):
    calendars = one.house.business.model_dump(mode="json")["calendars"]
    one.house.clock.forward(seconds=1)
    services = [
        service | {"calendars": ["van-1"]}
        for service in one.house.business.model_dump(mode="json")["services"]
    ]
    one.house.save(
        calendars=[calendars[0], calendars[1] | {"id": "van-3", "staff": None}], services=services
    )

    assert one.look(seconds=1) == ["van-3"]
    assert set(one.house.mirror().state(ALICE)) == {"van-1", "van-3"}


def test_another_url_is_read_at_once(one):
    calendars = one.house.business.model_dump(mode="json")["calendars"]
    one.house.clock.forward(seconds=1)
    one.house.save(calendars=[calendars[0] | {"url": "https://x.example/"}, calendars[1]])

    assert one.look(seconds=1) == ["van-1"]
    assert one.whole() == ["van-1"]


def test_it_runs_by_itself_until_it_is_stopped(house):
    told = threading.Semaphore(0)
    made = kept(house, after=lambda *_: told.release())

    made.keeper.start()
    assert told.acquire(timeout=10)
    assert told.acquire(timeout=10)
    made.keeper.stop()
    made.keeper.settle()

    assert set(house.mirror().state(ALICE)) == set(BOTH)


def test_a_failing_look_does_not_end_it(house):
    told = threading.Semaphore(0)
    made = kept(house, after=lambda *_: told.release())
    with house.database.begin() as connection:
        connection.execute(sa.text("alter table calendar_mirror rename to away"))
    seen = threading.Semaphore(0)
    look = made.keeper.look

    def counted(now):
        seen.release()
        return look(now)

    made.keeper.look = counted
    made.keeper.start()
    assert seen.acquire(timeout=10)
    assert seen.acquire(timeout=10)
    with house.database.begin() as connection:
        connection.execute(sa.text("alter table away rename to calendar_mirror"))

    assert told.acquire(timeout=10)
    made.keeper.stop()
    made.keeper.settle()


NIGHT = NOON - timedelta(hours=9)
FRESH = MirrorRow(
    business=ALICE,
    calendar="van-1",
    source="built-in",
    read_at=NOON,
    stale_at=None,
    checked_at=NOON,
    problem=None,
)


def seconds(count):
    return NOON + timedelta(seconds=count)


@pytest.mark.parametrize(
    ("row", "after_s", "expected"),
    [
        pytest.param(None, 0, Due(demand=Demand.SOON), id="never tried"),
        pytest.param(replace(FRESH, read_at=None), 119, None, id="being filled"),
        pytest.param(
            replace(FRESH, read_at=None), 120, Due(demand=Demand.SOON), id="a filling that died"
        ),
        pytest.param(FRESH, 179, None, id="fresh"),
        pytest.param(FRESH, 180, Due(demand=Demand.SOON), id="old"),
        pytest.param(replace(FRESH, checked_at=seconds(179)), 180, None, id="another is at it"),
        pytest.param(
            replace(FRESH, stale_at=seconds(3)), 4, Due(demand=Demand.NOW), id="stale since"
        ),
        pytest.param(
            replace(FRESH, stale_at=seconds(3), checked_at=seconds(4)),
            5,
            None,
            id="stale, another is at it",
        ),
        pytest.param(
            replace(FRESH, stale_at=seconds(3), checked_at=seconds(4)),
            24,
            Due(demand=Demand.NOW),
            id="stale, the other died",
        ),
        pytest.param(
            replace(FRESH, stale_at=seconds(3), problem="x"), 19, None, id="stale and failing"
        ),
        pytest.param(
            replace(FRESH, read_at=NIGHT - HOUR, checked_at=NIGHT),
            0,
            Due(demand=Demand.SOON, whole=True),
            id="last night was missed",
        ),
    ],
)
def test_when_a_calendar_is_due(row, after_s, expected):
    now = seconds(after_s)

    assert due(row, Demand.SOON, night=NIGHT, failures=0, now=now) == expected


def test_the_night_is_the_businesss_and_every_calendars_own():
    def nights(calendar, day):
        now = datetime(2026, 11, day, 12, tzinfo=UTC)
        return last_night(ALICE, calendar, DENVER, now).astimezone(DENVER)

    many = {nights(f"van-{place}", 23) for place in range(50)}
    assert len(many) > 40
    assert {(night.day, 2 <= night.hour < 5) for night in many} == {(23, True)}
    assert nights("van-1", 24) - nights("van-1", 23) == timedelta(days=1)
    before = last_night(ALICE, "van-1", DENVER, datetime(2026, 11, 23, 8, tzinfo=UTC))
    assert before.astimezone(DENVER).day == 22


def test_an_unknown_address_is_built_in(one):
    with one.house.database.connect() as connection:
        sources = set(connection.scalars(sa.select(calendar_mirror.c.source)))

    assert sources == {"built-in"}
    assert CalendarAddress(business=ALICE, calendar="van-1").url is None
