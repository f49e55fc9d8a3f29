"""Work that comes round again and again, in a thread of its own."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from agent.ports import Clock

Work = Callable[[datetime], int]
"""Does what is due now and says how much it was."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """Every worker makes them; each work is safe beside the same work elsewhere."""

    name: str
    works: Sequence[Work]
    clock: Clock
    every_s: float
    at_once: int
    """Of one pass of a work: when so much was due, it goes on at once."""
    first: Sequence[Work] = ()
    """Once, at the start."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        threading.Thread(target=self._run, name=self.name, daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        for work in self.first:
            self._do(work)
        while not self._stop.is_set():
            for work in self.works:
                while self._do(work) >= self.at_once and not self._stop.is_set():
                    pass
            self._stop.wait(self.every_s)

    def _do(self, work: Work) -> int:
        try:
            return work(self.clock.now())
        except Exception:  # the next round tries again
            log.exception("rounds.failed", rounds=self.name)
            return 0
