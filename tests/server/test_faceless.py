"""Calendars lose the face of an erased caller as soon as they answer, and the time stays."""

from datetime import timedelta

import pytest
from icalendar import Calendar, Event

from agent.errors import CalendarError
from agent.rules.event import faceless_text
from evals.product import FOLDER
from server.adapters.calendar_memory import MemoryCalendar
from server.bookings import address
from server.faceless import MOST_TRIES, Faceless
from server.folder import read_folder
from server.store import faceless_events
from tests.server.records import NOW, SLUG, an_office

EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261101T000000Z\r\n"
    "DTSTART:20261109T160000Z\r\nDTEND:20261109T173000Z\r\nSUMMARY:Drain cleaning - Rosa D.\r\nX-APPT-ID:u1\r\n"
    "DESCRIPTION:https://example.com/inbox/t/9\r\nURL:https://example.com/inbox/t/9\r\nCLASS:PRIVATE\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)  # fmt: skip
SHOP = read_folder(FOLDER).business
AT = address(SHOP, "van-1")


class Moody(MemoryCalendar):
    """Does not answer for a while."""

    def __init__(self, failures=0):
        super().__init__()
        self.failures = failures

    def put(self, at, name, text, etag=None):
        if etag and self.failures:
            self.failures -= 1
            raise CalendarError("it does not answer", permanent=False)
        return super().put(at, name, text, etag)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    return an_office(tmp_path_factory.mktemp("office"))


def cleaner(office, calendar):
    calendar.put(AT, "e1", EVENT)
    with office.database.begin() as connection:
        faceless_events.add(
            connection, SLUG, [("van-1", "e1")], start=NOW - timedelta(days=7), title="Drain cleaning", now=NOW
        )  # fmt: skip
    return Faceless(database=office.database, calendar=calendar, wrote=lambda _at: None)


def test_name_and_link_go_and_the_time_stays():
    clean = faceless_text(EVENT, "Drain cleaning", NOW)

    assert clean is not None
    (event,) = Calendar.from_ical(clean).walk("VEVENT")
    assert event["summary"] == "Drain cleaning"
    assert "example.com" not in clean
    assert "Rosa" not in clean
    assert isinstance(event, Event)
    assert event.start.isoformat() == "2026-11-09T16:00:00+00:00"
    assert event["x-appt-id"] == "u1"
    assert faceless_text(clean, "Drain cleaning", NOW) is None


def test_a_calendar_that_does_not_answer_is_asked_again(office):
    calendar = Moody(failures=2)
    faceless, now = cleaner(office, calendar), NOW

    for _ in range(3):
        assert faceless.look(now) == 1
        assert faceless.look(now) == 0
        now += timedelta(hours=1)

    there = calendar.get(AT, "e1")
    assert there is not None
    assert "Rosa" not in there.text
    assert office.count("faceless_event") == 0


def test_in_the_end_it_is_given_up(office):
    calendar = Moody(failures=99)
    faceless, now = cleaner(office, calendar), NOW

    for _ in range(MOST_TRIES):
        faceless.look(now)
        now += timedelta(hours=13)

    assert office.count("faceless_event") == 0


def test_an_event_that_is_gone_needs_nothing(office):
    calendar = MemoryCalendar()
    faceless = cleaner(office, calendar)
    there = calendar.get(AT, "e1")
    assert there is not None
    calendar.remove(AT, "e1", there.etag)

    faceless.look(NOW)

    assert office.count("faceless_event") == 0
