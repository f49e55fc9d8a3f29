"""A text after hours that says when a person is back: somebody owes the caller that, until it has happened."""

import tomllib
from pathlib import Path

import pytest

from tests.calls.line import Line

TOLD = tomllib.loads((Path(__file__).parent / "histories.toml").read_text(encoding="utf-8"))
MISSED = [
    {"at": 0, "post": "voice", "call": "A"},
    {"at": 20, "post": "dialed", "call": "A", "status": "no-answer", "bridged": False},
]
MORNING = 12 * 3600


@pytest.fixture
def by_night(tmp_path):
    line = Line(
        tmp_path,
        TOLD["cast"],
        TOLD["shop"],
        {"setup": "dial", "start": "2026-09-15T20:00", "business": {"texting": {"nudge": {}}}},
    )
    yield line
    line.close()


def owed(line):
    return [one.kind for one in line.tasks_of("ann")]


def test_it_is_owed_until_the_caller_is_spoken_with(by_night):
    by_night.play(MISSED)
    assert owed(by_night) == ["promise"]

    by_night.play(
        [
            {"at": MORNING, "post": "voice", "call": "B"},
            {"at": MORNING + 5, "post": "screen", "call": "B", "digits": 1},
            {"at": MORNING + 90, "post": "dialed", "call": "B", "status": "completed", "bridged": True},
        ]
    )  # fmt: skip

    assert owed(by_night) == []


def test_it_is_owed_until_staff_write(by_night):
    by_night.play(MISSED)

    by_night.play([{"at": MORNING, "staff": "send", "body": "Hi, this is Mia. What is going on?"}])

    assert owed(by_night) == []


def test_a_second_call_of_the_night_leaves_it_and_says_so_to_staff(by_night):
    again = [{**one, "at": at, "call": "B"} for one, at in zip(MISSED, (300, 320), strict=True)]
    by_night.play([*MISSED, *again])

    assert sorted(owed(by_night)) == ["phone_caller", "promise"]
    assert by_night.alerts()
