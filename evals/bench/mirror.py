"""What an offer costs when calendars are large, from their mirrors and without, and what the mirrors cost.

`python -m evals.bench.mirror DATABASE_URL` is one offer from mirrors that are there, in a process of its own.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import sqlalchemy as sa
import yaml

from agent.business import Business
from agent.errors import CalendarError
from agent.model import CalendarAddress
from agent.rules import availability
from agent.rules.availability import Free, Rules
from server.calendar_mirror import CalendarMirror
from server.store import businesses
from server.store.engine import make_engine

if TYPE_CHECKING:
    from agent.ports import Calendar
    from evals.bench.report import Report
    from evals.bench.shop import Bench

_NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
_PROFILE = Path(__file__).parents[2] / "server" / "demo" / "alder-creek-plumbing" / "business.yaml"
_SERVICE, _DAYS = "drain-cleaning", 30
_OFFER_MS, _FIRST_S = 150.0, 1.5
_P95 = 0.95
_PAUSE_S = 0.02
"""Between two writes of the other writer."""


class Events(Protocol):
    def objects(self, at: CalendarAddress, start: datetime, end: datetime) -> Sequence[str]: ...


class Standing:
    """A clock: mirrors stay as fresh as they were."""

    def now(self) -> datetime:
        return _NOW


@dataclass
class Times:
    wall: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])
    """Of this process."""

    @contextmanager
    def taken(self) -> Iterator[None]:
        began, cpu = time.perf_counter(), time.process_time()
        yield
        self.cpu.append((time.process_time() - cpu) * 1000)
        self.wall.append((time.perf_counter() - began) * 1000)


def measure(report: "Report", bench: "Bench") -> None:
    from evals.bench.report import percentile  # noqa: PLC0415 - the first offer's process needs none of it
    from server.settings import Settings  # noqa: PLC0415
    from server.wiring import build  # noqa: PLC0415

    size = 500 if bench.quick else 5_000
    report.section(f"Mirror: two calendars of {size:,} events over fifteen months on Radicale")
    folder, business = bench.home / "mirrored", _business()
    _fill_folder(folder, business, size)
    settings = Settings(data_dir=folder, database_url=bench.databases.for_product())
    house = build(settings)
    with house.database.begin() as connection:
        businesses.save(connection, business, _NOW)
    mirror = CalendarMirror(house.calendar, house.database, Standing())
    places = [_address(business, one.id) for one in business.calendars]
    assert house.calendar_server
    house.calendar_server.start()
    try:
        for at in places:
            _say_cold(report, house.calendar, at)
        _say_fill(report, mirror, house.database, places)
        _say_refreshes(report, mirror, house.calendar, places[0], 3 if bench.quick else 20)
        offers = _repeated(lambda: offer(business, mirror), 20 if bench.quick else 200)
        live = _repeated(lambda: offer(business, house.calendar), 2 if bench.quick else 5)
    finally:
        house.calendar_server.stop()
        house.database.dispose()
    say(report, f"offer over {_DAYS} days from the mirror, {len(offers.wall)} times", offers)
    report.aim("offer from the mirror, p95", "ms", percentile(offers.wall, _P95), _OFFER_MS)
    report.aim("offer from the mirror, p95", "ms CPU", percentile(offers.cpu, _P95), _OFFER_MS)
    say(report, "the same offer from Radicale itself", live)
    _say_first(report, settings.url)


def say(report: "Report", what: str, times: Times) -> None:
    from evals.bench.report import percentile  # noqa: PLC0415

    def shown(figures: list[float]) -> str:
        return f"p50 {percentile(figures, 0.5):.0f} ms, p95 {percentile(figures, _P95):.0f} ms"

    report.say(what, shown(times.wall), f"CPU {shown(times.cpu)}")


def offer(business: Business, events: Events) -> list[Free]:
    """Every free time of the next weeks, as the diary finds them."""
    service = business.service(_SERVICE)
    assert service
    rules = availability.rules_of(business, service)
    first = _NOW.astimezone(business.zone).date()
    last = first + timedelta(days=_DAYS)
    return availability.free_slots(
        rules, _objects(business, rules, events), [], now=_NOW, first=first, last=last
    )


def _objects(business: Business, rules: Rules, events: Events) -> dict[str, Sequence[str]]:
    start, end = _NOW - timedelta(days=2), _NOW + timedelta(days=_DAYS + 2)
    return {name: events.objects(_address(business, name), start, end) for name in rules.resources}


def _say_cold(report: "Report", calendar: "Calendar", at: CalendarAddress) -> None:
    """Radicale reads each of its files once, as after a restored backup; it goes on when nobody waits any more."""
    cold, tries = Times(), 1
    with cold.taken():
        while not _is_answered(calendar, at):
            tries += 1
    told = f"{cold.wall[0] / 1000:.0f} s, {tries} tries"
    report.say(f"Radicale's own first look at {at.calendar}", told)


def _is_answered(calendar: "Calendar", at: CalendarAddress) -> bool:
    try:
        calendar.changes(at, None)
    except CalendarError:
        return False
    return True


def _say_fill(
    report: "Report", mirror: CalendarMirror, database: sa.Engine, places: list[CalendarAddress]
) -> None:
    fill = Times()
    with _other_writer(database) as waits:
        for at in places:
            with fill.taken():
                mirror.refresh(at)
    for at, wall, cpu in zip(places, fill.wall, fill.cpu, strict=True):
        report.say(f"first fill of {at.calendar}", f"{wall:.0f} ms", f"CPU {cpu:.0f} ms")
    report.say("longest wait of another writer meanwhile", f"{max(waits):.0f} ms")


def _say_refreshes(
    report: "Report", mirror: CalendarMirror, calendar: "Calendar", at: CalendarAddress, times: int
) -> None:
    from evals.bench.diary import calendar as one_object  # noqa: PLC0415
    from evals.bench.diary import event  # noqa: PLC0415

    idle, changed = Times(), Times()
    for place in range(times):
        with idle.taken():
            assert not mirror.refresh(at)
        start = _NOW + timedelta(days=place)
        text = one_object(event(f"new-{place}", start, start + timedelta(hours=1)))
        assert calendar.put(at, f"new-{place}", text)
        with changed.taken():
            assert mirror.refresh(at)
    whole = _repeated(lambda: mirror.refresh(at, whole=True), 1)
    say(report, f"refresh without a change, {times} times", idle)
    say(report, f"refresh after one change, {times} times", changed)
    say(report, "refresh of everything without a change", whole)


def _say_first(report: "Report", url: str) -> None:
    command = [sys.executable, "-m", "evals.bench.mirror", url]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    whole_s = time.perf_counter() - began
    told = json.loads(done.stdout)
    words = f"{told['wall_ms']:.0f} ms; {whole_s:.2f} s with the start of Python"
    spent = f"CPU {told['cpu_ms']:.0f} ms; {told['all_ms'] / 1000:.2f} s"
    report.say("first offer in a new process", words, spent)
    report.aim("first offer in a new process, with the start of Python", "s", whole_s, _FIRST_S)


def _repeated(work: Callable[[], object], times: int) -> Times:
    found = Times()
    for _ in range(times):
        with found.taken():
            work()
    return found


@contextmanager
def _other_writer(database: sa.Engine) -> Iterator[list[float]]:
    """Somebody who writes a little all the time; how long he waited each time, in ms."""
    waits, stop = [0.0], threading.Event()

    def write() -> None:
        while not stop.wait(_PAUSE_S):
            began = time.perf_counter()
            with database.begin() as connection:
                connection.execute(
                    sa.text("update business set documents_revision = documents_revision + 1")
                )
            waits.append((time.perf_counter() - began) * 1000)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield waits
    finally:
        stop.set()
        writer.join()


def _fill_folder(folder: Path, business: Business, size: int) -> None:
    """Full calendars where Radicale looks for them: by PUT it takes minutes."""
    from evals.bench.diary import calendar, events  # noqa: PLC0415

    for one in business.calendars:
        kept = folder.joinpath("calendars", "collections", "collection-root", business.slug, one.id)
        kept.mkdir(parents=True)
        (kept / ".Radicale.props").write_text('{"tag": "VCALENDAR"}')
        for place, vevent in enumerate(events(size, one.id, _NOW)):
            (kept / f"{place:05d}.ics").write_text(calendar(vevent), newline="")


def _business() -> Business:
    return Business.model_validate(yaml.safe_load(_PROFILE.read_text()))


def _address(business: Business, calendar: str) -> CalendarAddress:
    return CalendarAddress(business=business.slug, calendar=calendar)


def _first_offer(url: str) -> None:
    times, nobody = Times(), cast("Calendar", None)
    with times.taken():
        database = make_engine(url)
        with database.connect() as connection:
            [business] = businesses.every(connection)
        assert offer(business, CalendarMirror(nobody, database, Standing()))
    spent = {"wall_ms": times.wall[0], "cpu_ms": times.cpu[0], "all_ms": time.process_time() * 1000}
    print(json.dumps(spent))


if __name__ == "__main__":
    _first_offer(sys.argv[1])
