"""The product as the bench runs it: the server alone; carrier, model and callers are the bench's own."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psutil

from evals.bench.databases import Databases
from evals.bench.processes import SETTLE_S, Companion, Cost, Meter, awake
from evals.product import SHOP, Product

_UNLIMITED = {
    "RINGBACK_TEXTS_PER_CALLER_HOUR": "1000000000",
    "RINGBACK_TEXTS_PER_BUSINESS_HOUR": "1000000000",
}
"""A bench texts like a machine; the limits are out of reach, but checked."""
QUESTION = "how much is a drain cleaning?"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came of a load."""

    cost: Cost
    """From the first text to the end of settling."""
    wall_s: float
    """From the first text to the last answer that was waited for."""
    webhook_ms: list[float]
    reply_ms: list[float]
    """From posting the text to the carrier's acceptance of the reply; empty where it was not waited for."""
    taken: int
    """Replies that the carrier took meanwhile."""
    texts: int
    refused: int = 0
    """Webhooks that the product failed to take, each tried again."""

    @property
    def cpu_ms(self) -> float:
        """CPU of the server process for each text, polling included."""
        return self.cost.cpu_s / self.texts * 1000

    @property
    def per_s(self) -> float:
        return self.texts / self.wall_s


def joined(runs: Sequence[Run]) -> Run:
    """Several loads of one kind as one."""
    return Run(
        cost=sum((run.cost for run in runs), Cost()),
        wall_s=sum(run.wall_s for run in runs),
        webhook_ms=[one for run in runs for one in run.webhook_ms],
        reply_ms=[one for run in runs for one in run.reply_ms],
        taken=sum(run.taken for run in runs),
        texts=sum(run.texts for run in runs),
        refused=sum(run.refused for run in runs),
    )


@dataclass(kw_only=True)
class Shop:
    """One product and the outside world it talks to."""

    product: Product
    outside: Companion
    databases: Databases
    numbers: "count[int]" = field(default_factory=lambda: count(2_000_000))

    @property
    def account(self) -> dict[str, str]:
        known = self.product.environment
        return {"sid": known["TWILIO_ACCOUNT_SID"], "token": known["TWILIO_AUTH_TOKEN"]}

    def meter(self) -> Meter:
        assert self.product.server
        return Meter(pid=self.product.server.pid, database_pid=self.databases.server_pid)

    def awake(self) -> AbstractContextManager[None]:
        return awake(self.meter().pid)

    def restart(self) -> None:
        self.stop()
        self.product.start_server()

    def stop(self) -> None:
        """Stop the server in order, not the outside."""
        assert self.product.server
        self.meter().process.resume()
        self.product.server.terminate()
        self.product.server.wait(timeout=30)

    def strangers(self, how_many: int) -> list[str]:
        """Phones that never wrote before."""
        return [f"+1720{next(self.numbers):07d}" for _ in range(how_many)]

    def turns(self, callers: Sequence[str], at_once: int, **more: Any) -> Run:
        """One question of each caller, so many at once; each waits for its reply."""
        return self.talk([(caller, [QUESTION]) for caller in callers], at_once, **more)

    def talk(
        self, conversations: Sequence[tuple[str, Sequence[str]]], at_once: int, **more: Any
    ) -> Run:
        """The server runs meanwhile, and is stopped until the next talk, so that it does not poll beside another."""
        with self.awake(), self.meter().running() as cost:
            told = self.outside.ask(
                url=f"{self.product.url}/twilio/sms",
                port=self.product.port,
                account=self.account,
                to=SHOP,
                conversations=[(caller, list(bodies)) for caller, bodies in conversations],
                at_once=at_once,
                **({"settle_s": SETTLE_S} | more),
            )
        return Run(cost=cost, texts=len(told["webhook_ms"]), **told)


@dataclass(kw_only=True)
class Bench:
    """Where everything is made: databases, and shops in folders of their own."""

    home: Path
    databases: Databases
    quick: bool
    _imported: Product | None = None

    @contextmanager
    def shop(self, name: str, *, model: bool = False, **more: str) -> Iterator[Shop]:
        """The demo business, served; a copy of one that was imported once.

        Args:
            name: of its folder.
            model: whether there is one; the outside's.
            more: settings, as environment variables.
        """
        with Companion("outside") as outside:
            address = "http://127.0.0.1:{}".format
            carrier = address(outside.told["carrier"])
            settings = _UNLIMITED | {"RINGBACK_TWILIO_API_URL": carrier} | more
            if model:
                minds = f"{address(outside.told['model'])}/v1"
                settings |= {"OPENAI_BASE_URL": minds, "OPENAI_API_KEY": "bench"}
            product = self._copy(name, settings)
            try:
                product.start_server()
                yield Shop(product=product, outside=outside, databases=self.databases)
            finally:
                if product.server and product.server.poll() is None:
                    psutil.Process(product.server.pid).resume()
                product.stop()

    def _copy(self, name: str, settings: dict[str, str]) -> Product:
        if self._imported is None:
            folder = self.home / "imported"
            folder.mkdir()
            self._imported = Product(folder, self.databases.for_product()).set_up()
        folder = self.home / name
        shutil.copytree(self._imported.data, folder)
        return Product(folder, self.databases.for_product(self._imported.database_url), settings)
