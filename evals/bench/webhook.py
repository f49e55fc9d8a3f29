"""What a text's webhook costs, beside FastAPI alone that checks the signature and commits one row."""

from dataclasses import dataclass

from evals.bench.processes import Companion, Meter
from evals.bench.report import Report, percentile, percentiles
from evals.bench.shop import QUESTION, Bench, Run, Shop, joined
from evals.product import SHOP, free_port

_AT_ONCE = 16
_WARM_UP = 32
_BARE_TIMES = 5
"""The bare one is so cheap that it takes more of them to measure."""
_ALONE_S = 1.5
"""A burst ends before the debounce of its first text, 2 s, lets a turn begin."""
_TIMES = 3.0


@dataclass(frozen=True, kw_only=True)
class WebhookSizes:
    bursts: int
    burst: int
    """Texts of one burst, at most."""
    steady: int


QUICK = WebhookSizes(bursts=2, burst=60, steady=120)
FULL = WebhookSizes(bursts=4, burst=100, steady=400)


def measure(report: Report, bench: Bench) -> None:
    sizes = QUICK if bench.quick else FULL
    report.section(
        f"Webhook of a text: {_AT_ONCE} connections, every caller another; CPU: the server process for each request"
    )
    alone, bare = [], []
    with bench.shop("alone", RINGBACK_DEBOUNCE_S="2") as shop:
        shop.turns(shop.strangers(_WARM_UP), _AT_ONCE)
        port, token = free_port(), shop.account["token"]
        with Companion("bare_web", bench.databases.for_yardstick(), str(port), token) as web:
            meter = Meter(pid=web.pid, database_pid=bench.databases.server_pid)
            _bare(shop, meter, port, _WARM_UP)
            for _ in range(sizes.bursts):
                alone.append(_burst(shop, sizes.burst))
                bare.append(_bare(shop, meter, port, sizes.burst * _BARE_TIMES))
    with bench.shop("steady") as shop:
        shop.turns(shop.strangers(_WARM_UP), _AT_ONCE)
        steady = shop.turns(shop.strangers(sizes.steady), _AT_ONCE, wait=False, settle_s=0.0)
        shop.turns([], _AT_ONCE, drain=True)
    _judge(report, joined(alone), steady, joined(bare))


def _judge(report: Report, alone: Run, steady: Run, bare: Run) -> None:
    _say(report, "webhook alone (turns wait out the debounce)", alone)
    _say(report, "webhook while turns run (their CPU included)", steady)
    _say(report, "bare FastAPI", bare)
    cpu_times = alone.cpu_ms / bare.cpu_ms
    report.aim("webhook alone, CPU against bare", "times", cpu_times, _TIMES)
    for name, run in (("alone", alone), ("while turns run", steady)):
        report.aim(f"webhook {name}, p99 against bare", "times", _p99(run) / _p99(bare), _TIMES)


def _burst(shop: Shop, texts: int) -> Run:
    """Texts whose turns have not begun yet; then their turns, not measured."""
    callers = shop.strangers(texts)
    run = shop.turns(callers, _AT_ONCE, wait=False, for_s=_ALONE_S, settle_s=0.0)
    shop.turns([], _AT_ONCE, drain=True)
    return run


def _bare(shop: Shop, meter: Meter, port: int, texts: int) -> Run:
    with meter.running() as cost:
        told = shop.outside.ask(
            url=f"http://127.0.0.1:{port}/twilio/sms",
            port=port,
            account=shop.account,
            to=SHOP,
            conversations=[(caller, [QUESTION]) for caller in shop.strangers(texts)],
            at_once=_AT_ONCE,
            wait=False,
            counted=False,
        )
    return Run(cost=cost, texts=texts, **told)


def _p99(run: Run) -> float:
    return percentile(run.webhook_ms, 0.99)


def _say(report: Report, what: str, run: Run) -> None:
    wall = f"{run.per_s:6.1f}/s  {percentiles(run.webhook_ms)}"
    others = run.cost.others_ms(run.texts)
    refused = f", {run.refused} FAILED, tried again" if run.refused else ""
    cpu = f"CPU {run.cpu_ms:5.1f} ms{others}, {run.taken} replies meanwhile{refused}"
    report.say(what, wall, cpu)
