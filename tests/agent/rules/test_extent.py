"""How far an object reaches: every instance that busy finds, in whatever zone, lies within it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.rules.ical.extent import ALWAYS, extent
from agent.rules.ical.objects import instances
from tests.agent.calendars import at, event, obj, observance, zone_part

HOMES = ["America/Denver", "Pacific/Kiritimati", "Pacific/Niue", "Australia/Lord_Howe", "UTC"]
LONG_AGO, FAR = datetime(1990, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)
OWN_ZONE = zone_part("Shop time", observance("STANDARD", "19700101T000000", "+1400", "+1400"))

days = st.integers(0, 2000).map(lambda day: datetime(2025, 1, 1) + timedelta(days=day))
clocks = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
moments = st.tuples(days, clocks).map(lambda one: one[0].replace(hour=one[1][0], minute=one[1][1]))
zones = st.sampled_from(
    [";VALUE=DATE", "", "Z", ";TZID=America/New_York", ";TZID=Pacific/Auckland", ";TZID=Shop time"]
)


def time_of(name, moment, zone, more=""):
    if zone == ";VALUE=DATE":
        return f"{name}{more}{zone}:{moment:%Y%m%d}"
    end = "Z" if zone == "Z" else ""
    return f"{name}{more}{zone.removesuffix('Z')}:{moment:%Y%m%dT%H%M%S}{end}"


@st.composite
def times(draw, name, more="", near=None):
    zone = draw(zones)
    moment = draw(moments) if near is None else near + timedelta(hours=draw(st.integers(-200, 200)))
    return time_of(name, moment, zone, more)


@st.composite
def rules(draw, start):
    frequency = draw(st.sampled_from(["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"RRULE:FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 9))}"]
    if frequency == "WEEKLY":
        parts += draw(st.sampled_from([[], ["BYDAY=MO,TH"], ["BYDAY=SU", "WKST=SU"]]))
    if frequency == "MONTHLY":
        parts += draw(st.sampled_from([[], ["BYMONTHDAY=31"], ["BYDAY=-1FR"], ["BYDAY=5SA"]]))
    until = start + timedelta(days=draw(st.integers(-5, 900)))
    ends = draw(st.sampled_from(["", "COUNT", "UNTIL", "UNTIL DATE", "UNTIL Z"]))
    written = {
        "COUNT": f"COUNT={draw(st.integers(0, 60))}",
        "UNTIL": f"UNTIL={until:%Y%m%dT%H%M%S}",
        "UNTIL DATE": f"UNTIL={until:%Y%m%d}",
        "UNTIL Z": f"UNTIL={until:%Y%m%dT%H%M%S}Z",
    }
    return ";".join([*parts, *([written[ends]] if ends else [])])


@st.composite
def lasting(draw, start, zone):
    """The line that ends an event, and what its owner puts around it."""
    hours = timedelta(hours=draw(st.integers(-3, 100)))
    end = draw(
        st.sampled_from(
            [
                "DURATION:PT0S",
                "DURATION:P3D",
                f"DURATION:PT{draw(st.integers(1, 400))}M",
                time_of("DTEND", start + hours, zone),
                time_of("DTEND", start + hours, draw(zones)),
            ]
        )
    )
    around = ["X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT3H", "X-APPT-BUFFER-AFTER:90"]
    return [end, *draw(st.lists(st.sampled_from(around), max_size=2, unique=True))]


@st.composite
def objects(draw):
    start, zone = draw(moments), draw(zones)
    periods = st.sampled_from([f"RDATE;VALUE=PERIOD:{start:%Y%m%dT%H%M%S}Z/P9D"])
    lines = [time_of("DTSTART", start, zone), *draw(lasting(start, zone))]
    lines += draw(st.lists(rules(start), max_size=2))
    lines += draw(st.lists(st.one_of(times("RDATE"), times("EXDATE"), periods), max_size=3))
    parts = [event(*lines)]
    for place in range(draw(st.integers(0, 2))):
        which = start + timedelta(days=draw(st.integers(0, 40)))
        range_ = draw(st.sampled_from(["", ";RANGE=THISANDFUTURE"]))
        moved, moved_zone = which + timedelta(hours=draw(st.integers(-900, 900))), draw(zones)
        override = [
            time_of("RECURRENCE-ID", which, draw(st.sampled_from([zone, draw(zones)])), range_),
            time_of("DTSTART", moved, moved_zone),
            f"SEQUENCE:{place}",
            *draw(lasting(moved, moved_zone)),
        ]
        parts.append(event(*override))
    return obj(OWN_ZONE, *draw(st.permutations(parts)))


@settings(max_examples=300)
@given(objects(), st.sampled_from(HOMES), st.integers(0, 4000))
def test_every_instance_lies_within_it_in_every_zone(text, home, day):
    found = extent(text)
    low = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=day)
    problems: list[str] = []

    near = list(instances(text, low, low + timedelta(days=40), ZoneInfo(home), problems.append))

    assert found
    assert all(found.begins <= one.start for one in near)
    assert found.ends is None or all(one.end <= found.ends for one in near)
    if problems:
        assert found.ends is None


def within(*lines):
    """Days from 24 November 2026 to the beginning and the end, rounded; the pad taken off."""
    found = extent(obj(event(*lines)))
    assert found
    first = datetime(2026, 11, 24, tzinfo=UTC)
    ends = found.ends and (found.ends - first).days - 4
    return (found.begins - first).days + 4, ends


class TestOneThatEnds:
    def test_a_single_event_reaches_hardly_farther_than_itself(self):
        assert within(at("10:00"), at("11:00", prop="DTEND")) == (0, 0)

    def test_a_long_one_reaches_to_its_end(self):
        assert within("DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261214") == (0, 20)

    @pytest.mark.parametrize("rule", ["COUNT=10", "UNTIL=20261203T150000Z", "UNTIL=20261203"])
    def test_a_series_reaches_to_its_last_time(self, rule):
        begins, ends = within(at("10:00"), "DURATION:PT1H", f"RRULE:FREQ=DAILY;{rule}")

        assert begins in (-2, -1)
        assert ends in (9, 10, 11)

    def test_a_date_that_was_added_counts(self):
        begins, ends = within(at("10:00"), "DURATION:PT1H", "RDATE:20261030T100000,20270105T100000")

        assert begins in (-26, -25)
        assert ends == 42


class TestOneThatGoesOn:
    @pytest.mark.parametrize("rule", ["FREQ=WEEKLY", "FREQ=DAILY;COUNT=100000", "FREQ=YEARLY"])
    def test_it_has_no_end(self, rule):
        begins, ends = within(at("10:00"), "DURATION:PT1H", f"RRULE:{rule}")

        assert begins in (-2, -1)
        assert ends is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no calendar",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261124T100000Z\r\n",
        obj(event("DTSTART:tomorrow")),
        obj(event(at("10:00"), "RRULE:FREQ=NEVER")),
        obj(event(at("10:00"), "RRULE:FREQ=WEEKLY;BYDAY=XX")),
        obj(event(at("10:00"), "RRULE:FREQ=DAILY", "EXDATE:whenever")),
        obj(event(at("10:00"), "X-APPT-BUFFER-AFTER:much")),
        obj(event(at("10:00", "99991231"), "DURATION:P9W")),
        obj(event(at("10:00"), "DURATION:P99999999D", "RRULE:FREQ=DAILY;COUNT=2")),
    ],
)
def test_what_cannot_be_read_is_everywhere(text):
    assert extent(text) == ALWAYS


def test_a_task_or_a_zone_alone_is_nowhere():
    assert extent(obj(event("DUE:20261124T100000Z", name="VTODO"))) is None
    assert extent(obj(OWN_ZONE)) is None


def test_two_events_of_one_object_reach_from_the_first_to_the_last():
    found = extent(obj(event(at("10:00")), event(at("10:00", "20270124"), uid="u2")))

    assert found
    assert found.ends
    assert found.begins < datetime(2026, 11, 24, tzinfo=UTC)
    assert found.ends > datetime(2027, 1, 24, tzinfo=UTC)


def test_every_part_of_the_long_run_is_covered():
    """A window over decades sees every instance there is."""
    text = obj(event(at("10:00"), "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=40"))
    found, problems = extent(text), list[str]()
    every = list(instances(text, LONG_AGO, FAR, ZoneInfo(HOMES[0]), problems.append))

    assert len(every) == 41  # DTSTART, which the rule does not make, too
    assert found
    assert found.ends
    assert found.begins <= min(one.start for one in every)
    assert max(one.end for one in every) <= found.ends
