"""What blocks, when: iCalendar objects as busy times."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # dateutil ships no types
from hypothesis import given
from hypothesis import strategies as st

from agent.rules.busy import Policy, busy
from agent.rules.ical.lines import Component
from agent.rules.ical.repeats import walls
from agent.rules.ical.times import Calendar, Moment
from agent.rules.ical.zones import Definitions, NamedZone
from tests.agent.calendars import at, event, lasting, obj, observance, single, zone_part

NEW_YORK = ZoneInfo("America/New_York")
FROM, TO = datetime(2026, 11, 24, tzinfo=NEW_YORK), datetime(2026, 11, 25, tzinfo=NEW_YORK)


def read(*objects, start=FROM, end=TO, zone=NEW_YORK, **policy):
    return busy(objects, start, end, zone, Policy(**policy))


def shown(found, zone=NEW_YORK):
    """Spans as local clock times; a date in front where it is not the 24th."""

    def one(moment):
        local = moment.astimezone(zone)
        return f"{local:%H:%M}" if local.day == 24 else f"{local:%d %H:%M}"

    return [f"{one(span.start)}-{one(span.end)}" for span in found.spans]


def blocked(*objects, **more):
    found = read(*objects, **more)
    assert found.unreadable == ()
    return shown(found, more.get("zone", NEW_YORK))


class TestSingleEvents:
    def test_an_event_takes_its_time(self):
        assert blocked(single("10:00", "11:00")) == ["10:00-11:00"]

    @pytest.mark.parametrize(
        "line",
        [
            "STATUS:CANCELLED",
            "status:cancelled",
            "TRANSP:TRANSPARENT",
            "TRANSP:transparent ",
            "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
            "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
            "ATTENDEE;PARTSTAT=DECLINED:mailto:o@example.com",
            'ATTENDEE;CN="O: Owner";partstat=declined:MAILTO:O@Example.com',
            "ATTENDEE;EMAIL=o@example.com;PARTSTAT=DECLINED:urn:uuid:5",
        ],
    )
    def test_what_is_free_takes_none(self, line):
        assert blocked(single("10:00", "11:00", line), owner_emails=("o@example.com",)) == []

    @pytest.mark.parametrize(
        "line",
        [
            "STATUS:CONFIRMED",
            "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
            "ATTENDEE;PARTSTAT=DECLINED:mailto:guest@example.com",
            "ATTENDEE;PARTSTAT=TENTATIVE:mailto:o@example.com",
            "ATTENDEE:mailto:o@example.com",
            "DESCRIPTION:a\\nSTATUS:CANC\r\n ELLED",
            "X-STATUS:CANCELLED",
            "BEGIN:VALARM\r\nSTATUS:CANCELLED\r\nTRIGGER:-PT15M\r\nDURATION:PT5M\r\nEND:VALARM",
        ],
    )
    def test_what_only_looks_free_takes_its_time(self, line):
        found = blocked(single("10:00", "11:00", line), owner_emails=("o@example.com",))

        assert found == ["10:00-11:00"]

    @pytest.mark.parametrize("line", ["STATUS:tentative", "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"])
    def test_tentative_is_the_owners_choice(self, line):
        text = single("10:00", "11:00", line)

        assert blocked(text) == ["10:00-11:00"]
        assert blocked(text, tentative="free") == []

    def test_only_events_count(self):
        others = [
            single("10:00", "11:00", name=name) for name in ("VTODO", "VJOURNAL", "VFREEBUSY")
        ]

        assert blocked(*others) == []

    def test_several_events_in_one_object_all_count(self):
        text = obj(lasting("10:00", "11:00"), lasting("14:00", "15:00", uid="u2"))

        assert blocked(text) == ["10:00-11:00", "14:00-15:00"]

    def test_bare_line_feeds_and_small_letters_are_read(self):
        text = single("10:00", "11:00").replace("\r\n", "\n").replace("DTEND", "dtend")

        assert blocked(text) == ["10:00-11:00"]

    @pytest.mark.parametrize(
        ("written", "otherwise"),
        [
            ("\r\n", "\r"),
            ("BEGIN:VEVENT", "begin:vevent"),
            ("BEGIN:VEVENT", "BEGIN:VEV\r\n ENT"),
            ("BEGIN:VEVENT", "BEGIN;X-A=1: VEVENT"),
            ("END:VEVENT", "End:vEvent"),
            ("END:VEVENT", "END:VEVE\r\n\tNT"),
        ],
    )
    def test_an_event_written_oddly_after_an_old_one_counts(self, written, otherwise):
        odd = lasting("10:00", "11:00", "SUMMARY:Odd").replace(written, otherwise)

        assert blocked(obj(lasting("10:00", "11:00", day="20260105", uid="old"), odd)) == [
            "10:00-11:00"
        ]

    def test_events_without_uid_are_nobodys_versions(self):
        first, other = lasting("10:00", "11:00", "SEQUENCE:2", uid="1"), lasting("14:00", "15:00")

        assert blocked(obj(first, other.replace("UID:u1\r\n", ""))) == [
            "10:00-11:00",
            "14:00-15:00",
        ]

    def test_touching_and_overlapping_times_are_one(self):
        texts = [single("10:00", "11:00"), single("11:00", "12:00"), single("11:30", "11:45")]

        assert blocked(*texts) == ["10:00-12:00"]

    def test_what_only_touches_the_window_is_not_in_it(self):
        assert blocked(obj(event(at("23:00", "20261123"), "DURATION:PT1H"))) == []


class TestLengths:
    @pytest.mark.parametrize(
        ("line", "times"),
        [
            ("DURATION:PT1H30M", ["10:00-11:30"]),
            ("DURATION:+PT90M", ["10:00-11:30"]),
            ("DURATION:P1W", ["10:00-01 10:00"]),
            ("DURATION:-PT1H", ["09:00-10:00"]),
            ("DURATION:PT0S", []),
            (at("10:00", prop="DTEND"), []),
            (at("09:30", prop="DTEND"), ["09:30-10:00"]),
            ("SUMMARY:no end", []),
        ],
    )
    def test_an_event_is_as_long_as_it_says(self, line, times):
        assert blocked(obj(event(at("10:00"), line))) == times

    @pytest.mark.parametrize(
        ("lines", "times"),
        [
            (["DTSTART;VALUE=DATE:20261124"], ["00:00-25 00:00"]),
            (["DTSTART:20261124"], ["00:00-25 00:00"]),
            (["DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261124"], ["00:00-25 00:00"]),
            (["DTSTART;VALUE=DATE:20261124", "DURATION:P1D"], ["00:00-25 00:00"]),
            (["DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261124"], []),
            (
                ["DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261123"],
                ["23 00:00-25 00:00"],
            ),
        ],
    )
    def test_dates_are_whole_days(self, lines, times):
        assert blocked(obj(event(*lines))) == times
        assert blocked(obj(event(*lines)), all_day="free") == []

    def test_days_in_the_far_east_are_days_there(self):
        auckland = ZoneInfo("Pacific/Auckland")
        start = datetime(2026, 11, 23, tzinfo=auckland)
        text = obj(event("DTSTART;VALUE=DATE:20261124"))

        found = blocked(text, start=start, end=start + timedelta(days=3), zone=auckland)

        assert found == ["00:00-25 00:00"]

    def test_travel_and_buffers_widen_an_event(self):
        widened = single(
            "10:00",
            "11:00",
            "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M",
            "X-APPT-BUFFER-BEFORE:10",
            "X-APPT-BUFFER-AFTER:15",
        )

        assert blocked(widened) == ["09:20-11:15"]

    def test_margins_reach_into_the_window_from_outside(self):
        late = single("23:00", "23:30", "X-APPT-BUFFER-AFTER:90", day="20261123")
        weekly = obj(
            event(
                at("23:00", "20261102"),
                at("23:30", "20261102", prop="DTEND"),
                "RRULE:FREQ=WEEKLY",
                "X-APPT-BUFFER-AFTER:6000",
            )
        )

        assert blocked(late) == ["23 23:00-01:00"]
        assert len(read(weekly, start=FROM + timedelta(days=3), end=TO + timedelta(days=3)).spans)

    def test_starts_of_our_own_appointments_are_told(self):
        ours = single("10:00", "11:00", "X-APPT-ID:a1", "X-APPLE-TRAVEL-DURATION:PT30M")
        texts = [ours, single("12:00", "13:00"), single("14:00", "15:00", "X-APPT-ID:b", "STATUS:CANCELLED")]  # fmt: skip

        assert read(*texts).appointments == (datetime(2026, 11, 24, 15, tzinfo=UTC),)

    @pytest.mark.parametrize("line", ["TRANSP:TRANSPARENT", "STATUS:TENTATIVE"])
    def test_an_appointment_of_ours_that_blocks_nothing_is_told_too(self, line):
        found = read(single("10:00", "11:00", "X-APPT-ID:a1", line), tentative="free")

        assert found.spans == ()
        assert found.appointments == (datetime(2026, 11, 24, 15, tzinfo=UTC),)


class TestZones:
    @pytest.mark.parametrize(
        "zone",
        [
            "America/New_York",
            "america/new_york",
            '"America/New_York"',
            "/freeassociation.sourceforge.net/America/New_York",
            "/citadel.org/20190914_1/America/New_York",
            "Eastern Standard Time",
            "EST5EDT",
            "Nobody/Knows",
            "../../etc/passwd",
            "America",
            "(UTC-05:00) Eastern Time (US & Canada)",
        ],
    )
    def test_a_zone_is_known_by_many_names_and_else_the_business_counts(self, zone):
        text = obj(event(at("10:00", zone=zone), at("11:00", zone=zone, prop="DTEND")))

        assert blocked(text) == ["10:00-11:00"]

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            ("DTSTART:20261124T150000Z", "DTEND:20261124T160000Z"),
            ("DTSTART:20261124T100000", "DTEND:20261124T110000"),
            (at("07:00", zone="America/Los_Angeles"), "DTEND:20261124T160000Z"),
            ("DTSTART;TZID=Asia/Tokyo:20261125T000000", "DURATION:PT1H"),
            ("DTSTART;TZID=Asia/Tokyo:20261124T150000Z", "DURATION:PT1H"),
        ],
    )
    def test_times_of_any_form_meet(self, start, end):
        assert blocked(obj(event(start, end))) == ["10:00-11:00"]

    def test_an_objects_own_zone_is_its_own(self):
        def shop(offset):
            zone = zone_part("Shop", observance("STANDARD", "19700101T000000", offset, offset))
            return obj(zone, event(at("07:00", zone="Shop"), "DURATION:PT1H"))

        assert blocked(shop("-0800"), shop("-0600"), obj(event(at("05:00", zone="Shop"), "DURATION:PT1H"))) == [
            "05:00-06:00", "08:00-09:00", "10:00-11:00"
        ]  # fmt: skip

    @pytest.mark.parametrize("used", ["Bern, Rome; Oslo", r"Bern\, Rome\; Oslo"])
    def test_an_own_zones_name_may_be_escaped(self, used):
        offset = observance("STANDARD", "19700101T000000", "+0100", "+0100")
        zone = zone_part(r"Bern\, Rome\; Oslo", offset)

        text = obj(zone, event(at("16:00", zone=f'"{used}"'), "DURATION:PT1H"))

        assert blocked(text) == ["10:00-11:00"]

    def test_an_own_zone_changes_its_clocks(self):
        zone = zone_part(
            "Custom Eastern",
            observance(
                "DAYLIGHT", "16010101T020000", "-0500", "-0400",
                "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
            ),
            observance(
                "STANDARD", "16010101T020000", "-0400", "-0500",
                "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11",
            ),
        )  # fmt: skip
        series = event(
            at("09:00", "20260601", "Custom Eastern"), "DURATION:PT1H", "RRULE:FREQ=DAILY"
        )

        for day in (datetime(2026, 7, 24), datetime(2026, 11, 24)):
            start = day.replace(tzinfo=NEW_YORK)
            found = blocked(obj(zone, series), start=start, end=start + timedelta(days=1))
            assert found == ["09:00-10:00"]

    @pytest.mark.parametrize(
        ("wall", "utc"),
        [
            ("20260308T013000", "06:30"),
            ("20260308T023000", "07:30"),
            ("20260308T033000", "07:30"),
            ("20261101T003000", "04:30"),
            ("20261101T013000", "05:30"),
            ("20261101T023000", "07:30"),
        ],
    )
    def test_an_own_zone_resolves_gap_and_overlap_as_a_known_one(self, wall, utc):
        zone = zone_part(
            "Own",
            observance("DAYLIGHT", "20260308T020000", "-0500", "-0400"),
            observance("STANDARD", "20251102T020000", "-0400", "-0500", "RDATE:20261101T020000"),
        )
        for name in ("Own", "America/New_York"):
            text = obj(zone, event(f"DTSTART;TZID={name}:{wall}", "DURATION:PT10M"))

            (span,) = read(text, start=datetime(2026, 1, 1, tzinfo=UTC)).spans

            assert f"{span.start:%H:%M}" == utc

    def test_a_definition_that_never_ends_is_not_followed(self):
        zone = zone_part(
            "Evil", observance("STANDARD", "19700101T000000", "-0800", "-0800", "RRULE:FREQ=SECONDLY")
        )  # fmt: skip

        assert blocked(obj(zone, event(at("10:00", zone="Evil"), "DURATION:PT1H"))) == [
            "10:00-11:00"
        ]


class TestDaylightSaving:
    def test_a_weekly_event_keeps_its_wall_time(self):
        text = single("09:00", "10:00", "RRULE:FREQ=WEEKLY", day="20260201")
        start = datetime(2026, 3, 15, tzinfo=NEW_YORK)

        assert blocked(text, start=start, end=start + timedelta(days=1)) == ["15 09:00-15 10:00"]

    @pytest.mark.parametrize("first", ["20260301", "20260308"])
    @pytest.mark.parametrize(
        ("clocks", "expected"),
        [
            (("02:30", "03:30"), ("07:30", "08:30")),
            (("02:00", "02:30"), ("07:00", "07:30")),
            (("02:30", "03:00"), ("07:30", "08:00")),
        ],
    )
    def test_an_event_that_starts_in_the_gap_keeps_its_length(self, clocks, expected, first):
        start = datetime(2026, 3, 8, tzinfo=NEW_YORK)
        text = single(*clocks, "RRULE:FREQ=DAILY", day=first)

        (span,) = read(text, start=start, end=start + timedelta(hours=10)).spans

        assert (f"{span.start:%H:%M}", f"{span.end:%H:%M}") == expected

    def test_half_an_hour_can_be_skipped_too(self):
        lord_howe = ZoneInfo("Australia/Lord_Howe")
        start = datetime(2026, 10, 4, tzinfo=lord_howe)
        text = obj(event("DTSTART:20261004T021500", "DTEND:20261004T024500"))

        (span,) = read(text, start=start, end=start + timedelta(days=1), zone=lord_howe).spans

        assert span.start == datetime(2026, 10, 3, 15, 45, tzinfo=UTC)
        assert span.end > span.start

    @pytest.mark.parametrize(
        ("length", "hours"), [("P1D", 25), ("PT24H", 24), ("P1DT1H", 26), ("PT1500M", 25)]
    )
    def test_a_day_is_a_day_and_24_hours_are_hours(self, length, hours):
        text = obj(event(at("12:00", "20261031"), f"DURATION:{length}"))

        (span,) = read(text, start=datetime(2026, 10, 1, tzinfo=UTC)).spans

        assert span.end - span.start == timedelta(hours=hours)

    def test_a_nightly_event_ends_by_the_wall_clock(self):
        text = obj(
            event(
                at("22:00", "20261030"), at("06:00", "20261031", prop="DTEND"), "RRULE:FREQ=DAILY"
            )
        )
        start = datetime(2026, 11, 1, 4, tzinfo=NEW_YORK)

        assert blocked(text, start=start, end=start + timedelta(hours=8)) == ["31 22:00-01 06:00"]

    def test_days_over_the_change_run_from_midnight_to_midnight(self):
        text = obj(event("DTSTART;VALUE=DATE:20261031", "DTEND;VALUE=DATE:20261102"))
        start = datetime(2026, 10, 30, tzinfo=NEW_YORK)

        (span,) = read(text, start=start, end=start + timedelta(days=5)).spans

        assert span.end - span.start == timedelta(hours=49)


class TestSeries:
    """A weekly event on Tuesdays, 10 to 11, unless said otherwise."""

    def weekly(self, *lines, rule="FREQ=WEEKLY"):
        return lasting("10:00", "11:00", f"RRULE:{rule}", *lines, day="20251125")

    def override(self, start, end, *lines, of="20261124T100000", params=""):
        original = f"RECURRENCE-ID;TZID=America/New_York{params}:{of}"
        return lasting(start, end, original, *lines)

    @pytest.mark.parametrize(
        ("rule", "blocks"),
        [
            ("FREQ=WEEKLY", True),
            ("freq=weekly", True),
            ("FREQ=WEEKLY;", True),
            ("FREQ=WEEKLY;INTERVAL=2", True),
            ("FREQ=WEEKLY;INTERVAL=5", False),
            ("FREQ=WEEKLY;COUNT=53", True),
            ("FREQ=WEEKLY;COUNT=52", False),
            ("FREQ=WEEKLY;UNTIL=20261124T150000Z", True),
            ("FREQ=WEEKLY;UNTIL=20261124T145959Z", False),
            ("FREQ=WEEKLY;UNTIL=20261124T100000", True),
            ("FREQ=WEEKLY;UNTIL=20261124T095959", False),
            ("FREQ=WEEKLY;UNTIL=20261124", True),
            ("UNTIL=20261123;FREQ=WEEKLY", False),
            ("FREQ=MONTHLY;BYDAY=4TU", True),
            ("FREQ=MONTHLY;BYDAY=-1TU", True),
            ("FREQ=MONTHLY;BYDAY=3TU", False),
            ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-5", True),
            ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", False),
            ("FREQ=MONTHLY;BYMONTHDAY=-7", True),
            ("FREQ=MONTHLY;BYMONTHDAY=24,31", True),
            ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TU", True),
            ("FREQ=YEARLY;BYYEARDAY=328", True),
            ("FREQ=YEARLY;BYWEEKNO=48;BYDAY=TU", True),
            ("FREQ=YEARLY;BYWEEKNO=48", True),
            ("FREQ=YEARLY;BYWEEKNO=47", False),
            ("FREQ=DAILY;BYDAY=MO,WE,FR", False),
            ("FREQ=DAILY;BYMONTH=11", True),
            ("FREQ=DAILY;INTERVAL=7", True),
            ("FREQ=HOURLY;INTERVAL=24", True),
            ("FREQ=HOURLY;BYMONTH=11", True),
            ("FREQ=HOURLY;BYMONTH=10", False),
            ("FREQ=MINUTELY;INTERVAL=1440", True),
        ],
    )
    def test_a_rule_makes_the_days_it_says(self, rule, blocks):
        start = datetime(2026, 11, 24, 10, tzinfo=NEW_YORK)
        found = blocked(obj(self.weekly(rule=rule)), start=start, end=start + timedelta(minutes=30))

        assert bool(found) == blocks

    def test_a_week_without_a_weekday_is_the_weekday_of_the_start(self):
        text = obj(self.weekly(rule="FREQ=YEARLY;BYWEEKNO=48"))

        assert blocked(text, start=FROM - timedelta(days=1), end=TO + timedelta(days=5)) == [
            "10:00-11:00"
        ]

    @pytest.mark.parametrize(
        ("rule", "days"),
        [
            ("BYDAY=MO,WE;BYSETPOS=2", [18, 25, 2]),
            ("BYDAY=MO,WE;BYSETPOS=2;COUNT=2", [18, 25]),
            ("BYDAY=SU,WE;BYSETPOS=2;WKST=SU;INTERVAL=2", [18, 2]),
        ],
    )
    def test_places_in_a_week_are_counted_from_its_first_day(self, rule, days):
        text = obj(lasting("10:00", "11:00", f"RRULE:FREQ=WEEKLY;{rule}", day="20261118"))

        found = read(text, start=FROM - timedelta(days=10), end=TO + timedelta(days=9))

        assert [span.start.day for span in found.spans] == days

    def test_a_rule_of_hours_repeats_within_the_day(self):
        text = obj(event(at("09:15"), "DURATION:PT15M", "RRULE:FREQ=HOURLY;COUNT=3"))

        assert blocked(text) == ["09:15-09:30", "10:15-10:30", "11:15-11:30"]

    @pytest.mark.parametrize(
        "line",
        [
            "EXDATE;TZID=America/New_York:20261124T100000",
            "EXDATE:20261124T150000Z",
            "EXDATE;VALUE=DATE:20261124",
            "EXDATE:20261124T100000",
            "EXDATE;TZID=America/Los_Angeles:20261124T070000",
            "EXDATE;TZID=America/New_York:20261117T100000,20261124T100000",
            "EXDATE:20261117T150000Z\r\nEXDATE:20261124T150000Z",
        ],
    )
    def test_an_instance_is_excluded_in_any_form(self, line):
        assert blocked(obj(self.weekly(line))) == []

    @pytest.mark.parametrize(
        "line",
        [
            "EXDATE:20261124T100000Z",
            "EXDATE;TZID=America/Los_Angeles:20261124T100000",
            "EXDATE;VALUE=DATE:20261123",
        ],
    )
    def test_another_time_excludes_nothing(self, line):
        assert blocked(obj(self.weekly(line))) == ["10:00-11:00"]

    @pytest.mark.parametrize(
        "line",
        [
            "EXDATE;VALUE=DATE:20261124",
            "EXDATE:20261124T000000",
            "EXDATE:20261124T000000Z",
            "EXDATE:20261124T050000Z",
            "RRULE:FREQ=DAILY;UNTIL=20261123",
            "RRULE:FREQ=DAILY;UNTIL=20261123T235959Z",
        ],
    )
    def test_whole_days_are_excluded_in_any_form(self, line):
        rule = "" if line.startswith("RRULE") else "RRULE:FREQ=DAILY"

        assert blocked(obj(event("DTSTART;VALUE=DATE:20261101", rule, line))) == []

    @pytest.mark.parametrize(
        ("line", "times"),
        [
            ("RDATE;TZID=America/New_York:20261124T140000", ["10:00-11:00", "14:00-15:00"]),
            ("RDATE:20261124T190000Z,20261124T210000Z", ["10:00-11:00", "14:00-15:00", "16:00-17:00"]),
            ("RDATE;VALUE=PERIOD:20261124T190000Z/PT30M", ["10:00-11:00", "14:00-14:30"]),
            ("RDATE;VALUE=PERIOD:20261124T190000Z/20261124T213000Z", ["10:00-11:00", "14:00-16:30"]),
            (
                "RDATE;VALUE=PERIOD;TZID=America/New_York:20261124T140000/20261124T160000",
                ["10:00-11:00", "14:00-16:00"],
            ),
            ("RDATE;VALUE=DATE:20261124", ["10:00-11:00"]),
            ("RDATE:20261124T190000Z\r\nEXDATE:20261124T190000Z", ["10:00-11:00"]),
            ("RDATE:20261124T190000Z\r\nEXDATE:20261124T140000", ["10:00-11:00"]),
            ("RDATE:20261124T190000Z\r\nEXDATE;VALUE=DATE:20261124", []),
            ("RDATE:20261125T040000Z\r\nEXDATE;VALUE=DATE:20261125", ["10:00-11:00", "23:00-25 00:00"]),
        ],
    )  # fmt: skip
    def test_single_dates_are_added(self, line, times):
        assert blocked(obj(self.weekly(line))) == times

    def test_a_date_in_an_own_zone_is_left_out_by_its_day_there(self):
        zone = zone_part("Own", observance("STANDARD", "19700101T000000", "+1300", "+1300"))
        days = "RDATE:20261124T190000Z,20261125T190000Z\r\nEXDATE;VALUE=DATE:20261125"
        series = event(at("10:00", "20261101", "Own"), "DURATION:PT1H", days)

        assert blocked(obj(zone, series), end=TO + timedelta(days=1)) == ["25 14:00-25 15:00"]

    def test_dates_alone_make_a_series_with_its_start(self):
        text = obj(lasting("10:00", "11:00", "RDATE;TZID=America/New_York:20261124T150000"))

        assert blocked(text) == ["10:00-11:00", "15:00-16:00"]

    @pytest.mark.parametrize(
        ("start", "end", "lines", "times"),
        [
            ("13:00", "14:30", (), ["13:00-14:30"]),
            ("10:00", "11:00", ("STATUS:CANCELLED",), []),
            ("10:00", "11:00", ("TRANSP:TRANSPARENT",), []),
        ],
    )
    def test_an_override_stands_for_its_instance(self, start, end, lines, times):
        text = obj(self.weekly(), self.override(start, end, *lines))

        assert blocked(text) == times

    @pytest.mark.parametrize(
        "original",
        [
            "RECURRENCE-ID:20261124T150000Z",
            "RECURRENCE-ID;VALUE=DATE:20261124",
            "RECURRENCE-ID:20261124T100000",
        ],
    )
    def test_an_override_names_its_instance_in_any_form(self, original):
        text = obj(self.weekly(), lasting("13:00", "14:00", original))

        assert blocked(text) == ["13:00-14:00"]

    def test_an_instance_is_moved_in_from_far_away(self):
        text = obj(self.weekly(), self.override("13:00", "14:00", of="20270316T100000"))

        assert blocked(text) == ["10:00-11:00", "13:00-14:00"]

    def test_an_instance_is_moved_away(self):
        away = lasting(
            "10:00", "11:00", "RECURRENCE-ID;TZID=America/New_York:20261124T100000", day="20261126"
        )

        assert blocked(obj(self.weekly(), away)) == []

    def test_an_override_without_its_series_counts(self):
        assert blocked(obj(self.override("13:00", "14:00"))) == ["13:00-14:00"]

    def test_an_override_of_no_instance_counts(self):
        text = obj(self.weekly(), self.override("13:00", "14:00", of="20261123T100000"))

        assert blocked(text) == ["10:00-11:00", "13:00-14:00"]

    def test_an_override_of_an_excluded_instance_is_gone(self):
        text = obj(self.weekly("EXDATE:20261124T150000Z"), self.override("13:00", "14:00"))

        assert blocked(text) == []

    def test_the_newest_override_counts(self):
        older = self.override("13:00", "14:00", "SEQUENCE:1")
        newer = self.override("15:00", "16:00", "SEQUENCE:2")

        assert blocked(obj(newer, self.weekly(), older)) == ["15:00-16:00"]

    def test_this_and_future_moves_what_follows(self):
        change = lasting(
            "13:00", "15:00",
            "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/New_York:20261110T100000",
            day="20261110",
        )  # fmt: skip

        assert blocked(obj(self.weekly(), change)) == ["13:00-15:00"]
        assert blocked(obj(self.weekly("EXDATE:20261124T150000Z"), change)) == []
        assert blocked(obj(self.weekly(), change, self.override("16:00", "17:00"))) == [
            "16:00-17:00"
        ]

    def test_this_and_future_cancels_what_follows(self):
        change = lasting(
            "10:00", "11:00", "STATUS:CANCELLED",
            "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/New_York:20261110T100000",
            day="20261110",
        )  # fmt: skip

        assert blocked(obj(self.weekly(), change)) == []

    def test_a_long_instance_reaches_in_from_days_before(self):
        text = obj(
            event(
                at("22:00", "20261107"), at("09:30", "20261110", prop="DTEND"), "RRULE:FREQ=WEEKLY"
            )
        )

        assert blocked(text) == ["21 22:00-09:30"]

    def test_a_series_deleted_from_its_first_instance_is_gone(self):
        text = obj(self.weekly(rule="FREQ=WEEKLY;UNTIL=20251101T000000Z"))

        assert blocked(text, start=datetime(2025, 11, 20, tzinfo=UTC)) == []

    def test_a_series_in_another_zone_follows_its_own_clock_changes(self):
        text = obj(
            event(at("14:00", "20260203", "Europe/London"), "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
        )
        start = datetime(2026, 3, 24, tzinfo=NEW_YORK)

        assert blocked(text, start=start, end=start + timedelta(days=1)) == ["10:00-11:00"]


class TestUnreadable:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "no calendar object"),
            ("hello", "no calendar object"),
            (obj(event("SUMMARY:when?")), "no DTSTART"),
            (obj(event("DTSTART:tomorrow")), "'TOMORROW' is no time"),
            (obj(event("DTSTART:20261399")), "event 'u1'"),
        ],
    )
    def test_what_cannot_be_read_is_told(self, text, why):
        found = read(text, single("10:00", "11:00"))

        assert shown(found) == ["10:00-11:00"]
        assert len(found.unreadable) == 1
        assert why in found.unreadable[0]

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("RRULE:FREQ=SOMETIMES", "SOMETIMES"),
            ("RRULE:FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
            ("RRULE:FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
            ("RRULE:FREQ=WEEKLY\r\nEXDATE:never", "NEVER"),
            ("X-APPT-BUFFER-AFTER:some", "some"),
        ],
    )
    def test_what_can_be_read_of_it_counts(self, line, why):
        found = read(single("10:00", "11:00", line))

        assert shown(found) == ["10:00-11:00"]
        assert why in found.unreadable[0]

    @pytest.mark.parametrize(
        ("lines", "times"),
        [
            ((at("10:00"), "DURATION:1 hour"), ["10:00-11:00"]),
            ((at("10:00"), "DTEND:noon"), ["10:00-11:00"]),
            ((at("10:00"), at("10:30", prop="DTEND"), "DURATION:long"), ["10:00-10:30"]),
            ((at("10:00", "20261117"), "DTEND:noon", "RRULE:FREQ=WEEKLY"), ["10:00-11:00"]),
            (("DTSTART;VALUE=DATE:20261124", "DTEND:noon"), ["00:00-25 00:00"]),
        ],
    )
    def test_an_event_whose_end_cannot_be_read_takes_an_hour_or_its_day(self, lines, times):
        found = read(obj(event(*lines)))

        assert shown(found) == times
        assert "its end" in found.unreadable[0]

    def test_an_object_that_breaks_off_is_told(self):
        whole = obj(lasting("10:00", "11:00"), lasting("14:00", "15:00", uid="u2"))

        found = read(whole[: whole.rindex("END:VEVENT")])

        assert shown(found) == ["10:00-11:00", "14:00-15:00"]
        assert found.unreadable == ("the object breaks off",)

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=SECONDLY",
            "FREQ=SECONDLY;BYMONTH=2",
            "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=23",
            "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;BYMINUTE=" + ",".join(map(str, range(60))),
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=SECONDLY;COUNT=999999999",
            "FREQ=YEARLY;BYDAY=MO;BYHOUR=0,1,2,3;BYMINUTE=" + ",".join(map(str, range(60))),
        ],
    )
    def test_no_rule_takes_long(self, rule):
        text = obj(event(at("10:00", "19800101"), "DURATION:PT1M", f"RRULE:{rule}"))
        began = time.process_time()

        read(text, end=TO + timedelta(days=30))

        assert time.process_time() - began < 3

    @pytest.mark.parametrize("start", ["00010101T000000Z", "99991231T235959Z"])
    def test_the_ends_of_the_calendar_are_no_trouble(self, start):
        read(obj(event(f"DTSTART:{start}", "DURATION:P1D", "RRULE:FREQ=DAILY")))

    def test_an_event_without_end_in_sight_blocks(self):
        text = obj(event(at("10:00"), "DTEND;TZID=America/New_York:99991231T235959"))

        assert [one[:5] for one in shown(read(text))] == ["10:00"]


def quick_and_full(text, day):
    """What is busy on a day, with and without the look that spares reading (a second event forbids it)."""
    start = datetime(2026, 11, 24, tzinfo=NEW_YORK) + timedelta(days=day)
    far = event("DTSTART:20200101T000000Z", "RRULE:FREQ=DAILY;COUNT=1", uid="far")
    whole = text.replace("END:VCALENDAR", far + "\r\nEND:VCALENDAR")
    return [read(one, start=start, end=start + timedelta(days=1)).spans for one in (text, whole)]


@given(
    day=st.integers(-5, 5),
    hour=st.integers(0, 23),
    zone=st.sampled_from(["Pacific/Kiritimati", "Pacific/Niue", "America/New_York", "Odd"]),
    minutes=st.integers(-3000, 3000),
    margin=st.integers(0, 2000),
    form=st.sampled_from(["end", "length", "date"]),
)
def test_an_event_passed_over_unread_is_never_one_that_counts(
    day, hour, zone, minutes, margin, form
):
    start = datetime(2026, 11, 24, hour)
    end = start + timedelta(minutes=minutes)
    lines = {
        "end": [f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}", f"DTEND;TZID={zone}:{end:%Y%m%dT%H%M%S}"],
        "length": [f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}", f"DURATION:PT{abs(minutes)}M"],
        "date": [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{end:%Y%m%d}"],
    }[form]  # fmt: skip

    quick, full = quick_and_full(obj(event(*lines, f"X-APPT-BUFFER-AFTER:{margin}")), day)

    assert quick == full


@given(
    freq=st.sampled_from(["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    interval=st.integers(1, 9),
    count=st.none() | st.integers(1, 300),
    by=st.sampled_from(["", ";BYDAY=MO,WE,SU", ";WKST=SU", ";BYDAY=TU;WKST=MO", ";BYHOUR=9,15;BYSETPOS=-1"]),
    start=st.datetimes(datetime(2019, 1, 1), datetime(2026, 12, 31)),
    ahead=st.integers(0, 700),
)  # fmt: skip
def test_a_rule_run_near_the_window_is_the_rule_run_from_its_start(
    freq, interval, count, by, start, ahead
):
    start = start.replace(second=0, microsecond=0, hour=9)
    rule = f"FREQ={freq};INTERVAL={interval}{by}" + (f";COUNT={count}" if count else "")
    low = start + timedelta(days=ahead)
    high = low + timedelta(days=20)
    moment = Moment(wall=start, zone=NamedZone(NEW_YORK))
    reader = Calendar(home=NamedZone(NEW_YORK), own=Definitions(Component(name="")))
    if freq == "HOURLY" and "BYHOUR" in by:
        rule = rule.replace(by, "")

    found = list(walls(rule, moment, reader, low, high))

    assert found == rrulestr(rule, dtstart=start).between(low, high, inc=True)
