"""Booking through the front doors: texts by the carrier, the calendar seen by a client of its own."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import caldav.davclient
import pytest
import yaml

from evals.product import FOLDER, MIA, until

DENVER = ZoneInfo("America/Denver")
NUMBERS = count(1000)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def product(request, start_product):
    """One for all tests here: each has a day and callers of its own."""
    running = start_product(request.param)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def phone_calendar(product):
    """The owner's calendars as a phone finds them: by discovery from one address."""
    client = caldav.davclient.DAVClient(
        f"{product.url}/dav/",
        username="mia",
        password=product.calendar_password(),
        auth_type="basic",
        enable_rfc6764=False,
    )
    yield {
        str(one.url).rstrip("/").rsplit("/", 1)[-1]: one for one in client.principal().calendars()
    }
    client.close()


@pytest.fixture
def new_caller():
    """Numbers that nobody has used."""
    return lambda: f"+1303555{next(NUMBERS)}"


def working_day(number):
    """The nth weekday, a few days ahead, on which the demo shop works its usual hours."""
    profile = yaml.safe_load((FOLDER / "business.yaml").read_text())
    closed = {closure["date"] for closure in profile["closures"]}
    ahead = (datetime.now(DENVER).date() + timedelta(days=n) for n in range(3, 25))
    return [day for day in ahead if day.weekday() < 5 and day not in closed][number]


def events(calendar, day):
    """What stands in a calendar on a day."""
    found = [event.icalendar_component for event in calendar.events()]
    return [one for one in found if one["dtstart"].dt.astimezone(DENVER).date() == day]


def spoken(day: date) -> str:
    return f"{day:%B} {day.day}"


def test_a_visit_is_booked_in_two_texts_and_stands_in_the_calendar(
    product, phone_calendar, new_caller
):
    caller, day = new_caller(), working_day(0)
    product.text(f"can someone snake my kitchen drain on {spoken(day)} at 3pm", caller)
    offer = product.replied(1, caller)[0]
    assert f"{day:%a %b} {day.day} at 3:00 PM is free" in offer
    assert not events(phone_calendar["van-1"], day)

    product.text("yes please", caller)
    confirmation = product.replied(2, caller)[1]

    [event] = events(phone_calendar["van-1"], day)
    assert confirmation.startswith(
        f"You're booked: Drain cleaning, {day:%a %b} {day.day} at 3:00 PM"
    )
    assert event["summary"] == "Drain cleaning"
    assert event["dtstart"].dt == datetime(
        day.year, day.month, day.day, 15, tzinfo=DENVER
    ).astimezone(UTC)
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=90)
    assert event["class"] == "PRIVATE"
    assert "/visits/" in event["url"]
    assert caller.lstrip("+") not in event.to_ical().decode()
    until(lambda: "Booked Drain cleaning" in "".join(product.bodies(MIA)), "an alert")


def test_a_time_the_owner_blocks_on_the_phone_is_not_offered_and_near_ones_are(
    product, phone_calendar, new_caller
):
    caller, day = new_caller(), working_day(1)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=DENVER)
    phone_calendar["van-1"].add_event(
        dtstart=noon, dtend=noon + timedelta(hours=1), summary="Lunch"
    )

    product.text(f"I need a new water heater, {spoken(day)} at noon?", caller)
    offer = product.replied(1, caller)[0]

    assert "That time isn't free" in offer
    assert f"{day:%a %b} {day.day} at 1:00 PM" in offer
    product.text("1pm then", caller)
    assert product.replied(2, caller)[1].startswith("You're booked")
    assert "1:00 PM" in product.replied(2, caller)[1]
    assert len(events(phone_calendar["van-1"], day)) == 2


def test_two_callers_after_one_time_get_one_event_and_one_true_alternative(
    product, phone_calendar, new_caller
):
    one, other, day = new_caller(), new_caller(), working_day(2)
    wish = f"need a new water heater on {spoken(day)} at 8am"
    product.text(wish, one)
    product.text(wish, other)
    first, second = product.replied(1, one)[0], product.replied(1, other)[0]
    got, lost = (one, other) if "8:00 AM is free" in first else (other, one)

    product.text("yes", got)
    assert "8:00 AM" in product.replied(2, got)[1]
    product.text("1", lost)
    refused = product.replied(2, lost)

    assert "That time isn't free" in refused[0]
    assert "8:00 AM is free" not in (second if got == one else first)
    booked = until(lambda: events(phone_calendar["van-1"], day), "events")
    starts = [event["dtstart"].dt for event in booked]
    eight = datetime(day.year, day.month, day.day, 8, tzinfo=DENVER)
    assert starts.count(eight.astimezone(UTC)) == 1
    assert len(starts) == len(set(starts)) == 2
    assert "You're booked" in refused[1]


def test_what_the_owner_writes_between_offer_and_yes_wins(product, phone_calendar, new_caller):
    caller, day = new_caller(), working_day(3)
    product.text(f"need a new water heater on {spoken(day)} at 8am", caller)
    assert "is free" in product.replied(1, caller)[0]
    eight = datetime(day.year, day.month, day.day, 8, tzinfo=DENVER)
    phone_calendar["van-1"].add_event(
        dtstart=eight, dtend=eight + timedelta(hours=2), summary="Mine"
    )

    product.text("yes", caller)

    assert "Sorry, that time has just been taken" in product.replied(2, caller)[1]
    [left] = events(phone_calendar["van-1"], day)
    assert left["summary"] == "Mine"
