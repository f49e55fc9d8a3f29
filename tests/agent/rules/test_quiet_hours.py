"""Texts that we start leave only when every law that could apply lets them, wherever the caller could be."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.business import WEEKDAYS, Business
from agent.data import rule_data
from agent.rules import quiet_hours

COLORADO = "+13035550140"
NOWHERE = "+18005550140"
TOLL_FREE = ["+18005550140", "+18335550140", "+18445550140", "+18555550140", "+18665550140", "+18775550140", "+18885550140"]  # fmt: skip


def business(**more):
    return Business.model_validate(
        {
            "slug": "alder-creek", "name": "Alder Creek", "industry": "plumbing", "timezone": "America/Denver",
            "phone": COLORADO, "hours": {day: ["08:00-17:00"] for day in WEEKDAYS[:5]}, "calendars": [], "services": [],
        } | more
    )  # fmt: skip


def number(area_code):
    return f"+1{area_code}5550140"


def at(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


SHOP = business()
SPANNING = [
    "208", "219", "270", "308", "364", "402", "423", "448", "458", "531", "541", "574", "605", "606", "620",
    "701", "729", "775", "785", "812", "850", "906", "907", "928", "930", "986",
]  # fmt: skip

# In Colorado, which has no law of its own, so the caller's alone shows. 2026-11-16 is a Monday without holidays near.
MONDAY_TO_SUNDAY = {
    "CO": ("303", "America/Denver", ["08:00-21:00"] * 7),
    "NY": ("212", "America/New_York", ["08:00-21:00"] * 7),
    "FL": ("305", "America/New_York", ["08:00-20:00"] * 7),
    "OK": ("405", "America/Chicago", ["08:00-20:00"] * 7),
    "TX": ("512", "America/Chicago", ["09:00-21:00"] * 6 + ["12:00-21:00"]),
    "CT": ("203", "America/New_York", ["09:00-20:00"] * 7),
    "MD": ("410", "America/New_York", ["08:00-20:00"] * 7),
    "MA": ("617", "America/New_York", ["08:00-20:00"] * 7),
    "NJ": ("201", "America/New_York", ["08:00-20:00"] * 7),
    "MS": ("601", "America/Chicago", ["08:00-20:00"] * 6 + [""]),
    "LA": ("504", "America/Chicago", ["08:00-20:00"] * 6 + [""]),
    "AL": ("205", "America/Chicago", ["08:00-20:00"] * 6 + [""]),
    "RI": ("401", "America/New_York", ["09:00-18:00"] * 5 + ["10:00-17:00", ""]),
    "KY": ("502", "America/New_York", ["10:00-21:00"] * 7),
    "MI": ("313", "America/New_York", ["09:00-21:00"] * 7),
    "MN": ("612", "America/Chicago", ["09:00-21:00"] * 7),
    "NM": ("505", "America/Denver", ["09:00-21:00"] * 7),
    "NV": ("702", "America/Los_Angeles", ["09:00-20:00"] * 7),
    "IL": ("312", "America/Chicago", ["09:00-21:00"] * 7),
    "CA": ("213", "America/Los_Angeles", ["09:00-21:00"] * 7),
    "PA": ("215", "America/New_York", ["08:00-21:00"] * 5 + ["08:00-12:00", "13:30-21:00"]),
    "WA": ("206", "America/Los_Angeles", ["08:00-20:00"] * 7),
    "UT": ("801", "America/Denver", ["08:00-21:00"] * 6 + [""]),
    "WY": ("307", "America/Denver", ["08:00-20:00"] * 7),
    "AZ": ("602", "America/Phoenix", ["08:00-21:00"] * 7),
    "HI": ("808", "Pacific/Honolulu", ["08:00-21:00"] * 7),
}
LAW_TABLE = [
    (code, zone, day, span)
    for code, zone, spans in MONDAY_TO_SUNDAY.values()
    for day, span in enumerate(spans)
]


@pytest.mark.parametrize(("code", "zone", "day", "span"), LAW_TABLE)
def test_a_state_keeps_its_hours_to_the_minute(code, zone, day, span):
    midnight = at("2026-11-16T00:00", zone) + timedelta(days=day)
    quarters = [midnight + timedelta(minutes=15 * quarter) for quarter in range(24 * 4)]
    moments = [*quarters, *(one + timedelta(minutes=14) for one in quarters)]

    allowed = {f"{one:%H:%M}" for one in moments if quiet_hours.may_send(SHOP, number(code), one)}

    first, quiet_again = (span or "24:00-24:00").split("-")
    assert allowed == {f"{one:%H:%M}" for one in moments if first <= f"{one:%H:%M}" < quiet_again}


def test_every_state_with_a_law_is_in_the_table_above():
    spanning_two_zones = {"SD"}  # told apart below

    assert rule_data("quiet_hours")["states"].keys() - MONDAY_TO_SUNDAY.keys() == spanning_two_zones


def test_every_law_names_its_source():
    rules = rule_data("quiet_hours")

    assert all(law["source"] for law in [rules["federal"], rules["default"], *rules["states"].values()])  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [("07:59:59", False), ("08:00:00", True), ("20:59:59", True), ("21:00:00", False)],
)
def test_the_federal_window_counts_seconds_too(moment, allowed):
    moment = at(f"2026-11-16T{moment}", "America/Denver")

    assert quiet_hours.may_send(SHOP, COLORADO, moment) is allowed


@pytest.mark.parametrize(
    ("code", "holiday", "plain"),
    [
        ("205", "2026-06-01", "2026-06-02"),  # Alabama: Jefferson Davis
        ("504", "2026-02-17", "2026-02-18"),  # Louisiana: Mardi Gras
        ("401", "2026-08-10", "2026-08-11"),  # Rhode Island: Victory Day
        ("801", "2026-07-24", "2026-07-23"),  # Utah: Pioneer Day
        ("215", "2026-04-03", "2026-04-02"),  # Pennsylvania: Good Friday
        ("215", "2027-06-14", "2027-06-15"),  # Flag Day
        ("215", "2026-11-03", "2026-11-04"),  # Election Day
        ("205", "2026-12-25", "2026-12-24"),
    ],
)
def test_a_state_that_forbids_holidays_is_quiet_on_its_own(code, holiday, plain):
    noon = "T12:00-05:00"

    assert not quiet_hours.may_send(SHOP, number(code), datetime.fromisoformat(holiday + noon))
    assert quiet_hours.may_send(SHOP, number(code), datetime.fromisoformat(plain + noon))


@pytest.mark.parametrize("code", ["303", "512", "601"])
def test_other_states_take_texts_on_a_holiday(code):
    christmas = at("2026-12-25T13:00", "America/Chicago")

    assert quiet_hours.may_send(SHOP, number(code), christmas)


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("850", "2026-11-16T09:00-05:00", "2026-11-16T20:00-05:00"),  # Florida, to 8 PM Eastern
        ("448", "2026-11-16T09:00-05:00", "2026-11-16T20:00-05:00"),
        ("541", "2026-11-16T08:00-08:00", "2026-11-16T20:00-08:00"),  # Oregon, to 9 PM Mountain
        ("812", "2026-11-16T08:00-06:00", "2026-11-16T20:00-06:00"),  # Indiana, to 9 PM Eastern
        ("605", "2026-11-16T09:00-07:00", "2026-11-16T20:00-07:00"),  # South Dakota, 9 to 9
        ("928", "2026-07-13T08:00-07:00", "2026-07-13T20:00-07:00"),  # Navajo Nation in summer
        ("928", "2026-11-16T08:00-07:00", "2026-11-16T21:00-07:00"),
    ],
)
def test_an_area_code_in_two_zones_is_quiet_when_either_is(code, first, last):
    first, last = datetime.fromisoformat(first), datetime.fromisoformat(last)
    minute = timedelta(minutes=1)
    moments = [first - minute, first, last - minute, last]

    allowed = [quiet_hours.may_send(SHOP, number(code), one) for one in moments]

    assert allowed == [False, True, True, False]


@pytest.mark.parametrize("code", SPANNING)
def test_a_code_that_spans_zones_says_so(code):
    assert ", " in quiet_hours.basis(SHOP, number(code))["zones"]


def test_all_other_codes_lie_in_one_zone():
    codes = [str(code) for codes in rule_data("area_codes")["codes"].values() for code in codes]

    spanning = {code for code in codes if "," in quiet_hours.basis(SHOP, number(code))["zones"]}

    assert spanning == set(SPANNING)


def test_arizona_keeps_its_own_time_in_summer():
    summer = at("2026-07-13T07:59", "America/Phoenix")

    assert not quiet_hours.may_send(SHOP, number("602"), summer)
    assert quiet_hours.may_send(SHOP, number("602"), summer + timedelta(minutes=1))


def test_the_businesss_state_binds_at_the_callers_place():
    texan = business(address="1 Main St, Austin, TX 78701", timezone="America/Chicago")
    sunday_at_callers = "2026-11-22T{}"

    assert not quiet_hours.may_send(texan, COLORADO, at(sunday_at_callers.format("11:59"), "America/Denver"))  # fmt: skip
    assert quiet_hours.may_send(texan, COLORADO, at(sunday_at_callers.format("12:00"), "America/Denver"))  # fmt: skip
    assert quiet_hours.may_send(SHOP, COLORADO, at(sunday_at_callers.format("11:59"), "America/Denver"))  # fmt: skip


def test_the_stricter_edge_of_two_states_wins_on_each_side():
    kentuckian = business(address="9 Elm St, Louisville, KY 40202", timezone="America/New_York")
    floridian = number("305")
    edges = ["09:59", "10:00", "19:59", "20:00"]

    allowed = [
        quiet_hours.may_send(kentuckian, floridian, at(f"2026-11-16T{edge}", "America/New_York"))
        for edge in edges
    ]

    assert allowed == [False, True, True, False]


@pytest.mark.parametrize("caller", [*TOLL_FREE, "+14165550140", "+442079460000", "anonymous", ""])
def test_a_caller_from_nowhere_gets_office_hours_of_the_business(caller):
    edges = ["2026-11-16T09:59", "2026-11-16T10:00", "2026-11-16T17:59", "2026-11-16T18:00", "2026-11-21T12:00", "2026-11-22T12:00"]  # fmt: skip

    allowed = [quiet_hours.may_send(SHOP, caller, at(edge, "America/Denver")) for edge in edges]

    assert allowed == [False, True, True, False, False, False]


def test_a_caller_from_nowhere_is_spared_the_holidays_of_the_businesss_state():
    alabamian = business(address="5 Oak St, Birmingham, AL 35203", timezone="America/Chicago")
    christmas = at("2026-12-25T12:00", "America/Chicago")

    assert not quiet_hours.may_send(alabamian, NOWHERE, christmas)
    assert quiet_hours.may_send(SHOP, NOWHERE, christmas)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2026-03-07T22:00-07:00", "2026-03-08T08:00-06:00"),  # clocks go forward in the night
        ("2026-10-31T22:00-06:00", "2026-11-01T08:00-07:00"),  # and back
        ("2026-03-08T01:30-07:00", "2026-03-08T08:00-06:00"),
        ("2026-11-01T01:30-06:00", "2026-11-01T08:00-07:00"),
    ],
)
def test_morning_is_by_the_wall_clock_on_days_when_it_changes(asked, expected):
    opening = quiet_hours.next_allowed(SHOP, COLORADO, datetime.fromisoformat(asked))

    assert opening == datetime.fromisoformat(expected)
    assert opening.tzinfo is UTC


def test_a_moment_that_is_allowed_is_its_own_next():
    noon = at("2026-11-16T12:00:07", "America/Denver")

    assert quiet_hours.next_allowed(SHOP, COLORADO, noon) == noon


@pytest.mark.parametrize(
    ("code", "asked", "expected"),
    [
        ("305", "2026-11-16T20:00-05:00", "2026-11-17T08:00-05:00"),
        ("512", "2026-11-21T21:00-06:00", "2026-11-22T12:00-06:00"),  # Texas, Saturday night
        ("205", "2026-11-21T20:00-06:00", "2026-11-23T08:00-06:00"),  # Alabama, over Sunday
        (
            "205",
            "2026-07-02T20:00-05:00",
            "2026-07-06T08:00-05:00",
        ),  # Friday observed, the Fourth, Sunday
        ("401", "2026-12-24T18:00-05:00", "2026-12-26T10:00-05:00"),  # Rhode Island, over Christmas
        ("215", "2026-11-21T12:00-05:00", "2026-11-22T13:30-05:00"),  # Pennsylvania's weekend
        ("605", "2026-11-20T20:00-07:00", "2026-11-23T09:00-07:00"),  # South Dakota's weekend
        ("800", "2026-11-20T18:00-07:00", "2026-11-23T10:00-07:00"),
    ],
)
def test_what_comes_too_late_waits_for_the_next_opening(code, asked, expected):
    opening = quiet_hours.next_allowed(SHOP, number(code), datetime.fromisoformat(asked))

    assert opening == datetime.fromisoformat(expected)


def test_places_half_the_world_apart_have_no_common_hour():
    window = quiet_hours.Applied(
        caller_state="RI",
        business_state=None,
        zones=(ZoneInfo("America/New_York"), ZoneInfo("Asia/Bangkok")),
    )
    now = datetime(2026, 11, 16, tzinfo=UTC)

    assert not any(window.allows(moment) for moment in window.openings(now))


CALLERS = [number(code) for code in ("303", "512", "205", "401", "215", "850", "928", "605", "907", "808", "671", "800")]  # fmt: skip
BUSINESSES = [
    SHOP,
    business(address="5 Oak St, Birmingham, AL 35203", timezone="America/Chicago"),
    business(address="1 Dock Rd, Providence, RI 02903", timezone="America/New_York"),
    business(address="Honolulu", phone=number("808"), timezone="Pacific/Honolulu"),
]
MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2028, 12, 31), timezones=st.just(UTC)
)


@given(st.sampled_from(BUSINESSES), st.sampled_from(CALLERS), MOMENTS)
def test_the_next_allowed_moment_is_allowed_and_the_first(shop, caller, moment):
    opening = quiet_hours.next_allowed(shop, caller, moment)

    assert opening is not None
    assert quiet_hours.may_send(shop, caller, opening)
    waiting = int((opening - moment) / timedelta(minutes=7))
    before = [moment + timedelta(minutes=7 * step) for step in range(waiting + 1)]
    assert not any(
        quiet_hours.may_send(shop, caller, one) for one in [*before, opening - timedelta(minutes=1)]
        if moment <= one < opening
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "codes"),
    {
        "AL": "205 938 659 483", "AK": "907", "AZ": "480 602", "AR": "327 501", "CA": "213 310 341 350 357 369 628 738 837",
        "CO": "303 719 970 983 748", "CT": "203 959", "DC": "202 771", "DE": "302", "FL": "305 448 645 656 689 728 324",
        "GA": "404 943", "HI": "808", "ID": "208 986", "IL": "312 447 464 730 861", "IN": "317 463 930", "KY": "270 364",
        "LA": "504 457", "MD": "227 667", "MI": "313 679 947", "MN": "612 924", "MS": "601 471", "MO": "235 557 975",
        "NE": "531", "NV": "702 725 775", "NJ": "201 640", "NM": "575", "NY": "212 329 363 838 917 934", "NC": "472 984",
        "OH": "283 326 436", "OK": "572", "OR": "971", "PA": "223 582 835", "SC": "821 839", "TN": "615 729", "TX": "512 621 726 945 915",
        "VA": "686 826 948", "WA": "564", "WI": "274 353", "WV": "681", "PR": "787 939", "GU": "671",
    }.items(),
)  # fmt: skip
def test_an_area_code_belongs_to_its_state(state, codes):
    assert {quiet_hours.state_of(number(code)) for code in codes.split()} == {state}


@pytest.mark.parametrize(
    "caller",
    [*TOLL_FREE, "+14165550140", "+16045550140", "+18765550140", "+12425550140", "+19005550140", "+447700900123", "3035550140", "+1303555014", ""],
)  # fmt: skip
def test_toll_free_foreign_and_broken_numbers_belong_to_no_state(caller):
    assert quiet_hours.state_of(caller) is None


def test_no_area_code_is_listed_twice_and_every_zone_exists():
    places = rule_data("area_codes")
    codes = Counter(code for codes in places["codes"].values() for code in codes)
    in_zones = {state for states in places["zones"].values() for state in states}

    assert codes.most_common(1)[0][1] == 1
    assert in_zones == places["codes"].keys()
    assert {int(code) for code in places["zones_by_code"]} <= codes.keys()
    assert all(ZoneInfo(zone) for zones in places["zones_by_code"].values() for zone in zones)


@pytest.mark.parametrize(
    ("address", "state"),
    [
        ("120 Alder St, Boulder, CO 80302", "CO"),
        ("1 Main St\nAustin TX 78701-1234", "TX"),
        ("1 Main St, Austin, Tx 78701, USA", "TX"),
        ("500 Elm Ave, Newport, RI", "RI"),
        ("12 Peachtree St NE", "CO"),  # no state: the phone's
        ("9 Rue X, Montréal, QC H2X 1Y4", "CO"),
        (None, "CO"),
    ],
)
def test_a_business_is_where_its_address_says_else_where_its_phone_is(address, state):
    assert quiet_hours.state_of_business(business(address=address)) == state


def test_a_business_with_a_toll_free_phone_and_no_address_has_no_state():
    assert quiet_hours.state_of_business(business(phone=NOWHERE)) is None


def test_the_record_says_what_was_applied():
    assert quiet_hours.basis(SHOP, number("850")) == {
        "rules": rule_data("quiet_hours")["version"],
        "area_codes": rule_data("area_codes")["version"],
        "caller_state": "FL",
        "business_state": "CO",
        "window": "strictest of federal, FL, CO",
        "zones": "America/New_York, America/Chicago",
    }


@pytest.mark.parametrize(
    ("shop", "caller", "window"),
    [
        (SHOP, COLORADO, "strictest of federal, CO"),
        (SHOP, NOWHERE, "strictest of federal, default, CO"),
        (business(phone=NOWHERE), number("512"), "strictest of federal, TX"),
    ],
)
def test_the_record_names_each_law_once(shop, caller, window):
    assert quiet_hours.basis(shop, caller)["window"] == window


def test_asking_costs_next_to_nothing():
    shop, caller = BUSINESSES[2], number("850")
    night = at("2026-12-24T23:00", "America/New_York")
    quiet_hours.next_allowed(shop, caller, night)

    start = process_time()
    for _ in range(50):
        quiet_hours.may_send(shop, caller, night)
    may_send_s = (process_time() - start) / 50
    start = process_time()
    for _ in range(20):
        quiet_hours.next_allowed(shop, caller, night)
    next_allowed_s = (process_time() - start) / 20

    assert may_send_s < 0.0002
    assert next_allowed_s < 0.005
