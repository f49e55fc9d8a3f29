"""What falls due when nothing happens on a thread."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent import followup
from agent.business import Business
from agent.followup import Silence
from agent.rules import hours

DENVER = ZoneInfo("America/Denver")
NOON = datetime(2026, 11, 17, 12, 0, tzinfo=DENVER)  # a Tuesday
PLUMBER = Business.model_validate(
    {
        "slug": "alder-creek",
        "name": "Alder Creek",
        "industry": "plumbing",
        "timezone": "America/Denver",
        "phone": "+13035550140",
        "address": "1 Main St, Boulder, CO 80301",
        "hours": {day: ["08:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
        "staff": [{"id": "mia", "name": "Mia", "phone": "+13035550141"}],
        "on_call": [{"staff": "mia"}],
        "calendars": [],
        "services": [],
    }
)
SILENCE = Silence(
    caller="+13035550199",
    owner="agent",
    opted_out=False,
    escalated=False,
    last_at=NOON,
    last_is_callers=False,
    first_text_at=NOON,
    nudged=False,
    answered_call=False,
    owed=0,
    alarms=0,
)


def look(after, silence=SILENCE, business=PLUMBER):
    return followup.decide(business, silence, NOON + after)


def test_an_unanswered_first_text_gets_one_nudge_after_five_hours():
    early = look(timedelta(hours=4))
    due = look(timedelta(hours=5))

    assert (early.nudge, early.look_at) == (None, NOON + timedelta(hours=5))
    assert due.nudge
    assert "STOP" in due.nudge
    assert look(timedelta(hours=6), replace(SILENCE, nudged=True)).nudge is None


@pytest.mark.parametrize(
    "happened",
    [
        {"first_text_at": None},  # the caller has answered it
        {"opted_out": True},
        {"answered_call": True},
        {"owed": 1},
        {"owner": "mia"},
        {"owner": "nobody"},
    ],
)
def test_anything_that_happened_cancels_the_nudge(happened):
    assert look(timedelta(hours=5), replace(SILENCE, **happened)).nudge is None


@pytest.mark.parametrize(
    "profile",
    [
        {"industry": "medical"},
        {"industry": "law"},
        {"industry": "Family dentist"},
        {"industry": "physical therapy"},
        {"industry": "Attorneys"},
        {"privacy": {"health": True}},
        {"texting": {"nudge": {"enabled": False}}},
    ],
)
def test_health_law_and_owners_who_want_none_send_no_nudge(profile):
    business = Business.model_validate(PLUMBER.model_dump() | profile)

    assert look(timedelta(hours=5), business=business).nudge is None


def test_a_nudge_stays_inside_its_day_and_the_quiet_hours():
    called_late = replace(SILENCE, first_text_at=NOON + timedelta(hours=6))
    in_florida = replace(SILENCE, caller="+13055550199")

    assert look(timedelta(hours=11), called_late).nudge is None  # 11 PM
    assert look(timedelta(hours=19), called_late).nudge is None  # the next morning
    assert look(timedelta(hours=5), in_florida).nudge  # 7 PM there
    assert look(timedelta(hours=6, minutes=30), in_florida).nudge is None  # 8:30 PM there


def test_a_nudge_that_could_not_be_sent_in_six_hours_is_none():
    called_early = replace(SILENCE, first_text_at=NOON - timedelta(hours=3))

    assert look(timedelta(hours=3), called_early).nudge
    assert look(timedelta(hours=3, minutes=1), called_early).nudge is None


@pytest.mark.parametrize(
    ("wrote", "spoken", "words"),
    [("", ["en"], "Do you still"), ("es", ["en"], "Todavia"), ("", ["es", "en"], "Todavia"), ("en", ["es"], "Do you still")],
)  # fmt: skip
def test_a_nudge_speaks_the_callers_language_else_the_owners(wrote, spoken, words):
    business = Business.model_validate(PLUMBER.model_dump() | {"languages": spoken})

    told = look(timedelta(hours=5), replace(SILENCE, language=wrote), business).nudge

    assert told
    assert words in told
    assert "STOP" in told


@pytest.mark.parametrize("after_min", [240, 360])
def test_a_nudge_that_is_looked_at_a_little_late_is_still_sent(after_min):
    early = replace(SILENCE, first_text_at=NOON - timedelta(hours=2))
    nudge = {"texting": {"nudge": {"after_min": after_min}}}
    business = Business.model_validate(PLUMBER.model_dump() | nudge)

    assert look(timedelta(minutes=after_min - 120, seconds=20), early, business).nudge


def test_a_thread_that_nobody_takes_is_called_out_three_times_each_later_than_the_last():
    waiting = replace(SILENCE, owner="nobody", last_is_callers=True)

    assert look(timedelta(minutes=10), waiting).alerts == []
    first = look(timedelta(minutes=15), waiting)
    again = look(timedelta(minutes=30), replace(waiting, alarms=1))
    done = look(timedelta(hours=4), replace(waiting, alarms=3))

    assert [one["to"] for one in first.alerts] == ["+13035550141"]
    assert first.look_at == NOON + timedelta(minutes=45)
    assert again.alerts
    assert done.alerts == []


def test_by_night_only_what_is_urgent_is_called_out():
    evening = NOON + timedelta(hours=9)
    waiting = replace(SILENCE, owner="nobody", last_is_callers=True, last_at=evening)

    quiet = look(timedelta(hours=10), waiting)
    urgent = look(timedelta(hours=10), replace(waiting, escalated=True))

    assert quiet.alerts == []
    assert quiet.look_at == datetime(2026, 11, 18, 8, 0, tzinfo=DENVER)
    assert urgent.alerts


def test_a_conversation_ends_after_a_day_of_silence_a_persons_after_three_unless_something_is_owed():
    said = replace(SILENCE, first_text_at=None)

    assert look(timedelta(hours=24), said).resolve
    assert not look(timedelta(hours=23), said).resolve
    assert not look(timedelta(hours=30), replace(said, owed=1)).resolve
    assert not look(timedelta(hours=30), replace(said, owner="mia")).resolve
    at_work = look(timedelta(hours=72), replace(said, owner="mia"))
    assert not at_work.resolve
    assert not hours.is_open(PLUMBER, at_work.look_at)
    assert followup.decide(PLUMBER, replace(said, owner="mia"), at_work.look_at).resolve
