"""What a turn costs, from the webhook to the carrier's acceptance, beside DBOS alone."""

from dataclasses import dataclass

from evals.bench.processes import SETTLE_S, Companion, Meter
from evals.bench.report import Report, percentiles
from evals.bench.shop import Bench, Run, Shop, joined

_WARM_UP = 16
_BLOCKS = 2
"""The machine's other work changes; so the product and its yardstick are measured in turn."""
_ENGINE_TIMES, _ENGINE_PLUS_MS = 1.5, 10.0


@dataclass(frozen=True, kw_only=True)
class TurnSizes:
    no_model: dict[int, int]
    """How many turns, for each number at once."""
    model: dict[int, int]
    idle_s: float


QUICK = TurnSizes(no_model={1: 16, 16: 96, 64: 128}, model={16: 96}, idle_s=4.0)
FULL = TurnSizes(no_model={1: 40, 16: 240, 64: 320}, model={1: 40, 16: 240, 64: 320}, idle_s=10.0)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The product and DBOS alone, taking turns on one machine, at the same number at once."""

    report: Report
    bare: Companion
    bare_meter: Meter
    idle: float
    """CPU seconds that the product uses in a second with nothing to do."""
    bare_idle: float

    def turns(self, shop: Shop, name: str, at_once: int, turns: int, delay_s: float) -> None:
        each = turns // _BLOCKS
        shop.turns(shop.strangers(_WARM_UP), _WARM_UP, model_delay_s=delay_s)
        ours, theirs = [], []
        for _ in range(_BLOCKS):
            theirs.append(_bare(self.bare, self.bare_meter, each, at_once))
            ours.append(shop.turns(shop.strangers(each), at_once, model_delay_s=delay_s))
        self._say(f"{name}, {at_once} at once", joined(ours), joined(theirs))

    def _say(self, what: str, ours: Run, bare: Run) -> None:
        own_ms, bare_ms = _own_ms(ours, self.idle), _own_ms(bare, self.bare_idle)
        times = f", own {own_ms:5.1f} ms, {own_ms / bare_ms:.1f} times the bare engine's"
        say_turns(self.report, what, ours, times)
        say_turns(self.report, "  bare engine", bare, f", own {bare_ms:5.1f} ms")
        limit = bare_ms * _ENGINE_TIMES + _ENGINE_PLUS_MS
        self.report.aim(f"CPU per turn, own, {what}", "ms", own_ms, limit)


def measure(report: Report, bench: Bench) -> None:
    sizes = QUICK if bench.quick else FULL
    report.section(
        "Turns: new callers, one question each; wall: webhook posted to reply accepted; CPU: the server process; own: without what it uses when idle"
    )
    with Companion("bare_engine", bench.databases.for_yardstick()) as bare:
        meter = Meter(pid=bare.pid, database_pid=bench.databases.server_pid)
        _bare(bare, meter, _WARM_UP, _WARM_UP)
        with bench.shop("no-model") as shop:
            shop.turns(shop.strangers(_WARM_UP), _WARM_UP)
            beside = Comparison(
                report=report,
                bare=bare,
                bare_meter=meter,
                idle=_idle(report, "idle, the product", shop, shop.meter(), sizes.idle_s),
                bare_idle=_idle(report, "idle, bare engine", bare, meter, sizes.idle_s),
            )
            for at_once, turns in sizes.no_model.items():
                beside.turns(shop, "no model", at_once, turns, 0.0)
            _with_reports(report, shop, sizes.no_model[16])
        with bench.shop("model", model=True) as shop:
            for delay_s in (0.0, 0.3):
                for at_once, turns in sizes.model.items():
                    beside.turns(shop, f"{delay_s * 1000:.0f} ms model", at_once, turns, delay_s)


def _idle(
    report: Report, what: str, process: Shop | Companion, meter: Meter, seconds: float
) -> float:
    with process.awake():
        cost = meter.idle(seconds)
    report.say(what, "", f"CPU {cost.busy * 100:.1f} %{cost.others_percent()}")
    return cost.busy


def _with_reports(report: Report, shop: Shop, turns: int) -> None:
    """As a carrier does it: every text taken is followed by two webhooks more."""
    run = shop.turns(shop.strangers(turns), 16, reports=True)
    say_turns(report, "no model, 16 at once, two delivery reports too", run)


def _bare(bare: Companion, meter: Meter, turns: int, at_once: int) -> Run:
    with bare.awake(), meter.running() as cost:
        told = bare.ask(turns=turns, at_once=at_once, settle_s=SETTLE_S)
    return Run(cost=cost, texts=turns, **told)


def say_turns(report: Report, what: str, run: Run, more: str = "") -> None:
    cpu = f"CPU {run.cpu_ms:5.1f} ms{more}{run.cost.others_ms(run.texts)}"
    refused = f", {run.refused} webhooks FAILED, tried again" if run.refused else ""
    report.say(what, f"{run.per_s:6.1f}/s  {percentiles(run.reply_ms)}", f"{cpu}{refused}")


def _own_ms(run: Run, idle: float) -> float:
    """CPU of a turn without what polling would have used in that time anyway."""
    return run.cpu_ms - idle * run.cost.wall_s / run.texts * 1000
