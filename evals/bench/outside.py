"""Everything outside the product, in one process: a carrier, a model, and callers who text and wait.

Told what to do by JSON lines on stdin; answers each with one on stdout.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from evals.bench import signed
from evals.bench.doubles import Carrier, Model
from evals.bench.http_double import Connection, listen

_REPLY_S = 120.0
_OK = 200
_TRIES = 4


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Callers who text, so many at once; each waits for the answer before the next text."""

    url: str
    """Of the webhook: posted to, and signed for."""
    port: int
    account: signed.Account
    to: str
    conversations: list[tuple[str, list[str]]]
    """(caller, texts in order)"""
    at_once: int
    model_delay_s: float = 0.0
    wait: bool = True
    """For the reply to be accepted, not only for the webhook's answer."""
    for_s: float = 600.0
    """No text is begun later than this."""
    settle_s: float = 0.0
    """Waited after the last one before answering."""
    drain: bool = False
    """Wait until every text sent so far has its reply."""
    counted: bool = True
    """These texts are to be answered; False: the server at `url` is not the product."""
    reports: bool = False
    """Two delivery reports, sent and delivered, for every text taken."""


@dataclass(kw_only=True)
class Times:
    webhook_ms: list[float] = field(default_factory=list[float])
    reply_ms: list[float] = field(default_factory=list[float])
    """From posting the text to the carrier's acceptance of the reply."""


class Outside:
    def __init__(self) -> None:
        self._carrier, self._model = Carrier(self._report), Model()
        self._texts, self._refused, self._taken = 0, 0, asyncio.Event()
        self._wish: Wish | None = None
        self._reports: set[asyncio.Task[None]] = set()
        self._free: list[Connection] = []

    async def listen(self) -> dict[str, int]:
        return {
            "carrier": await listen(self._carrier.answer),
            "model": await listen(self._model.answer),
        }

    async def act(self, wish: Wish) -> dict[str, Any]:
        self._wish, self._model.delay_s = wish, wish.model_delay_s
        waiting = [
            (caller, [signed.text(wish.account, wish.url, caller, wish.to, one) for one in bodies])
            for caller, bodies in wish.conversations
        ][::-1]
        times = Times()
        began, taken, refused = time.monotonic(), self._carrier.total, self._refused

        async def lane() -> None:
            connection = Connection(wish.port)
            while waiting and time.monotonic() - began < wish.for_s:
                caller, requests = waiting.pop()
                for request in requests:
                    await self._text(wish, connection, caller, request, times)
            connection.close()

        await asyncio.gather(*(lane() for _ in range(wish.at_once)))
        wall_s = time.monotonic() - began
        if wish.drain:
            await asyncio.wait_for(self._drained(), _REPLY_S)
        while self._reports:
            await asyncio.gather(*self._reports)
        await asyncio.sleep(wish.settle_s)
        return {
            "wall_s": wall_s,
            "taken": self._carrier.total - taken,
            "refused": self._refused - refused,
            "webhook_ms": times.webhook_ms,
            "reply_ms": times.reply_ms,
        }

    async def _text(
        self, wish: Wish, connection: Connection, caller: str, request: bytes, times: Times
    ) -> None:
        before, began = len(self._carrier.taken[caller]), time.monotonic()
        await self._posted(connection, request)
        self._texts += wish.counted
        times.webhook_ms.append((time.monotonic() - began) * 1000)
        if wish.wait:
            await asyncio.wait_for(self._carrier.taken_for(caller, before + 1), _REPLY_S)
            times.reply_ms.append((time.monotonic() - began) * 1000)

    async def _posted(self, connection: Connection, request: bytes) -> None:
        """As a carrier does it: a webhook that fails is tried again, and counted."""
        for _ in range(_TRIES):
            if await connection.send(request) == _OK:
                return
            self._refused += 1
        raise RuntimeError(f"a webhook was refused {_TRIES} times")

    async def _drained(self) -> None:
        while self._carrier.total < self._texts:
            self._taken.clear()
            await self._taken.wait()

    def _report(self, message: dict[str, str]) -> None:
        self._taken.set()
        if self._wish and self._wish.reports:
            task = asyncio.create_task(self._send_reports(self._wish, message))
            self._reports.add(task)
            task.add_done_callback(self._reports.discard)

    async def _send_reports(self, wish: Wish, message: dict[str, str]) -> None:
        connection = self._free.pop() if self._free else Connection(wish.port)
        for status in ("sent", "delivered"):
            request = signed.report(wish.account, message["callback"], message, status)
            await self._posted(connection, request)
        self._free.append(connection)


async def main() -> None:
    outside = Outside()
    _tell(await outside.listen())
    while line := await asyncio.to_thread(sys.stdin.readline):
        told = json.loads(line)
        account = signed.Account(**told.pop("account"))
        try:
            _tell(await outside.act(Wish(account=account, **told)))
        except (RuntimeError, TimeoutError) as error:
            _tell({"failed": str(error) or f"a text was not answered within {_REPLY_S:.0f} s"})


def _tell(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
