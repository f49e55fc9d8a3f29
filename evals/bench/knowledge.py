"""Finding passages among many businesses in one process: memory, warm and cold searches, and searches during an upload.

    python -m evals.bench.knowledge fill|ask FOLDER BUSINESSES

`fill` makes the businesses, with vectors that mean nothing so that it does not take hours; `ask` measures
in a process of its own, with the real embedder, and prints a line of JSON.
"""

import csv
import hashlib
import io
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
import sqlalchemy as sa

from evals.bench.report import Report, percentile
from evals.bench.shop import Bench
from knowledge.embedding import Vectors
from knowledge.index import PassageIndex
from knowledge.library import Library
from server.settings import Settings
from server.store.tables import business
from server.wiring import open_tools

_ENTRIES, _UPLOADED = 60, 500
_COLD, _WARM = 100, 400
_MEMORY_MB, _WARM_MS, _COLD_MS = 1000.0, 25.0, 150.0
_SUBJECTS = [
    "boiler",
    "sink",
    "gutter",
    "roof",
    "window",
    "lawn",
    "hedge",
    "fence",
    "carpet",
    "sofa",
    "oven",
    "fridge",
    "lamp",
    "socket",
    "drain",
    "tap",
    "shower",
    "toilet",
    "door",
    "lock",
    "garage",
    "path",
    "wall",
    "ceiling",
    "floor",
    "chimney",
    "attic",
    "cellar",
    "pump",
    "tank",
]
_ASKS = [
    "how much is it to clean the",
    "do you repair a",
    "how long does it take to fit a new",
    "can you look at my",
    "what do you need to know about our",
    "is there a guarantee on the",
]
_PLACES = [
    "kitchen",
    "bathroom",
    "hall",
    "garden",
    "office",
    "shop",
    "school",
    "hotel",
    "flat",
    "barn",
]


@dataclass(frozen=True, kw_only=True)
class Measured:
    cold_ms: list[float]
    """Wall: a business that is not in memory."""
    warm_cpu_ms: list[float]
    warm_ms: list[float]
    memory_mb: float
    """All businesses in memory."""
    beside_ms: list[float]
    """Wall: another business, while one adds a document."""
    upload_s: float
    memory_after_mb: float


def measure(report: Report, bench: Bench) -> None:
    size = 100 if bench.quick else 1000
    report.section(f"Knowledge: {size:,} businesses of {_ENTRIES} entries in one process")
    folder = bench.home / "knowledge"
    _run("fill", folder, size)
    found = Measured(**json.loads(_run("ask", folder, size)))
    for what, times in (
        ("first search of a business, wall", found.cold_ms),
        ("search, CPU", found.warm_cpu_ms),
        ("search, wall", found.warm_ms),
        (f"search while another adds {_UPLOADED} entries, wall", found.beside_ms),
    ):
        told = f"p50 {percentile(times, 0.5):.1f} ms, p95 {percentile(times, 0.95):.1f} ms"
        report.say(f"{what}, {len(times)} times", told)
    report.say(f"adding the document of {_UPLOADED} entries", f"{found.upload_s:.1f} s")
    report.say(
        "memory with all of them open, and after",
        f"{found.memory_mb:.0f} MB, {found.memory_after_mb:.0f} MB",
    )
    report.aim("memory of the process", "MB", found.memory_after_mb, _MEMORY_MB)
    report.aim("search, p95", "ms CPU", percentile(found.warm_cpu_ms, 0.95), _WARM_MS)
    report.aim("first search, p95", "ms", percentile(found.cold_ms, 0.95), _COLD_MS)


class StandIn:
    """Vectors without meaning, of the right size, the same for the same text."""

    id = "minilm-int8"

    def embed(self, texts: list[str]) -> Vectors:
        seeds = [hashlib.sha256(text.encode()).digest() for text in texts]
        rows = [np.random.default_rng(list(seed)).normal(size=384) for seed in seeds]
        vectors: Vectors = np.array(rows, dtype=np.float32).reshape(-1, 384)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def fill(settings: Settings, size: int) -> None:
    tools = open_tools(settings)
    library = Library(
        tools.shelf, PassageIndex(settings.data_dir / "index", StandIn()), tools.clock
    )
    made = [{"slug": slug, "profile": {}, "updated_at": datetime.now(UTC)} for slug in _slugs(size)]
    with tools.database.begin() as connection:
        connection.execute(sa.insert(business), made)
    for slug in _slugs(size):
        library.put(slug, "faq.csv", _document(slug, _ENTRIES))


def ask(settings: Settings, size: int) -> Measured:
    library, names = open_tools(settings).library, _slugs(size)
    questions = _questions(_draw("asked"))
    library.search(names[0], "load the model", 5)

    def search(slug: str) -> tuple[float, float]:
        """Wall and CPU, in ms."""
        question, began, spent = next(questions), time.perf_counter(), time.process_time()
        assert library.search(slug, question, 5)
        return (time.perf_counter() - began) * 1000, (time.process_time() - spent) * 1000

    cold = [search(slug)[0] for slug in names[1 : 1 + _COLD]]
    for slug in names[1 + _COLD :]:
        search(slug)
    warm = [search(slug) for slug in _draw("warm").choices(names, k=_WARM)]
    memory_mb = _memory_mb()
    beside: list[float] = []
    began = time.perf_counter()
    upload = threading.Thread(
        target=library.put, args=(names[0], "more.csv", _document("more", _UPLOADED))
    )
    upload.start()
    while upload.is_alive():
        beside.append(search(names[1 + len(beside) % (size - 1)])[0])
    return Measured(
        cold_ms=cold,
        warm_cpu_ms=[cpu for _, cpu in warm],
        warm_ms=[wall for wall, _ in warm],
        memory_mb=memory_mb,
        beside_ms=beside,
        upload_s=time.perf_counter() - began,
        memory_after_mb=_memory_mb(),
    )


def _run(step: str, folder: Path, size: int) -> str:
    command = [sys.executable, "-m", "evals.bench.knowledge", step, str(folder), str(size)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _slugs(size: int) -> list[str]:
    return [f"shop-{number:04d}" for number in range(size)]


def _draw(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same draw every time


def _questions(draw: random.Random) -> Iterator[str]:
    """No two alike."""
    number = 0
    while True:
        number += 1
        yield f"{draw.choice(_ASKS)} {draw.choice(_SUBJECTS)} in the {draw.choice(_PLACES)} no {number}?"


def _document(seed: str, entries: int) -> bytes:
    """Questions and answers; no two businesses have the same."""
    draw = _draw(seed)
    questions = _questions(draw)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["question", "answer"])
    for _ in range(entries):
        told = " ".join(draw.choices([*_SUBJECTS, *_PLACES], k=15))
        table.writerow([next(questions), f"{seed}: from ${draw.randint(20, 900)}, with {told}."])
    return out.getvalue().encode()


def _memory_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


def main() -> None:
    step, folder, size = sys.argv[1:]
    settings = Settings(data_dir=Path(folder))
    if step == "fill":
        fill(settings, int(size))
    else:
        print(json.dumps(asdict(ask(settings, int(size)))))


if __name__ == "__main__":
    main()
