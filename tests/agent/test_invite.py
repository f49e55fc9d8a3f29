"""What a caller's own calendar is given."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from agent.business import Business
from agent.model import Appointment
from agent.rules.invite import google_fields, invite_text, visit_name

SALON = {
    "slug": "salon", "name": "Köhler, Söhne; & Co", "industry": "hair", "timezone": "America/New_York", "phone": "+12125550170",
    "address": "1 Main St, Suite 2; rear\nTroy \\ NY", "hours": {}, "calendars": [{"id": "chair"}],
    "services": [{"id": "cut", "name": "Façon, long; hair", "duration_min": 45, "calendars": ["chair"]}],
}  # fmt: skip
CONTACT = "To change or cancel, text Köhler, Söhne; & Co at (212) 555-0170."
NOW = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)


def business(**changed):
    return Business.model_validate(SALON | changed)


def visit(start="2026-11-24T14:00:00-05:00", **changed):
    values: dict[str, Any] = {
        "id": "7f3c",
        "service": "cut",
        "duration_min": 45,
        "calendar": "chair",
    }
    return Appointment(start=datetime.fromisoformat(start), **(values | changed))


def read(appointment, shop=None, *, revision=0, cancelled=False):
    """The calendar and its one event, as icalendar reads them back."""
    text = invite_text(
        appointment, shop or business(), revision=revision, cancelled=cancelled, now=NOW
    )
    calendar = Calendar.from_ical(text)
    (event,) = calendar.events
    return calendar, event


def test_a_visit_says_when_what_and_where():
    calendar, event = read(visit())

    assert calendar["method"] == "PUBLISH"
    assert event.start == datetime(2026, 11, 24, 19, tzinfo=UTC)
    assert event.end == datetime(2026, 11, 24, 19, 45, tzinfo=UTC)
    assert event["status"] == "CONFIRMED"
    assert event["dtstamp"].dt == NOW


def test_commas_semicolons_breaks_and_umlauts_come_through_whole():
    _, event = read(visit())

    assert event["summary"] == "Façon, long; hair at Köhler, Söhne; & Co"
    assert event["location"] == SALON["address"]
    assert event["description"] == CONTACT


def test_times_are_in_utc_so_that_the_two_half_past_ones_differ():
    first, second = (read(visit(f"2026-11-01T01:30:00-0{away}:00"))[1] for away in (4, 5))

    assert first["dtstart"].to_ical() == b"20261101T053000Z"
    assert second["dtstart"].to_ical() == b"20261101T063000Z"


def test_a_visit_across_a_clock_change_lasts_as_long_as_it_lasts():
    _, event = read(visit("2027-03-14T01:30:00-05:00", duration_min=60))

    assert event.end - event.start == timedelta(hours=1)


def test_a_moved_visit_is_the_same_event_with_a_higher_sequence():
    before, after = (read(visit(), revision=number)[1] for number in (0, 2))

    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 2)


def test_a_cancelled_visit_takes_out_every_revision_of_it():
    calendar, event = read(visit(), revision=2, cancelled=True)

    assert calendar["method"] == "CANCEL"
    assert event["status"] == "CANCELLED"
    assert event["uid"] == read(visit())[1]["uid"]
    assert event["sequence"] > 2


def test_nobody_is_invited_and_nothing_rings():
    text = invite_text(visit(), business(), revision=0, cancelled=False, now=NOW)

    assert [word for word in ("ORGANIZER", "ATTENDEE", "VALARM") if word in text] == []


@pytest.mark.parametrize("cancelled", [False, True])
def test_where_health_is_treated_the_service_is_never_named(cancelled):
    shop = business(privacy={"health": True})

    text = invite_text(visit(), shop, revision=0, cancelled=cancelled, now=NOW)

    assert "Façon" not in text
    assert "Appointment at" in text
    assert "Façon" not in str(google_fields(visit(), shop))
    assert visit_name("cut", shop) == "Appointment"


@pytest.mark.parametrize("changed", [{"address": None}, {"service_area": {"zips": ["80301"]}}])
def test_no_place_is_named_where_none_is_known_or_the_business_comes_to_its_callers(changed):
    _, event = read(visit(), business(**changed))

    assert "location" not in event
    assert "location" not in google_fields(visit(), business(**changed))


def test_google_is_given_the_same():
    assert google_fields(visit(), business()) == {
        "action": "TEMPLATE",
        "text": "Façon, long; hair at Köhler, Söhne; & Co",
        "dates": "20261124T190000Z/20261124T194500Z",
        "details": CONTACT,
        "location": SALON["address"],
    }


def test_a_service_that_the_profile_has_lost_is_called_by_its_id():
    assert visit_name("perm", business()) == "perm"
