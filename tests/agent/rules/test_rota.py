from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.business import WEEKDAYS, Business
from agent.rules import rota

ZONE = ZoneInfo("America/Denver")
WEEK = {day: ["08:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def shop(*on_call, **more):
    return Business.model_validate(
        {
            "slug": "alder", "name": "Alder", "industry": "plumbing", "timezone": "America/Denver",
            "phone": "+13035550140", "hours": WEEK, "calendars": [], "services": [],
            "staff": [
                {"id": "mia", "name": "Mia Torres", "phone": "+13035550141"},
                {"id": "sam", "name": "Sam Reed", "phone": "+13035550142"},
                {"id": "ann", "name": "Ann Lee"},
            ],
            "on_call": [{"staff": staff, "when": when, "reach": ["sms", "call"]} for staff, when in on_call],
        }
        | more
    )  # fmt: skip


def local(words):
    return datetime.fromisoformat(words).replace(tzinfo=ZONE)


def names(business, moment, busy=()):
    return [rung.person.id for rung in rota.on_duty(business, local(moment), busy)]


OPEN_AND_CLOSED = shop(("mia", "open"), ("sam", "closed"))


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-11-23T07:59", ["sam"]),
        ("2026-11-23T08:00", ["mia"]),
        ("2026-11-23T16:59", ["mia"]),
        ("2026-11-23T17:00", ["sam"]),
        ("2026-11-28T12:00", ["sam"]),
    ],
)
def test_open_and_closed_follow_the_hours(moment, on):
    assert names(OPEN_AND_CLOSED, moment) == on


TIMES = shop(("mia", "mon-fri 17:00-22:00, sat 08:00-12:00"), ("sam", "fri-mon 22:00-06:00"))


@pytest.mark.parametrize(
    ("moment", "mia", "sam"),
    [
        ("2026-11-23T17:00", True, False),
        ("2026-11-23T21:59", True, False),
        ("2026-11-23T22:00", False, True),
        ("2026-11-24T05:59", False, True),  # Monday's night
        ("2026-11-24T22:30", False, False),
        ("2026-11-28T08:00", True, False),
        ("2026-11-28T17:30", False, False),
        ("2026-11-29T03:00", False, True),  # over midnight
    ],
)
def test_times_of_day_and_week(moment, mia, sam):
    on = [rota.is_on(TIMES, rung, local(moment)) for rung in TIMES.on_call]

    assert on == [mia, sam]


def test_who_is_busy_is_passed_over():
    business = shop(("mia", "always"), ("sam", "always"))

    assert names(business, "2026-11-23T12:00", busy={"mia"}) == ["sam"]


def test_where_nobody_is_left_everybody_is_asked_in_order():
    business = shop(("mia", "open"), ("sam", "always"))

    assert names(business, "2026-11-28T12:00", busy={"sam"}) == ["mia", "sam"]


def test_a_person_without_a_phone_is_on_duty_but_not_reached_by_one():
    [rung] = rota.on_duty(shop(("ann", "always")), local("2026-11-23T12:00"))

    assert (rung.texts, rung.calls) == (False, False)
    assert not rota.is_reachable(shop(("ann", "always")))


def test_a_night_of_the_spring_change_is_an_hour_shorter():
    """2027-03-14: 2 AM does not come."""
    business = shop(("mia", "sat 22:00-06:00"))
    [rung] = business.on_call
    begins = local("2027-03-13T22:00")

    assert rota.is_on(business, rung, begins)
    ends = rota.changes_at(business, rung, begins)
    assert ends
    assert ends == local("2027-03-14T06:00")
    assert ends.astimezone(UTC) - begins.astimezone(UTC) == timedelta(hours=7)


def test_when_it_changes_is_told():
    [mia, sam] = OPEN_AND_CLOSED.on_call
    now = local("2026-11-23T12:00")

    assert rota.changes_at(OPEN_AND_CLOSED, mia, now) == local("2026-11-23T17:00")
    assert rota.changes_at(OPEN_AND_CLOSED, sam, now) == local("2026-11-23T17:00")
    evening = local("2026-11-23T18:00")
    assert rota.changes_at(OPEN_AND_CLOSED, mia, evening) == local("2026-11-24T08:00")


clock = st.integers(0, 23).map(lambda hour: f"{hour:02}:00")
days = st.sampled_from(WEEKDAYS)
spans = st.tuples(days, days, clock, clock).map(lambda it: f"{it[0]}-{it[1]} {it[2]}-{it[3]}")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(
    lambda at: at.replace(tzinfo=UTC)
)


@given(spans, moments, st.sets(st.sampled_from(["mia", "sam"])))
def test_somebody_is_always_asked_in_the_order_of_the_list(when, now, busy):
    business = shop(("mia", when), ("sam", "closed"))

    places = [rung.place for rung in rota.on_duty(business, now, busy)]

    assert places
    assert places == sorted(places)


@given(spans, moments)
def test_until_it_changes_it_stays_as_it_is(when, now):
    business = shop(("mia", when))
    [rung] = business.on_call
    until = rota.changes_at(business, rung, now)

    assert until is not None
    assert until > now
    just_before = until - timedelta(seconds=1)
    if just_before > now:
        assert rota.is_on(business, rung, just_before) == rota.is_on(business, rung, now)
