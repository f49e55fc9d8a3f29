"""One process of the product, booking for many callers at once; what each is told goes into a log that survives it."""

import json
import threading
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Barrier
from typing import Any, NoReturn

import sqlalchemy as sa
import structlog

from agent.model import Booking, BookingEnd
from evals.races.harm import Fate, Harm, Moment, WatchedCalendar
from evals.races.lines import ENDED_BADLY, Deed
from evals.races.shop import CALENDARS, RunningClock, Shop, Wish, shop
from evals.races.site import Site
from server.bookings import address
from server.store import appointments
from server.store.engine import make_engine

_TRIES = 3
"""Of a caller who is refused, and of an attempt that could not reach the calendar."""
_PATIENCE_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Act:
    """What one caller wants; whoever is refused a time asks for one near it, unless `gives_up`."""

    deed: Deed
    wish: Wish
    row: str
    """Of the hold to book, or of the visit to cancel."""
    gives_up: bool = False


@dataclass(frozen=True, kw_only=True)
class Orders:
    database_url: str
    site: Site
    clock: RunningClock
    acts: tuple[Act, ...]
    log: Path
    harm: Harm | None = None


def work(orders: Orders, together: Barrier, going_on: Event) -> None:
    """Every act in a thread of its own, all at once and at once with the other processes.

    Args:
        going_on: set for processes that stand still.
    """
    structlog.configure(processors=[_HEARD.hear])
    database = make_engine(orders.database_url)
    fate = Fate(harm=orders.harm, going_on=going_on)
    sa.event.listen(database, "commit", lambda _connection: fate.at(Moment.COMMITTING))
    calendar = WatchedCalendar(orders.site.adapter(database), fate)
    here = shop(orders.site, database, calendar, orders.clock)
    with orders.log.open("a") as log, ThreadPoolExecutor(len(orders.acts) or 1) as pool:
        booth = _Booth(here, calendar, log)
        calendar.get(address(here.business, CALENDARS[0]), "nothing")  # libraries make ready
        database.connect().close()
        together.wait()
        list(pool.map(booth.serve, orders.acts))
    database.dispose()


def _why(error: Exception) -> str:
    """The error, and where in our own code it came from."""
    frames = [
        one for one in traceback.extract_tb(error.__traceback__) if "/server/" in one.filename
    ]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{(str(error) or repr(error)).splitlines()[0]} ({Path(last.filename).name}:{last.lineno} {last.name})"


class _Heard(threading.local):
    """What the product has logged last in this thread, instead of printing it."""

    words = ""

    def hear(self, _logger: object, _name: str, event: Mapping[str, Any]) -> NoReturn:
        self.words = f"{event['event']} {event.get('error', '')}"
        raise structlog.DropEvent


_HEARD = _Heard()


class _Booth:
    def __init__(self, here: Shop, calendar: WatchedCalendar, log: Any) -> None:
        self._shop, self._calendar, self._log = here, calendar, log
        self._lock = threading.Lock()

    def serve(self, act: Act) -> None:
        row, wish = act.row, act.wish
        for _ in range(_TRIES):
            end = self._patiently(act.deed, wish, row)
            if act.deed is not Deed.BOOK or end != BookingEnd.TAKEN or act.gives_up:
                return
            row = self._offered(wish)
            if not row:
                return

    def _offered(self, wish: Wish) -> str:
        """The hold of a time near the wish; empty: there is none."""
        began = time.monotonic()
        same = {"deed": Deed.OFFER, "caller": wish.caller, "row": ""}
        try:
            found = self._shop.diary.offer(
                self._shop.business, wish.caller, wish.service, wish.when, moves=wish.moves
            )
        except Exception as error:  # noqa: BLE001 - what escapes is a finding
            self._told(same, began, end=ENDED_BADLY, why=_why(error))
            return ""
        self._told(same, began, end=found.fit)
        return found.holds[0].id if found.holds else ""

    def _patiently(self, deed: Deed, wish: Wish, row: str) -> str:
        """Asked again where the calendar could not be asked, as the agent lets a caller ask again."""
        end = ""
        for _ in range(_TRIES):
            end = self._attempt(deed, wish, row)
            if end != BookingEnd.UNREACHABLE:
                break
            time.sleep(_PATIENCE_S)
        return end

    def _attempt(self, deed: Deed, wish: Wish, row: str) -> str:
        began = time.monotonic()
        same = {"deed": deed, "caller": wish.caller, "row": row}
        self._note(event="asked", at=began, looks={}, **same)
        self._calendar.begin()
        _HEARD.words = ""
        try:
            ended = self._do(deed, wish.caller, row)
        except Exception as error:  # noqa: BLE001 - what escapes is a finding
            self._told(same, began, end=ENDED_BADLY, why=_why(error))
            return ENDED_BADLY
        if ended.end in (BookingEnd.BOOKED, BookingEnd.CANCELLED):
            self._calendar.confirmed()
        visit = ended.appointment
        named = {"visit": visit.id, "start": visit.start.isoformat()} if visit else {}
        self._told(same, began, end=ended.end, why=_HEARD.words, **named)
        return ended.end

    def _do(self, deed: Deed, caller: str, row: str) -> Booking:
        diary, business = self._shop.diary, self._shop.business
        if deed is Deed.BOOK:
            return diary.book(business, caller, row)
        if deed is Deed.CANCEL:
            return diary.cancel(business, caller, row)
        with self._shop.database.connect() as connection:
            found = appointments.get(connection, row)
        assert found
        if deed is Deed.CLEAR:
            diary.bookings.clear(business, found)
            return diary.bookings.done(business, found)
        return diary.bookings.settle(business, found, lambda _connection, _visit, _what: None)

    def _told(self, same: Mapping[str, str], began: float, **more: str) -> None:
        now = time.monotonic()
        seen = {"looks": self._calendar.looks, "wrote": self._calendar.wrote}
        self._note(event="told", at=now, seconds=now - began, **seen, **same, **more)

    def _note(self, **line: Any) -> None:
        with self._lock:
            self._log.write(json.dumps(line) + "\n")
            self._log.flush()
