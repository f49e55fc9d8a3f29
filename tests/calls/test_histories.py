"""What a sensible owner expects of every history in `histories.toml`: which calls were missed, and who gets a text."""

import re
import shutil
import tomllib
from datetime import datetime
from pathlib import Path

import pytest

from server.settings import Settings
from server.store.engine import migrate
from tests.calls.line import ZONE, Line

TOLD = tomllib.loads((Path(__file__).parent / "histories.toml").read_text())
LEAST_DIGITS = 7


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A data folder whose database has this version's tables; copied for each history."""
    folder = tmp_path_factory.mktemp("empty")
    migrate(Settings(_env_file=None, data_dir=folder).url)
    return folder


@pytest.mark.parametrize("history", TOLD["history"], ids=lambda history: history["name"])
def test_the_history_ends_as_its_owner_expects(history, empty, tmp_path):
    folder = shutil.copytree(empty, tmp_path / "data")
    line = Line(folder, TOLD["cast"], TOLD["shop"], history)
    try:
        line.play(history["events"])

        wrong = [
            found
            for place in range(history.get("crowd", 1))
            for name, wanted in history["expected"].items()
            for found in _disagreements(line, name, place, wanted)
        ]
    finally:
        line.close()

    assert not wrong, f"{history['name']} ({history['setup']}):\n  " + "\n  ".join(wrong[:6])


def test_every_history_has_a_name_of_its_own_and_expects_something():
    names = [history["name"] for history in TOLD["history"]]

    assert len(names) == len(set(names)) >= 70
    assert all(any(one["expected"].values()) for one in TOLD["history"])


def _disagreements(line, name, place, wanted):
    """In words, whatever of a call (upper case) or of a caller came otherwise."""
    if re.fullmatch("[A-Z]", name):
        return _of_call(line.call_of(name, place), name, wanted)
    return _of_caller(line, name, place, wanted)


def _of_call(row, name, wanted):
    if row is None:
        return [f"call {name}: expected {wanted}, but the product does not know it"]
    came = {"outcome": row.outcome, "reason": row.reason, "decision": row.decision}
    came["body"] = bool(row.body)
    return [
        f"call {name}: expected {what} {want!r}, came {came[what]!r}"
        for what, want in wanted.items()
        if came[what] not in (want if isinstance(want, list) else [want])
    ]


def _of_caller(line, name, place, wanted):
    sent, owed = line.first_texts_to(name, place), line.tasks_of(name, place)
    came = {
        "texts": [round(line.seconds(at), 1) for at, _ in sent],
        "task": bool(owed),
        "alerted": bool(line.alerts()),
        "alerts": len(line.alerts()),
        "heard": bool(sent or owed),
        "due": [f"{one.due_at.astimezone(ZONE):%Y-%m-%dT%H:%M}" for one in owed if one.due_at],
        "says": " | ".join(one.body for _, one in sent),
        "hides": " | ".join(one.body for _, one in sent),
        "sender": [one.sender for _, one in sent],
    }
    return [
        f"{name or 'nobody'}: expected {what} {want!r}, came {came[what]!r}"
        + (f" ({[one.note for one in owed]})" if what in ("task", "due") else "")
        for what, want in wanted.items()
        if not _agrees(line, what, want, came[what])
    ]


def _agrees(line, what, want, came):
    match what:
        case "texts":
            return len(want) == len(came) and all(
                earliest <= at <= latest for (earliest, latest), at in zip(want, came, strict=True)
            )
        case "says":
            return _said(want) in _said(came)
        case "hides":
            return _said(want) not in _said(came)
        case "sender":
            return set(came) == {line.number(want)}
        case "due":
            return datetime.fromisoformat(want).strftime("%Y-%m-%dT%H:%M") in came
        case _:
            return want == came


def _said(words):
    """Lower case; a telephone number by its digits alone."""
    digits = re.sub(r"\D", "", words)
    return digits if len(digits) >= LEAST_DIGITS else words.lower()
