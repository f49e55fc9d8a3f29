"""When a person can be expected: by the same hours that bookings keep."""

from datetime import datetime

from agent.business import Business
from agent.rules import hours

SHOP = {
    "slug": "shop", "name": "Shop", "industry": "plumbing", "timezone": "America/Denver", "phone": "+13035550140",
    "hours": {"thu": ["08:00-17:00"], "fri": ["08:00-17:00"], "sat": ["20:00-02:00"]}, "calendars": [], "services": [],
}  # fmt: skip


def at(text):
    return datetime.fromisoformat(text)


def test_a_public_holiday_that_the_business_keeps_is_no_opening():
    kept = Business.model_validate(SHOP | {"holidays": {"country": "US"}})
    christmas = at("2026-12-25T10:00:00-07:00")

    assert hours.is_open(Business.model_validate(SHOP), christmas)
    assert not hours.is_open(kept, christmas)
    assert hours.next_opening(kept, at("2026-12-24T18:00:00-07:00")) == at(
        "2026-12-26T20:00:00-07:00"
    )


def test_an_evening_past_midnight_is_open_on_the_next_date():
    shop = Business.model_validate(SHOP)

    assert hours.is_open(shop, at("2026-11-22T01:59:00-07:00"))
    assert not hours.is_open(shop, at("2026-11-22T02:00:00-07:00"))
