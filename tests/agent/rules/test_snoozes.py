"""Until when a conversation is put aside: wall times of the business, also where the clocks change."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.business import Business
from agent.errors import BadInput
from agent.rules import hours, snoozes

WEEK = {day: ["08:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
SHOP = Business(
    slug="shop", name="Shop", industry="plumbing", timezone="America/Denver",
    phone="+13035550140", hours=WEEK, calendars=(), services=(),
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(
    lambda naive: naive.replace(tzinfo=SHOP.zone)
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHOP.zone)


@pytest.mark.parametrize(
    ("now", "choices"),
    [
        ("2026-11-16T09:12", ["1 hour", "This afternoon (3 PM)", "Tomorrow morning (8 AM)", "Monday (8 AM)"]),
        ("2026-11-16T15:00", ["1 hour", "Tomorrow morning (8 AM)", "Monday (8 AM)"]),
        ("2026-11-20T16:00", ["1 hour", "Next opening (Monday at 8 AM)"]),
        ("2026-11-22T10:00", ["1 hour", "This afternoon (3 PM)", "Tomorrow morning (8 AM)"]),
    ],
)  # fmt: skip
def test_the_menu_says_the_times_that_it_means(now, choices):
    assert [one.words for one in snoozes.offered(SHOP, at(now))] == choices


def test_a_morning_after_the_clocks_change_is_still_the_opening():
    night = at("2026-10-31T20:00")

    until = snoozes.until(SHOP, "tomorrow", "", night)

    assert until.isoformat() == "2026-11-02T08:00:00-07:00"


def test_a_shop_without_hours_has_mornings_all_the_same():
    shop = SHOP.model_copy(update={"hours": {}})

    assert snoozes.until(shop, "tomorrow", "", at("2026-11-16T09:00")) == at("2026-11-17T09:00")


@given(MOMENTS)
def test_every_choice_is_ahead_and_within_a_fortnight(now):
    for one in snoozes.offered(SHOP, now):
        assert now < one.until <= now + timedelta(days=15)
        assert snoozes.until(SHOP, one.choice, "", now) == one.until


@given(MOMENTS)
def test_closing_comes_after_now_and_the_shop_is_closed_then(now):
    closing = hours.next_closing(SHOP, now)

    assert (closing is not None) == hours.is_open(SHOP, now)
    if closing is not None:
        assert now < closing <= now + timedelta(hours=9)
        assert not hours.is_open(SHOP, closing)


def test_a_shop_that_never_closes_has_no_closing():
    always = SHOP.model_copy(
        update={"hours": {day: ["00:00-24:00"] for day in (*WEEK, "sat", "sun")}}
    )

    assert hours.next_closing(always, at("2026-11-16T09:00")) is None


@pytest.mark.parametrize(("choice", "chosen"), [("", ""), ("chosen", "2026-11-16T08:00")])
def test_what_is_no_time_ahead_is_refused(choice, chosen):
    with pytest.raises(BadInput):
        snoozes.until(SHOP, choice, chosen, at("2026-11-16T09:00"))
