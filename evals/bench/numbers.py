"""What the figures of a year cost: one business with 100,000 texts, counted whole and by the week."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agent.business import Business
from agent.model import TextKind
from evals.bench.filling import settle
from evals.bench.report import Report, percentile
from evals.bench.shop import Bench
from evals.product import FOLDER
from server import numbers
from server.business_yaml import parse_business
from server.store import businesses
from server.store.engine import create, make_engine
from server.store.tables import appointment, call, consent, task, text, thread

_NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
_YEAR = timedelta(days=365)
_MOST_S = 1.0
_TEXTS_EACH = 4
"""Of an episode: the first text, two of the caller and one reply."""
_CHUNK = 5_000

Row = tuple[sa.Table, dict[str, Any]]


def measure(report: Report, bench: Bench) -> None:
    size, times = (10_000, 3) if bench.quick else (100_000, 7)
    report.section(f"Numbers: a business with {size:,} texts in a year")
    url = bench.databases.for_yardstick()
    create(url)
    engine = make_engine(url)
    business = parse_business((FOLDER / "business.yaml").read_bytes())
    _fill(engine, business, size // _TEXTS_EACH)
    settle(engine)
    for name, days in (("a year", 365), ("four weeks", 28), ("a week", 7)):
        first = _NOW.date() - timedelta(days=days - 1)
        took = [_timed(engine, business, first) for _ in range(times)]
        wall, cpu = (percentile([one[place] for one in took], 0.5) for place in (0, 1))
        report.say(f"report of {name}", f"median {wall * 1000:.0f} ms", f"CPU {cpu * 1000:.0f} ms")
        if days == _YEAR.days:
            report.aim(f"figures of a year, {size:,} texts", "s", wall, _MOST_S)
    engine.dispose()


def _timed(engine: sa.Engine, business: Business, first: date) -> tuple[float, float]:
    """Seconds by the clock, and of CPU here."""
    wall, cpu = time.perf_counter(), time.process_time()
    with engine.connect() as connection:
        counted = numbers.report(connection, business, first, _NOW.date(), now=_NOW)
        numbers.as_json(counted)
    assert counted.episodes
    return time.perf_counter() - wall, time.process_time() - cpu


def _fill(engine: sa.Engine, business: Business, episodes: int) -> None:
    with engine.begin() as connection:
        businesses.save(connection, business, _NOW - _YEAR)
    for start in range(0, episodes, _CHUNK):
        made: dict[sa.Table, list[dict[str, Any]]] = {}
        for place in range(start, min(start + _CHUNK, episodes)):
            for table, row in _episode(business, place, episodes):
                made.setdefault(table, []).append(row)
        with engine.begin() as connection:
            for table, rows in made.items():
                connection.execute(sa.insert(table), rows)


def _episode(business: Business, place: int, episodes: int) -> Iterator[Row]:
    """One missed call of a stranger and what followed; every fifth visits, every hundredth opts out."""
    caller = f"+1720{place:07d}"
    name = f"{business.slug}:{caller}"
    at = _NOW - _YEAR + _YEAR * place / episodes
    whose = {"business": business.slug, "thread": name}
    yield thread, {
        "id": name, "business": business.slug, "caller": caller, "owner": "agent", "memory": {}, "last_at": at,
    }  # fmt: skip
    yield call, whose | {
        "sid": f"CA{place}", "caller": caller, "dialled": business.phone, "at": at, "outcome": "missed", "reason": "no answer",
        "decision": "first text", "settled_at": at + timedelta(seconds=20), "raw": {"Direction": "inbound"},
    }  # fmt: skip
    for row in _texts(business, place, caller, at + timedelta(seconds=22)):
        yield text, whose | row
    if place % 5 == 0:
        yield appointment, whose | _visit(business, place, at + timedelta(minutes=10))
    if place % 10 == 0:
        yield task, whose | _callback(place, at)
    change = "opt_out" if place % 100 == 0 else "inbound_call"
    yield consent, {
        "business": business.slug, "caller": caller, "change": change, "evidence": {}, "at": at + timedelta(minutes=5),
    }  # fmt: skip


def _texts(business: Business, place: int, caller: str, at: datetime) -> Sequence[dict[str, Any]]:
    ours = {
        "sender": business.phone,
        "recipient": caller,
        "status": "delivered",
        "body": "Sorry we missed your call." * 3,
    }
    theirs = {
        "sender": caller,
        "recipient": business.phone,
        "status": "answered",
        "body": "Can you come tomorrow?",
        "why": {},
    }
    why = {
        "call": f"CA{place}",
        "held": False,
        "template": f"own first_text en {place // 9000:08d}",
    }
    return [
        ours | {"key": f"first:CA{place}", "author": "template", "kind": TextKind.FIRST_TEXT, "at": at, "sending_at": at, "sid": f"SM{place}", "why": why},
        theirs | {"key": f"SM{place}a", "author": "caller", "kind": None, "at": at + timedelta(seconds=place % 90_000), "sending_at": None, "sid": None},
        ours | {"key": f"T{place}", "author": "agent", "kind": TextKind.REPLY, "at": at, "sending_at": at, "sid": f"SMr{place}", "why": {}},
        theirs | {"key": f"SM{place}b", "author": "caller", "kind": None, "at": at + timedelta(hours=2), "sending_at": None, "sid": None},
    ]  # fmt: skip


def _visit(business: Business, place: int, at: datetime) -> dict[str, Any]:
    return {
        "id": f"A{place}", "service": business.services[0].id, "calendar": business.calendars[0].id, "beside": [],
        "start": at + timedelta(days=1), "duration_min": 60, "buffer_before_min": 0, "buffer_after_min": 0, "state": "booked",
        "offer": f"O{place}", "place": 1, "created_at": at, "changed_at": at, "expires_at": at,
    }  # fmt: skip


def _callback(place: int, at: datetime) -> dict[str, Any]:
    kept = place % 20 == 0
    return {
        "key": f"C{place}", "kind": "callback", "note": "call back", "created_at": at, "due_at": at + timedelta(hours=2),
        "done_at": at + timedelta(hours=1) if kept else None, "kept": True if kept else None,
    }  # fmt: skip
