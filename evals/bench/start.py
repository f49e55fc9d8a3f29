"""How long a start takes, and what the server keeps in memory."""

import statistics
import time

from evals.bench.processes import Meter
from evals.bench.report import Report
from evals.bench.shop import Bench, Shop

_READY_S, _READY_MB, _ANSWERED_MB = 4.0, 250.0, 450.0
_SETTLED_S = 5.0


def measure(report: Report, bench: Bench) -> None:
    report.section("Start and memory: resident, of the server process and apart of its children")
    with bench.shop("start") as shop:
        starts = [_start(report, shop) for _ in range(2 if bench.quick else 4)]
        wall_s = statistics.median(one for one, _ in starts)
        memory_mb = max(mb for _, mb in starts)
        time.sleep(_SETTLED_S)
        say_memory(report, f"memory {_SETTLED_S:.0f} s after ready", shop.meter())
        answered_mb = first_answer(report, shop)
    report.aim("start to ready, warm, median", "s", wall_s, _READY_S)
    aim_memory(report, memory_mb, answered_mb)


def _start(report: Report, shop: Shop) -> tuple[float, float]:
    shop.stop()
    began = time.monotonic()
    shop.product.start_server()
    wall_s, meter = time.monotonic() - began, shop.meter()
    used = meter.process.cpu_times()
    memory_mb = say_memory(report, "memory at the moment of ready", meter)
    report.say("start to ready, warm", f"{wall_s:.2f} s", f"CPU {used.user + used.system:.2f} s")
    return wall_s, memory_mb


def say_memory(report: Report, what: str, meter: Meter) -> float:
    """Print both; returns the server's own, MB."""
    own_mb, children_mb = meter.memory_mb()
    report.say(what, f"{own_mb:.0f} MB, children {children_mb:.0f} MB")
    return own_mb


def first_answer(report: Report, shop: Shop) -> float:
    """The first text after a start; returns the memory after it, MB."""
    run = shop.turns(shop.strangers(1), 1)
    report.say("first answer", f"{run.reply_ms[0]:.0f} ms", f"CPU {run.cpu_ms:.0f} ms")
    return say_memory(report, "memory after the first answer", shop.meter())


def aim_memory(report: Report, ready_mb: float, answered_mb: float, when: str = "") -> None:
    report.aim(f"memory at ready{when}", "MB", ready_mb, _READY_MB)
    report.aim(f"memory after the first answer{when}", "MB", answered_mb, _ANSWERED_MB)
