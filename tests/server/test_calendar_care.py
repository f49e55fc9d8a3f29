"""After the booking: what the owner does in the calendar, what was left half done, and the reminder before the visit."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import yaml

from agent.business import Business
from agent.errors import CalendarError
from agent.model import BookingEnd, When
from server.bookings import address
from server.calendar_mirror import CalendarMirror
from server.diary import BookingDiary
from server.reminders import Reminders
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store import appointments, businesses, tasks, texts, threads
from server.store.appointments import State
from server.store.engine import make_engine, migrate
from server.threads import StaffDesk
from server.unsettled import Unsettled
from server.watch import Watch
from server.wiring import rehearsal_calendar

MONDAY = datetime.fromisoformat("2026-11-16T09:12:00-07:00")
CALLER = "+13035550101"
WEDNESDAY_NOON = datetime.fromisoformat("2026-11-18T13:00:00-07:00")


@dataclass
class StandingClock:
    moment: datetime

    def now(self):
        return self.moment


@dataclass
class Jobs:
    keys: list[str] = field(default_factory=list)

    def turn(self, connection, thread, key, seq, wait_s, again=""):
        raise AssertionError("nobody has written")

    def deliver(self, connection, thread, key, seq, wait_s, again=""):
        self.keys.append(key)


class FailingCalendar:
    """A real calendar in memory whose next answer to a call can be lost."""

    def __init__(self):
        self.real = rehearsal_calendar(None)
        self.lost = set()

    def __getattr__(self, name):
        def call(*args, **more):
            answer = getattr(self.real, name)(*args, **more)
            if name in self.lost:
                raise CalendarError("too slow", permanent=False, unknown=True)
            return answer

        return call


@dataclass
class Shop:
    business: Business
    calendar: FailingCalendar
    mirror: CalendarMirror
    diary: BookingDiary
    clock: StandingClock
    jobs: Jobs
    watch: Watch
    unsettled: Unsettled
    reminders: Reminders

    @property
    def thread(self):
        return threads.thread_id(self.business.slug, CALLER)

    def book(self, start="2026-11-18T13:00", service="drain-cleaning"):
        wish = When(date=start[:10], time=start[11:])
        [hold] = self.diary.offer(self.business, CALLER, service, wish).holds
        return hold, self.diary.book(self.business, CALLER, hold.id)

    def row(self, hold):
        with self.diary.database.connect() as connection:
            return appointments.get(connection, hold.id)

    def notes(self):
        with self.diary.database.connect() as connection:
            return [task.note for task in tasks.open_of_thread(connection, self.thread)]

    def queued(self):
        with self.diary.database.connect() as connection:
            return {key: texts.get(connection, key) for key in self.jobs.keys}

    def look(self):
        for calendar in self.business.calendars:
            self.mirror.refresh(address(self.business, calendar.id))
        return self.watch.look(self.business)

    def stored(self, hold, calendar=None):
        at = address(self.business, calendar or hold.calendar)
        return at, self.calendar.real.get(at, f"ringback-{hold.id}")

    def owner_moves(self, hold, start):
        at, there = self.stored(hold)
        text = re.sub(r"DTSTART:\w+", f"DTSTART:{start}", there.text)
        assert self.calendar.real.put(
            at, there.name, re.sub(r"DTEND:\w+", "DURATION:PT1H", text), there.etag
        )

    def owner_writes(self, start, calendar="van-1"):
        text = (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\n"
            f"UID:{start}\r\nDTSTAMP:20261116T000000Z\r\nDTSTART;TZID=America/Denver:{start}\r\n"
            "DURATION:PT1H\r\nSUMMARY:Mine\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        assert self.calendar.real.put(address(self.business, calendar), start, text)


@pytest.fixture
def shop(database_url, tmp_path):
    url = Settings(data_dir=tmp_path, database_url=database_url).url
    migrate(url)
    database = make_engine(url)
    clock, calendar, jobs = StandingClock(MONDAY), FailingCalendar(), Jobs()
    profile = yaml.safe_load((DEMO_FOLDER / "business.yaml").read_text())
    profile["texting"] = {"reminder": {"enabled": True}}
    business = Business.model_validate(profile)
    with database.begin() as connection:
        businesses.save(connection, business, MONDAY)
        threads.locked(connection, business.slug, CALLER, MONDAY)
    mirror = CalendarMirror(calendar, database, clock)
    public = "https://shop.example"
    diary = BookingDiary(calendar=calendar, database=database, clock=clock, public_url=public)
    yield Shop(
        business,
        calendar,
        mirror,
        diary,
        clock,
        jobs,
        Watch(diary=diary, events=mirror, jobs=jobs),
        Unsettled(diary=diary, jobs=jobs),
        Reminders(database=database, jobs=jobs),
    )
    database.dispose()


class TestTheOwnersHand:
    def test_a_calendar_that_nobody_touched_changes_nothing(self, shop):
        hold, _ = shop.book()

        assert shop.look() == 0
        assert shop.row(hold).start == WEDNESDAY_NOON
        assert shop.notes() == []

    def test_a_visit_moved_on_the_phone_is_at_its_new_time_and_staff_are_asked(self, shop):
        hold, _ = shop.book()
        shop.owner_moves(hold, "20261119T170000Z")

        assert shop.look() == 1

        row = shop.row(hold)
        assert row.start == datetime.fromisoformat("2026-11-19T10:00:00-07:00")
        assert row.duration_min == 60
        [note] = shop.notes()
        assert "Wed Nov 18 at 1:00 PM" in note
        assert "Thu Nov 19 at 10:00 AM" in note
        assert shop.look() == 0

    def test_a_visit_deleted_on_the_phone_is_cancelled_and_staff_are_asked(self, shop):
        hold, _ = shop.book()
        at, there = shop.stored(hold)
        assert shop.calendar.real.remove(at, there.name, there.etag)

        assert shop.look() == 1

        assert shop.row(hold).state == State.CANCELLED
        assert "taken out of the calendar" in shop.notes()[0]

    def test_staff_text_the_caller_with_one_click_and_the_agent_goes_on(self, shop):
        hold, _ = shop.book()
        shop.owner_moves(hold, "20261119T170000Z")
        shop.look()
        desk = StaffDesk(jobs=shop.jobs)

        with shop.diary.database.begin() as connection:
            [task] = tasks.open_of_thread(connection, shop.thread)
            desk.tell(connection, shop.thread, "mia", task.id, MONDAY)

        [text] = shop.queued().values()
        assert "Drain cleaning, Thu Nov 19 at 10:00 AM" in text.body
        assert text.author == "staff:mia"
        assert shop.notes() == []
        with shop.diary.database.connect() as connection:
            thread = threads.get(connection, shop.thread)
        assert thread
        assert thread.owner == "agent"

    def test_a_visit_marked_as_cancelled_on_the_phone_is_cancelled(self, shop):
        hold, _ = shop.book()
        at, there = shop.stored(hold)
        text = there.text.replace("END:VEVENT", "STATUS:CANCELLED\r\nEND:VEVENT")
        assert shop.calendar.real.put(at, there.name, text, there.etag)

        shop.look()

        assert shop.row(hold).state == State.CANCELLED

    def test_a_visit_dragged_into_another_calendar_can_still_be_cancelled_there(self, shop):
        hold, _ = shop.book()
        other = "van-2" if hold.calendar == "van-1" else "van-1"
        at, there = shop.stored(hold)
        assert shop.calendar.real.remove(at, there.name, there.etag)
        assert shop.calendar.real.put(address(shop.business, other), "PHONES-OWN-NAME", there.text)

        assert shop.look() == 1

        assert shop.row(hold).calendar == other
        ended = shop.diary.cancel(shop.business, CALLER, hold.id)
        assert ended.end is BookingEnd.CANCELLED
        assert shop.calendar.real.get(address(shop.business, other), "PHONES-OWN-NAME") is None

    def test_a_mirror_older_than_our_own_move_undoes_nothing(self, shop):
        hold, _ = shop.book()
        shop.look()
        wish = When(date="2026-11-19", time="10:00")
        [to] = shop.diary.offer(shop.business, CALLER, "drain-cleaning", wish, moves=hold.id).holds
        assert shop.diary.book(shop.business, CALLER, to.id).end is BookingEnd.BOOKED

        assert shop.watch.look(shop.business) == 0
        assert shop.row(hold).start == to.start

    def test_a_calendar_that_is_elsewhere_by_now_ends_no_visit_and_staff_are_asked(self, shop):
        hold, _ = shop.book()
        at, there = shop.stored(hold)
        assert shop.calendar.real.remove(at, there.name, there.etag)
        with shop.diary.database.begin() as connection:
            appointments.set_source(connection, [shop.row(hold)], "https://old.example/x/")

        assert shop.look() == 1
        assert shop.look() == 0

        assert shop.row(hold).state == State.BOOKED
        assert "Please write it into the new one" in shop.notes()[0]

    def test_what_the_owner_writes_into_a_visit_is_told_once_to_who_works_by_it(self, shop):
        hold, _ = shop.book()
        shop.owner_writes("20261118T133000", hold.calendar)

        assert shop.look() == 1
        assert shop.look() == 0

        [note] = shop.notes()
        [alert] = shop.queued().values()
        assert "meets another event" in note
        assert alert.kind == "alert"
        assert "meets another event" in alert.body

    def test_a_calendar_that_does_not_answer_ends_no_visit(self, shop):
        hold, _ = shop.book()
        shop.calendar.lost = {"changes", "objects", "get"}

        with pytest.raises(CalendarError):
            shop.look()

        assert shop.row(hold).state == State.BOOKED


class TestWhatWasLeftHalfDone:
    def test_a_booking_without_an_answer_is_confirmed_when_it_is_there(self, shop):
        shop.calendar.lost = {"put", "get"}
        hold, made = shop.book()
        assert made.end is BookingEnd.UNSURE
        shop.calendar.lost = set()

        assert shop.unsettled.look(MONDAY + timedelta(seconds=30)) == 0
        assert shop.unsettled.look(MONDAY + timedelta(seconds=61)) == 1

        assert shop.row(hold).state == State.BOOKED
        told = shop.queued()
        assert (
            "You're booked: Drain cleaning, Wed Nov 18 at 1:00 PM"
            in told[f"settled:booked:{hold.id}:0"].body
        )
        assert "Booked Drain cleaning" in told[f"settled:booked:{hold.id}:0:a0"].body
        assert shop.unsettled.look(MONDAY + timedelta(minutes=5)) == 0

    def test_a_booking_that_is_not_there_leaves_nothing_behind(self, shop):
        shop.calendar.lost = {"put", "get"}
        hold, _ = shop.book()
        at, there = shop.stored(hold)
        assert shop.calendar.real.remove(at, there.name, there.etag)
        shop.calendar.lost = set()

        assert shop.unsettled.look(MONDAY + timedelta(seconds=61)) == 1

        assert shop.row(hold).state == State.RELEASED
        assert shop.jobs.keys == []
        again = shop.diary.offer(
            shop.business, CALLER, "drain-cleaning", When(date="2026-11-18", time="13:00")
        )
        assert [one.start for one in again.holds] == [WEDNESDAY_NOON]

    def test_while_the_calendar_is_away_nothing_is_decided(self, shop):
        shop.calendar.lost = {"put", "get"}
        hold, _ = shop.book()

        assert shop.unsettled.look(MONDAY + timedelta(seconds=61)) == 0
        assert shop.row(hold).state == State.REVIEW

    def test_a_cancellation_without_an_answer_is_finished_and_told(self, shop):
        hold, _ = shop.book()
        shop.calendar.lost = {"remove"}
        assert shop.diary.cancel(shop.business, CALLER, hold.id).end is BookingEnd.UNSURE
        shop.calendar.lost = set()

        assert shop.unsettled.look(MONDAY + timedelta(minutes=5)) == 0
        assert shop.unsettled.look(MONDAY + timedelta(minutes=10)) == 1

        assert shop.row(hold).state == State.CANCELLED
        assert "Cancelled: Drain cleaning" in shop.queued()[f"settled:cancelled:{hold.id}:0"].body

    def test_what_a_caller_who_has_opted_out_wanted_is_left_in_sight_of_a_person(self, shop):
        shop.calendar.lost = {"put", "get"}
        hold, _ = shop.book()
        shop.calendar.lost = set()
        with shop.diary.database.begin() as connection:
            threads.update(connection, shop.thread, opted_out_at=MONDAY)

        shop.unsettled.look(MONDAY + timedelta(seconds=61))

        assert shop.row(hold).state == State.REVIEW
        assert shop.stored(hold)[1]
        assert shop.jobs.keys == []


class TestReminders:
    def test_one_text_the_day_before(self, shop):
        shop.book()
        day_before = WEDNESDAY_NOON - timedelta(days=1)

        early = shop.reminders.look(day_before - timedelta(minutes=1))
        due = shop.reminders.look(day_before)
        again = shop.reminders.look(day_before + timedelta(minutes=5))

        assert (early, due, again) == (0, 1, 0)
        [text] = shop.queued().values()
        assert text.kind == "reminder"
        assert "Drain cleaning, Wed Nov 18 at 1:00 PM" in text.body
        assert "STOP" in text.body

    def test_nothing_unless_the_owner_wants_it(self, shop):
        shop.book()
        quiet = shop.business.model_copy(update={"texting": type(shop.business.texting)()})
        with shop.diary.database.begin() as connection:
            businesses.save(connection, quiet, MONDAY)

        assert shop.reminders.look(WEDNESDAY_NOON - timedelta(days=1)) == 0

    def test_none_by_night_and_then_in_the_morning(self, shop):
        shop.book("2026-11-18T08:00")
        visit = datetime.fromisoformat("2026-11-18T08:00:00-07:00")

        assert shop.reminders.look(visit - timedelta(hours=14)) == 1

    def test_none_so_late_that_it_helps_nobody(self, shop):
        shop.book()

        assert shop.reminders.look(WEDNESDAY_NOON - timedelta(hours=1)) == 0

    def test_none_for_a_visit_just_booked(self, shop):
        shop.book("2026-11-17T09:00")

        assert shop.reminders.look(MONDAY + timedelta(hours=1)) == 0

    @pytest.mark.parametrize("change", [{"opted_out_at": MONDAY}, {"owner": "mia"}])
    def test_none_to_who_has_opted_out_or_is_with_a_person(self, shop, change):
        shop.book()
        with shop.diary.database.begin() as connection:
            threads.update(connection, shop.thread, **change)

        assert shop.reminders.look(WEDNESDAY_NOON - timedelta(days=1)) == 0

    def test_a_visit_that_moved_is_reminded_of_its_new_time(self, shop):
        hold, _ = shop.book()
        shop.reminders.look(WEDNESDAY_NOON - timedelta(days=1))
        shop.clock.moment = WEDNESDAY_NOON - timedelta(hours=20)
        [to] = shop.diary.offer(
            shop.business,
            CALLER,
            "drain-cleaning",
            When(date="2026-11-20", time="13:00"),
            moves=hold.id,
        ).holds
        shop.diary.book(shop.business, CALLER, to.id)

        assert shop.reminders.look(to.start - timedelta(days=1)) == 1
