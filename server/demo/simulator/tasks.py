"""Work that goes on after a request was answered, limited in number."""

import asyncio
import logging
from collections.abc import Coroutine

log = logging.getLogger(__name__)


class Tasks:
    """Runs work in the background; work over the limit is dropped and logged."""

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[None, None, None]) -> None:
        if len(self._running) >= self._limit:
            work.close()
            log.error("simulator.overloaded: %s tasks are waiting", len(self._running))
            return
        task = asyncio.create_task(_logged(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _logged(work: Coroutine[None, None, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("simulator.task_failed")
