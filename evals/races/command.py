"""`python -m evals.races`: every scenario on every server that is installed; one line a scenario, then what does not hold."""

import argparse
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from agent.model import BookingEnd
from evals.bench.databases import Databases, SqliteFiles, own_postgres
from evals.bench.report import percentile
from evals.races.books import Books, ends, seconds, unserved, yielded
from evals.races.scenarios import PROCESSES, SCENARIOS, run
from evals.races.servers import SERVERS, NotInstalled, Server
from evals.races.verdict import Findings, examine

_SHOWN = 4
"""Findings of one scenario that are told in words."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.races", description=__doc__)
    parser.add_argument("--server", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--scenario", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    parser.add_argument("--callers", type=int, default=50)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="of chance; the machine adds its own")
    arguments = parser.parse_args()
    load = ", ".join(f"{one:.1f}" for one in psutil.getloadavg())
    print(
        f"{arguments.callers} callers in {arguments.processes} processes, {arguments.database}, "
        f"{psutil.cpu_count()} cores, load at start {load}"
    )
    print(_TITLES, flush=True)
    with (
        tempfile.TemporaryDirectory() as home,
        _databases(Path(home), arguments.database) as databases,
    ):
        wrong = sum(_on_server(name, databases, arguments) for name in arguments.server)
    sys.exit(1 if wrong else 0)


@dataclass(kw_only=True)
class Tally:
    """The runs of one scenario on one server."""

    books: list[Books] = field(default_factory=list[Books])
    findings: list[Findings] = field(default_factory=list[Findings])

    def add(self, books: Books) -> None:
        self.books.append(books)
        self.findings.append(examine(books))

    def row(self, server: str, scenario: str) -> str:
        counts: Counter[str] = Counter()
        for books in self.books:
            counts.update(ends(books))
        took = seconds(self.books)
        times = f"{statistics.median(took):.2f}/{percentile(took, 0.95):.2f}" if took else "-"
        cells = [
            server, scenario, len(self.books), sum(counts.values()), counts[BookingEnd.BOOKED],
            sum(map(yielded, self.books)), counts[BookingEnd.UNSURE], sum(map(unserved, self.books)),
            *(len(one) for one in self._found()),
            times, f"{psutil.getloadavg()[0]:.1f}",
        ]  # fmt: skip
        return _ROW.format(*cells)

    def told(self) -> Iterator[str]:
        """The findings in words, the first ones of each kind."""
        for kind, found in zip(vars(Findings()), self._found(), strict=True):
            yield from (f"    {kind}: {words}" for words in found[:_SHOWN])

    def _found(self) -> list[list[str]]:
        return [
            [words for one in self.findings for words in getattr(one, kind)]
            for kind in vars(Findings())
        ]


_ROW = "{:9} {:13} {:>4} {:>8} {:>6} {:>7} {:>6} {:>8} {:>6} {:>6} {:>7} {:>6} {:>11} {:>5}"
_TITLES = _ROW.format(
    "server", "scenario", "runs", "attempts", "booked", "yielded", "unsure",
    "unserved", "double", "untrue", "orphans", "errors", "p50/p95 s", "load",
)  # fmt: skip


def _on_server(name: str, databases: Databases, arguments: argparse.Namespace) -> int:
    """How much was found."""
    try:
        with SERVERS[name]() as server:
            return sum(
                _races(server, scenario, databases, arguments) for scenario in arguments.scenario
            )
    except NotInstalled as missing:
        print(f"{name:9} skipped, not installed: {missing}", flush=True)
        return 0


def _races(
    server: Server, scenario: str, databases: Databases, arguments: argparse.Namespace
) -> int:
    tally = Tally()
    for number in range(arguments.runs):
        tally.add(
            run(
                scenario,
                server.new_site(),
                databases.for_yardstick(),
                callers=arguments.callers,
                processes=arguments.processes,
                seed=arguments.seed * 100 + number,
            )
        )
    print(tally.row(server.name, scenario), flush=True)
    words = list(tally.told())
    print("\n".join(words), end="\n" if words else "", flush=True)
    return len(words)


def _databases(home: Path, kind: str) -> AbstractContextManager[Databases]:
    return own_postgres(home) if kind == "postgresql" else nullcontext(SqliteFiles(folder=home))
