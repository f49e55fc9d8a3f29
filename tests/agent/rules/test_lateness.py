"""When something owed falls due, as people of the business say it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.business import Business
from agent.rules import hours, lateness
from tests.server.at_desk import TOLD

SHOP = Business.model_validate(TOLD["shop"])
ZONE = ZoneInfo("America/Denver")
TUESDAY = datetime(2026, 9, 15, 10, tzinfo=ZONE)
MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 1), timezones=st.just(UTC)
)


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (None, "no set time"),
        (TUESDAY.replace(hour=15), "today at 3 PM"),
        (TUESDAY + timedelta(days=1), "tomorrow at 10 AM"),
        (TUESDAY, "due now"),
        (TUESDAY - timedelta(minutes=14), "due now"),
        (TUESDAY - timedelta(minutes=20), "overdue by 20 min"),
        (TUESDAY - timedelta(hours=3, minutes=50), "overdue by 3 h"),
        (TUESDAY - timedelta(hours=47), "overdue by 47 h"),
        (TUESDAY - timedelta(days=5), "overdue by 5 days"),
    ],
)
def test_due_in_words(due, words):
    assert lateness.words(SHOP, due, TUESDAY) == words


def test_it_is_late_a_quarter_of_an_hour_after_its_time():
    assert not lateness.is_late(TUESDAY, TUESDAY + timedelta(minutes=14, seconds=59))
    assert lateness.is_late(TUESDAY, TUESDAY + timedelta(minutes=15))
    assert not lateness.is_late(None, TUESDAY)


@given(MOMENTS)
def test_what_is_offered_lies_ahead_and_in_the_hours_of_the_business(now):
    offered = lateness.choices(SHOP, now)

    assert "hour" in offered
    for name, (words, moment) in offered.items():
        assert words
        assert moment > now
        if name != "hour":
            assert hours.is_open(SHOP, moment)
    moments = [moment for _, moment in offered.values()]
    assert len(set(moments)) == len(moments)


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        (datetime(2026, 3, 6, 16, tzinfo=ZONE), datetime(2026, 3, 7, 9, tzinfo=ZONE)),
        (datetime(2026, 3, 7, 16, tzinfo=ZONE), datetime(2026, 3, 9, 8, tzinfo=ZONE)),  # clocks go on
        (datetime(2026, 10, 31, 16, tzinfo=ZONE), datetime(2026, 11, 2, 8, tzinfo=ZONE)),  # and back
    ],
)  # fmt: skip
def test_tomorrow_at_opening_is_the_next_day_that_is_open(now, opening):
    assert lateness.choices(SHOP, now)["opening"][1] == opening


def test_a_business_without_hours_offers_an_hour():
    never = SHOP.model_copy(update={"hours": dict.fromkeys(SHOP.hours, ())})

    assert list(lateness.choices(never, TUESDAY)) == ["hour"]
