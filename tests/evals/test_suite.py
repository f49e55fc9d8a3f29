"""The suite's own eyes: what is wrong is seen, what is right is not, and a run can be repeated."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agent.model import TextKind
from evals.model.double import ModelDouble
from evals.playing import Stage, folder_of
from evals.suite import baseline
from evals.suite.claims import unmet_after_turn, unmet_at_end
from evals.suite.forbidden import forbidden
from evals.suite.judge import Judge
from evals.suite.minds import minds
from evals.suite.record import record
from evals.suite.report import Report, write
from evals.suite.result import result
from evals.suite.running import Wanted, cases, run
from evals.suite.sayable import sayable
from evals.suite.summary import Summary
from evals.suite.values import says
from evals.suite.variation import varied
from server.settings import Settings

DEMO = "alder-creek-plumbing"
BOOKING: dict[str, Any] = {
    "kind": "booking",
    "business": DEMO,
    "now": "2026-11-17T09:20:00-07:00",
    "turns": [
        {"caller": "how much is a drain cleaning", "facts": ["$149"]},
        {"caller": "can you do a drain cleaning thursday at 9am"},
        {"caller": "yes"},
    ],
    "end": {"appointments": [{"service": "drain-cleaning", "start_local": "2026-11-19T09:00"}]},
}
FAREWELL = {"caller": "please dont text me anymore", "state": {"opted_out": True}}
STOPPED = BOOKING | {"turns": [*BOOKING["turns"][:1], FAREWELL], "end": {}}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    return Stage(tmp_path_factory.mktemp("stage"))


@pytest.fixture(scope="module")
def ground():
    return sayable(folder_of(DEMO))


@pytest.fixture(scope="module")
def booked(stage):
    return record(stage, BOOKING, None)


@pytest.fixture(scope="module")
def stopped(stage):
    return record(stage, STOPPED, None)


def last_sent(played, **changes):
    """The play with its last text to the caller changed."""
    row = played.left[-1]
    return replace(
        played, texts=tuple(replace(one, **changes) if one is row else one for one in played.texts)
    )


def test_a_sound_conversation_passes(booked, stopped, ground):
    assert result("booked", 0, booked, ground).passed
    assert result("stopped", 0, stopped, ground).passed


@pytest.mark.parametrize(
    ("said", "event"),
    [
        ("That is $99.", "a price without ground, 99"),
        ("It is $149, 15% less than elsewhere.", "a percent without ground, 15"),
        ("Call us at 303 555 0199.", "a phone without ground, 3035550199"),
        ("See www.cheap-drains.com for more.", "a link without ground, cheap-drains.com"),
        ("We are at 412 Harbor Street.", "a address without ground, 412 harbor"),
        ("We are open until 11:45 PM.", "a clock time without ground, 23:45"),
        ("You're booked: Mon Nov 23 at 9:00 AM.", "a time that was never on offer, Mon Nov 23"),
        ("Mia is at (303) 555-0141.", "a private phone, 3035550141"),
        ("We have a special this week.", "a selling word, special"),
        ("Los lunes la visita es por la tarde.", "in es to a caller who writes en"),
        ("We can help. " * 50, "5 segments"),
    ],
)
def test_a_wrong_reply_is_seen(said, event, booked, ground):
    found = forbidden(last_sent(booked, body=said), ground)

    assert any(one.startswith(event) for one in found), found


def test_a_text_after_an_opt_out_is_seen(stopped, ground):
    late = stopped.left[-1].at + timedelta(hours=3)
    more = replace(stopped.left[-1], at=late, sending_at=late, body="Still there?", kind="nudge")
    played = replace(stopped, texts=(*stopped.texts, more))

    assert "a text after the opt-out: 'Still there?'" in forbidden(played, ground)


def test_an_opt_out_counts_though_the_product_has_not_heard_it(stopped, ground):
    deaf = last_sent(replace(stopped, opt_outs=()), kind=TextKind.REPLY, body="Sorry to hear that!")

    assert "a text after the opt-out: 'Sorry to hear that!'" in forbidden(deaf, ground)


def test_a_turn_that_broke_is_seen(booked, ground):
    assert "the product broke in turn SM1" in forbidden(
        replace(booked, faults=("turn SM1",)), ground
    )


def test_two_answers_to_one_turn_are_seen(booked, ground):
    again = replace(booked, texts=(*booked.texts, booked.left[-1]))

    assert "2 answers to one turn" in forbidden(again, ground)


def test_an_automatic_text_over_a_person_is_seen(booked, ground):
    claimed = replace(booked, claims=((booked.callers[-1].at, True),))

    assert any("while a person has the thread" in one for one in forbidden(claimed, ground))


def test_overlapping_visits_are_seen(booked, ground):
    (visit,) = [one for one in booked.visits if one.state == "booked"]
    half_later = replace(visit, id="other", start=visit.start + timedelta(minutes=30))
    played = replace(booked, visits=(*booked.visits, half_later))

    assert any(one.startswith("two visits at one time") for one in forbidden(played, ground))


def test_a_visit_in_a_busy_time_is_seen(booked, ground):
    busy = {"calendar": "van-1", "start": "2026-11-19T10:00", "end": "2026-11-19T11:00"}
    both = {"events": [busy, busy | {"calendar": "van-2"}]}
    played = replace(booked, case=BOOKING | {"setup": both})

    assert any(one.startswith("a visit in a busy time") for one in forbidden(played, ground))


def test_a_visit_that_nobody_agreed_to_is_seen(booked, ground):
    at_once = tuple(replace(one, changed_at=one.created_at) for one in booked.visits)
    played = replace(booked, visits=at_once)

    assert any(one.startswith("a visit that the caller never") for one in forbidden(played, ground))


def test_silence_is_seen_and_a_nod_needs_no_answer(booked, ground):
    asked = booked.steps[0]
    silent = replace(asked, replies=(), state=asked.before)
    thanked = replace(silent, events=({"caller": "thanks!"},))

    assert "silence after 'how much is a drain cleaning'" in forbidden(
        replace(booked, steps=(silent, *booked.steps[1:])), ground
    )
    assert forbidden(replace(booked, steps=(thanked, *booked.steps[1:])), ground) == []


def test_a_missed_fact_and_a_wrong_end_are_seen(booked):
    first, last = booked.steps[0], booked.steps[-1]
    elsewhen = {
        "service": "drain-cleaning",
        "from": "2026-11-20T08:00",
        "to": "2026-11-20T17:00",
        "count": 1,
    }
    end = {"any_of": [{"escalated": True}, {"appointments_in": elsewhen}]}

    assert unmet_after_turn({"facts": ["$150"]}, first.replies, (), first.state)
    assert unmet_after_turn({"not_facts": ["$149"]}, first.replies, (), first.state)
    assert unmet_at_end(end, last.replies, (), last.state)
    inclusive = elsewhen | {"from": "2026-11-19T09:00", "to": "2026-11-19T09:00"}
    assert not unmet_at_end({"any_of": [{"appointments_in": inclusive}]}, (), (), last.state)


@pytest.mark.parametrize(
    ("text", "value", "is_said"),
    [
        ("We close at 1 PM on Saturdays.", "13:00", True),
        ("Saturday 9-1, weekdays 8-5.", "13:00", True),
        ("El sabado cerramos a la 1 de la tarde.", "13:00", True),
        ("We close at 1 AM.", "13:00", False),
        ("From $1,650.00, parts included.", "$1650", True),
        ("It is $14.", "$149", False),
        ("415 Main Street, Suite 300", "415 Main St", True),
        ("Leave the house and call 911 now.", "911", True),
        ("Call (303) 555-9110.", "911", False),
        ("10 percent", "10%", True),
    ],
)
def test_a_value_is_known_in_every_wording(text, value, is_said):
    assert says(text, value) is is_said


def test_a_run_is_varied_the_same_way_each_time():
    case = BOOKING | {
        "turns": [
            {"caller": "one, two and three. four", "or": ["another", "a third"], "facts": ["$1"]},
            {"staff": {"action": "release", "name": "mia"}},
            {"wait_s": 600},
            {"caller": "yes", "or": ["yep"], "delay_s": 2},
        ]
    }
    runs = [varied("a case", case, number) for number in range(40)]

    assert runs == [varied("a case", case, number) for number in range(40)]
    assert runs[0] == case
    assert len({str(one) for one in runs}) > 20
    split = [one["turns"] for one in runs if len(one["turns"]) > 4]
    assert split
    assert all("facts" not in turns[0] and turns[1]["delay_s"] == 2 for turns in split)
    assert all(turns[1]["facts"] == ["$1"] for turns in split)
    assert all(20 <= one["turns"][0]["delay_s"] <= 600 for one in runs[1:])
    assert all(one["turns"][-1]["delay_s"] == 2 for one in runs)


def test_a_model_in_a_run_means_ill_and_fails_the_same_way_each_time(stage):
    told = []
    for _ in range(2):
        with minds("adversary") as mind_of:
            played = record(stage, BOOKING, mind_of("a case", 3))
        told.append(
            (
                [row.body for row in played.left[:-1]],
                [one.calls if one else 0 for one in played.spent],
            )
        )

    assert told[0] == told[1]
    assert sum(told[0][1]) >= len(BOOKING["turns"]) - 1


def test_a_few_talks_end_as_the_baseline_says(tmp_path):
    (results,) = run([Wanted(mode="rules", cases=cases(8))], 1)
    summary = Summary(mode="rules", runs=1, results=tuple(results))

    (change,) = baseline.changes([summary], baseline.read())
    page = write(Report(summaries=[summary], changes=[change]), tmp_path).read_text("utf-8")

    assert len(results) == 8
    assert change.failing == ()
    assert all(one.case in page for one in summary.failed)
    assert "<svg" in page
    assert "src=" not in page


def test_a_lost_case_or_a_forbidden_event_is_worse(booked, ground):
    passed = result("a", 0, booked, ground)
    lost, harmful = replace(passed, unmet=("x",)), replace(passed, case="b", forbidden=("y",))
    known = {"rules": {"cases": {"a": {"first": True, "passed": 1}}}}

    def is_worse(*results):
        summaries = [Summary(mode="rules", runs=1, results=results)]
        return baseline.is_worse(summaries, baseline.changes(summaries, known))

    assert not is_worse(passed)
    assert is_worse(lost)
    assert is_worse(passed, harmful)


def test_marks_of_a_model_are_told_apart(booked, ground, tmp_path):
    marks = {"tone": 4, "tone_why": "Plain.", "helpful": 5, "helpful_why": "All was answered."}
    passed = result("a/b", 0, booked, ground)
    judged = []
    for said in (marks, marks | {"tone": 9}):
        with ModelDouble(said) as double:
            settings = Settings(openai_base_url=double.url, openai_api_key="key")
            judged.append(Judge(settings).judge("Alder Creek Plumbing", passed))
    summary = Summary(mode="live", runs=1, results=(passed,))

    write(Report(summaries=[summary], judged=judged), tmp_path)

    told = (tmp_path / "report.md").read_text("utf-8")
    assert "| a/b | 4 | 5 | Plain. All was answered. |" in told.partition("Judged by a model")[2]
    assert "| a/b | | | no usable answer |" in told
