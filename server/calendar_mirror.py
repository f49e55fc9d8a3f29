"""Calendars mirrored in our own database: offers are made of them, so that no caller waits for somebody's server.

The calendar stays the truth, and whoever books looks there: a mirror that lags behind can cost a caller the time that
he was offered, never make two bookings of it.
"""

import hashlib
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from agent.errors import CalendarError
from agent.model import CalendarAddress, CalendarChanges, StoredEvent
from agent.ports import Calendar, Clock
from agent.rules.ical.extent import extent
from server.one_at_a_time import OneAtATime
from server.store import mirror
from server.store.mirror import EventRow, MirrorRow, Place

FRESH_FOR = timedelta(minutes=2)
KEPT_FOR = timedelta(days=60)
"""How long events stay in a mirror after their end."""
_BATCH = 300
"""Rows written at once; others write in between."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class MirrorState:
    """One mirror, as people are told of it."""

    read_at: datetime | None
    """It was equal to the calendar then; None: it has not been read in full yet."""
    problem: str | None
    """Why the last try to read it failed."""
    events: int


@dataclass(frozen=True, kw_only=True)
class _Difference:
    """What has to be written."""

    changed: Sequence[EventRow] = ()
    gone: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone)

    def batches(self) -> Iterator["_Difference"]:
        """At least one; what is gone goes last."""
        last = max(0, len(self.changed) - 1) // _BATCH * _BATCH
        for place in range(0, last, _BATCH):
            yield _Difference(changed=self.changed[place : place + _BATCH])
        yield _Difference(changed=self.changed[last:], gone=self.gone)


class CalendarMirror:
    """Keeps mirrors equal to their calendars, and answers from them.

    Nothing here may be called within a transaction: a server may take its time, and SQLite has one writer.
    """

    def __init__(self, calendar: Calendar, database: sa.Engine, clock: Clock) -> None:
        self._calendar, self._database, self._clock = calendar, database, clock
        self._turns: defaultdict[Place, OneAtATime[bool]] = defaultdict(OneAtATime)
        self._lock = threading.Lock()

    def objects(self, at: CalendarAddress, start: datetime, end: datetime) -> Sequence[str]:
        """As `agent.ports.Calendar.objects`: of the mirror when that is fresh, or can be made so.

        Raises:
            CalendarError: it is not, and the calendar could not be read.
        """
        row = self._row(at)
        if row and row.read_at and not self._is_fresh(row):
            self._turn(at).do(
                lambda: self._refreshed(at, whole=False),
                unless=lambda: self._is_fresh(self._row(at)),
            )
            row = self._row(at)
        if not self._is_fresh(row):
            return self._calendar.objects(at, start, end)
        with self._database.connect() as connection:
            return mirror.texts(connection, _place(at), start, end)

    def refresh(self, at: CalendarAddress, *, whole: bool = False) -> bool:
        """Bring one mirror up to date; whoever waits for another's refresh shares it if it began after he came.

        Args:
            at: where the calendar is; at another URL than before the mirror begins anew.
            whole: ask for everything, also where the server would tell what has changed.

        Returns:
            Whether something may be different now.

        Raises:
            CalendarError: the calendar could not be read; the mirror says why, and is as it was.
        """
        done = self._turn(at).do(lambda: self._refreshed(at, whole=whole), alone=whole)
        return bool(done)

    def mark_stale(self, business: str, calendar: str | None) -> None:
        """Something was written into a calendar (None: into some calendar) of this business: read it before use."""
        with self._database.begin() as connection:
            mirror.mark_stale(connection, business, calendar, self._clock.now())

    def state(self, business: str) -> dict[str, MirrorState]:
        """By calendar; one that nobody has tried to read is missing."""
        with self._database.connect() as connection:
            rows, counts = mirror.every(connection, business), mirror.counts(connection, business)
        return {
            row.calendar: MirrorState(
                read_at=row.read_at, problem=row.problem, events=counts.get(row.calendar, 0)
            )
            for row in rows
        }

    def edition(self, business: str, calendar: str) -> str | None:
        """Another one whenever the calendar has changed; None: the mirror is not filled."""
        place = Place(business=business, calendar=calendar)
        with self._database.connect() as connection:
            row, token = mirror.get(connection, place), mirror.token(connection, place)
        return hashlib.sha256(token.encode()).hexdigest() if row and row.read_at and token else None

    def name_of(self, at: CalendarAddress, appointment: str) -> str | None:
        """The name of the object that holds one of our appointments, as the mirror knows it."""
        with self._database.connect() as connection:
            return mirror.name_of(connection, _place(at), f"X-APPT-ID:{appointment}")

    def forget(self, business: str, calendar: str) -> None:
        """Keep nothing of a calendar that is not used any more."""
        with self._database.begin() as connection:
            mirror.forget(connection, Place(business=business, calendar=calendar))

    def _refreshed(self, at: CalendarAddress, *, whole: bool) -> bool:
        began = self._clock.now()
        with self._database.begin() as connection:
            row, token = mirror.begin(connection, _place(at), origin_of(at))
        try:
            found = self._calendar.changes(at, token if row.read_at and not whole else None)
        except CalendarError as error:
            with self._database.begin() as connection:
                mirror.fail(connection, row, str(error), began)
            raise
        difference = self._difference(row.place, found, began - KEPT_FOR)
        if not self._written(row, token, found.token, difference, began):
            log.info("mirror.overtaken", business=at.business, calendar=at.calendar)
            return True
        return bool(difference)

    def _difference(self, place: Place, found: CalendarChanges, ended: datetime) -> _Difference:
        """Between what was found and what is there; what ended before a moment is not kept."""
        told = {one.name: one for one in found.objects}
        asked = None if found.whole else [*told, *found.gone]
        with self._database.connect() as connection:
            known = mirror.known(connection, place, asked)
        news = [one for one in told.values() if known.get(one.name) != (one.etag, one.text)]
        rows = {one.name: _event_row(one, ended) for one in news}
        over = [name for name, row in rows.items() if row is None and name in known]
        gone = known.keys() - told.keys()
        return _Difference(
            changed=[row for row in rows.values() if row], gone=[*over, *sorted(gone)]
        )

    def _written(
        self,
        row: MirrorRow,
        before: str | None,
        after: str,
        difference: _Difference,
        began: datetime,
    ) -> bool:
        """False: another process has been faster, and what we found is dropped.

        In several transactions nobody reads the mirror between the first and the last; if we die, it begins anew.
        """
        *early, last = difference.batches()
        for batch in early:
            # Another one each time: whoever has compared with less than this must not win.
            mine = f"half written: {uuid.uuid4()}"
            with self._database.begin() as connection:
                if not mirror.half_write(connection, row, before, mine):
                    return False
                mirror.put(connection, row.place, batch.changed)
            before = mine
        with self._database.begin() as connection:
            if not mirror.write(connection, row, before, after, began):
                return False
            mirror.put(connection, row.place, last.changed)
            mirror.drop(connection, row.place, last.gone)
            mirror.drop_ended(connection, row.place, began - KEPT_FOR)
        return True

    def _row(self, at: CalendarAddress) -> MirrorRow | None:
        with self._database.connect() as connection:
            row = mirror.get(connection, _place(at))
        return row if row and row.source == origin_of(at) else None

    def _is_fresh(self, row: MirrorRow | None) -> bool:
        if row is None or row.read_at is None or row.stale_at is not None:
            return False
        return self._clock.now() - row.read_at < FRESH_FOR

    def _turn(self, at: CalendarAddress) -> OneAtATime[bool]:
        with self._lock:
            return self._turns[_place(at)]


def _place(at: CalendarAddress) -> Place:
    return Place(business=at.business, calendar=at.calendar)


def origin_of(at: CalendarAddress) -> str:
    """What tells one calendar at an address from another."""
    return at.url or "built-in"


def _event_row(one: StoredEvent, ended: datetime) -> EventRow | None:
    """None: nothing of it is of interest any more."""
    reach = extent(one.text)
    if reach is None or (reach.ends and reach.ends < ended):
        return None
    return EventRow(
        name=one.name, etag=one.etag, text=one.text, begins=reach.begins, ends=reach.ends
    )
