"""Keeps calendar mirrors fresh, so that replies find them fresh."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.errors import CalendarError
from agent.model import CalendarAddress
from agent.ports import Clock
from server.bookings import address
from server.calendar_mirror import CalendarMirror, origin_of
from server.calendar_schedule import Demand, Due, due, last_night
from server.store import businesses, calendar_demand, mirror
from server.store.mirror import MirrorRow, Place

EVERY_S = 1.0
_WAITS_FOR = timedelta(minutes=15)
"""A text that has not been answered for so long waits for a person."""
_RECENT = timedelta(hours=24)
_SOON_FOR = timedelta(seconds=15)
"""So long it is taken for granted who had callers today or has visits ahead."""
_AT_ONCE = 8
"""Calendars that wait for a worker: what becomes urgent meanwhile waits for no more."""
_SLOW_S = 3.0

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A calendar that is to be read now."""

    business: Business
    at: CalendarAddress
    row: MirrorRow | None
    due: Due

    @property
    def place(self) -> Place:
        return Place(business=self.at.business, calendar=self.at.calendar)

    @property
    def urgency(self) -> tuple[Demand, datetime]:
        read_at = self.row.read_at if self.row else None
        return self.due.demand, read_at or datetime.min.replace(tzinfo=UTC)


class CalendarKeeper:
    """Every worker does it; of several, one reads a calendar: the first to claim it.

    One calendar at a time in each of two lanes: those that fail, are slow, or have to be read in full are only in each
    other's way. Who is told may take his time too, and has a thread for it.
    """

    def __init__(
        self,
        mirror: CalendarMirror,
        database: sa.Engine,
        clock: Clock,
        after: Callable[[Business, str, bool], None],
    ) -> None:
        """`after` is told of every reading: the business, its calendar, and whether that has changed since the last.

        It is told of a change at least once, also of one that another's reading has found, and again after a restart.
        """
        self._mirror, self._database, self._clock, self._after = mirror, database, clock, after
        self._stop = threading.Event()
        self._looking: threading.Thread | None = None
        self._lanes = {
            False: ThreadPoolExecutor(1, "calendar"),
            True: ThreadPoolExecutor(1, "slow-calendar"),
        }
        self._teller = ThreadPoolExecutor(1, "calendar-news")
        self._under_way: dict[Place, tuple[bool, Future[None]]] = {}
        self._profiles: dict[str, tuple[datetime, Business]] = {}
        self._soon: tuple[datetime, set[str]] = (datetime.min.replace(tzinfo=UTC), set())
        self._failures: dict[Place, int] = {}
        self._slow: set[Place] = set()
        self._told: dict[Place, str | None] = {}

    def start(self) -> None:
        self._looking = threading.Thread(target=self._run, name="calendar-keeper", daemon=True)
        self._looking.start()

    def stop(self) -> None:
        """Begin nothing more; what is under way ends by itself."""
        self._stop.set()
        if self._looking:
            self._looking.join(timeout=EVERY_S * 5)
        for pool in (*self._lanes.values(), self._teller):
            pool.shutdown(wait=False, cancel_futures=True)

    def look(self, now: datetime) -> int:
        """Begin to read what is due; returns how many calendars."""
        self._under_way = {
            place: one for place, one in self._under_way.items() if not one[1].done()
        }
        with self._database.connect() as connection:
            rows = {row.place: row for row in mirror.every(connection)}
            self._learn(connection)
            demand = self._demand(connection, now)
        self._forget_removed(rows)
        wanted = sorted(self._wanted(rows, demand, now), key=lambda one: one.urgency)
        begun = 0
        for is_slow in self._lanes:
            room = _AT_ONCE - sum(lane == is_slow for lane, _ in self._under_way.values())
            of_lane = [one for one in wanted if self._is_slow(one) == is_slow]
            begun += sum(self._begin(one, is_slow, now) for one in of_lane[: max(room, 0)])
        return begun

    def settle(self) -> None:
        """Wait until all that was begun is done, and told."""
        wait([future for _, future in self._under_way.values() if not future.cancelled()])
        if self._stop.is_set():
            self._teller.shutdown(wait=True)
        else:
            self._teller.submit(int).result()  # the last in the row

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self.look(self._clock.now())
            except Exception:  # the next look tries again
                log.exception("calendars.keeper_failed")

    def _learn(self, connection: sa.Connection) -> None:
        """The businesses as they are now."""
        known, current = self._profiles, calendar_demand.profiles(connection)
        self._profiles = {slug: known[slug] for slug in current if slug in known}
        for slug, changed_at in current.items():
            if slug not in known or known[slug][0] != changed_at:
                business = businesses.get(connection, slug)
                if business:
                    self._profiles[slug] = changed_at, business

    def _demand(self, connection: sa.Connection, now: datetime) -> Mapping[str, Demand]:
        if not now - self._soon[0] < _SOON_FOR:
            soon = calendar_demand.with_callers_or_visits(connection, now - _RECENT, now)
            self._soon = now, soon
        waiting = calendar_demand.with_waiting_callers(connection, now - _WAITS_FOR)
        return dict.fromkeys(self._soon[1], Demand.SOON) | dict.fromkeys(waiting, Demand.NOW)

    def _forget_removed(self, rows: Mapping[Place, MirrorRow]) -> None:
        """What is mirrored of calendars that no profile names any more."""
        named = {
            Place(business=slug, calendar=calendar.id)
            for slug, (_, business) in self._profiles.items()
            for calendar in business.calendars
        }
        for place in rows.keys() - named - self._under_way.keys():
            self._mirror.forget(place.business, place.calendar)

    def _wanted(
        self, rows: Mapping[Place, MirrorRow], demand: Mapping[str, Demand], now: datetime
    ) -> Iterator[_Wanted]:
        for slug, (_, business) in self._profiles.items():
            for calendar in business.calendars:
                place, at = (
                    Place(business=slug, calendar=calendar.id),
                    address(business, calendar.id),
                )
                row = rows.get(place)
                found = due(
                    row if row and row.source == origin_of(at) else None,
                    demand.get(slug, Demand.SOMETIME),
                    night=last_night(slug, calendar.id, business.zone, now),
                    failures=self._failures.get(place, 0),
                    now=now,
                )
                if found and place not in self._under_way:
                    yield _Wanted(business=business, at=at, row=row, due=found)

    def _is_slow(self, one: _Wanted) -> bool:
        is_new = one.row is None or one.row.read_at is None or one.row.problem is not None
        return is_new or one.due.whole or one.place in self._slow

    def _begin(self, one: _Wanted, is_slow: bool, now: datetime) -> bool:
        seen = one.row.checked_at if one.row else None
        with self._database.begin() as connection:
            if not mirror.claim(connection, one.place, origin_of(one.at), seen, now):
                return False
        self._under_way[one.place] = is_slow, self._lanes[is_slow].submit(self._read, one)
        return True

    def _read(self, one: _Wanted) -> None:
        began, place = time.monotonic(), one.place
        try:
            has_changed = self._mirror.refresh(one.at, whole=one.due.whole)
            self._failures.pop(place, None)
            if not self._stop.is_set():
                self._teller.submit(self._tell, one, has_changed)
        except CalendarError as error:
            self._failures[place] = self._failures.get(place, 0) + 1
            log.warning("calendars.unreadable", **vars(place), error=str(error))
        except Exception:  # it is due again in a while
            log.exception("calendars.failed", **vars(place))
        if time.monotonic() - began > _SLOW_S:
            self._slow.add(place)
        else:
            self._slow.discard(place)

    def _tell(self, one: _Wanted, has_changed: bool) -> None:
        """Who refreshes for a reply tells nobody, so what was told last counts; what was not taken is told again."""
        try:
            edition = self._mirror.edition(one.at.business, one.at.calendar)
            is_news = has_changed or self._told.get(one.place) != edition
            if is_news:
                self._told.pop(one.place, None)
            self._after(one.business, one.at.calendar, is_news)
            self._told[one.place] = edition
        except CalendarError as error:
            log.warning("calendars.not_told", **vars(one.place), error=str(error))
        except Exception:  # the next reading tells it
            log.exception("calendars.not_told", **vars(one.place))
