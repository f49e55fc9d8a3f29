"""Whole conversations on the virtual clock, each with the end state that its caller would expect."""

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from server.commands import import_folder
from server.folder import read_folder
from server.rehearsal import Rehearsal
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store.engine import make_engine, migrate
from server.wiring import open_tools, rehearsal_calendar

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*/*.yaml"))
CASES = [case for case in CASES if case.parent.name != "businesses"]
SETTLED_S = 20
BURST_S = 6


@pytest.fixture(scope="session")
def library_of(tmp_path_factory):
    """Each business imported once: its profile and its library."""
    imported = {}

    def library(slug):
        if slug not in imported:
            folder = DEMO_FOLDER if slug == DEMO_FOLDER.name else HERE / "businesses" / slug
            tools = open_tools(Settings(data_dir=tmp_path_factory.mktemp(slug), database_url=""))
            import_folder(tools, folder)
            imported[slug] = (read_folder(folder).business, tools.library)
        return imported[slug]

    return library


@pytest.fixture
def rehearse(library_of, tmp_path):
    def start(case):
        business, library = library_of(case["business"])
        url = f"sqlite:///{tmp_path}/rehearsal.db"
        migrate(url)
        rehearsal = Rehearsal(
            business,
            library,
            None,
            rehearsal_calendar(None),
            make_engine(url),
            datetime.fromisoformat(case["now"]),
        )
        rehearsal.set_up(case.get("setup") or {})
        return rehearsal

    return start


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_conversation_ends_as_its_caller_expects(path, rehearse):
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    rehearsal, told, line, replies = rehearse(case), [], {}, []

    for turn, following in zip(case["turns"], [*case["turns"][1:], None], strict=True):
        event = {key: turn[key] for key in ("caller", "staff", "wait_s", "delay_s", "media") if key in turn}  # fmt: skip
        line = rehearsal.play(event, following)
        replies = list(line["replies"])
        burst = following and "caller" in following and following.get("delay_s", 60) < BURST_S
        if "caller" in turn and not burst:
            line = rehearsal.play({"wait_s": SETTLED_S}, following)
            replies += line["replies"]
        told += [f"> {event}", *replies]
        if not burst:
            check_turn(turn, replies, line["state"], "\n".join(told))

    check_end(case["end"], replies, line["state"], "\n".join(told))


def check_turn(turn, replies, state, told):
    said = "\n".join(replies)
    times = [offer["start_local"] for offer in state["offers"]]
    if "offers" in turn:
        low, _, high = str(turn["offers"]).partition("..")
        assert int(low) <= len(times) <= int(high or low), f"{times}\n{told}"
    if "offered_any" in turn:
        assert set(turn["offered_any"]) & set(times), f"{times}\n{told}"
    assert not set(turn.get("offered_none", [])) & set(times), f"{times}\n{told}"
    for words in turn.get("says", []):
        assert words in said, f"{words!r} is not said\n{told}"
    for words in turn.get("says_none", []):
        assert words not in said, f"{words!r} is said\n{told}"


def check_end(end, replies, state, told):
    if "appointments" in end:
        shown = [(one["service"], one["start_local"]) for one in state["appointments"]]
        wanted = [(one["service"], one["start_local"]) for one in end["appointments"]]
        assert sorted(shown) == sorted(wanted), told
    if "owner" in end:
        assert state["owner"] == end["owner"], told
    if "tasks_any" in end:
        assert {task["kind"] for task in state["tasks"]} & set(end["tasks_any"]), told
    if end.get("silent_last"):
        assert not replies, told
