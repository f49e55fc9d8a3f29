"""The model's share of a turn: calls, prompt tokens, time and CPU, over twenty short conversations in this process.

The model is a double in a process of its own, which answers after a fixed time; its CPU is not counted.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from agent.graph import Conversation
from agent.ports import Mind
from agent.state import Turn
from evals.bench.report import Report, percentile
from evals.bench.shop import Bench
from evals.playing import Stage
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.wiring import mind, settle

TALKS = Path(__file__).parent / "talks.txt"
DELAY_S = 0.3
_NOW = "2026-11-17T10:00:00-07:00"
_LONG = 30
_SETTLED = {"wait_s": 20}

Talk = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What one run of the graph took; the engine, the database's commit and the carrier are not in it."""

    ms: float
    cpu_ms: float
    calls: int
    tokens: int


class Timed(Conversation):
    """Notes what each walk took."""

    walks: list[Walk]

    def walk(self, turn: Turn) -> Turn:
        began, cpu = time.perf_counter(), time.process_time()
        done = super().walk(turn)
        took, used = time.perf_counter() - began, time.process_time() - cpu
        self.walks.append(
            Walk(
                ms=took * 1000,
                cpu_ms=used * 1000,
                calls=len(done.calls),
                tokens=sum(call["tokens_in"] for call in done.calls),
            )
        )
        return done


def _play(stage: Stage, talk: Talk, thinks: Mind | None) -> list[Walk]:
    case = {"business": DEMO_FOLDER.name, "now": _NOW}
    with stage.scene(case, thinks, Timed) as scene:
        timed = scene.rehearsal.conversation
        assert isinstance(timed, Timed)
        timed.walks = []
        for text in talk:
            scene.rehearsal.play({"caller": text}, _SETTLED)
            scene.rehearsal.play(_SETTLED, None)
    return timed.walks


def measure(report: Report, bench: Bench) -> None:
    _, *lines = TALKS.read_text(encoding="utf-8").splitlines()
    talks = [line.split(" | ") for line in lines]
    report.section("A model's share of a turn: twenty short conversations, use case in process")
    folder = bench.home / "model"
    folder.mkdir()
    stage = Stage(folder)
    with model_double(DELAY_S) as url:
        asked = _mind(url)
        for talk in talks[:2]:
            _play(stage, talk, asked)  # imports and indexes are no turn's
        settle()
        walks = [walk for talk in talks for walk in _play(stage, talk, asked)]
    with model_double(0) as url:
        texts = (
            text for talk in talks for text in talk if "gas" not in text and "water" not in text
        )
        long = _play(stage, [*islice(cycle(list(texts)), _LONG)], _mind(url))
    alone = [walk for talk in talks for walk in _play(stage, talk, None)]
    _say(report, walks, alone, [walk for walk in long if walk.calls])


def _mind(url: str) -> Mind:
    made = mind(Settings(openai_base_url=url, model="double"))
    assert made is not None
    return made


def _say(
    report: Report, walks: Sequence[Walk], alone: Sequence[Walk], long: Sequence[Walk]
) -> None:
    asked = [walk for walk in walks if walk.calls]
    calls = sum(walk.calls for walk in walks) / len(walks)
    tokens = statistics.mean(walk.tokens for walk in asked)
    longest = max(walk.tokens for walk in long[2:])
    growth = longest / long[1].tokens
    report.say(f"{len(walks)} turns, {len(asked)} asked the model", f"{calls:.2f} calls a turn")
    report.say("prompt tokens (characters / 4) of a turn that asks", f"{tokens:.0f}")
    report.say("prompt tokens of turn 2, and the most of turns 3 to 30", f"{long[1].tokens} and {longest}, {growth:.2f} times")  # fmt: skip
    _say_times(report, f"a turn that asks, {DELAY_S * 1000:.0f} ms a call", asked)
    _say_times(report, "a turn of the rules alone", alone)
    report.aim("model calls a turn", "", calls, 1.0)
    report.aim("prompt tokens of a turn", "", tokens, 950)
    report.aim("longest prompt of 30 turns by that of turn 2", "", growth, 1.25)
    report.aim("one turn with a 300 ms call, p50", "ms", statistics.median(walk.ms for walk in asked), 330)  # fmt: skip
    report.aim("one turn with a 300 ms call, p95", "ms", percentile([walk.ms for walk in asked], 0.95), 350)  # fmt: skip
    report.aim("CPU of a turn with a model", "ms", statistics.mean(walk.cpu_ms for walk in asked), 10)  # fmt: skip


def _say_times(report: Report, what: str, walks: Sequence[Walk]) -> None:
    times = [walk.ms for walk in walks]
    wall = f"p50 {statistics.median(times):.0f} ms, p95 {percentile(times, 0.95):.0f} ms"
    used = [walk.cpu_ms for walk in walks]
    report.say(what, wall, f"CPU mean {statistics.mean(used):.1f} ms, p95 {percentile(used, 0.95):.1f} ms")  # fmt: skip


@contextmanager
def model_double(delay_s: float) -> Iterator[str]:
    """A model in a process of its own; gives its base URL."""
    command = [sys.executable, "-m", "evals.model", "--delay-s", str(delay_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
