"""`python -m evals.bench`: every section, or those named with --only."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import psutil

from evals.bench import (
    api,
    first_texts,
    growth,
    inbox,
    knowledge,
    mirror,
    model,
    numbers,
    readings,
    replies,
    start,
    storage,
    turns,
    webhook,
)
from evals.bench.databases import Databases, SqliteFiles, own_postgres, postgres_at
from evals.bench.report import Report
from evals.bench.shop import Bench

SECTIONS: dict[str, Callable[[Report, Bench], None]] = {
    "start": start.measure,
    "webhook": webhook.measure,
    "turns": turns.measure,
    "calls": first_texts.measure,
    "growth": growth.measure,
    "inbox": inbox.measure,
    "api": api.measure,
    "storage": storage.measure,
    "history": growth.measure_history,
    "replies": replies.measure,
    "readings": readings.measure,
    "model": model.measure,
    "mirror": mirror.measure,
    "knowledge": knowledge.measure,
    "numbers": numbers.measure,
}


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends with us
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description=__doc__)
    parser.add_argument(
        "--only", default=",".join(SECTIONS), help=f"of {','.join(SECTIONS)}; all unless said"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, for steering")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--postgres", action="store_true", help="start a PostgreSQL server for it")
    kind.add_argument(
        "--database-url",
        default="",
        help="a PostgreSQL server to make databases on, with room for 200 connections",
    )
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if unknown := set(wanted) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    report = Report()
    with tempfile.TemporaryDirectory() as home, _databases(Path(home), arguments) as databases:
        size = "quick" if arguments.quick else "full"
        load = ", ".join(f"{one:.1f}" for one in psutil.getloadavg())
        print(f"{databases.kind}, {size} sizes, {psutil.cpu_count()} cores, load at start {load}")
        bench = Bench(home=Path(home), databases=databases, quick=arguments.quick)
        for name in wanted:
            SECTIONS[name](report, bench)
    report.verdict()


def _databases(home: Path, arguments: argparse.Namespace) -> AbstractContextManager[Databases]:
    if arguments.postgres:
        return own_postgres(home)
    if arguments.database_url:
        return postgres_at(arguments.database_url)
    return nullcontext(SqliteFiles(folder=home))


if __name__ == "__main__":
    main()
