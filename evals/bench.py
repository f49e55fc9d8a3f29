"""Start, memory, webhook and reply times of the real product on this machine: `make bench`.

Wall times depend on what else the machine does, so CPU time stands beside them.
"""

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from evals.product import SHOP, Product, until

QUESTION = "how much is a drain cleaning?"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", default="", help="empty: SQLite")
    parser.add_argument("--texts", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        product = Product(Path(home), arguments.database_url)
        try:
            print(
                f"{'PostgreSQL' if arguments.database_url else 'SQLite'}, load {psutil.getloadavg()[0]:.1f}"
            )
            _start_and_memory(product)
            _webhooks(product, arguments.texts)
            _replies(product, arguments.texts // 2)
        finally:
            product.stop()


def _start_and_memory(product: Product) -> None:
    product.start()
    product.kill_server()
    started = time.monotonic()
    product.start_server()
    _say("start to ready, warm", f"{time.monotonic() - started:.1f} s")
    _say("memory at ready", f"{_memory(product):.0f} MB")
    asked = time.monotonic()
    product.text(QUESTION)
    product.replied(1)
    _say("first answer", f"{time.monotonic() - asked:.2f} s")
    _say("memory after the first answer", f"{_memory(product):.0f} MB")


def _webhooks(product: Product, count: int) -> None:
    """Signed texts of as many callers, 16 at once; as the simulator sees the answers."""

    def send(place: int) -> None:
        product.text(QUESTION, caller=f"+1720555{place:04d}")

    before = _cpu_s(product)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(send, range(count)))
    log = product.client.get(f"{product.phone}/sim/webhooks", params={"path": "/twilio/sms"}).json()
    times = [one["duration_ms"] for one in log[-count:]]
    _say(f"webhook, {count} texts, 16 at once", _percentiles(times))
    until(lambda: _answered(product) > count, "every text is answered", timeout_s=300)
    spent = (_cpu_s(product) - before) / count * 1000
    _say("CPU a turn, webhook to carrier", f"{spent:.0f} ms")


def _replies(product: Product, count: int) -> None:
    """One caller after another: from the text to the carrier's acceptance of the reply."""
    times = []
    for place in range(count):
        caller = f"+1720556{place:04d}"
        sent = time.time()
        product.text(QUESTION, caller=caller)
        product.replied(1, to=caller)
        times.append((product.accepted(to=caller)[0]["accepted_at"] - sent) * 1000)
    _say("text to reply, no model, no debounce", _percentiles(times))


def _answered(product: Product) -> int:
    found = product.client.get(f"{product.phone}/sim/messages", params={"from": SHOP}).json()
    return len(found)


def _percentiles(times: list[float]) -> str:
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"p50 {statistics.median(ordered):.0f} ms, p99 {p99:.0f} ms"


def _memory(product: Product) -> float:
    time.sleep(2)
    return _process(product).memory_info().rss / 1e6


def _cpu_s(product: Product) -> float:
    used = _process(product).cpu_times()
    return used.user + used.system


def _process(product: Product) -> psutil.Process:
    assert product.server
    return psutil.Process(product.server.pid)


def _say(what: str, figure: str) -> None:
    print(f"{what:40} {figure}")


if __name__ == "__main__":
    main()
