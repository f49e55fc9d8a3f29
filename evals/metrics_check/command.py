"""`python -m evals.metrics_check`: random episodes, every figure counted twice; where the two differ."""

import argparse
import sys
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from evals.bench.databases import Databases, SqliteFiles, own_postgres
from evals.metrics_check.compare import compare

_SHOWN = 20


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.metrics_check", description=__doc__)
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="ringback-metrics-") as home,
        _databases(Path(home), arguments.database) as databases,
    ):
        wrong = sum(_differ(databases, seed, arguments.episodes) for seed in arguments.seed)
    sys.exit(1 if wrong else 0)


def _differ(databases: Databases, seed: int, episodes: int) -> int:
    began = time.perf_counter()
    found = compare(databases.for_yardstick(), seed, episodes)
    took_s = time.perf_counter() - began
    print(
        f"seed {seed}: {found.episodes:,} episodes, {found.periods} periods, "
        f"{found.figures:,} figures, {len(found.differences)} differ, {took_s:.1f} s"
    )
    for one in found.differences[:_SHOWN]:
        print(f"  {one}")
    return len(found.differences)


def _databases(home: Path, kind: str) -> AbstractContextManager[Databases]:
    return own_postgres(home) if kind == "postgresql" else nullcontext(SqliteFiles(folder=home))
