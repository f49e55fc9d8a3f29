"""Processes of the product: started together, killed, stopped for a while, and followed by others."""

import itertools
import multiprocessing
import random
import signal
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Event
from pathlib import Path

from evals.races import worker
from evals.races.harm import Harm
from evals.races.lines import Line, read_log
from evals.races.shop import RunningClock
from evals.races.site import Site
from evals.races.worker import Act, Orders

_DONE_S = 180.0
_STARTED_S = 60.0
_QUIET_S = 1.0


def forking() -> ForkServerContext:
    """Processes that begin with everything imported, as one that has run for a while."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([worker.__name__])
    return context


@dataclass(kw_only=True)
class Crew:
    """All processes of one race, on one database."""

    database_url: str
    site: Site
    folder: Path
    context: ForkServerContext = field(default_factory=forking)
    going_on: Event = field(init=False)
    """Set for processes that stand still."""
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.going_on = self.context.Event()

    def start(
        self,
        shares: Sequence[Sequence[Act]],
        clock: RunningClock,
        harms: Sequence[Harm | None] = (),
    ) -> list[ForkServerProcess]:
        """A process for each share of the acts; returns when all begin."""
        harms = [*harms, *[None] * (len(shares) - len(harms))]
        together = self.context.Barrier(len(shares) + 1, timeout=_STARTED_S)
        started = []
        for acts, harm in zip(shares, harms, strict=True):
            orders = Orders(
                database_url=self.database_url,
                site=self.site,
                clock=clock,
                acts=tuple(acts),
                log=self.folder / f"log-{next(self._numbers)}.jsonl",
                harm=harm,
            )
            process = self.context.Process(
                target=worker.work, args=(orders, together, self.going_on)
            )
            process.start()
            started.append(process)
        together.wait()
        return started

    def run(self, shares: Sequence[Sequence[Act]], clock: RunningClock) -> None:
        """Nothing befalls them."""
        wait(self.start(shares, clock))

    def lines(self) -> list[Line]:
        return [line for path in sorted(self.folder.glob("*.jsonl")) for line in read_log(path)]


def wait(processes: Iterable[ForkServerProcess]) -> None:
    """Until each has ended, by itself or by a signal.

    Raises:
        AssertionError: one has not, or has failed.
    """
    for process in processes:
        process.join(_DONE_S)
        assert process.exitcode in (0, -signal.SIGKILL), (process.pid, process.exitcode)


def kill_at_random(process: ForkServerProcess, within_s: float, chance: random.Random) -> None:
    time.sleep(chance.uniform(0, within_s))
    process.kill()


def wait_until_quiet(crew: Crew) -> None:
    """Until nobody has asked or been told anything for a moment."""
    before = -1
    while before != (before := len(crew.lines())):
        time.sleep(_QUIET_S)
