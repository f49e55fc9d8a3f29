"""Plays a written conversation on the virtual clock and says what of its claims did not hold.

The format of the files stands in `tests/conversations/booking/README.md`.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent.business import Business
from agent.graph import Conversation
from agent.ports import Mind, Ports
from evals.suite.claims import unmet_after_turn, unmet_at_end
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


class Stage:
    """Businesses, each imported once, and a throw-away database for every conversation."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        """Args: settings: how the businesses' documents are read, where it is not as usual."""
        self._folder, self._settings = folder, settings
        self._compiled: dict[Any, Any] = {}  # statements, as of the one database of a server
        self._imported: dict[str, tuple[Business, Tools]] = {}
        self._played = 0

    def play(self, case: Case) -> list[str]:
        """What was claimed and did not hold, each followed by the conversation; empty: all is well."""
        told: list[str] = []
        failed: list[str] = []
        sent: list[str] = []
        with self.scene(case) as scene:
            steps = list(scene.steps(case["turns"]))
        for step in steps:
            told += [*(f"> {event}" for event in step.events), *step.replies]
            sent += step.replies
            failed += unmet_after_turn(step.turn, step.replies, step.alerts, step.state)
        failed += unmet_at_end(case["end"], steps[-1].replies, sent, steps[-1].state)
        return [*failed, "\n".join(told)] if failed else []

    @contextmanager
    def scene(
        self,
        case: Case,
        mind: Mind | None = None,
        conversation: Callable[[Ports], Conversation] = Conversation,
    ) -> Iterator["Scene"]:
        """The case brought about on a database of its own, which is gone afterwards."""
        business, tools = self._business(case["business"])
        self._played += 1
        file = self._folder / f"rehearsal-{self._played}.db"
        shutil.copyfile(self._empty(), file)
        made = make_engine(f"sqlite:///{file}")
        database = made.execution_options(compiled_cache=self._compiled)
        rehearsal = Rehearsal(
            business,
            tools.library,
            mind,
            rehearsal_calendar(None),
            database,
            datetime.fromisoformat(case["now"]),
            tools.embedder,
            conversation,
        )
        rehearsal.set_up(case.get("setup") or {})
        yield Scene(business=business, rehearsal=rehearsal, database=database)
        made.dispose()
        file.unlink()

    def _empty(self) -> Path:
        """A database with every table and nothing in it."""
        file = self._folder / "empty.db"
        if not file.exists():
            migrate(f"sqlite:///{file}")
        return file

    def _business(self, slug: str) -> tuple[Business, Tools]:
        if slug not in self._imported:
            folder = folder_of(slug)
            settings = Settings(data_dir=self._folder / slug, database_url="", **self._settings)
            tools = open_tools(settings)
            import_folder(tools, folder)
            self._imported[slug] = (read_folder(folder).business, tools)
        return self._imported[slug]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One turn of a case, or a burst of them, and what came of it."""

    turn: Case
    """The last of a burst: its claims are looked at when the burst is over."""
    events: tuple[Case, ...]
    replies: tuple[str, ...]
    alerts: tuple[str, ...]
    before: State
    state: State
    wall_s: float
    cpu_s: float
    """Of this process, its threads together."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A conversation that can be played, and the database that keeps it."""

    business: Business
    rehearsal: Rehearsal
    database: sa.Engine

    def steps(self, turns: Sequence[Case]) -> Iterator[Step]:
        before = self.rehearsal.play({"wait_s": 0}, None)["state"]
        for burst in _bursts(turns):
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            lines = [self.rehearsal.play(dict(event), following) for event, following in burst]
            last, following = burst[-1]
            if "caller" in last:
                lines.append(self.rehearsal.play({"wait_s": _SETTLED_S}, following))
            state = lines[-1]["state"]
            yield Step(
                turn=last,
                events=tuple(event for event, _ in burst),
                replies=tuple(reply for line in lines for reply in line["replies"]),
                alerts=tuple(alert for line in lines for alert in line["alerts"]),
                before=before,
                state=state,
                wall_s=time.perf_counter() - wall_s,
                cpu_s=time.process_time() - cpu_s,
            )
            before = state


def folder_of(slug: str) -> Path:
    """Where a business's `business.yaml` and `knowledge` are."""
    return DEMO_FOLDER if slug == DEMO_FOLDER.name else BUSINESSES / slug


def is_quick(turn: Case) -> bool:
    """It follows so soon that it belongs to the burst before it."""
    return "caller" in turn and bool(turn.get("delay_s", 60) < _BURST_S)


def _bursts(turns: Sequence[Case]) -> list[list[tuple[Case, dict[str, Any] | None]]]:
    """Turns with the one that follows each, together as they are answered together."""
    bursts: list[list[tuple[Case, dict[str, Any] | None]]] = []
    for turn, following in zip(turns, [*map(dict, turns[1:]), None], strict=True):
        if bursts and is_quick(turn):
            bursts[-1].append((turn, following))
        else:
            bursts.append([(turn, following)])
    return bursts
