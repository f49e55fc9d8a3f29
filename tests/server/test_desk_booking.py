"""Booking at the desk: a person books, moves and cancels by the agent's own way; the calendar is the truth for both."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import yaml

from agent.business import Business
from agent.errors import BadInput, CalendarError, NotFound
from agent.model import BookingEnd, When
from agent.rules.by_hand import Breach
from server.desk_booking import Desk, Wanted
from server.diary import BookingDiary
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store import appointments, businesses, texts, threads
from server.store.appointments import State
from server.store.engine import create, make_engine
from server.store.tables import marker, text
from server.unsettled import Unsettled
from tests.server.test_diary import ALICE, BOB, MONDAY, Calendar, Shop, StandingClock

MIA, SAM = "+13035550141", "+13035550142"
TWO_PM = datetime.fromisoformat("2026-11-17T14:00:00-07:00")
HOUR = timedelta(hours=1)


@dataclass
class NotedJobs:
    """Plays `server.jobs.Jobs`: nothing runs, what was enqueued is known."""

    delivered: list[str] = field(default_factory=list)

    def turn(self, *_args, **_more): ...

    def deliver(self, _connection, _thread, key, _seq, _wait_s, again=""):
        self.delivered.append(key + again)


@dataclass
class Counter(Shop):
    """A shop with a desk."""

    desk: Desk

    def wants(self, start=TWO_PM, **more):
        values = {"key": "form-1", "service": "drain-cleaning", "tell": "You're booked."} | more
        return Wanted(start=start, **values)

    def book_at_desk(self, caller=ALICE, staff="mia", **more):
        return self.desk.book(self.business, self.thread(caller), staff, self.wants(**more))

    def thread(self, caller=ALICE):
        return threads.thread_id(self.business.slug, caller)

    def row(self, caller=ALICE):
        with self.diary.database.connect() as connection:
            return threads.get(connection, self.thread(caller))

    def visits(self, caller=ALICE):
        with self.diary.database.connect() as connection:
            return appointments.visits(connection, self.thread(caller), MONDAY)

    def sent(self, caller=ALICE):
        """(who, to whom, what) of every text of a thread."""
        with self.diary.database.connect() as connection:
            rows = texts.of_thread(connection, self.thread(caller))
        return [(row.author, row.recipient, row.body) for row in rows]

    def markers(self, caller=ALICE):
        with self.diary.database.connect() as connection:
            rows = connection.execute(
                sa.select(marker).where(marker.c.thread == self.thread(caller))
            )
            return [(row.what, row.who) for row in rows]

    def update(self, caller=ALICE, **values):
        with self.diary.database.begin() as connection:
            threads.update(connection, self.thread(caller), **values)


@pytest.fixture
def counter(tmp_path):
    url = Settings(data_dir=tmp_path).url
    create(url)
    database, clock, calendar = make_engine(url), StandingClock(MONDAY), Calendar()
    business = Business.model_validate(yaml.safe_load((DEMO_FOLDER / "business.yaml").read_text()))
    with database.begin() as connection:
        businesses.save(connection, business, MONDAY)
        for caller in (ALICE, BOB):
            threads.locked(connection, business.slug, caller, MONDAY)
    diary = BookingDiary(
        calendar=calendar, database=database, clock=clock, public_url="https://shop.example"
    )
    yield Counter(diary, business, calendar, clock, Desk(diary=diary, jobs=NotedJobs()))
    database.dispose()


def test_a_visit_is_booked_told_and_marked_by_the_person_and_the_agent_keeps_the_thread(counter):
    made = counter.book_at_desk(name="Joan Miller", note="Gate code 1234")

    [event] = counter.events()
    [visit] = counter.visits()
    assert made.end is BookingEnd.BOOKED
    assert "SUMMARY:Drain cleaning - Joan M." in event
    assert counter.row().owner == "agent"
    assert counter.row().name == "Joan Miller"
    assert ("booked", "mia") in counter.markers()
    assert ("note", "mia") in counter.markers()
    assert "1234" not in event
    assert counter.sent() == [
        ("staff:mia", ALICE, f"You're booked. Details: https://shop.example/v/{visit.code}")
    ]


def test_the_text_to_the_caller_holds_the_visit_as_its_evidence(counter):
    made = counter.book_at_desk()

    with counter.diary.database.connect() as connection:
        why = connection.scalar(sa.select(text.c.why).where(text.c.author == "staff:mia"))
    assert why["evidence"] == [made.appointment.id]


def test_whoever_works_by_the_calendar_reads_of_it_unless_they_have_booked_it(counter):
    counter.book_at_desk(staff="sam", tell="")
    counter.book_at_desk(BOB, staff="mia", start=TWO_PM + timedelta(days=1), tell="")

    [(_, to, words)] = counter.sent()
    assert to == MIA
    assert words.startswith("Alder Creek Plumbing: Booked by Sam Reed: Drain cleaning, Tue Nov 17")
    assert counter.sent(BOB) == []


def test_nothing_is_told_when_the_person_does_not_want_it(counter):
    assert counter.book_at_desk(tell="").end is BookingEnd.BOOKED
    assert counter.sent() == []


def test_after_an_opt_out_the_visit_is_booked_and_no_text_is_written(counter):
    counter.update(opted_out_at=MONDAY)

    assert counter.book_at_desk().end is BookingEnd.BOOKED
    assert counter.sent() == []


@pytest.mark.parametrize("owner", ["nobody", "sam"])
def test_whoever_has_the_thread_any_person_may_book(counter, owner):
    counter.update(owner=owner)

    assert counter.book_at_desk().end is BookingEnd.BOOKED
    assert counter.row().owner == owner


def test_what_the_agent_offers_the_same_caller_counts_as_free_and_is_released(counter):
    [hold] = counter.offer(
        wish=When(date="2026-11-17", time="14:00"), service="drain-cleaning"
    ).holds
    counter.update(memory={"visit": {"service": "drain-cleaning"}, "language": "es"})
    drain = counter.business.service("drain-cleaning")
    free = counter.desk.free(counter.business, drain, counter.thread(), hold.calendar, None)

    made = counter.book_at_desk(calendar=hold.calendar)

    assert TWO_PM in [one.start for one in free]
    assert made.end is BookingEnd.BOOKED
    assert counter.state(hold) == State.RELEASED
    assert counter.row().memory == {"language": "es"}


def test_a_caller_who_chooses_a_time_after_a_person_has_booked_hears_of_that_booking(counter):
    hold = counter.offer(service="drain-cleaning").holds[0]
    made = counter.book_at_desk(start=TWO_PM + timedelta(days=1))

    told = counter.book(hold)

    assert told.end is BookingEnd.BOOKED
    assert told.appointment == made.appointment
    assert len(counter.visits()) == 1


def test_a_time_that_is_offered_to_another_caller_is_taken(counter):
    whole_shop = [
        counter.offer(BOB, When(date="2026-11-17", time="14:00"), service="water-heater-install")
    ]
    assert whole_shop[0].holds

    made = counter.book_at_desk(calendar="van-1")

    assert made.end is BookingEnd.TAKEN
    assert counter.visits() == []
    assert counter.sent() == []


def test_a_busy_calendar_cannot_be_overbooked_by_hand(counter):
    for calendar in ("van-1", "van-2"):
        counter.owner_writes("20261117T150000", calendar=calendar)

    assert counter.book_at_desk().end is BookingEnd.TAKEN
    drain = counter.business.service("drain-cleaning")
    assert counter.desk.look(counter.business, drain, TWO_PM).way == ()


def test_the_owner_who_writes_while_a_person_books_wins(counter):
    counter.calendar.after["put"] = lambda: counter.owner_writes("20261117T143000")

    made = counter.book_at_desk(calendar="van-1")

    assert made.end is BookingEnd.TAKEN
    assert len(counter.events()) == 1
    assert counter.visits() == []
    assert counter.sent() == []


def test_two_people_who_book_one_time_make_one_visit(counter):
    barrier = threading.Barrier(2)

    def book(caller, key):
        barrier.wait()
        return counter.book_at_desk(caller, calendar="van-1", key=key).end

    with ThreadPoolExecutor(2) as pool:
        ends = [*pool.map(book, [ALICE, BOB], ["one", "two"])]

    assert sorted(ends) == [BookingEnd.BOOKED, BookingEnd.TAKEN]
    assert len(counter.events()) == 1


def test_a_person_and_the_agent_who_book_one_time_make_one_visit(counter):
    [hold] = counter.offer(BOB, When(date="2026-11-17", time="12:00")).holds
    counter.clock.moment += HOUR  # the hold has run out, and may still be chosen
    barrier = threading.Barrier(2)

    def person():
        barrier.wait()
        return counter.book_at_desk(start=TWO_PM - 2 * HOUR, calendar="van-1").end

    def agent():
        barrier.wait()
        return counter.book(hold, BOB).end

    with ThreadPoolExecutor(2) as pool:
        ends = [one.result() for one in (pool.submit(person), pool.submit(agent))]

    assert sorted(ends) == [BookingEnd.BOOKED, BookingEnd.TAKEN]
    assert len(counter.events()) == 1


def test_the_same_form_sent_twice_is_one_visit_and_one_text(counter):
    assert counter.book_at_desk() == counter.book_at_desk()
    assert len(counter.visits()) == 1
    assert len(counter.sent()) == 1


def test_the_same_form_sent_while_it_is_being_booked_books_nothing_more(counter):
    second = []

    def again():
        second.append(counter.book_at_desk().end)

    counter.calendar.before["put"] = again

    assert counter.book_at_desk().end is BookingEnd.BOOKED
    assert second == [BookingEnd.UNSURE]
    assert len(counter.visits()) == 1


def test_while_the_agent_writes_a_visit_for_the_caller_a_person_waits(counter):
    [hold] = counter.offer(wish=When(date="2026-11-17", time="12:00")).holds
    words = []

    def person():
        with pytest.raises(BadInput) as refused:
            counter.book_at_desk(start=TWO_PM + timedelta(days=1))
        words.append(str(refused.value))

    counter.calendar.before["put"] = person

    assert counter.book(hold).end is BookingEnd.BOOKED
    assert words == [
        "The agent is writing a visit for this caller just now. Look again in a moment."
    ]
    assert len(counter.visits()) == 1


@pytest.mark.parametrize(
    ("start", "broken"),
    [
        (MONDAY + timedelta(minutes=48), [Breach.TOO_SOON]),
        (TWO_PM + 6 * HOUR, [Breach.CLOSED]),
        (TWO_PM + timedelta(days=41), [Breach.TOO_FAR]),
    ],
)
def test_a_time_that_the_agent_would_not_offer_is_warned_of_and_can_be_booked(
    counter, start, broken
):
    drain = counter.business.service("drain-cleaning")

    outlook = counter.desk.look(counter.business, drain, start)

    assert [*outlook.breaches] == broken
    assert counter.book_at_desk(start=start).end is BookingEnd.BOOKED


def test_on_a_saturday_the_van_that_works_is_preferred(counter):
    saturday = datetime.fromisoformat("2026-11-21T10:00:00-07:00")
    drain = counter.business.service("drain-cleaning")

    assert counter.desk.look(counter.business, drain, saturday).way == ("van-1",)
    outlook = counter.desk.look(counter.business, drain, saturday, "van-2")
    assert outlook.breaches == (Breach.OFF_DUTY,)


def test_the_owners_limit_of_a_day_is_warned_of_and_does_not_stop_a_person(counter):
    values = counter.business.model_dump(mode="json")
    booking = values["booking"] | {"daily_limit": 1}
    counter.business = Business.model_validate(values | {"booking": booking})
    counter.book_at_desk(BOB, calendar="van-1", start=TWO_PM - 4 * HOUR)
    drain = counter.business.service("drain-cleaning")

    outlook = counter.desk.look(counter.business, drain, TWO_PM, "van-1")

    assert outlook.breaches == (Breach.FULL,)
    assert counter.book_at_desk(calendar="van-1").end is BookingEnd.BOOKED


def test_the_past_cannot_be_booked(counter):
    with pytest.raises(BadInput, match="That time is over"):
        counter.book_at_desk(start=MONDAY - HOUR)


def test_a_visit_moves_keeps_its_page_and_its_event(counter):
    counter.book_at_desk(calendar="van-1")
    [before] = counter.visits()

    made = counter.book_at_desk(
        key="form-2", start=TWO_PM + 2 * HOUR, moves=before.id, tell="Moved."
    )

    [after] = counter.visits()
    assert made.end is BookingEnd.BOOKED
    assert (after.id, after.code, after.event) == (before.id, before.code, before.event)
    assert after.start == TWO_PM + 2 * HOUR
    assert after.calendar == "van-1"
    assert ("moved", "mia") in counter.markers()
    assert counter.sent()[-1][2] == f"Moved. Details: https://shop.example/v/{before.code}"
    assert len(counter.events()) == 1


def test_a_visit_may_move_by_less_than_its_own_length(counter):
    counter.book_at_desk(calendar="van-1")
    [before] = counter.visits()

    made = counter.book_at_desk(key="form-2", start=TWO_PM + HOUR / 2, moves=before.id)

    assert made.end is BookingEnd.BOOKED
    assert counter.visits()[0].start == TWO_PM + HOUR / 2


@pytest.mark.parametrize("caller", [ALICE, BOB])
def test_a_visit_that_is_over_or_anothers_cannot_be_moved_or_cancelled(counter, caller):
    counter.book_at_desk()
    [visit] = counter.visits()
    if caller == ALICE:
        counter.desk.cancel(counter.business, counter.thread(), "mia", visit.id, "")

    with pytest.raises(NotFound):
        counter.book_at_desk(caller, key="form-2", start=TWO_PM + HOUR, moves=visit.id)
    if caller == BOB:
        with pytest.raises(NotFound):
            counter.desk.cancel(counter.business, counter.thread(BOB), "mia", visit.id, "")


def test_a_visit_is_cancelled_and_the_caller_told(counter):
    counter.update(owner="sam")
    counter.book_at_desk(tell="", calendar="van-1")
    [visit] = counter.visits()

    ended = counter.desk.cancel(counter.business, counter.thread(), "sam", visit.id, "Cancelled.")

    assert ended.end is BookingEnd.CANCELLED
    assert counter.events() == []
    assert ("cancelled", "sam") in counter.markers()
    assert ("staff:sam", ALICE, "Cancelled.") in counter.sent()
    assert any(to == MIA and "Cancelled by Sam Reed" in words for _, to, words in counter.sent())


def test_a_calendar_that_does_not_answer_books_nothing_and_cancels_nothing(counter):
    counter.book_at_desk(tell="", calendar="van-1")
    [visit] = counter.visits()
    counter.calendar.real = _Away(counter.calendar.real)

    with pytest.raises(CalendarError):
        counter.book_at_desk(key="form-2", start=TWO_PM + timedelta(days=1))
    ended = counter.desk.cancel(counter.business, counter.thread(), "mia", visit.id, "Cancelled.")

    assert ended.end is BookingEnd.UNREACHABLE
    assert [one.id for one in counter.visits()] == [visit.id]
    assert counter.sent() == []


def test_a_calendar_that_fails_between_look_and_booking_leaves_no_claim(counter):
    real = counter.calendar.real

    def fail():
        counter.calendar.real = _Away(real)

    drain = counter.business.service("drain-cleaning")
    objects = counter.diary.objects
    moved = replace(counter.desk, diary=_FailsAfter(counter.diary, fail))
    made = moved.book(counter.business, counter.thread(), "mia", counter.wants())
    counter.calendar.real = real

    assert made.end is BookingEnd.UNREACHABLE
    assert objects(counter.business, drain, None, TWO_PM) == {"van-1": [], "van-2": []}
    assert counter.book_at_desk(BOB, key="other").end is BookingEnd.BOOKED


def test_a_doubtful_booking_is_settled_without_the_agent_telling_the_caller(counter):
    def stored_but_not_said(at, name, body, etag=None):
        real.put(at, name, body, etag)
        counter.calendar.real = _Away(real)
        raise CalendarError("timed out", permanent=False, unknown=True)

    real = counter.calendar.real
    counter.calendar.real = _Puts(real, stored_but_not_said)
    made = counter.book_at_desk(staff="sam", calendar="van-1")
    counter.calendar.real = real
    counter.clock.moment += timedelta(minutes=2)

    Unsettled(diary=counter.diary, jobs=counter.desk.jobs).look(counter.clock.moment)

    assert made.end is BookingEnd.UNSURE
    [visit] = counter.visits()
    assert ("booked", "sam") in counter.markers()
    assert [to for _, to, _ in counter.sent()] == [MIA]
    assert visit.code


@dataclass
class _Away:
    """A calendar server that does not answer."""

    real: object

    def __getattr__(self, _name):
        def call(*_args, **_more):
            raise CalendarError("its server took too long", permanent=False)

        return call


@dataclass
class _Puts:
    real: object
    put: object

    def __getattr__(self, name):
        return getattr(self.real, name)


@dataclass
class _FailsAfter:
    """A diary whose calendar goes away once it was looked at."""

    diary: BookingDiary
    fail: Callable[[], None]

    def objects(self, *args):
        found = self.diary.objects(*args)
        self.fail()
        return found

    def __getattr__(self, name):
        return getattr(self.diary, name)
