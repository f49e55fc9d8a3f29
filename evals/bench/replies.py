"""Text to reply, no model, no debounce, one caller after another."""

from evals.bench.report import Report, percentiles
from evals.bench.shop import Bench


def measure(report: Report, bench: Bench) -> None:
    report.section("Text to reply: no model, no debounce, one new caller after another")
    with bench.shop("replies") as shop:
        shop.turns(shop.strangers(10), 1)
        run = shop.turns(shop.strangers(20 if bench.quick else 100), 1)
    report.say(
        "text posted to reply accepted",
        percentiles(run.reply_ms),
        f"CPU {run.cpu_ms:.1f} ms a turn, polling included",
    )
    report.say("  of it the webhook's answer", percentiles(run.webhook_ms))
