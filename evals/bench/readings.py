"""What one full reading of a text costs: every rule, the vector, and the trained reader."""

import time
from datetime import UTC, datetime

import numpy as np

from agent.rules.features import gist
from agent.rules.reading import read
from evals.bench.report import Report
from evals.bench.shop import Bench
from evals.training.texts import read_texts
from knowledge.embedding import MiniLm

_READ_P99_MS = 10.0
_NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)


def measure(report: Report, bench: Bench) -> None:
    report.section("Readings: CPU of one full reading of a text, rules, vector and trained reader")
    texts = [str(row["text"]) for row in read_texts()][:: 20 if bench.quick else 4]
    minilm = MiniLm()
    read("warm up", None, _NOW, vector=minilm.embed(["warm up"])[0])
    by_rules = [_cpu_ms(text, None) for text in texts]
    with_vector = [_cpu_ms(text, minilm) for text in texts]
    for what, spent in (("without a vector", by_rules), ("with its vector", with_vector)):
        told = f"p50 {np.percentile(spent, 50):.2f} ms, p99 {np.percentile(spent, 99):.2f} ms"
        report.say(f"reading {what}, {len(texts)} texts", told)
    report.aim(
        "reading with its vector, p99",
        "ms CPU",
        float(np.percentile(with_vector, 99)),
        _READ_P99_MS,
    )


def _cpu_ms(text: str, minilm: MiniLm | None) -> float:
    began = time.process_time()
    vector = minilm.embed([gist(text)])[0] if minilm else None
    read(text, None, _NOW, vector=vector)
    return (time.process_time() - began) * 1000
