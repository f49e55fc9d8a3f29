"""The diary: what is offered is kept, what is booked is there once, and two callers never get one time."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import yaml

from agent.business import Business
from agent.errors import CalendarError
from agent.model import BookingEnd, Fit, When
from agent.rules.event import appointment_id
from server.bookings import address
from server.diary import HELD_FOR, BookingDiary
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store import appointments, businesses, threads
from server.store.appointments import State
from server.store.engine import make_engine, migrate
from server.wiring import rehearsal_calendar

MONDAY = datetime.fromisoformat("2026-11-16T09:12:00-07:00")
ALICE, BOB = "+13035550101", "+13035550102"
AT_THREE = When(date="2026-11-17", time="15:00")


@dataclass
class StandingClock:
    moment: datetime

    def now(self):
        return self.moment


class Calendar:
    """A real calendar in memory that can be made to fail, or to be written by others, at a chosen call."""

    def __init__(self):
        self.real = rehearsal_calendar(None)
        self.before = {}
        self.after = {}

    def __getattr__(self, name):
        def call(*args, **more):
            self.before.pop(name, lambda: None)()
            answer = getattr(self.real, name)(*args, **more)
            self.after.pop(name, lambda: None)()
            return answer

        return call


@dataclass
class Shop:
    diary: BookingDiary
    business: Business
    calendar: Calendar
    clock: StandingClock

    def offer(self, caller=ALICE, wish=AT_THREE, service="water-heater-install"):
        return self.diary.offer(self.business, caller, service, wish)

    def book(self, hold, caller=ALICE):
        return self.diary.book(self.business, caller, hold.id)

    def events(self, calendar="van-1"):
        return self.calendar.real.objects(address(self.business, calendar), MONDAY, MONDAY)

    def state(self, hold):
        with self.diary.database.begin() as connection:
            row = appointments.get(connection, hold.id)
        assert row
        return row.state

    def owner_writes(self, start, hours=1, calendar="van-1"):
        text = (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\n"
            f"UID:{start}\r\nDTSTAMP:20261116T000000Z\r\nDTSTART;TZID=America/Denver:{start}\r\n"
            f"DURATION:PT{hours}H\r\nSUMMARY:Mine\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        assert self.calendar.real.put(address(self.business, calendar), start, text)

    def stored(self, visit):
        at = address(self.business, visit.calendar)
        there = self.calendar.real.get(at, f"ringback-{visit.id}")
        return at, there

    def owner_notes(self, visit, line):
        at, there = self.stored(visit)
        lines = [one for one in there.text.split("\r\n") if not one.startswith("DESCRIPTION")]
        text = "\r\n".join(lines).replace("END:VEVENT", f"{line}\r\nEND:VEVENT")
        assert self.calendar.real.put(at, there.name, text, there.etag)

    def owner_moves(self, visit, start):
        at, there = self.stored(visit)
        text = re.sub(r"DTSTART:\w+", f"DTSTART:{start}", there.text)
        text = re.sub(r"DTEND:\w+", "DURATION:PT2H", text)
        assert self.calendar.real.put(at, there.name, text, there.etag)

    def owner_deletes(self, visit):
        at, there = self.stored(visit)
        assert self.calendar.real.remove(at, there.name, there.etag)


@pytest.fixture
def shop(database_url, tmp_path):
    url = Settings(data_dir=tmp_path, database_url=database_url).url
    migrate(url)
    database = make_engine(url)
    clock, calendar = StandingClock(MONDAY), Calendar()
    profile = yaml.safe_load((DEMO_FOLDER / "business.yaml").read_text())
    business = Business.model_validate(profile)
    with database.begin() as connection:
        businesses.save(connection, business, MONDAY)
        for caller in (ALICE, BOB):
            threads.locked(connection, business.slug, caller, MONDAY)
    diary = BookingDiary(
        calendar=calendar, database=database, clock=clock, public_url="https://shop.example"
    )
    yield Shop(diary, business, calendar, clock)
    database.dispose()


def test_a_free_time_is_offered_and_booked_as_one_private_event_in_utc(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds

    made = shop.book(hold)

    [event] = shop.events()
    assert made.end is BookingEnd.BOOKED
    assert (
        made.appointment.start == hold.start == datetime.fromisoformat("2026-11-17T12:00:00-07:00")
    )
    assert appointment_id(event) == hold.id
    assert "DTSTART:20261117T190000Z" in event
    assert "CLASS:PRIVATE" in event
    assert "ATTENDEE" not in event
    assert ALICE.lstrip("+") not in event


def test_what_one_caller_is_offered_no_other_is(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds

    other = shop.offer(BOB, When(date="2026-11-17", time="12:00"))

    assert other.fit is Fit.TAKEN
    assert other.holds
    assert hold.start not in [one.start for one in other.holds]


def test_an_offer_that_ran_out_is_free_for_others_and_then_taken_for_the_first(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds
    shop.clock.moment += HELD_FOR + timedelta(minutes=1)
    [others] = shop.offer(BOB, When(date="2026-11-17", time="12:00")).holds

    assert shop.book(others, BOB).end is BookingEnd.BOOKED
    assert shop.book(hold).end is BookingEnd.TAKEN
    assert len(shop.events()) == 1


def test_an_offer_that_ran_out_is_booked_all_the_same_when_the_time_is_free(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds
    shop.clock.moment += HELD_FOR + timedelta(minutes=1)

    assert shop.book(hold).end is BookingEnd.BOOKED


def test_booking_twice_says_the_same_and_writes_once(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds

    assert shop.book(hold) == shop.book(hold)
    assert len(shop.events()) == 1


def test_another_callers_hold_cannot_be_booked(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds

    assert shop.book(hold, BOB).end is BookingEnd.TAKEN
    assert not shop.events()


def test_the_owner_who_writes_between_offer_and_booking_wins(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds
    shop.owner_writes("20261117T130000")

    assert shop.book(hold).end is BookingEnd.TAKEN
    assert len(shop.events()) == 1


def test_the_owner_who_writes_while_we_write_wins(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds
    shop.calendar.after["put"] = lambda: shop.owner_writes("20261117T130000")

    assert shop.book(hold).end is BookingEnd.TAKEN
    [left] = shop.events()
    assert appointment_id(left) is None


def test_a_lost_answer_is_read_back_and_not_written_twice(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds

    def lost():
        raise CalendarError("time-out", permanent=False, unknown=True)

    shop.calendar.after["put"] = lost

    assert shop.book(hold).end is BookingEnd.BOOKED
    assert len(shop.events()) == 1


def test_a_crash_after_writing_is_finished_by_asking_again(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds

    def crash():
        raise KeyboardInterrupt

    shop.calendar.after["put"] = crash
    with pytest.raises(KeyboardInterrupt):
        shop.book(hold)

    assert shop.state(hold) == State.WRITING
    assert shop.book(hold).end is BookingEnd.BOOKED
    assert len(shop.events()) == 1


def test_a_calendar_that_does_not_answer_offers_nothing(shop):
    def down():
        raise CalendarError("no answer", permanent=False)

    shop.calendar.before["objects"] = down

    found = shop.offer()

    assert (found.fit, found.holds) == (Fit.UNREACHABLE, ())


def test_a_calendar_that_fails_before_writing_leaves_the_hold(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds

    def down():
        raise CalendarError("no answer", permanent=False)

    shop.calendar.before["objects"] = down

    assert shop.book(hold).end is BookingEnd.UNREACHABLE
    assert shop.book(hold).end is BookingEnd.BOOKED


def test_nothing_is_booked_for_a_thread_that_a_person_has_taken(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds
    name = threads.thread_id(shop.business.slug, ALICE)
    with shop.diary.database.begin() as connection:
        threads.update(connection, name, owner="mia")

    assert shop.book(hold).end is BookingEnd.WITHDRAWN
    assert not shop.events()


def test_nothing_is_booked_for_a_caller_who_has_opted_out(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds
    name = threads.thread_id(shop.business.slug, ALICE)
    with shop.diary.database.begin() as connection:
        threads.update(connection, name, opted_out_at=MONDAY)

    assert shop.book(hold).end is BookingEnd.WITHDRAWN
    assert not shop.events()


def test_a_crash_after_writing_and_a_stop_take_the_event_out_again(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds

    def crash():
        raise KeyboardInterrupt

    shop.calendar.after["put"] = crash
    with pytest.raises(KeyboardInterrupt):
        shop.book(hold)
    with shop.diary.database.begin() as connection:
        name = threads.thread_id(shop.business.slug, ALICE)
        threads.update(connection, name, opted_out_at=MONDAY)

    assert shop.book(hold).end is BookingEnd.WITHDRAWN
    assert not shop.events()


def test_a_caller_who_has_opted_out_holds_nothing(shop):
    with shop.diary.database.begin() as connection:
        name = threads.thread_id(shop.business.slug, ALICE)
        threads.update(connection, name, opted_out_at=MONDAY)

    assert shop.offer().fit is Fit.WITHDRAWN
    assert shop.offer(BOB, When(date="2026-11-17", time="12:00")).fit is Fit.ASKED


def test_a_yes_inside_the_lead_time_books_nothing(shop):
    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds
    shop.clock.moment = hold.start - timedelta(minutes=90)

    assert shop.book(hold).end is BookingEnd.TAKEN
    assert not shop.events()


def test_overlapping_times_of_one_offer_are_all_kept(shop):
    found = shop.offer(wish=When(date="2026-11-17", time="12:00", alternatives=(When(date="2026-11-17", time="12:30"),)))  # fmt: skip

    assert len(found.holds) == 2
    assert shop.book(found.holds[1]).end is BookingEnd.BOOKED
    assert len(shop.events()) == 1


@pytest.mark.parametrize(
    ("wish", "fit"),
    [
        (When(date="2026-11-22", time="10:00"), Fit.CLOSED),
        (When(date="2026-11-26"), Fit.CLOSED),
        (When(date="2026-11-17", time="20:00"), Fit.CLOSED),
        (When(date="2026-11-16", time="09:30"), Fit.TOO_SOON),
        (When(date="2027-03-01", time="10:00"), Fit.TOO_FAR),
        (When(date="2026-11-18", time="09:00"), Fit.ASKED),
        (When(date="2026-11-18", time="16:30"), Fit.UNFIT),
        (When(date="2026-11-18", time="09:15"), Fit.UNFIT),
    ],
)
def test_why_the_wished_time_is_not_offered(shop, wish, fit):
    found = shop.offer(wish=wish, service="drain-cleaning")

    assert found.fit is fit
    assert found.holds


def test_many_callers_after_one_time_get_it_once(shop):
    callers = [f"+1303555{number:04d}" for number in range(200, 220)]
    with shop.diary.database.begin() as connection:
        for caller in callers:
            threads.locked(connection, shop.business.slug, caller, MONDAY)
    together = threading.Barrier(len(callers), timeout=30)
    wish = When(date="2026-11-17", time="12:00")

    def one(caller):
        together.wait()
        found = shop.offer(caller, wish)
        return [shop.book(hold, caller) for hold in found.holds if found.fit is Fit.ASKED]

    with ThreadPoolExecutor(len(callers)) as pool:
        made = [result for each in pool.map(one, callers) for result in each]

    assert [one.end for one in made].count(BookingEnd.BOOKED) == 1
    assert len(shop.events()) == 1


def booked(shop, start="2026-11-17T12:00", caller=ALICE, service="water-heater-install"):
    [hold] = shop.offer(caller, When(date=start[:10], time=start[11:]), service).holds
    assert shop.book(hold, caller).end is BookingEnd.BOOKED
    return hold


def moving(shop, visit, start, caller=ALICE):
    wish = When(date=start[:10], time=start[11:])
    [hold] = shop.diary.offer(shop.business, caller, visit.service, wish, moves=visit.id).holds
    return hold


def visits(shop, caller=ALICE):
    with shop.diary.database.connect() as connection:
        return appointments.visits(
            connection, threads.thread_id(shop.business.slug, caller), shop.clock.now()
        )


def events_everywhere(shop):
    return [text for van in ("van-1", "van-2") for text in shop.events(van)]


def test_a_visit_moves_with_its_event_and_its_old_time_is_free(shop):
    visit = booked(shop)
    shop.owner_notes(visit, "DESCRIPTION:bring the long ladder")

    made = shop.book(moving(shop, visit, "2026-11-18T13:00"))

    [event] = events_everywhere(shop)
    [row] = visits(shop)
    assert made.end is BookingEnd.BOOKED
    assert made.appointment.id == visit.id == row.id
    assert row.start == datetime.fromisoformat("2026-11-18T13:00:00-07:00")
    assert "DTSTART:20261118T200000Z" in event
    assert f"UID:{visit.id}" in event
    assert "SEQUENCE:1" in event
    assert "long ladder" in event
    assert appointment_id(event) == visit.id
    assert [one.start for one in shop.offer(BOB, When(date="2026-11-17", time="12:00")).holds] == [
        visit.start
    ]


def test_a_visit_moves_into_its_own_time(shop):
    visit = booked(shop)

    made = shop.book(moving(shop, visit, "2026-11-17T12:30"))

    assert made.appointment.start == visit.start + timedelta(minutes=30)
    assert len(events_everywhere(shop)) == 1


def test_a_visit_whose_van_is_busy_then_moves_to_another_van(shop):
    visit = booked(shop, service="drain-cleaning")
    shop.owner_writes("20261118T130000", hours=3, calendar=visit.calendar)

    made = shop.book(moving(shop, visit, "2026-11-18T13:00"))

    [text] = [text for text in events_everywhere(shop) if appointment_id(text)]
    assert made.end is BookingEnd.BOOKED
    assert made.appointment.calendar != visit.calendar
    assert appointment_id(text) == visit.id
    assert [row.id for row in visits(shop)] == [visit.id]


def test_the_owner_who_takes_the_new_time_first_wins_and_the_visit_stays(shop):
    visit = booked(shop)
    hold = moving(shop, visit, "2026-11-18T13:00")
    shop.calendar.after["put"] = lambda: shop.owner_writes("20261118T140000")

    made = shop.book(hold)

    [row] = visits(shop)
    [event] = [text for text in events_everywhere(shop) if appointment_id(text)]
    assert made.end is BookingEnd.TAKEN
    assert row.start == visit.start
    assert "DTSTART:20261117T190000Z" in event


def test_a_crash_while_moving_is_finished_by_asking_again(shop):
    visit = booked(shop)
    hold = moving(shop, visit, "2026-11-18T13:00")
    shop.calendar.after["put"] = crash
    with pytest.raises(Crash):
        shop.book(hold)

    first, second = shop.book(hold), shop.book(hold)

    assert first == second
    assert first.appointment.start == hold.start
    assert len(events_everywhere(shop)) == 1


def test_a_visit_that_its_owner_deleted_is_booked_anew_at_the_new_time(shop):
    visit = booked(shop)
    hold = moving(shop, visit, "2026-11-18T13:00")
    shop.owner_deletes(visit)

    made = shop.book(hold)

    assert made.end is BookingEnd.BOOKED
    assert made.appointment.start == hold.start
    assert len(events_everywhere(shop)) == 1


def test_a_visit_is_cancelled_once_and_its_time_is_free(shop):
    visit = booked(shop)

    first = shop.diary.cancel(shop.business, ALICE, visit.id)
    second = shop.diary.cancel(shop.business, ALICE, visit.id)

    assert first.end is second.end is BookingEnd.CANCELLED
    assert events_everywhere(shop) == []
    assert visits(shop) == []
    assert shop.offer(BOB, When(date="2026-11-17", time="12:00")).fit is Fit.ASKED


def test_nobody_cancels_or_moves_the_visit_of_another(shop):
    visit = booked(shop)

    assert shop.diary.cancel(shop.business, BOB, visit.id).end is BookingEnd.WITHDRAWN
    assert len(events_everywhere(shop)) == 1


def test_a_visit_that_its_owner_has_moved_is_asked_about_before_it_is_cancelled(shop):
    visit = booked(shop)
    shop.owner_moves(visit, "20261117T220000Z")

    made = shop.diary.cancel(shop.business, ALICE, visit.id)

    assert made.end is BookingEnd.CHANGED
    assert made.appointment.start == datetime.fromisoformat("2026-11-17T15:00:00-07:00")
    assert len(events_everywhere(shop)) == 1
    assert shop.diary.cancel(shop.business, ALICE, visit.id).end is BookingEnd.CANCELLED


def test_a_calendar_that_does_not_answer_cancels_nothing(shop):
    visit = booked(shop)
    shop.calendar.before["get"] = unreachable

    assert shop.diary.cancel(shop.business, ALICE, visit.id).end is BookingEnd.UNREACHABLE
    assert [row.id for row in visits(shop)] == [visit.id]
    assert shop.diary.cancel(shop.business, ALICE, visit.id).end is BookingEnd.CANCELLED


def test_a_removal_without_an_answer_is_settled_later(shop):
    visit = booked(shop)
    shop.calendar.after["remove"] = no_answer

    assert shop.diary.cancel(shop.business, ALICE, visit.id).end is BookingEnd.UNSURE
    with shop.diary.database.connect() as connection:
        row = appointments.get(connection, visit.id)
    assert (
        shop.diary.bookings.settle(shop.business, row, lambda *_: None).end is BookingEnd.CANCELLED
    )
    assert events_everywhere(shop) == []


def test_what_the_calendar_did_not_confirm_is_confirmed_when_it_is_there(shop):
    hold, *_ = shop.offer().holds
    shop.calendar.after["put"] = cut_off(shop)
    assert shop.book(hold).end is BookingEnd.UNSURE

    with shop.diary.database.connect() as connection:
        row = appointments.get(connection, hold.id)
    made = shop.diary.bookings.settle(shop.business, row, lambda *_: None)

    assert made.end is BookingEnd.BOOKED
    assert [one.id for one in visits(shop)] == [hold.id]


def test_what_the_calendar_did_not_store_is_given_up(shop):
    hold, *_ = shop.offer().holds
    shop.calendar.before["put"] = cut_off(shop)
    assert shop.book(hold).end is BookingEnd.UNSURE

    with shop.diary.database.connect() as connection:
        row = appointments.get(connection, hold.id)
    made = shop.diary.bookings.settle(shop.business, row, lambda *_: None)

    assert made.end is BookingEnd.TAKEN
    assert shop.state(hold) == State.RELEASED
    assert visits(shop) == []


def test_an_owner_who_wants_it_sees_what_is_on_offer(shop):
    rules = shop.business.booking.model_copy(update={"show_holds": True})
    shop.business = shop.business.model_copy(update={"booking": rules})

    [hold] = shop.offer(wish=When(date="2026-11-17", time="12:00")).holds

    [text] = events_everywhere(shop)
    assert "STATUS:TENTATIVE" in text
    assert shop.book(hold).end is BookingEnd.BOOKED
    with shop.diary.database.connect() as connection:
        [over] = appointments.shown(connection, shop.clock.now())
    shop.diary.hide(shop.business, over)
    assert [appointment_id(text) for text in events_everywhere(shop)] == [hold.id]


class Crash(BaseException):
    pass


def crash():
    raise Crash


def unreachable():
    raise CalendarError("down", permanent=False)


def cut_off(shop):
    """No answer to this request, and none to the look after it."""

    def fail():
        shop.calendar.before["get"] = unreachable
        no_answer()

    return fail


def no_answer():
    raise CalendarError("too slow", permanent=False, unknown=True)
