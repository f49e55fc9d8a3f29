"""Which times can be offered: the rules of booking on top of what is busy."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.business import WEEKDAYS, Business
from agent.errors import BadInput
from agent.rules.availability import Resource, Rules, Taken, free_slots, is_open, rules_of
from agent.rules.busy import Policy
from server import explain
from tests.agent.calendars import at, event, obj, single

CASES = Path(__file__).parents[2].parent / "shared/data/dev/availability_cases.json"
NEW_YORK = ZoneInfo("America/New_York")
TUESDAY = date(2026, 11, 24)
NOON_BEFORE = datetime(2026, 11, 23, 12, tzinfo=NEW_YORK)
MORNINGS = dict.fromkeys(WEEKDAYS, ("09:00-12:00",))


def rules(**more):
    """Every morning from 9 to 12 in New York, an hour each, in Alice's calendar."""
    usual = {
        "zone": NEW_YORK,
        "hours": MORNINGS,
        "duration_min": 60,
        "step_min": 60,
        "horizon_days": 365,
        "resources": {"alice": Resource(calendars=("alice",))},
    }
    return Rules(**{**usual, **more})


def team(*names, **hours):
    return {name: Resource(calendars=(name,), hours=hours.get(name)) for name in names}


def slots(ruled, objects=None, holds=(), now=NOON_BEFORE, first=TUESDAY, last=None, hold_key=""):
    objects = objects or {}
    names = {name for one in ruled.resources.values() for name in one.calendars}
    return free_slots(
        ruled,
        {name: objects.get(name, ()) for name in names},
        holds,
        now=now,
        first=first,
        last=last or first,
        hold_key=hold_key,
    )


def times(*args, **more):
    return [f"{one.start:%H:%M}" for one in slots(*args, **more)]


def who(*args, **more):
    return {f"{one.start:%H:%M}": "+".join(one.resources) for one in slots(*args, **more)}


class TestHours:
    @pytest.mark.parametrize(
        ("spans", "offered"),
        [
            (["09:00-12:00"], ["09:00", "10:00", "11:00"]),
            (["09:15-11:30"], ["09:15", "10:15"]),
            (["09:00-10:30", "10:30-12:00"], ["09:00", "10:00", "11:00"]),
            (["10:30-12:00", "09:00-11:00"], ["09:00", "10:00", "11:00"]),
            (["09:00-10:30", "10:45-12:00"], ["09:00", "10:45"]),
            (["09:00-09:59"], []),
            ([], []),
            (["22:00-24:00"], ["22:00", "23:00"]),
            (["22:00-00:00"], ["22:00", "23:00"]),
            (["22:30-01:30"], ["22:30", "23:30"]),
        ],
    )
    def test_starts_lie_on_the_steps_of_a_span_and_end_within_it(self, spans, offered):
        assert times(rules(hours={"tue": spans})) == offered

    @pytest.mark.parametrize(
        ("duration", "step", "offered"),
        [
            (60, 30, ["09:00", "09:30", "10:00", "10:30", "11:00"]),
            (50, 20, ["09:00", "09:20", "09:40", "10:00", "10:20", "10:40", "11:00"]),
            (180, 15, ["09:00"]),
            (181, 15, []),
            (45, 100, ["09:00", "10:40"]),
        ],
    )
    def test_steps_and_durations_are_apart(self, duration, step, offered):
        assert times(rules(duration_min=duration, step_min=step)) == offered

    def test_past_midnight_belongs_to_the_day_of_the_start(self):
        late = rules(hours={"mon": ["22:00-02:00"]})

        assert times(late) == ["00:00", "01:00"]
        assert times(late, first=TUESDAY - timedelta(days=1)) == ["22:00", "23:00"]

    def test_evening_and_early_morning_of_two_days_are_two_spans(self):
        both = rules(hours={"mon": ["22:00-24:00"], "tue": ["00:00-02:00"]}, duration_min=120)

        assert times(both, first=TUESDAY - timedelta(days=1), last=TUESDAY) == ["22:00", "00:00"]

    def test_a_closed_day_does_not_cut_the_night_before(self):
        late = rules(
            hours={"mon": ["22:00-02:00"], "tue": ["09:00-10:00"]}, overrides={TUESDAY: ()}
        )

        assert times(late) == ["00:00", "01:00"]

    def test_an_override_replaces_hours_and_holidays(self):
        thanksgiving = date(2026, 11, 26)
        kept = {"holidays": ("US", None)}

        assert times(rules(**kept), first=thanksgiving) == []
        assert times(rules(**kept, overrides={thanksgiving: ("10:00-11:00",)}), first=thanksgiving) == ["10:00"]  # fmt: skip
        assert times(rules(**kept)) == ["09:00", "10:00", "11:00"]

    @pytest.mark.parametrize(("subdiv", "open_then"), [("BW", False), ("BE", True), (None, True)])
    def test_a_regional_holiday_is_kept_in_its_region(self, subdiv, open_then):
        german = rules(zone=ZoneInfo("Europe/Berlin"), holidays=("DE", subdiv))

        assert bool(times(german, first=date(2027, 1, 6))) == open_then

    def test_an_observed_holiday_is_kept(self):
        assert times(rules(holidays=("US", None)), first=date(2027, 7, 5)) == []

    def test_days_are_offered_in_order(self):
        found = slots(rules(), last=TUESDAY + timedelta(days=2))

        assert [one.start for one in found] == sorted(one.start for one in found)
        assert len(found) == 9


class TestClockChanges:
    @pytest.mark.parametrize(
        ("zone", "day", "span", "offered"),
        [
            ("America/New_York", date(2026, 3, 8), "00:00-04:00", ["00:00-05:00", "01:00-05:00", "03:00-04:00"]),
            ("America/New_York", date(2026, 3, 8), "02:30-05:00", ["03:30-04:00"]),
            ("America/New_York", date(2026, 3, 8), "01:00-02:30", ["01:00-05:00"]),
            ("America/New_York", date(2026, 11, 1), "00:00-03:00", ["00:00-04:00", "01:00-04:00", "01:00-05:00", "02:00-05:00"]),
            ("America/New_York", date(2026, 11, 1), "01:30-03:30", ["01:30-04:00", "01:30-05:00", "02:30-05:00"]),
            ("America/New_York", date(2026, 11, 1), "00:00-01:30", ["00:00-04:00"]),
            ("Europe/London", date(2026, 3, 29), "00:00-03:00", ["00:00+00:00", "02:00+01:00"]),
            ("Europe/London", date(2026, 10, 25), "01:00-02:00", ["01:00+01:00", "01:00+00:00"]),
            ("Australia/Lord_Howe", date(2026, 4, 5), "01:00-03:00", ["01:00+11:00", "01:30+10:30"]),
            ("Africa/Cairo", date(2026, 4, 24), "00:00-02:00", ["01:00+03:00"]),
        ],
    )  # fmt: skip
    def test_lengths_are_real_time(self, zone, day, span, offered):
        info = ZoneInfo(zone)
        ruled = rules(zone=info, hours=dict.fromkeys(WEEKDAYS, (span,)))
        now = datetime(day.year, day.month, day.day, tzinfo=info) - timedelta(days=2)

        found = slots(ruled, now=now, first=day)

        shown = [one.start.isoformat(timespec="minutes")[11:] for one in found]
        assert [one for one in shown if one[:5] < "20:00"] == offered


class TestBookingRules:
    @pytest.mark.parametrize(
        ("now", "notice", "offered"),
        [
            ("2026-11-24T09:00:00-05:00", 0, ["09:00", "10:00", "11:00"]),
            ("2026-11-24T09:00:01-05:00", 0, ["10:00", "11:00"]),
            ("2026-11-24T08:00:00-05:00", 120, ["10:00", "11:00"]),
            ("2026-11-24T08:01:00-05:00", 120, ["11:00"]),
            ("2026-11-24T18:00:00+00:00", 0, []),
            ("2026-11-23T10:00:00-05:00", 24 * 60, ["10:00", "11:00"]),
        ],
    )
    def test_notice_runs_to_the_second(self, now, notice, offered):
        assert times(rules(min_notice_min=notice), now=datetime.fromisoformat(now)) == offered

    @pytest.mark.parametrize(("horizon", "offered"), [(0, 0), (1, 3), (2, 6)])
    def test_the_horizon_is_a_local_date(self, horizon, offered):
        late = datetime(2026, 11, 24, 1, tzinfo=UTC)  # still Monday evening in New York

        found = slots(rules(horizon_days=horizon), now=late, last=TUESDAY + timedelta(days=5))

        assert len(found) == offered

    @pytest.mark.parametrize(
        ("before", "after", "offered"),
        [
            (0, 0, ["09:00", "11:00"]),
            (15, 0, ["09:00"]),
            (0, 15, ["11:00"]),
            (15, 15, []),
        ],
    )
    def test_buffers_keep_away_from_what_is_busy(self, before, after, offered):
        ruled = rules(buffer_before_min=before, buffer_after_min=after)

        assert times(ruled, {"alice": [single("10:00", "11:00")]}) == offered

    def test_buffers_may_lie_outside_the_hours_but_not_in_an_event(self):
        ruled = rules(buffer_before_min=30, buffer_after_min=30)

        assert times(ruled) == ["09:00", "10:00", "11:00"]
        assert times(ruled, {"alice": [single("08:30", "08:45")]}) == ["10:00", "11:00"]
        assert times(ruled, {"alice": [single("12:29", "12:45")]}) == ["09:00", "10:00"]
        assert times(ruled, {"alice": [single("12:30", "12:45")]}) == ["09:00", "10:00", "11:00"]

    def test_buffers_of_old_and_new_add_up(self):
        old = single("09:00", "10:00", "X-APPT-ID:a", "X-APPT-BUFFER-AFTER:30")

        assert times(rules(step_min=30, buffer_before_min=30), {"alice": [old]}) == ["11:00"]
        assert times(rules(step_min=30, buffer_before_min=0), {"alice": [old]}) == ["10:30", "11:00"]  # fmt: skip

    @pytest.mark.parametrize(
        ("limit", "offered"),
        [(None, ["10:00", "11:00"]), (2, ["10:00", "11:00"]), (1, []), (0, [])],
    )
    def test_the_daily_limit_counts_our_own_appointments(self, limit, offered):
        calendar = [
            single("09:00", "10:00", "X-APPT-ID:a"),
            single("14:00", "15:00"),
            single("15:00", "16:00", "X-APPT-ID:b", "STATUS:CANCELLED"),
            single("15:00", "16:00", "X-APPT-ID:c", day="20261125"),
        ]

        assert times(rules(max_per_day=limit), {"alice": calendar}) == offered

    @pytest.mark.parametrize("line", ["TRANSP:TRANSPARENT", "STATUS:TENTATIVE"])
    def test_the_daily_limit_counts_also_an_appointment_that_blocks_nothing(self, line):
        ruled = rules(max_per_day=1, policy=Policy(tentative="free"))

        assert times(ruled, {"alice": [single("09:00", "10:00", "X-APPT-ID:a", line)]}) == []

    def test_the_daily_limit_is_each_resources_own(self):
        ruled = rules(max_per_day=1, resources=team("alice", "bob"))
        full = [single("14:00", "15:00", "X-APPT-ID:a")]

        assert set(who(ruled, {"alice": full}).values()) == {"bob"}

    @pytest.mark.parametrize(
        ("expires", "hold_key", "offered"),
        [
            (1, "", ["09:00", "11:00"]),
            (1, "thread-2", ["09:00", "11:00"]),
            (1, "thread-1", ["09:00", "10:00", "11:00"]),
            (0, "", ["09:00", "10:00", "11:00"]),
            (-1, "", ["09:00", "10:00", "11:00"]),
        ],
    )
    def test_live_holds_of_others_are_busy(self, expires, hold_key, offered):
        start = datetime(2026, 11, 24, 15, tzinfo=UTC)
        hold = Taken(
            resource="alice",
            start=start,
            end=start + timedelta(hours=1),
            key="thread-1",
            expires=NOON_BEFORE + timedelta(seconds=expires),
        )

        assert times(rules(), holds=[hold], hold_key=hold_key) == offered

    def test_a_hold_of_another_resource_is_none_of_ours(self):
        start = datetime(2026, 11, 24, 15, tzinfo=UTC)
        end = start + timedelta(hours=1)
        hold = Taken(resource="bob", start=start, end=end, key="k", expires=start)

        found = who(rules(resources=team("alice", "bob")), holds=[hold])

        assert found == {"09:00": "alice+bob", "10:00": "alice", "11:00": "alice+bob"}

    def test_policy_reaches_the_calendars(self):
        notes = {"alice": [obj(event("DTSTART;VALUE=DATE:20261124"))]}

        assert times(rules(), notes) == []
        assert len(times(rules(policy=Policy(all_day="free")), notes)) == 3


class TestResources:
    def test_any_one_resource_will_do(self):
        busy = {"alice": [single("09:00", "11:00")], "bob": [single("10:00", "12:00")]}

        assert who(rules(resources=team("alice", "bob")), busy) == {
            "09:00": "bob",
            "11:00": "alice",
        }

    def test_busy_in_one_of_its_calendars_is_busy(self):
        both = {"alice": Resource(calendars=("work", "home"))}

        assert times(rules(resources=both), {"home": [single("10:00", "11:00")]}) == [
            "09:00",
            "11:00",
        ]

    def test_a_resource_has_hours_of_its_own(self):
        ruled = rules(resources=team("alice", "bob", bob={"tue": ("10:30-12:00",)}))

        assert who(ruled) == {"09:00": "alice", "10:00": "alice", "10:30": "bob", "11:00": "alice"}

    def test_no_hours_of_its_own_at_all_is_never(self):
        assert times(rules(resources=team("alice", alice={}))) == []

    def test_a_calendar_that_could_not_be_read_offers_nothing(self):
        ruled = rules(resources=team("alice", "bob"))

        found = free_slots(ruled, {"bob": ()}, (), now=NOON_BEFORE, first=TUESDAY, last=TUESDAY)

        assert {one.resources for one in found} == {("bob",)}

    def test_a_need_takes_one_of_each(self):
        ruled = rules(resources=team("alice", "bob", "room"), need=(("alice", "bob"), ("room",)))
        busy = {"alice": [single("09:00", "10:00")], "room": [single("11:00", "12:00")]}

        assert who(ruled, busy) == {"09:00": "bob+room", "10:00": "alice+bob+room"}

    def test_a_need_for_two_is_not_met_by_one(self):
        pair = ("alice", "bob")
        ruled = rules(resources=team(*pair), need=(pair, pair))

        assert who(ruled, {"bob": [single("09:00", "11:00")]}) == {"11:00": "alice+bob"}

    def test_who_joins_need_not_begin_a_step_of_their_own(self):
        ruled = rules(
            resources=team("alice", "room", alice={"tue": ("09:30-11:30",)}),
            need=(("alice",), ("room",)),
        )

        assert times(ruled) == ["09:30", "10:00", "10:30"]

    def test_a_need_for_nobody_known_is_refused(self):
        with pytest.raises(ValueError, match="zoe"):
            rules(need=(("zoe",),))

    @pytest.mark.parametrize("wrong", [{"step_min": 0}, {"step_min": -5}, {"duration_min": 0}])
    def test_steps_that_lead_nowhere_are_refused(self, wrong):
        with pytest.raises(ValueError, match="greater than 0"):
            rules(**wrong)


@pytest.mark.parametrize(
    ("clock", "says"),
    [("09:00", True), ("10:10", True), ("11:00", True), ("11:01", False), ("08:59", False), ("20:00", False)],
)  # fmt: skip
def test_open_is_by_hours_alone_and_not_by_steps(clock, says):
    ruled = rules(overrides={TUESDAY + timedelta(days=1): ()})
    start = datetime.fromisoformat(f"2026-11-24T{clock}").replace(tzinfo=NEW_YORK)

    assert is_open(ruled, start) == says
    assert not is_open(ruled, start + timedelta(days=1))


PROFILE: dict[str, Any] = {
    "slug": "b",
    "name": "B",
    "industry": "generic",
    "timezone": "America/New_York",
    "phone": "+15005550006",
    "hours": {"tue": ["09:00-12:00"], "sat": ["09:00-12:00"]},
    "closures": [{"date": date(2026, 11, 28), "hours": ["10:00-11:00"]}],
    "holidays": {"country": "US"},
    "booking": {"slot_step_min": 20, "lead_time_min": 60, "horizon_days": 9, "daily_limit": 4},
    "policy": {"tentative": "free", "owner_emails": ["mia@example.com"]},
    "calendars": [
        {"id": "mia", "days": ["tue"]},
        {"id": "sam", "hours": {"tue": ["11:00-12:00"]}},
        {"id": "room"},
    ],
    "services": [
        {"id": "cut", "name": "Cut", "duration_min": 60, "buffer_before_min": 5, "buffer_min": 10, "calendars": ["mia", "sam"]},
        {"id": "dye", "name": "Dye", "duration_min": 60, "calendars": ["mia"], "need": [["mia", "sam"], ["room"]]},
    ],
}  # fmt: skip


class TestProfile:
    @pytest.fixture
    def business(self):
        return Business.model_validate(PROFILE)

    def test_the_profiles_words_become_the_rules(self, business):
        found = rules_of(business, business.services[0])

        assert (found.step_min, found.min_notice_min, found.horizon_days, found.max_per_day) == (20, 60, 9, 4)  # fmt: skip
        assert (found.duration_min, found.buffer_before_min, found.buffer_after_min) == (60, 5, 10)
        assert found.holidays == ("US", None)
        assert found.policy == Policy(tentative="free", owner_emails=("mia@example.com",))
        assert list(found.resources) == ["mia", "sam"]

    def test_a_calendar_has_days_and_hours_of_its_own(self, business):
        found = rules_of(business, business.services[0])

        assert who(found) == {
            "09:00": "mia", "09:20": "mia", "09:40": "mia", "10:00": "mia",
            "10:20": "mia", "10:40": "mia", "11:00": "mia+sam",
        }  # fmt: skip

    def test_days_hold_also_where_a_date_has_hours_of_its_own(self, business):
        assert who(rules_of(business, business.services[0]), first=date(2026, 11, 28)) == {
            "10:00": "sam"
        }

    def test_a_need_names_the_resources(self, business):
        found = rules_of(business, business.services[1])

        assert set(found.resources) == {"mia", "sam", "room"}
        assert who(found)["11:00"] == "mia+room+sam"


EVENTS = st.lists(
    st.builds(
        lambda day, start, length, weekly, out: (day, start * 5, length * 5, weekly, out),
        st.integers(-9, 4),
        st.integers(0, 287),
        st.integers(0, 60),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
)
TICK = timedelta(minutes=5)


def written(start_day, one):
    """A drawn event as iCalendar, and by plain arithmetic the busy (start, end) that it makes."""
    day, start, length, weekly, out = one
    first = start_day + timedelta(days=day)
    walls = [first + timedelta(weeks=week) for week in range(3 if weekly else 1)]
    lines = [f"DTSTART;TZID=America/New_York:{first:%Y%m%d}T{start // 60:02}{start % 60:02}00"]
    lines.append(f"DURATION:PT{length}M")
    if weekly:
        lines.append("RRULE:FREQ=WEEKLY;COUNT=3")
        if out:
            lines.append(f"EXDATE;VALUE=DATE:{walls[1]:%Y%m%d}")
            del walls[1]
    begins = [
        datetime(one.year, one.month, one.day, start // 60, start % 60, tzinfo=NEW_YORK)
        for one in walls
    ]
    utc = [one.astimezone(UTC) for one in begins]
    return obj(event(*lines)), [(one, one + timedelta(minutes=length)) for one in utc]


def obvious(ruled, spans, busy, now, first, last):
    """Every five minutes of every day: open by the wall clock, on a step, free."""
    found = []
    tick = datetime(first.year, first.month, first.day, tzinfo=NEW_YORK).astimezone(UTC)
    run, day = None, None
    while (local := tick.astimezone(NEW_YORK)).date() <= last:
        minute = local.hour * 60 + local.minute
        if local.date() != day or not any(a <= minute < b for a, b in spans):
            run, day = None, local.date()
        if any(a <= minute < b for a, b in spans):
            run = tick if run is None else run
            on_step = (tick - run) % timedelta(minutes=ruled.step_min) == timedelta()
            if on_step and is_fine(ruled, spans, busy, now, tick):
                found.append(local)
        tick += TICK
    return found


def is_fine(ruled, spans, busy, now, tick):
    end = tick + ruled.duration
    inside = [tick + TICK * n for n in range(ruled.duration_min // 5)]
    walls = [one.astimezone(NEW_YORK) for one in inside]
    is_open = all(any(a <= w.hour * 60 + w.minute < b for a, b in spans) for w in walls)
    same_day = len({wall.date() for wall in walls}) == 1
    first, last = tick - ruled.before, end + ruled.after
    ticks = [first + TICK * n for n in range(int((last - first) / TICK))]
    is_free = not any(a <= one < b for one in ticks for a, b in busy)
    soon = tick >= now + timedelta(minutes=ruled.min_notice_min)
    return is_open and same_day and is_free and soon


@given(
    start_day=st.sampled_from([date(2026, 3, 6), date(2026, 10, 30), date(2026, 11, 23)]),
    spans=st.lists(
        st.tuples(st.integers(0, 19), st.integers(4, 24)).filter(lambda one: one[0] + 4 < one[1]),
        max_size=2,
    ),
    events=EVENTS,
    duration=st.integers(1, 30),
    step=st.integers(1, 24),
    buffers=st.tuples(st.integers(0, 8), st.integers(0, 8)),
    notice=st.integers(0, 60),
)
def test_exactly_the_times_that_are_free_are_offered(
    start_day, spans, events, duration, step, buffers, notice
):
    """Hours begin and end outside the hour that is skipped or doubled: there the wall clock alone cannot tell."""
    spans = [(a if a not in (1, 2) else 0, b) for a, b in spans]
    hours = [f"{a:02}:00-{b:02}:00" for a, b in spans]
    ruled = rules(
        hours=dict.fromkeys(WEEKDAYS, hours),
        duration_min=5 * duration,
        step_min=5 * step,
        buffer_before_min=5 * buffers[0],
        buffer_after_min=5 * buffers[1],
        min_notice_min=5 * notice,
    )
    calendar, blocked = [], []
    for one in events:
        text, times_taken = written(start_day, one)
        calendar.append(text)
        blocked += times_taken
    now = datetime(start_day.year, start_day.month, start_day.day, 7, tzinfo=NEW_YORK)
    last = start_day + timedelta(days=2)

    found = slots(ruled, {"alice": calendar}, now=now, first=start_day, last=last)

    minutes = [(60 * a, 60 * b) for a, b in spans]
    assert [one.start for one in found] == obvious(ruled, minutes, blocked, now, start_day, last)


CASE: dict[str, Any] = {
    "id": "x",
    "now": "2026-11-23T08:00:00-05:00",
    "rules": {
        "timezone": "America/New_York",
        "hours": {"tue": [["09:00", "11:00"]]},
        "overrides": {},
        "holidays": None,
        "service": {"duration_min": 60, "step_min": 60, "horizon_days": 30},
        "resources": {"alice": {"calendars": ["alice"]}},
    },
    "calendars": {"alice": []},
    "holds": [],
    "query": {"from": "2026-11-24", "to": "2026-11-24"},
}


class TestExplain:
    def with_(self, **changes):
        return {**CASE, **changes}

    def with_rules(self, **changes):
        return self.with_(rules={**CASE["rules"], **changes})

    def test_a_case_is_answered_with_local_times(self):
        assert explain.slots(CASE) == {
            "id": "x",
            "slots": ["2026-11-24T09:00-05:00", "2026-11-24T10:00-05:00"],
        }

    def test_what_could_not_be_read_is_said(self):
        found = explain.slots(self.with_(calendars={"alice": ["junk"]}))

        assert found["unreadable"] == ["alice: this is no calendar object"]

    def test_a_calendar_that_is_null_offers_nothing(self):
        assert explain.slots(self.with_(calendars={"alice": None}))["slots"] == []

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"now": "2026-11-23T08:00:00"}, "now: "),
            ({"now": "noon"}, "now: "),
            ({"query": {"from": "2026-11-24"}}, "query.to: "),
            ({"query": {"from": "0001-01-01", "to": "9999-12-31"}}, "query.from: the year"),
            ({"calendars": {"alice": "text"}}, "calendars.alice: "),
        ],
    )
    def test_a_malformed_case_is_told_with_its_place(self, changes, says):
        with pytest.raises(BadInput, match=says):
            explain.slots(self.with_(**changes))

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"timezone": "Mars"}, "rules.timezone: use an IANA time zone"),
            ({"hours": {"tue": [["9", "11"]]}}, r"rules.hours.tue.0: write a span as \["),
            ({"hours": {"tue": [["24:00", "11:00"]]}}, "rules.hours.tue.0: "),
            ({"hours": {"tuesday": []}}, "rules.hours.tuesday"),
            ({"holidays": {"country": "XX"}}, "rules.holidays.country: "),
            ({"holidays": {"country": "DE", "subdiv": "XX"}}, "rules.holidays.subdiv: "),
            ({"service": {"duration_min": 60, "step_min": 0}}, "rules.service.step_min: "),
            ({"policy": {"tentative": "maybe"}}, "rules.policy.tentative: "),
        ],
    )
    def test_malformed_rules_are_told_with_their_place(self, changes, says):
        with pytest.raises(BadInput, match=says):
            explain.slots(self.with_rules(**changes))

    def test_a_need_for_nobody_known_is_told(self):
        with pytest.raises(ValueError, match="need names zoe"):
            explain.slots(self.with_rules(need=[["zoe"]]))

    @pytest.mark.skipif(not CASES.exists(), reason="the worked cases are not here")
    def test_the_worked_cases_come_out_right(self):
        cases = [one for one in json.loads(CASES.read_text())["cases"] if not one["contested"]]

        wrong = [one["id"] for one in cases if explain.slots(one)["slots"] != one["expected"]]

        assert wrong == []


def test_a_travelling_series_is_respected_far_ahead():
    weekly = obj(
        event(
            at("10:00", "20160105"),
            "DURATION:PT30M",
            "RRULE:FREQ=WEEKLY",
            "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT45M",
        )
    )

    assert times(rules(), {"alice": [weekly]}) == ["11:00"]
