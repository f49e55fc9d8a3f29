"""What the inbox costs with ten thousand conversations of one business: its pages, a search, live updates."""

import re
import time
from contextlib import ExitStack
from urllib.parse import quote

import httpx2
import sqlalchemy as sa

from evals.bench.filling import Copies, settle
from evals.bench.report import Report, percentile
from evals.bench.shop import QUESTION, Bench, Shop
from server.store.tables import text, thread

_FIRST = 17_204_000_000
_TEXTS_EACH = 10
_QUARTER_S = 90 * 86_400
_P95 = 0.95
_MOST_MS, _MOST_KB = 200.0, 100.0
_PAGES = {
    "/inbox": "/inbox",
    "tab urgent": "/inbox?show=urgent",
    "tab needs a person": "/inbox?show=person",
    "tab agent talking": "/inbox?show=agent",
    "tab waiting for the caller": "/inbox?show=caller",
    "tab snoozed": "/inbox?show=snoozed",
    "tab done": "/inbox?show=done",
    "mine, unread": "/inbox?who=mine&unread=1",
    "live list": "/inbox/list?open=",
    "search: a word in all": f"/inbox?q={quote('drain')}",
    "search: a word in none": f"/inbox?q={quote('xylophone')}",
    "search: a number": f"/inbox?q={quote('(720) 400-1234')}",
    "a conversation": f"/inbox/{_FIRST + 1234}",
}
_PEOPLE = ("nobody", "mia", "sam")
_STREAMS, _STREAMED_S = 20, 5.0
_LIVE_MS = 5.0
"""CPU of one open page a second."""


def measure(report: Report, bench: Bench) -> None:
    size, times = (2_000, 10) if bench.quick else (10_000, 40)
    report.section(f"Inbox: {size:,} conversations of {_TEXTS_EACH} texts in one business")
    with bench.shop("inbox") as shop:
        _fill(shop, size)
        password = shop.product.run("login", "alder-creek-plumbing", "mia").split()[-1]
        with shop.awake(), httpx2.Client(base_url=shop.product.url, timeout=60) as browser:
            _sign_in(browser, password)
            for name, path in _PAGES.items():
                _say_page(report, shop, browser, name, path, times)
            _say_live(report, shop, browser)


def _fill(shop: Shop, size: int) -> None:
    """Copies of one conversation: three of a hundred are with nobody or a person, one in ten goes on, the rest is over."""
    (caller,) = shop.strangers(1)
    shop.talk([(caller, [QUESTION] * (_TEXTS_EACH // 2))], 1, reports=True)
    shop.stop()
    engine = shop.product.database()
    Copies(template=caller, first=_FIRST, how_many=size, span_s=_QUARTER_S).write(engine)
    newest = sa.select(sa.func.max(text.c.seq)).where(text.c.thread == thread.c.id)
    with engine.begin() as connection:
        connection.execute(sa.update(thread).values(last_text=newest.scalar_subquery()))
        for place, person in enumerate(_PEOPLE):
            theirs = thread.c.caller.endswith(f"{place}7")
            connection.execute(sa.update(thread).where(theirs).values(owner=person))
        connection.execute(
            sa.update(thread)
            .where(thread.c.owner == "nobody", thread.c.caller.like("%107"))
            .values(reason="urgent")
        )
        over = sa.and_(thread.c.owner == "agent", thread.c.caller.not_like("%9"))
        connection.execute(sa.update(thread).where(over).values(resolved_at=thread.c.last_at))
    settle(engine)
    shop.product.start_server()


def _sign_in(browser: httpx2.Client, password: str) -> None:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/login").text)
    assert found
    form = {"csrf": found.group(1), "login": "mia", "password": password}
    assert browser.post("/login", data=form).headers["location"] == "/inbox"


def _say_page(
    report: Report, shop: Shop, browser: httpx2.Client, name: str, path: str, times: int
) -> None:
    browser.get(path)
    took_ms, size = [], 0
    with shop.meter().running() as cost:
        for _ in range(times):
            began = time.perf_counter()
            answered = browser.get(path).raise_for_status()
            took_ms.append((time.perf_counter() - began) * 1000)
            size = len(answered.content)
    p95_ms = percentile(took_ms, _P95)
    wall = f"p50 {percentile(took_ms, 0.5):.0f} ms, p95 {p95_ms:.0f} ms"
    report.say(f"{name} ({size / 1000:.0f} kB)", wall, f"CPU {cost.cpu_s / times * 1000:.0f} ms")
    report.aim(f"{name}, p95", "ms", p95_ms, _MOST_MS)
    report.aim(f"{name}, weight", "kB", size / 1000, _MOST_KB)


def _say_live(report: Report, shop: Shop, browser: httpx2.Client) -> None:
    """Pages that are open while nothing happens."""
    shown = re.search(r"/inbox/live\?since=(\d+)", browser.get("/inbox").text)
    assert shown
    with ExitStack() as stack:
        for _ in range(_STREAMS):
            stack.enter_context(browser.stream("GET", f"/inbox/live?since={shown.group(1)}"))
        with shop.meter().running() as cost:
            time.sleep(_STREAMED_S)
    cpu_ms = cost.cpu_s * 1000 / _STREAMS / _STREAMED_S
    report.say(f"{_STREAMS} open pages", "", f"CPU {cpu_ms:.1f} ms a page and second")
    report.aim("an open page, each second", "ms of CPU", cpu_ms, _LIVE_MS)
