"""Free times as calendars really are: cases worked out by hand from AVAILABILITY.md and RFC 5545, run as `ringback explain slots` runs them."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.rules.availability import free_slots
from server import explain
from server.slot_case import read_case

Case = dict[str, Any]

CASES: list[Case] = json.loads(
    Path(__file__).with_name("availability_cases.json").read_text(encoding="utf-8")
)["cases"]


def settled(*, told: str) -> list[Any]:
    """The cases with a clear rule that tell this."""
    return [
        pytest.param(case, id=case["id"])
        for case in CASES
        if told in case and not case["contested"]
    ]


@pytest.mark.parametrize("case", settled(told="expected"))
def test_the_free_times_are_those_of_the_case(case: Case) -> None:
    found = explain.slots(case)

    assert found == {"id": case["id"], "slots": case["expected"]}, case["about"]


@pytest.mark.parametrize("case", settled(told="expected_resources"))
def test_those_who_can_serve_are_those_of_the_case(case: Case) -> None:
    asked = read_case(case)

    free = free_slots(asked.rules, asked.objects, asked.holds, **asked.asked)

    serving = {one.start.isoformat(timespec="minutes"): [*one.resources] for one in free}
    assert serving == case["expected_resources"], case["about"]


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case["id"] for case in CASES]

    assert len(set(names)) == len(names)
