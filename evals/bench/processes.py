"""Processes beside the product, and what any process costs."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import psutil

from evals.product import ROOT

SETTLE_S = 0.5
"""Waited after the last reply, so that what is recorded afterwards is counted too."""


class Companion:
    """A module of the bench as a process of its own, told what to do in JSON lines."""

    def __init__(self, module: str, *words: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"evals.bench.{module}", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self.told = self._read()

    def ask(self, **wish: Any) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        return self._read()

    def awake(self) -> AbstractContextManager[None]:
        return awake(self.pid)

    def __enter__(self) -> "Companion":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        psutil.Process(self.pid).resume()
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, f"{self._process.args!r} ended"
        told = json.loads(line)
        assert "failed" not in told, told["failed"]
        return told


@contextmanager
def awake(pid: int) -> Iterator[None]:
    """A process runs inside, and is stopped afterwards: what is not measured does not poll beside what is."""
    process = psutil.Process(pid)
    process.resume()
    yield
    process.suspend()


@dataclass(kw_only=True)
class Cost:
    """What a process used while something ran."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    """Of the process alone."""
    children_s: float = 0.0
    """CPU of the processes that it started."""
    database_s: float = 0.0
    """CPU of a database server of ours; 0 where it is part of the process, or not ours."""

    def __add__(self, more: "Cost") -> "Cost":
        return Cost(
            wall_s=self.wall_s + more.wall_s,
            cpu_s=self.cpu_s + more.cpu_s,
            children_s=self.children_s + more.children_s,
            database_s=self.database_s + more.database_s,
        )

    @property
    def busy(self) -> float:
        """Share of one core."""
        return self.cpu_s / self.wall_s

    def others_ms(self, texts: int) -> str:
        """What others used for each text, where it is anything."""
        return self._others(1000 / texts, "ms")

    def others_percent(self) -> str:
        return self._others(100 / self.wall_s, "%")

    def _others(self, scale: float, unit: str) -> str:
        parts = {"children": self.children_s * scale, "database server": self.database_s * scale}
        return "".join(f", {name} {used:.1f} {unit}" for name, used in parts.items() if used)


@dataclass(frozen=True, kw_only=True)
class Meter:
    pid: int
    database_pid: int | None = None
    process: psutil.Process = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "process", psutil.Process(self.pid))

    @contextmanager
    def running(self) -> Iterator[Cost]:
        """The cost of what happens inside."""
        cost, before, began = Cost(), self._used(), time.monotonic()
        yield cost
        cost.wall_s = time.monotonic() - began
        cost.cpu_s, cost.children_s, cost.database_s = (
            after - earlier for after, earlier in zip(self._used(), before, strict=True)
        )

    def idle(self, seconds: float) -> Cost:
        with self.running() as cost:
            time.sleep(seconds)
        return cost

    def memory_mb(self) -> tuple[float, float]:
        """Resident, of the process and of its children together."""
        children = self.process.children(recursive=True)
        return self.process.memory_info().rss / 1e6, sum(_rss(one) for one in children) / 1e6

    def _used(self) -> tuple[float, float, float]:
        children = sum(_cpu_s(one) for one in self.process.children(recursive=True))
        return _cpu_s(self.process), children, self._database_s()

    def _database_s(self) -> float:
        if self.database_pid is None:
            return 0.0
        server = psutil.Process(self.database_pid)
        ended = server.cpu_times()
        alive = sum(_cpu_s(one) for one in server.children(recursive=True))
        return alive + _cpu_s(server) + ended.children_user + ended.children_system


def _cpu_s(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return used.user + used.system


def _rss(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0.0
