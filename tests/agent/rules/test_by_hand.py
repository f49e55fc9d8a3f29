"""Times set by hand: what they break is said, and nobody who is busy is free."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.business import Business
from agent.rules import availability, by_hand
from agent.rules.by_hand import Breach
from server.serving import DEMO_FOLDER

DENVER = ZoneInfo("America/Denver")
NOW = datetime.fromisoformat("2026-11-16T09:12:00-07:00")  # a Monday
PROFILE = yaml.safe_load((DEMO_FOLDER / "business.yaml").read_text())
SHOP = Business.model_validate(PROFILE)
DRAIN = next(one for one in SHOP.services if one.id == "drain-cleaning")


def event(start, minutes, booked=False):
    end = start + timedelta(minutes=minutes)
    ours = "X-APPT-ID:one\r\n" if booked else ""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{start}\r\nDTSTAMP:20261116T000000Z\r\nDTSTART:{start.astimezone(UTC):%Y%m%dT%H%M%SZ}\r\n"
        f"DTEND:{end.astimezone(UTC):%Y%m%dT%H%M%SZ}\r\n{ours}SUMMARY:Mine\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


@pytest.mark.parametrize(
    ("start", "way", "broken"),
    [
        ("2026-11-17T10:00", ("van-1",), []),
        ("2026-11-16T10:00", ("van-1",), [Breach.TOO_SOON]),
        ("2026-11-17T21:00", ("van-1",), [Breach.CLOSED]),
        ("2026-11-26T10:00", ("van-1",), [Breach.CLOSED]),
        ("2026-11-21T10:00", ("van-1",), []),
        ("2026-11-21T10:00", ("van-2",), [Breach.OFF_DUTY]),
        ("2026-12-22T10:00", ("van-1",), [Breach.TOO_FAR]),
        ("2026-11-16T18:00", ("van-2",), [Breach.CLOSED]),
    ],
)
def test_what_a_time_breaks_is_named(start, way, broken):
    at = datetime.fromisoformat(start).replace(tzinfo=DENVER)

    assert by_hand.breaches(SHOP, DRAIN, way, at, NOW) == broken


@given(hours=st.integers(0, 24 * 29))
def test_a_time_that_the_agent_would_offer_breaks_nothing(hours):
    rules = availability.rules_of(SHOP, DRAIN)
    objects: dict[str, list[str]] = {"van-1": [], "van-2": []}
    first = (NOW + timedelta(hours=hours)).date()

    free = availability.free_slots(rules, objects, [], now=NOW, first=first, last=first)

    for one in free:
        for name in one.resources:
            assert by_hand.breaches(SHOP, DRAIN, (name,), one.start, NOW) == []


@given(
    start=st.integers(0, 48).map(lambda half: NOW + timedelta(days=1, minutes=30 * half)),
    busy=st.lists(st.tuples(st.integers(0, 60), st.integers(15, 240)), max_size=4),
)
def test_nobody_is_free_over_a_busy_event(start, busy):
    rules = availability.rules_of(SHOP, DRAIN)
    events = [(NOW + timedelta(days=1, minutes=30 * begin), length) for begin, length in busy]
    objects = {"van-1": [event(*one) for one in events], "van-2": []}
    ends = start + timedelta(minutes=DRAIN.duration_min + DRAIN.buffer_min)

    idle = by_hand.unoccupied(rules, objects, start)

    met = any(at < ends and start < at + timedelta(minutes=length) for at, length in events)
    assert ("van-1" in idle) is not met
    assert "van-2" in idle


def test_a_calendar_that_could_not_be_read_is_not_free():
    rules = availability.rules_of(SHOP, DRAIN)

    assert by_hand.unoccupied(rules, {"van-1": []}, NOW + timedelta(days=1)) == {"van-1"}


@pytest.mark.parametrize(("booked", "is_full"), [(1, False), (2, True)])
def test_a_day_is_full_at_the_owners_limit(booked, is_full):
    shop = Business.model_validate(PROFILE | {"booking": PROFILE["booking"] | {"daily_limit": 2}})
    day = datetime(2026, 11, 17, 8, tzinfo=DENVER)
    texts = [event(day + timedelta(hours=n), 60, booked=True) for n in range(booked)]
    rules = availability.rules_of(shop, DRAIN)

    found = by_hand.is_full(rules, {"van-1": texts}, ("van-1",), day + timedelta(hours=8))

    assert found is is_full


@pytest.mark.parametrize(
    ("day", "clock", "told"),
    [
        ("2026-11-17", "09:05", "2026-11-17T09:05:00-07:00"),
        ("2027-03-14", "02:30", None),  # the clocks leap from 2 to 3
        ("2026-11-01", "01:30", "2026-11-01T01:30:00-06:00"),
        ("2026-02-30", "09:00", None),
        ("", "", None),
        ("2026-11-17", "nine", None),
    ],
)
def test_a_wall_time_is_a_moment_or_none(day, clock, told):
    found = by_hand.moment(day, clock, DENVER)

    assert (found.isoformat() if found else None) == told


def test_a_visit_that_moves_begins_with_its_own_calendar():
    assert by_hand.ways(DRAIN, first=("van-2",))[0] == ("van-2",)
    assert by_hand.ways(DRAIN, "van-1") == [("van-1",)]
    assert by_hand.ways(DRAIN, "nobody") == []
