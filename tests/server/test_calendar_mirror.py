"""Mirrored calendars: what is read from them, when they are read anew, and what happens when that fails or two do it."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from agent.errors import CalendarError
from agent.model import CalendarAddress
from server.adapters.calendar_caldav import CalDavCalendar
from server.calendar_mirror import FRESH_FOR, CalendarMirror
from server.store import mirror as queries
from server.store.tables import calendar_mirror, mirrored_event
from tests.contracts.dav_servers import no_password, radicale
from tests.server.calendars import ALICE, NOON, VAN, event, new_house, uids

DAY = timedelta(days=1)
WIDE = (NOON - DAY, NOON + 30 * DAY)


@pytest.fixture
def house(database_url, tmp_path):
    made = new_house(tmp_path, database_url)
    yield made
    made.database.dispose()


@pytest.fixture
def mirror(house):
    return house.mirror()


def stored(house):
    """Names in the mirror."""
    with house.database.connect() as connection:
        return sorted(connection.scalars(sa.select(mirrored_event.c.name)))


def row(house):
    with house.database.connect() as connection:
        return connection.execute(sa.select(calendar_mirror)).one()


def test_what_was_mirrored_is_read_without_the_calendar(house, mirror):
    house.calendar.write(VAN, "one", event("one"))
    assert mirror.refresh(VAN)
    house.calendar.asked.clear()

    assert uids(mirror.objects(VAN, *WIDE)) == ["one"]

    assert house.calendar.asked == []


def test_what_does_not_lie_in_the_window_is_not_read(house, mirror):
    for day in range(0, 100, 10):
        house.calendar.write(VAN, f"in-{day}", event(f"in-{day}", start=NOON + day * DAY))
    house.calendar.write(VAN, "weekly", event("weekly", "RRULE:FREQ=WEEKLY"))
    house.calendar.write(VAN, "long", event("long", hours=24 * 300))
    house.calendar.write(VAN, "broken", "BEGIN:VCALENDAR\r\nUID:broken")
    house.calendar.write(VAN, "ended", event("ended", "RRULE:FREQ=WEEKLY;COUNT=2"))
    mirror.refresh(VAN)

    found = uids(mirror.objects(VAN, NOON + 38 * DAY, NOON + 42 * DAY))

    assert found == ["broken", "in-40", "long", "weekly"]


def test_changes_come_with_the_next_refresh(house, mirror):
    for name in ("stays", "moves", "goes"):
        house.calendar.write(VAN, name, event(name))
    mirror.refresh(VAN)
    house.calendar.write(VAN, "moves", event("moves", start=NOON + 90 * DAY))
    house.calendar.write(VAN, "comes", event("comes"))
    house.calendar.erase(VAN, "goes")

    assert mirror.refresh(VAN)

    assert uids(mirror.objects(VAN, *WIDE)) == ["comes", "stays"]
    assert house.calendar.asked == [("everything", "van-1"), ("changes", "van-1")]


def test_without_a_change_nothing_has_changed(house, mirror):
    house.calendar.write(VAN, "one", event("one"))
    assert mirror.refresh(VAN)

    assert not mirror.refresh(VAN)
    assert not mirror.refresh(VAN, whole=True)


def test_a_whole_refresh_finds_what_the_server_never_told(house, mirror):
    """As after a restored backup."""
    for name in ("one", "two"):
        house.calendar.write(VAN, name, event(name))
    mirror.refresh(VAN)
    house.calendar.edit = lambda found: replace(found, objects=(), gone=())
    house.calendar.erase(VAN, "one")
    assert not mirror.refresh(VAN)
    house.calendar.edit = lambda found: found

    assert mirror.refresh(VAN, whole=True)

    assert stored(house) == ["two"]


def test_before_the_first_filling_the_calendar_itself_answers(house, mirror):
    house.calendar.write(VAN, "one", event("one"))

    assert uids(mirror.objects(VAN, *WIDE)) == ["one"]

    assert house.calendar.asked == [("objects", "van-1")]


def test_an_old_mirror_is_refreshed_before_it_is_read(house, mirror):
    mirror.refresh(VAN)
    house.calendar.write(VAN, "one", event("one"))
    house.clock.forward(seconds=FRESH_FOR.total_seconds() - 1)
    assert mirror.objects(VAN, *WIDE) == []
    house.clock.forward(seconds=1)

    assert uids(mirror.objects(VAN, *WIDE)) == ["one"]

    assert [what for what, _ in house.calendar.asked] == ["everything", "changes"]


def test_an_old_mirror_that_cannot_be_refreshed_is_not_read(house, mirror):
    mirror.refresh(VAN)
    house.clock.forward(minutes=3)
    house.calendar.failing = {"van-1"}

    with pytest.raises(CalendarError):
        mirror.objects(VAN, *WIDE)


@pytest.mark.parametrize("calendar", ["van-1", None])
def test_a_stale_mirror_is_refreshed_by_every_process(house, mirror, calendar):
    mirror.refresh(VAN)
    house.calendar.write(VAN, "one", event("one"))

    house.mirror().mark_stale(ALICE, calendar)

    assert uids(mirror.objects(VAN, *WIDE)) == ["one"]
    assert row(house).stale_at is None


def test_another_calendars_mark_is_none_of_its_own(house, mirror):
    mirror.refresh(VAN)
    house.calendar.asked.clear()

    mirror.mark_stale(ALICE, "van-2")
    mirror.mark_stale("bobs-bakery", None)
    mirror.objects(VAN, *WIDE)

    assert house.calendar.asked == []


def test_a_refresh_that_began_before_the_mark_does_not_clear_it(house, mirror):
    mirror.refresh(VAN)

    def somebody_writes():
        house.calendar.write(VAN, "late", event("late"))
        mirror.mark_stale(ALICE, "van-1")

    house.calendar.during["changes"] = somebody_writes
    mirror.refresh(VAN)

    assert row(house).stale_at == NOON
    assert uids(mirror.objects(VAN, *WIDE)) == ["late"]


def test_a_second_mark_is_not_cleared_by_the_refresh_for_the_first(house, mirror):
    mirror.refresh(VAN)
    mirror.mark_stale(ALICE, "van-1")
    house.clock.forward(seconds=1)
    house.calendar.during["changes"] = lambda: mirror.mark_stale(ALICE, "van-1")

    mirror.refresh(VAN)

    assert row(house).stale_at == NOON + timedelta(seconds=1)


def test_a_failure_is_noted_and_passes_up_and_changes_nothing(house, mirror):
    house.calendar.write(VAN, "one", event("one"))
    mirror.refresh(VAN)
    house.clock.forward(seconds=30)
    house.calendar.failing = {"van-1"}

    with pytest.raises(CalendarError):
        mirror.refresh(VAN)

    state = mirror.state(ALICE)["van-1"]
    assert (state.problem, state.read_at, state.events) == ("its server took too long.", NOON, 1)
    assert row(house).checked_at == NOON + timedelta(seconds=30)
    assert uids(mirror.objects(VAN, *WIDE)) == ["one"]


def test_a_problem_ends_with_the_next_success(house, mirror):
    house.calendar.failing = {"van-1"}
    with pytest.raises(CalendarError):
        mirror.refresh(VAN)
    house.calendar.failing = set()

    mirror.refresh(VAN)

    assert mirror.state(ALICE)["van-1"].problem is None


def test_a_state_says_what_is_there(house, mirror):
    for place in range(3):
        house.calendar.write(VAN, f"event-{place}", event(f"event-{place}"))
    mirror.refresh(VAN)
    mirror.refresh(replace(VAN, calendar="van-2"))

    found = mirror.state(ALICE)

    assert {name: (one.read_at, one.events) for name, one in found.items()} == {
        "van-1": (NOON, 3),
        "van-2": (NOON, 0),
    }
    assert mirror.state("bobs-bakery") == {}


def test_another_url_begins_anew(house, mirror):
    house.calendar.write(VAN, "one", event("one"))
    mirror.refresh(VAN)
    moved = replace(VAN, url="https://calendar.example/van/")
    house.calendar.erase(VAN, "one")
    house.calendar.write(VAN, "two", event("two"))

    assert uids(mirror.objects(moved, *WIDE)) == ["two"]
    assert mirror.refresh(moved)

    assert [what for what, _ in house.calendar.asked] == ["everything", "objects", "everything"]
    assert stored(house) == ["two"]


def test_a_failing_new_url_leaves_nothing_of_the_old_one_to_read(house, mirror):
    house.calendar.write(VAN, "one", event("one"))
    mirror.refresh(VAN)
    house.calendar.failing = {"van-1"}
    moved = replace(VAN, url="https://calendar.example/van/")
    with pytest.raises(CalendarError):
        mirror.refresh(moved)

    with pytest.raises(CalendarError):
        mirror.objects(moved, *WIDE)


def test_what_ended_long_ago_is_not_kept(house, mirror):
    house.calendar.write(VAN, "old", event("old", start=NOON - 70 * DAY))
    house.calendar.write(VAN, "recent", event("recent", start=NOON - 50 * DAY))
    house.calendar.write(VAN, "weekly", event("weekly", "RRULE:FREQ=WEEKLY", start=NOON - 70 * DAY))
    mirror.refresh(VAN)
    assert stored(house) == ["recent", "weekly"]
    house.calendar.erase(VAN, "old")
    assert not mirror.refresh(VAN)

    house.clock.forward(days=20)
    mirror.refresh(VAN)

    assert stored(house) == ["weekly"]


def test_a_task_is_not_kept(house, mirror):
    house.calendar.write(VAN, "task", event("task").replace("VEVENT", "VTODO"))

    mirror.refresh(VAN)

    assert stored(house) == []


def test_an_event_that_moves_into_the_past_is_forgotten(house, mirror):
    house.calendar.write(VAN, "one", event("one"))
    mirror.refresh(VAN)
    house.calendar.write(VAN, "one", event("one", start=NOON - 90 * DAY))

    assert mirror.refresh(VAN)

    assert stored(house) == []


def test_a_forgotten_calendar_leaves_nothing(house, mirror):
    house.calendar.write(VAN, "one", event("one"))
    mirror.refresh(VAN)

    mirror.forget(ALICE, "van-1")

    assert (stored(house), mirror.state(ALICE)) == ([], {})


def test_every_change_makes_another_edition(house, mirror):
    assert mirror.edition(ALICE, "van-1") is None
    mirror.refresh(VAN)
    first = mirror.edition(ALICE, "van-1")
    mirror.refresh(VAN)
    assert mirror.edition(ALICE, "van-1") == first
    house.calendar.write(VAN, "one", event("one"))

    mirror.refresh(VAN)

    assert mirror.edition(ALICE, "van-1") not in (None, first)


def fill_with(house, how_many):
    for place in range(how_many):
        house.calendar.write(VAN, f"event-{place:04}", event(f"event-{place:04}"))


def interrupted(monkeypatch, after, act):
    """Something happens after so many batches."""
    put, seen = queries.put, []

    def counted(connection, place, rows):
        seen.append(len(rows))
        put(connection, place, rows)
        if len(seen) == after:
            act(connection)

    monkeypatch.setattr(queries, "put", counted)
    return seen


def die(_connection):
    raise KeyboardInterrupt


def test_a_large_calendar_is_written_in_batches(house, mirror, monkeypatch):
    fill_with(house, 1000)
    written = interrupted(monkeypatch, 0, die)

    mirror.refresh(VAN)

    assert max(written) <= 300
    assert (sum(written), len(stored(house))) == (1000, 1000)


def test_a_filling_that_dies_begins_anew_and_the_calendar_answers_meanwhile(
    house, mirror, monkeypatch
):
    fill_with(house, 1000)
    with monkeypatch.context() as patch:
        interrupted(patch, 3, die)
        with pytest.raises(KeyboardInterrupt):
            mirror.refresh(VAN)
    assert len(stored(house)) == 600
    assert len(mirror.objects(VAN, *WIDE)) == 1000

    house.calendar.erase(VAN, "event-0007")
    house.mirror().refresh(VAN)

    assert [what for what, _ in house.calendar.asked] == ["everything", "objects", "everything"]
    assert len(stored(house)) == 999


def test_a_large_change_that_dies_halfway_is_not_read(house, mirror, monkeypatch):
    fill_with(house, 10)
    mirror.refresh(VAN)
    fill_with(house, 1000)
    with monkeypatch.context() as patch:
        interrupted(patch, 2, die)
        with pytest.raises(KeyboardInterrupt):
            mirror.refresh(VAN)

    assert len(mirror.objects(VAN, *WIDE)) == 1000
    assert mirror.refresh(VAN)
    assert len(stored(house)) == 1000


def test_of_two_processes_the_later_to_write_drops_what_it_found(house, mirror):
    fill_with(house, 3)
    mirror.refresh(VAN)
    house.calendar.write(VAN, "event-0001", event("event-0001", "SUMMARY:Between"))

    def another_is_faster():
        house.calendar.write(VAN, "event-0001", event("event-0001", "SUMMARY:Newest"))
        house.calendar.erase(VAN, "event-0002")
        house.mirror().refresh(VAN)

    house.calendar.during["changes"] = another_is_faster
    assert mirror.refresh(VAN)

    found = "".join(mirror.objects(VAN, *WIDE))
    assert "SUMMARY:Newest" in found
    assert "SUMMARY:Between" not in found
    assert stored(house) == ["event-0000", "event-0001"]
    assert not mirror.refresh(VAN)


def test_a_whole_reading_that_was_overtaken_brings_nothing_back(house, mirror):
    fill_with(house, 3)
    mirror.refresh(VAN)

    def another_is_faster():
        house.calendar.erase(VAN, "event-0002")
        house.mirror().refresh(VAN)

    house.calendar.during["changes"] = another_is_faster
    mirror.refresh(VAN, whole=True)

    assert stored(house) == ["event-0000", "event-0001"]


def test_of_two_who_fill_at_once_the_slower_stops_between_its_batches(house, mirror, monkeypatch):
    fill_with(house, 1000)
    half_write, calls = queries.half_write, []

    def overtaken(*args):
        calls.append(args)
        if len(calls) == 3:
            house.calendar.erase(VAN, "event-0500")
            house.mirror().refresh(VAN)
        return half_write(*args)

    monkeypatch.setattr(queries, "half_write", overtaken)
    assert mirror.refresh(VAN)

    assert len(stored(house)) == 999
    assert not mirror.refresh(VAN, whole=True)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_several_processes_do_at_once_the_mirror_becomes_the_calendar(
    house, monkeypatch, seed
):
    monkeypatch.setattr("server.calendar_mirror._BATCH", 3)
    chance, over = random.Random(seed), threading.Event()

    def refresh_again_and_again(place):
        mirror, tries = house.mirror(), 0
        while not over.is_set():
            tries += 1
            mirror.refresh(VAN, whole=(tries + place) % 5 == 0)

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(refresh_again_and_again, place) for place in range(3)]
        for _ in range(300):
            over.wait(0.001)
            name = f"event-{chance.randrange(30)}"
            if chance.random() < 0.4 and house.calendar.get(VAN, name):
                house.calendar.erase(VAN, name)
            else:
                house.calendar.write(VAN, name, event(name, f"SUMMARY:{chance.random()}"))
        over.set()
    house.mirror().refresh(VAN)

    assert [one.exception() for one in readers] == [None] * 3
    kept = sorted(house.calendar.objects(VAN, *WIDE))
    assert sorted(house.mirror().objects(VAN, *WIDE)) == kept


def test_who_waits_for_a_refresh_that_began_later_does_not_ask_again(house, mirror):
    mirror.refresh(VAN)
    house.calendar.asked.clear()
    house.calendar.held = threading.Event()

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(mirror.refresh, VAN)
        assert house.calendar.waiting.acquire(timeout=10)
        others = [pool.submit(mirror.refresh, VAN) for _ in range(7)]
        wait_until_all_wait(others)
        house.calendar.write(VAN, "one", event("one"))
        house.calendar.held.set()

    assert not first.result()
    assert all(other.result() for other in others)
    assert house.calendar.asked == [("changes", "van-1")] * 2


def wait_until_all_wait(futures):
    for _ in range(200):
        if all(future.running() for future in futures):
            break
        threading.Event().wait(0.01)
    threading.Event().wait(0.1)


def test_who_waits_shares_the_failure_too(house, mirror):
    mirror.refresh(VAN)
    house.calendar.held = threading.Event()

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(mirror.refresh, VAN)
        assert house.calendar.waiting.acquire(timeout=10)
        others = [pool.submit(mirror.refresh, VAN) for _ in range(3)]
        wait_until_all_wait(others)
        house.calendar.failing = {"van-1"}
        house.calendar.asked.clear()
        house.calendar.held.set()

    assert not first.result()
    for other in others:
        assert isinstance(other.exception(), CalendarError)
    assert len(house.calendar.asked) == 1


def test_a_reader_who_waited_for_a_refresh_reads_what_it_brought(house, mirror):
    mirror.refresh(VAN)
    house.clock.forward(minutes=3)
    house.calendar.write(VAN, "one", event("one"))
    house.calendar.asked.clear()
    house.calendar.held = threading.Event()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(mirror.refresh, VAN)
        assert house.calendar.waiting.acquire(timeout=10)
        reader = pool.submit(mirror.objects, VAN, *WIDE)
        wait_until_all_wait([reader])
        house.calendar.held.set()

    assert first.result()
    assert uids(reader.result()) == ["one"]
    assert house.calendar.asked == [("changes", "van-1")]


def test_calendars_do_not_wait_for_each_other(house, mirror):
    house.calendar.held = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(mirror.refresh, VAN)
        assert house.calendar.waiting.acquire(timeout=10)
        second = pool.submit(mirror.refresh, replace(VAN, calendar="van-2"))
        assert house.calendar.waiting.acquire(timeout=10)
        house.calendar.held.set()

    assert (first.result(), second.result()) == (False, False)


def test_a_real_calendar_is_mirrored(house, tmp_path):
    with radicale(tmp_path / "radicale") as built_in:
        calendar = CalDavCalendar(built_in, no_password)
        mirror = CalendarMirror(calendar, house.database, house.clock)
        here = CalendarAddress(business=ALICE, calendar="van-1")
        calendar.put(here, "one", event("one"))
        calendar.put(here, "two", event("two", start=NOON + 60 * DAY))
        assert mirror.refresh(here)
        assert uids(mirror.objects(here, *WIDE)) == ["one"]

        calendar.put(here, "three", event("three"))
        there = calendar.get(here, "one")
        assert there
        calendar.remove(here, "one", there.etag)
        mirror.mark_stale(ALICE, "van-1")

        assert uids(mirror.objects(here, *WIDE)) == ["three"]
        assert not mirror.refresh(here)
        assert not mirror.refresh(here, whole=True)
