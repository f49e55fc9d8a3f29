"""What each question of another system costs with a hundred thousand conversations of one business."""

import time
from urllib.parse import quote

import httpx2
import sqlalchemy as sa

from evals.bench.filling import Copies, settle
from evals.bench.report import Report, percentile
from evals.bench.shop import QUESTION, Bench, Shop
from evals.product import SHOP
from server.store.tables import appointment, call, task, text, thread

_FIRST = 17_205_000_000
_TEXTS_EACH = 4
_YEAR_S = 365 * 86_400
_P95 = 0.95
_MOST_MS = 50.0
_SLUG = "alder-creek-plumbing"
_PEOPLE = ("nobody", "mia", "sam")


def measure(report: Report, bench: Bench) -> None:
    size, times = (5_000, 10) if bench.quick else (100_000, 40)
    report.section(f"API: {size:,} conversations of {_TEXTS_EACH} texts in one business")
    with bench.shop("api", RINGBACK_API_PER_MINUTE="0") as shop:
        _fill(shop, size)
        token = shop.product.run("token", _SLUG, "bench").split()[-1]
        address = f"{shop.product.url}/api/v1/businesses/{_SLUG}"
        headers = {"Authorization": f"Bearer {token}"}
        with shop.awake(), httpx2.Client(headers=headers, timeout=60) as program:
            for name, path in _questions(program, address, size).items():
                _say(report, shop, program, name, f"{address}{path}", times)


def _questions(program: httpx2.Client, address: str, size: int) -> dict[str, str]:
    first = program.get(f"{address}/threads?limit=200").raise_for_status().json()
    middle = _far(program, address, size)
    since = quote(first["items"][-1]["last_at"])
    return {
        "threads": "/threads",
        "threads, 200": "/threads?limit=200",
        "threads, far back": f"/threads?cursor={middle}",
        "threads, open": "/threads?state=open",
        "threads, done": "/threads?state=done",
        "threads of a person": "/threads?owner=mia",
        "threads of nobody, open": "/threads?owner=nobody&state=open",
        "threads of somebody with none": "/threads?owner=joe",
        "threads since": f"/threads?since={since}",
        "a thread": f"/threads/{_FIRST + size // 2}",
        "texts of a thread": f"/threads/{_FIRST + size // 2}/texts",
        "calls": "/calls",
        "calls, answered (none)": "/calls?outcome=answered",
        "appointments": "/appointments",
        "tasks": "/tasks",
        "tasks, open": "/tasks?state=open",
        "opt-outs": "/opt-outs",
        "documents": "/documents",
        "profile": "/profile",
    }


def _far(program: httpx2.Client, address: str, size: int) -> str:
    """A cursor of ours far behind the first page."""
    cursor = ""
    for _ in range(min(size // 200 - 1, 40)):
        page = program.get(f"{address}/threads?limit=200&cursor={cursor}").raise_for_status()
        cursor = page.json()["next"]
    return cursor


def _fill(shop: Shop, size: int) -> None:
    """Copies of one conversation, with a call each, a task for every tenth, a visit for every fifth; most are over."""
    (caller,) = shop.strangers(1)
    shop.talk([(caller, [QUESTION] * (_TEXTS_EACH // 2))], 1, reports=True)
    shop.stop()
    engine = shop.product.database()
    Copies(template=caller, first=_FIRST, how_many=size, span_s=_YEAR_S).write(engine)
    newest = sa.select(sa.func.max(text.c.seq)).where(text.c.thread == thread.c.id)
    with engine.begin() as connection:
        connection.execute(sa.update(thread).values(last_text=newest.scalar_subquery()))
        for place, person in enumerate(_PEOPLE):
            theirs = thread.c.caller.endswith(f"{place}77")
            connection.execute(sa.update(thread).where(theirs).values(owner=person))
        over = thread.c.caller.not_like("%99")
        connection.execute(sa.update(thread).where(over).values(resolved_at=thread.c.last_at))
        gone = thread.c.caller.like("%55")
        connection.execute(sa.update(thread).where(gone).values(opted_out_at=thread.c.last_at))
        for table, rows in _beside():
            names = [column.name for column in rows.selected_columns]
            connection.execute(sa.insert(table).from_select(names, rows))
    settle(engine)
    shop.product.start_server()


def _beside() -> list[tuple[sa.Table, sa.Select[tuple[object, ...]]]]:
    told = sa.literal

    def row(
        values: dict[str, sa.ColumnElement[object]], table: sa.Table
    ) -> sa.Select[tuple[object, ...]]:
        shared = {"business": thread.c.business, "thread": thread.c.id}
        every = shared | values
        return sa.select(*(sa.cast(every[name], table.c[name].type).label(name) if name in ("raw", "beside") else every[name].label(name) for name in every))  # fmt: skip

    at = thread.c.last_at
    calls = {
        "sid": told("CA") + thread.c.caller, "caller": thread.c.caller, "dialled": told(SHOP), "at": at,
        "outcome": told("missed"), "reason": told("no answer"), "decision": told("first text"),
        "body": told("Sorry we missed your call."), "is_test": sa.false(), "raw": told("{}"),
    }  # fmt: skip
    tasks = {
        "key": told("bench:") + thread.c.caller, "kind": told("callback"), "note": told("Call back."),
        "due_at": at, "created_at": at, "done_at": thread.c.resolved_at,
    }  # fmt: skip
    visits = {
        "id": told("bench:") + thread.c.caller, "service": told("drain-cleaning"), "calendar": told("van-1"),
        "beside": told("[]"), "start": at, "duration_min": told(60), "buffer_before_min": told(0),
        "buffer_after_min": told(0), "state": told("booked"), "offer": told("o"), "place": told(1),
        "code": told("bench:") + thread.c.caller, "revision": told(0), "shown": sa.false(), "created_at": at, "changed_at": at, "expires_at": at,
    }  # fmt: skip
    return [
        (call, row(calls, call)),
        (task, row(tasks, task).where(thread.c.caller.like("%3"))),
        (appointment, row(visits, appointment).where(thread.c.caller.like("%4"))),
    ]


def _say(
    report: Report, shop: Shop, program: httpx2.Client, name: str, url: str, times: int
) -> None:
    program.get(url).raise_for_status()
    took_ms, size = [], 0
    with shop.meter().running() as cost:
        for _ in range(times):
            began = time.perf_counter()
            answered = program.get(url).raise_for_status()
            took_ms.append((time.perf_counter() - began) * 1000)
            size = len(answered.content)
    p95_ms = percentile(took_ms, _P95)
    wall = f"p50 {percentile(took_ms, 0.5):.0f} ms, p95 {p95_ms:.0f} ms"
    report.say(f"{name} ({size / 1000:.0f} kB)", wall, f"CPU {cost.cpu_s / times * 1000:.1f} ms")
    report.aim(f"{name}, p95", "ms", p95_ms, _MOST_MS)
