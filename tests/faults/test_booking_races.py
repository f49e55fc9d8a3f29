"""Callers race for one time while owners write and processes die: no time twice, nobody told what is not so.

The chosen interleavings below play in one process on a calendar in memory: there each happens every time.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from agent.errors import CalendarError
from agent.model import BookingEnd, When
from agent.rules.event import appointment_id, standing
from evals.races import shop as salon
from evals.races.books import read_books
from evals.races.crew import forking
from evals.races.scenarios import SCENARIOS, run
from evals.races.servers import radicale
from evals.races.shop import COLOUR, CUT, WASH, Wish
from evals.races.site import Site
from evals.races.verdict import examine
from server import bookings
from server.bookings import CLAIMED_FOR, address
from server.settings import Settings
from server.store import appointments
from server.store.appointments import State
from server.store.engine import create, make_engine
from server.wiring import rehearsal_calendar

pytestmark = pytest.mark.block_network(
    allowed_hosts=["127.0.0.1", "localhost", "::1", ".*/listener-.*"]  # and whoever forks processes
)

CALLERS, PROCESSES = 20, 2
ALICE, BOB, CHARLIE = salon.callers(3)
SITE = Site(home="http://127.0.0.1:9/", is_built_in=True)
LATER = timedelta(hours=2)
"""Claims of what was booked have run out."""


@pytest.fixture(scope="module")
def server():
    with radicale() as running:
        yield running


@pytest.mark.parametrize("scenario", ["same", "owner", "kills", "moves"])
def test_twenty_callers_race(server, database_url, tmp_path, scenario):
    """Small; `make faults` runs the full size."""
    books = _race(server, database_url, tmp_path, scenario, callers=CALLERS, processes=PROCESSES)

    _assert_fine(books)


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_fifty_callers_race(server, database_url, tmp_path, scenario, seed):
    books = _race(server, database_url, tmp_path, scenario, callers=50, processes=4, seed=seed)

    _assert_fine(books)


def _race(server, database_url, folder, scenario, *, callers, processes, seed=1):
    url = Settings(data_dir=folder, database_url=database_url).url
    return run(scenario, server.new_site(), url, callers=callers, processes=processes, seed=seed)


def _assert_fine(books):
    examine(books).assert_none()
    assert books.booked


class Hooked:
    """A calendar in memory; what is under `before` and `after` happens once, at the first call of that name."""

    def __init__(self):
        self.real = rehearsal_calendar(None)
        self.before, self.after = {}, {}

    def __getattr__(self, name):
        def call(*args, **more):
            self.before.pop(name, lambda: None)()
            answer = getattr(self.real, name)(*args, **more)
            self.after.pop(name, lambda: None)()
            return answer

        return call


class Crash(BaseException):
    pass


def unreachable():
    raise CalendarError("down", permanent=False)


@dataclass
class Standing:
    moment: datetime

    def now(self):
        return self.moment


@dataclass
class Salon:
    shop: salon.Shop
    calendar: Hooked
    clock: Standing

    def offer(self, caller, service, at, *calendars, moves=None):
        """The id of a hold that has run out."""
        wish = Wish(
            caller=caller,
            service=service,
            start=salon.at(self.shop.business, at),
            calendars=calendars,
            moves=moves,
        )
        [one], self.clock.moment = salon.offer_in_turn(
            self.shop.business, self.shop.database, [wish], self.clock.moment
        )
        return one.hold

    def book(self, hold, caller=ALICE):
        return self.shop.diary.book(self.shop.business, caller, hold)

    def cancel(self, visit, caller=ALICE):
        return self.shop.diary.cancel(self.shop.business, caller, visit)

    def settle(self, hold):
        return self.shop.diary.bookings.settle(self.shop.business, self.row(hold), lambda *_: None)

    def row(self, row_id):
        with self.shop.database.connect() as connection:
            return appointments.get(connection, row_id)

    def booked(self, at, *calendars, service=CUT):
        visit = self.offer(ALICE, service, at, *calendars)
        assert self.book(visit).end is BookingEnd.BOOKED
        self.clock.moment += LATER
        return visit

    def clear(self, hold):
        if self.row(hold).left:
            self.shop.diary.bookings.clear(self.shop.business, self.row(hold))

    def crashes(self, name, act, nth=1):
        """While `act` is under way, the process dies behind the nth call of that name."""
        left = iter(range(1, nth))

        def count():
            if next(left, None) is None:
                raise Crash
            self.calendar.after[name] = count

        self.calendar.after[name] = count
        with pytest.raises(Crash):
            act()
        self.calendar.after.pop(name, None)

    def owner_writes(self, calendar, at):
        start = salon.at(self.shop.business, at).astimezone(UTC)
        text = (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:mine\r\n"
            f"DTSTAMP:20261116T000000Z\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\n"
            "SUMMARY:Mine\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        assert self.calendar.real.put(address(self.shop.business, calendar), "mine", text)

    def owner_deletes(self, visit):
        """The watch has seen it, and cancels."""
        row = self.row(visit)
        for name in row.calendars:
            at = address(self.shop.business, name)
            there = self.calendar.real.get(at, row.event)
            assert there
            assert self.calendar.real.remove(at, row.event, there.etag)
        with self.shop.database.begin() as connection:
            now = self.clock.now()
            assert bookings.cancel(connection, row, self.shop.business, "calendar", now)

    def events(self, visit):
        """The calendars in which a visit stands, and when."""
        return {
            name: stands.start
            for name in salon.CALENDARS
            for text in self.calendar.real.objects(
                address(self.shop.business, name), self.clock.now(), self.clock.now()
            )
            if (stands := standing(text, self.shop.business.zone)) and appointment_id(text) == visit
        }

    def books(self):
        return read_books(self.shop.database, [], [], [], self.clock.now())


@pytest.fixture
def here(tmp_path):
    with _salon(f"sqlite:///{tmp_path / 'salon.db'}") as made:
        yield made


@pytest.fixture
def on_postgres(postgres, tmp_path):
    with _salon(Settings(data_dir=tmp_path, database_url=postgres()).url) as made:
        yield made


@contextmanager
def _salon(url):
    create(url)
    database = make_engine(url)
    salon.open_for([ALICE, BOB, CHARLIE], SITE, database)
    calendar, clock = Hooked(), Standing(salon.FIRST_OFFER)
    yield Salon(salon.shop(SITE, database, calendar, clock), calendar, clock)
    database.dispose()


def test_who_stood_still_before_claiming_leaves_what_another_has_booked_for_the_same_hold(here):
    hold = here.offer(ALICE, CUT, "10:00", "chair-1")
    ends = []
    here.calendar.after["objects"] = lambda: ends.append(here.book(hold).end)

    here.book(hold)

    assert ends == [BookingEnd.BOOKED]
    assert here.row(hold).state == State.BOOKED
    assert here.events(hold)


def test_who_stood_still_while_writing_says_what_another_has_confirmed(here):
    hold = here.offer(ALICE, CUT, "10:00", "chair-1")
    here.calendar.after["put"] = lambda: here.book(hold)

    assert here.book(hold).end is BookingEnd.BOOKED


def test_who_is_refused_late_leaves_what_another_has_confirmed(here):
    """The owner writes behind the look that confirmed: the visit stands, and the watch tells of the clash."""
    hold = here.offer(ALICE, CUT, "10:00", "chair-1")

    def others():
        assert here.book(hold).end is BookingEnd.BOOKED
        here.owner_writes("chair-1", "10:00")

    here.calendar.after["put"] = others

    here.book(hold)

    assert here.row(hold).state == State.BOOKED
    assert here.events(hold)


def test_who_stood_still_until_it_was_settled_leaves_no_event(here):
    hold = here.offer(ALICE, CUT, "10:00", "chair-1")
    here.calendar.before["put"] = lambda: here.settle(hold)

    assert here.book(hold).end is not BookingEnd.BOOKED
    assert here.events(hold) == {}


def test_who_asks_again_while_it_is_in_doubt_is_not_told_that_it_is_taken(here):
    """A process dies when it has noted the doubt and before its turn has: the turn asks again."""
    hold = here.offer(ALICE, CUT, "10:00", "chair-1")

    def cut_off():
        here.calendar.before["get"] = unreachable
        raise CalendarError("too slow", permanent=False, unknown=True)

    here.calendar.after["put"] = cut_off
    assert here.book(hold).end is BookingEnd.UNSURE

    again = here.book(hold).end
    here.settle(hold)

    assert (again is BookingEnd.TAKEN) == (here.row(hold).state != State.BOOKED)


@pytest.mark.parametrize(
    ("call", "nth"), [("put", 1), ("put", 2), ("objects", 4), ("remove", 1), ("remove", 2)]
)
def test_a_move_to_another_calendar_that_died_and_met_the_owner_is_as_told(here, call, nth):
    visit = here.booked("10:00", "chair-1", "room", service=COLOUR)
    hold = here.offer(ALICE, COLOUR, "14:00", "chair-2", "room", moves=visit)
    here.crashes(call, lambda: here.book(hold), nth)
    here.owner_writes("chair-2", "14:00")

    made = here.book(hold)
    here.clear(hold)

    row = here.row(visit)
    assert row.state == State.BOOKED
    assert here.events(visit) == dict.fromkeys(row.calendars, row.start)
    assert (made.end is BookingEnd.BOOKED) == (row.calendar == "chair-2")


def test_a_move_to_another_calendar_that_died_leaves_no_event_of_a_visit_that_was_cancelled(here):
    visit = here.booked("10:00", "chair-1", "room", service=COLOUR)
    hold = here.offer(ALICE, COLOUR, "14:00", "chair-2", "room", moves=visit)
    here.crashes("put", lambda: here.book(hold), nth=2)
    assert here.cancel(visit).end is BookingEnd.CANCELLED

    here.settle(hold)

    assert here.row(hold).state == State.RELEASED
    assert here.events(visit) == {}


@pytest.mark.parametrize("calendars", [("chair-1", "room"), ("chair-2", "room")])
def test_a_move_that_stood_still_while_its_visit_moved_on_leaves_it_there(here, calendars):
    visit = here.booked("10:00", "chair-1", "room", service=COLOUR)
    hold = here.offer(ALICE, COLOUR, "14:00", *calendars, moves=visit)

    def others():
        assert here.book(hold).end is BookingEnd.BOOKED
        here.clear(hold)
        further = here.offer(ALICE, COLOUR, "17:00", "chair-1", "room", moves=visit)
        assert here.book(further).end is BookingEnd.BOOKED
        here.clear(further)

    here.calendar.before["put"] = others

    here.book(hold)

    start = salon.at(here.shop.business, "17:00")
    assert here.row(visit).start == start
    assert here.events(visit) == {"chair-1": start, "room": start}


def test_a_booking_that_stood_still_while_its_visit_was_cancelled_leaves_nothing(here):
    hold = here.offer(ALICE, CUT, "10:00", "chair-1")

    def others():
        assert here.book(hold).end is BookingEnd.BOOKED
        assert here.cancel(hold).end is BookingEnd.CANCELLED

    here.calendar.before["put"] = others

    assert here.book(hold).end is not BookingEnd.BOOKED
    assert here.row(hold).state == State.CANCELLED
    assert here.events(hold) == {}


def test_a_move_whose_visit_was_cancelled_meanwhile_leaves_no_claims(here):
    visit = here.booked("10:00", "chair-1")
    hold = here.offer(ALICE, CUT, "14:00", "chair-1", moves=visit)
    here.calendar.after["put"] = lambda: here.owner_deletes(visit)

    made = here.book(hold)

    assert made.end is not BookingEnd.BOOKED
    assert here.row(hold).state in (State.RELEASED, State.REVIEW)
    assert here.books().claims == []


def test_a_move_that_the_watch_sees_half_way_is_told_as_made(here):
    visit = here.booked("10:00", "chair-1")
    hold = here.offer(ALICE, CUT, "14:00", "chair-1", moves=visit)

    def watch():
        row = here.row(visit)
        stands = here.shop.diary.bookings.standing(here.shop.business, row)
        if stands.start != row.start:
            with here.shop.database.begin() as connection:
                assert appointments.change(connection, row, here.clock.now(), start=stands.start)

    here.calendar.after["put"] = watch

    assert here.book(hold).end is BookingEnd.BOOKED


def test_a_cancelling_that_failed_half_way_is_not_undone_in_words_alone(here):
    visit = here.booked("10:00", "chair-1", "room", service=COLOUR)
    here.calendar.after["remove"] = lambda: here.calendar.before.update(get=unreachable)

    made = here.cancel(visit)

    stands = set(here.events(visit)) == {"chair-1", "room"}
    assert made.end is BookingEnd.UNSURE or stands
    assert here.row(visit).state != State.BOOKED or stands


def test_a_move_that_died_and_whose_event_was_deleted_knows_the_name_of_its_new_event(here):
    visit = here.booked("10:00", "chair-1")
    hold = here.offer(ALICE, CUT, "14:00", "chair-1", moves=visit)
    here.crashes("put", lambda: here.book(hold))
    here.owner_deletes(visit)

    assert here.book(hold).end is BookingEnd.BOOKED
    assert here.shop.diary.bookings.standing(here.shop.business, here.row(hold))


def test_two_who_cancel_at_once_leave_no_booked_visit_without_its_event(here):
    """One died while it cancelled; its turn asks again while housekeeping settles."""
    visit = here.booked("10:00", "chair-1")
    here.crashes("get", lambda: here.cancel(visit))

    def another_fails():
        here.calendar.before["get"] = unreachable
        here.cancel(visit)

    here.calendar.after["get"] = another_fails

    assert here.cancel(visit).end is BookingEnd.CANCELLED
    assert here.row(visit).state == State.CANCELLED


def test_a_visit_that_takes_two_calendars_is_booked_where_no_uid_may_stand_twice(here):
    """Cyrus answers 403 (unique-scheduling-object-resource) for a UID that another calendar of the user has."""
    here.calendar.put = _each_uid_once(here.calendar.real)
    hold = here.offer(ALICE, COLOUR, "10:00", "chair-1", "room")

    assert here.book(hold).end is BookingEnd.BOOKED


def _each_uid_once(calendar):
    seen: dict[str, object] = {}

    def put(at, name, text, etag=None):
        [uid] = [line for line in text.splitlines() if line.startswith("UID:")]
        return seen.setdefault(uid, at) == at and calendar.put(at, name, text, etag)

    return put


def test_who_always_comes_second_is_offered_what_is_left(here):
    """Whenever Alice has seen what is free, another is offered it: twelve of them, then nobody."""
    everybody, is_busy = salon.callers(15), list[bool]()
    salon.open_for(everybody, SITE, here.shop.database)
    rivals, when = iter(everybody[3:]), When(date="2026-11-18", time="10:00")

    def rival_is_faster(_connection, _cursor, statement, *_):
        if is_busy or not statement.startswith("SELECT claim.calendar"):
            return
        is_busy.append(True)
        if rival := next(rivals, None):
            here.shop.diary.offer(here.shop.business, rival, CUT, when)
        is_busy.clear()

    sa.event.listen(here.shop.database, "after_cursor_execute", rival_is_faster)

    assert here.shop.diary.offer(here.shop.business, ALICE, CUT, when).holds


def test_two_who_book_overlapping_times_at_once_are_both_answered(on_postgres):
    """Each finds claims of the other and of a third that have run out; one waits for the other, never both."""
    here, database = on_postgres, on_postgres.shop.database
    second = here.row(here.offer(BOB, CUT, "10:20", "chair-1"))
    first = here.row(here.offer(ALICE, CUT, "10:00", "chair-1"))
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            sa.text("vacuum claim")
        )  # what comes next takes the places of what is gone
    here.offer(CHARLIE, WASH, "10:20", "chair-1")
    begun, turn = threading.Event(), threading.local()

    def pause(_connection, _cursor, statement, *_):
        if getattr(turn, "is_first", False) and statement.startswith("DELETE"):
            turn.deletes = getattr(turn, "deletes", 0) + 1
            if turn.deletes == 2:
                begun.set()
                time.sleep(0.5)

    sa.event.listen(database, "before_cursor_execute", pause)

    def claim(row):
        turn.is_first = row is first
        if row is second:
            assert begun.wait(10)
        with database.begin() as connection:
            now = here.clock.now()
            return appointments.claim_to_write(connection, row, now + CLAIMED_FOR, now)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(claim, (first, second))) == [False, True]


def test_a_new_process_asks_its_calendar_for_many_at_once():
    """python-caldav fills a table at its first use: nobody may read it half full."""
    context, seen = forking(), set()
    for _ in range(8):
        ours, theirs = context.Pipe()
        process = context.Process(target=_ask_at_once, args=(theirs,))
        process.start()
        seen |= ours.recv()
        process.join()

    assert seen == {CalendarError}


def _ask_at_once(answer):
    """Twelve threads ask a server that is not there."""
    sys.setswitchinterval(1e-6)
    site = Site(home="http://127.0.0.1:9/")
    calendar, at = (
        site.adapter(sa.create_engine("sqlite://")),
        address(salon.business(site), "chair-1"),
    )
    together = threading.Barrier(12)

    def ask(_):
        together.wait()
        try:
            calendar.get(at, "nothing")
        except Exception as error:
            return type(error)

    with ThreadPoolExecutor(12) as pool:
        answer.send(set(pool.map(ask, range(12))))
