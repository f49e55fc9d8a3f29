"""Plays a written conversation on the virtual clock and says what of its claims did not hold.

The format of the files stands in `tests/conversations/booking/README.md`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.business import Business
from agent.rules.segments import segments
from server.commands import import_folder
from server.folder import read_folder
from server.rehearsal import Rehearsal
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store.engine import make_engine, migrate
from server.wiring import Tools, open_tools, rehearsal_calendar

Case = Mapping[str, Any]
State = Mapping[str, Any]

BUSINESSES = Path(__file__).parents[1] / "tests" / "conversations" / "businesses"
_SETTLED_S = 20
_BURST_S = 6
_EVENT = ("caller", "staff", "wait_s", "delay_s", "media", "missed_call")


class Stage:
    """Businesses, each imported once, and a throw-away database for every conversation."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._imported: dict[str, tuple[Business, Tools]] = {}
        self._played = 0

    def play(self, case: Case) -> list[str]:
        """What was claimed and did not hold, each followed by the conversation; empty: all is well."""
        rehearsal = self._rehearsal(case)
        told: list[str] = []
        failed: list[str] = []
        line: dict[str, Any] = {}
        replies: list[str] = []
        sent: list[str] = []
        for turn, following in _pairs(case["turns"]):
            event = {key: turn[key] for key in _EVENT if key in turn}
            line = rehearsal.play(event, following)
            replies, alerts = list(line["replies"]), list(line["alerts"])
            burst = following and "caller" in following and following.get("delay_s", 60) < _BURST_S
            if "caller" in turn and not burst:
                line = rehearsal.play({"wait_s": _SETTLED_S}, following)
                replies, alerts = replies + line["replies"], alerts + line["alerts"]
            told += [f"> {event}", *replies]
            sent += replies
            if not burst:
                failed += _unmet_by_turn(turn, replies, alerts, line["state"])
        failed += _unmet_at_end(case["end"], replies, sent, line["state"])
        return [*failed, "\n".join(told)] if failed else []

    def _rehearsal(self, case: Case) -> Rehearsal:
        business, tools = self._business(case["business"])
        self._played += 1
        url = f"sqlite:///{self._folder}/rehearsal-{self._played}.db"
        migrate(url)
        now = datetime.fromisoformat(case["now"])
        rehearsal = Rehearsal(
            business,
            tools.library,
            None,
            rehearsal_calendar(None),
            make_engine(url),
            now,
            tools.embedder,
        )
        rehearsal.set_up(case.get("setup") or {})
        return rehearsal

    def _business(self, slug: str) -> tuple[Business, Tools]:
        if slug not in self._imported:
            folder = DEMO_FOLDER if slug == DEMO_FOLDER.name else BUSINESSES / slug
            tools = open_tools(Settings(data_dir=self._folder / slug, database_url=""))
            import_folder(tools, folder)
            self._imported[slug] = (read_folder(folder).business, tools)
        return self._imported[slug]


def _pairs(turns: Sequence[Case]) -> list[tuple[Case, dict[str, Any] | None]]:
    return list(zip(turns, [*map(dict, turns[1:]), None], strict=True))


def _unmet_by_turn(
    turn: Case, replies: Sequence[str], alerts: Sequence[str], state: State
) -> list[str]:
    said = "\n".join(replies)
    times = [offer["start_local"] for offer in state["offers"]]
    claims: dict[str, Callable[[Any], bool]] = {
        "offers": lambda wanted: _in_range(len(times), wanted),
        "offered_any": lambda wanted: bool(set(wanted) & set(times)),
        "offered_none": lambda wanted: not set(wanted) & set(times),
        "says": lambda wanted: all(words in said for words in wanted),
        "says_any": lambda wanted: any(words.lower() in said.lower() for words in wanted),
        "says_none": lambda wanted: all(words.lower() not in said.lower() for words in wanted),
        "reply": lambda wanted: bool(replies) == wanted,
        "alerts": lambda wanted: bool(alerts) == wanted,
        "segments_max": lambda wanted: all(segments(one) <= wanted for one in replies),
        "state": lambda wanted: all(state[key] == value for key, value in wanted.items()),
    }
    shown = {key: state[key] for key in turn.get("state", {})} or times or said
    return _unmet(claims, turn, f"after {turn.get('caller', turn)!r}: {shown!r}")


def _unmet_at_end(
    end: Case, replies: Sequence[str], sent: Sequence[str], state: State
) -> list[str]:
    visits = sorted((one["service"], one["start_local"]) for one in state["appointments"])
    tasks = {task["kind"] for task in state["tasks"]}
    asked = [task["note"].lower() for task in state["tasks"] if task["kind"] == "question"]
    call = state["callback"] or {}
    claims: dict[str, Callable[[Any], bool]] = {
        "appointments": lambda wanted: (
            visits == sorted((one["service"], one["start_local"]) for one in wanted)
        ),
        "owner": lambda wanted: state["owner"] == wanted,
        "opted_out": lambda wanted: state["opted_out"] == wanted,
        "escalated": lambda wanted: state["escalated"] == wanted,
        "reason": lambda wanted: (
            state["reason"] in (wanted if isinstance(wanted, list) else [wanted])
        ),
        "callback": lambda wanted: (
            call == wanted
            if not wanted
            else all(call.get(key) == value for key, value in wanted.items())
        ),
        "tasks_any": lambda wanted: bool(tasks & set(wanted)),
        "tasks_none": lambda wanted: not tasks or not wanted,
        "question_holds": lambda wanted: any(
            all(words in note for words in wanted) for note in asked
        ),
        "silent_last": lambda wanted: not replies or not wanted,
        "replies_max": lambda wanted: len(sent) <= wanted,
        "questions_max_per_text": lambda wanted: all(one.count("?") <= wanted for one in sent),
    }
    shown = {
        key: state[key] for key in ("owner", "opted_out", "escalated", "reason", "callback")
    } | {"visits": visits, "tasks": state["tasks"]}
    return _unmet(claims, end, f"at the end: {shown!r}")


def _unmet(claims: Mapping[str, Callable[[Any], bool]], wanted: Case, seen: str) -> list[str]:
    return [
        f"{key} is not {wanted[key]!r} {seen}"
        for key, holds in claims.items()
        if key in wanted and not holds(wanted[key])
    ]


def _in_range(count: int, wanted: int | str) -> bool:
    low, _, high = str(wanted).partition("..")
    return int(low) <= count <= int(high or low)
