"""What may be said, and what it costs."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.business import WEEKDAYS, Business
from agent.model import Evidence
from agent.nodes.guard import check
from agent.rules import first_text, hours, phone, segments

NAME_OF_20 = "Alder Creek Plumbing"
FACTS = [Evidence(id="1", kind="passage", text="A drain cleaning is 149 dollars. We open at 8 AM. Call 303-555-0140.")]  # fmt: skip


def business(**more):
    return Business.model_validate(
        {
            "slug": "alder-creek", "name": NAME_OF_20, "industry": "plumbing", "timezone": "America/Denver",
            "phone": "+13035550140", "hours": {day: ["08:00-17:00"] for day in WEEKDAYS[:5]},
            "calendars": [], "services": [],
        } | more
    )  # fmt: skip


def at(text, zone="America/Denver"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_the_owners_own_words_keep_the_opt_out_line():
    text = first_text.render(business(first_text="{business} here — sorry we missed you at {call_time}!"), at("2026-11-16T15:42"))  # fmt: skip

    assert (
        text == "Alder Creek Plumbing here - sorry we missed you at 3:42 PM! Reply STOP to opt out."
    )


@pytest.mark.parametrize(
    ("text", "count"), [("a" * 160, 1), ("a" * 161, 2), ("é" * 160, 1), ("ê" * 70, 1), ("ê" * 71, 2), ("€" * 80, 1), ("€" * 81, 2)]
)  # fmt: skip
def test_segments_are_counted_as_carriers_do(text, count):
    assert segments.segments(text) == count


@given(st.text())
def test_plain_text_costs_no_more_and_is_stable(text):
    plain = segments.plain(text)

    assert segments.plain(plain) == plain
    assert segments.is_gsm7(plain) or not segments.is_gsm7(text)


def test_dashes_and_quotes_become_plain():
    assert segments.plain("“Hi” — it’s me…") == '"Hi" - it\'s me...'


@pytest.mark.parametrize("moment", ["2026-11-16T08:00", "2026-11-16T16:59"])
def test_open_from_the_first_minute_to_before_the_last(moment):
    assert hours.is_open(business(), at(moment))


@pytest.mark.parametrize("moment", ["2026-11-16T07:59", "2026-11-16T17:00", "2026-11-15T10:00"])
def test_closed_outside_the_hours(moment):
    assert not hours.is_open(business(), at(moment))


def test_a_closure_replaces_the_weeks_hours():
    closed = business(closures=[{"date": "2026-11-16", "hours": []}])

    assert not hours.is_open(closed, at("2026-11-16T10:00"))
    assert hours.expect(closed, at("2026-11-16T10:00")) == "tomorrow at 8 AM"


def test_hours_run_past_midnight():
    bar = business(hours={"fri": ["20:00-02:00"]})

    assert hours.is_open(bar, at("2026-11-21T01:30"))
    assert not hours.is_open(bar, at("2026-11-21T02:00"))


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
def test_the_hours_of_a_day_on_which_clocks_change_are_wall_time(day):
    shop = business(hours={weekday: ["08:00-17:00"] for weekday in WEEKDAYS})

    assert hours.next_opening(shop, at(f"{day}T00:30")) == at(f"{day}T08:00")
    assert hours.is_open(shop, at(f"{day}T16:59"))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_the_next_opening_is_later_and_open(moment):
    now = moment.replace(tzinfo=ZoneInfo("UTC"))
    opening = hours.next_opening(business(), now)

    assert opening is not None
    assert opening > now
    assert hours.is_open(business(), opening)
    assert not hours.is_open(business(), opening - timedelta(minutes=1))


@pytest.mark.parametrize("number", [None, "", "anonymous", "Restricted", "+266696687", "abc"])
def test_withheld_and_malformed_numbers_are_none(number):
    assert phone.normalised(number) in (None, "+266696687")


def test_what_the_evidence_says_in_other_spelling_stays():
    checked = check("Drain cleaning is $149.00. We open at 8:00 am, call (303) 555-0140.", None, FACTS, task_stands=False)  # fmt: skip

    assert checked.unsupported == ()


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        ("It is $14.", "price"),
        ("It is $1490.", "price"),
        ("We open at 9 AM.", "time"),
        ("Come on Friday.", "date"),
        ("You get 10% off.", "percent"),
        ("See evil.example.com for more.", "link"),
        ("Call 303-555-0199.", "phone"),
        ("We guarantee it.", "guarantee"),
        ("I'll check and get back to you.", "promise"),
    ],
)
def test_what_no_evidence_says_is_cut(draft, kind):
    checked = check(f"Thanks for asking. {draft}", None, FACTS, task_stands=False)

    assert checked.text == "Thanks for asking."
    assert kind in {found for _, found in checked.unsupported}


def test_marketing_is_cut_by_the_sentence():
    draft = "A drain cleaning is $149. While we're there, want to add a duct cleaning?"

    checked = check(draft, "how much?", FACTS, task_stands=False)

    assert checked.text == "A drain cleaning is $149."
    assert len(checked.removed) == 1
