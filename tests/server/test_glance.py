"""The business in plain words: open or closed, and spans of hours."""

from datetime import datetime

import pytest

from agent.business import Business
from server.http import glance


def business(**more):
    hours = {"mon": ["08:00-12:00", "13:00-17:00"], "sat": ["22:00-02:00"], "sun": ["00:00-24:00"]}
    return Business.model_validate(
        {
            "slug": "shop", "name": "Shop", "industry": "plumbing", "timezone": "America/Denver",
            "phone": "+13035550140", "hours": hours, "calendars": [], "services": [],
        } | more
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-23T09:00-07:00", "Open now"),
        ("2026-11-23T12:30-07:00", "Closed, opens today 1 PM"),
        ("2026-11-24T09:00-07:00", "Closed, opens Sat 10 PM"),
        ("2026-11-23T17:00-07:00", "Closed, opens Sat 10 PM"),
        ("2026-11-23T16:00+00:00", "Open now"),
    ],
)
def test_the_badge_says_open_or_when_it_opens(now, words):
    assert glance.door(business(), datetime.fromisoformat(now)).words == words


def test_an_opening_more_than_a_week_away_is_said_with_its_date():
    shop = business(hours={"mon": ["08:00-17:00"]}, closures=[{"date": "2026-11-30"}])

    door = glance.door(shop, datetime.fromisoformat("2026-11-24T09:00-07:00"))

    assert door.words == "Closed, opens Mon, Dec 7, 8 AM"


def test_a_business_without_hours_is_closed():
    door = glance.door(business(hours={}), datetime.fromisoformat("2026-11-24T09:00-07:00"))

    assert (door.is_open, door.words) == (False, "Closed")


def test_the_week_is_written_as_people_write_it():
    week = glance.week(business(), datetime.fromisoformat("2026-11-23T09:00-07:00"))

    assert [(day.name, day.words) for day in week if day.words != "Closed"] == [
        ("Monday", "8 AM to noon, 1 PM to 5 PM"),
        ("Saturday", "10 PM to 2 AM the next day"),
        ("Sunday", "Open 24 hours"),
    ]
    assert [day.name for day in week if day.is_today] == ["Monday"]


def test_only_days_ahead_are_shown_soonest_first():
    shop = business(
        closures=[
            {"date": "2026-12-25", "reason": "Christmas"},
            {"date": "2026-11-01"},
            {"date": "2026-11-26", "hours": ["08:00-12:00"], "reason": "Thanksgiving"},
        ]
    )

    ahead = glance.closures(shop, datetime.fromisoformat("2026-11-23T09:00-07:00"))

    assert [one.words for one in ahead] == ["Thanksgiving: 8 AM to noon", "Christmas: Closed"]
