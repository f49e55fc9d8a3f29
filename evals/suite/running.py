"""Plays cases in several processes, each with its own businesses and databases."""

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import yaml

from agent.ports import Mind
from evals.playing import Case, Stage, folder_of
from evals.suite.minds import minds
from evals.suite.record import record
from evals.suite.result import Result, broken, result
from evals.suite.sayable import Sayable, sayable
from evals.suite.variation import varied

TALKS = Path(__file__).parents[1] / "talks"
Task = tuple[str, Case, int]
"""A case's name, the case, and the run."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Cases to be played in one mode, each so many times."""

    mode: str
    cases: Mapping[str, Case]
    runs: int = 1

    def shares(self, processes: int) -> list[Sequence[Task]]:
        """The tasks of each process; cases of one business stay together, for it has to be imported."""
        tasks = [
            (name, case, run_) for name, case in self.cases.items() for run_ in range(self.runs)
        ]
        size = -(-len(tasks) // processes)
        return [tasks[part * size : (part + 1) * size] for part in range(processes)]


def cases(count: int | None = None) -> dict[str, Case]:
    """The talks by `business/name`; `count`: so many of them, spread over all."""
    files = sorted(TALKS.glob("*/*.yaml"))
    step = len(files) / min(count or len(files), len(files))
    chosen = [files[int(place * step)] for place in range(int(len(files) / step + 0.5))]
    return {
        f"{file.parent.name}/{file.stem}": yaml.safe_load(file.read_text(encoding="utf-8"))
        for file in chosen
    }


def run(wanted: Sequence[Wanted], processes: int) -> list[list[Result]]:
    """For each of what is wanted, its results by case and run."""
    modes = [one.mode for one in wanted]
    jobs = [list(zip(modes, parts, strict=True)) for parts in _by_process(wanted, processes)]
    if processes == 1:
        played = [play(jobs[0])]
    else:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            played = list(pool.map(play, jobs))
    return [
        sorted((one for part in parts for one in part), key=lambda one: (one.case, one.run))
        for parts in zip(*played, strict=True)
    ]


def play(job: Sequence[tuple[str, Sequence[Task]]]) -> list[list[Result]]:
    """The results of one process: mode by mode, of its tasks."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        return [_in_mode(stage, mode, tasks) for mode, tasks in job]


def _by_process(wanted: Sequence[Wanted], processes: int) -> list[tuple[Sequence[Task], ...]]:
    return list(zip(*(one.shares(processes) for one in wanted), strict=True))


def _in_mode(stage: Stage, mode: str, tasks: Sequence[Task]) -> list[Result]:
    with minds(mode) as mind_of:
        return [_played(stage, task, mind_of(task[0], task[2])) for task in tasks]


def _played(stage: Stage, task: Task, mind: Mind | None) -> Result:
    name, case, run_ = task
    try:
        kept = record(stage, varied(name, case, run_), mind)
    except Exception as error:  # noqa: BLE001 - one broken play must not hide the others
        return broken(name, case["kind"], run_, f"the play broke: {error!r}")
    return result(name, run_, kept, _ground(case["business"]))


@cache
def _ground(business: str) -> Sayable:
    return sayable(folder_of(business))
