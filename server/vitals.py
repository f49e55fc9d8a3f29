"""How the work goes: what waits in the database and for how long, and who outside us fails."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from server.store import escalations
from server.store.escalations import Ended
from server.store.tables import executor, text, thread

LATE_S = 60.0
"""Work that has waited longer is late."""
_ALIVE = timedelta(seconds=10)
"""A process that beat within this time works."""
_A_DAY = timedelta(days=1)
_FORGOTTEN = _A_DAY
"""A failure that no other try followed: the calendar may be gone from the business."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """Work of one kind that waits."""

    waiting: int
    oldest_s: float
    """Seconds since the time of the oldest; 0 when none waits, or none's time has come."""

    @property
    def is_late(self) -> bool:
        return self.oldest_s > LATE_S


@dataclass(frozen=True, kw_only=True)
class Vitals:
    texts: Line
    """Callers' texts that are not answered yet."""
    outbox: Line
    """Ours that the carrier does not have yet."""
    unowned: int
    """Open threads that wait for a person."""
    workers: int
    """Processes that beat lately."""
    escalations: Mapping[str, int] = field(default_factory=dict[str, int])
    """Those that ended in the last day, by how they ended."""
    taken_s: tuple[float, ...] = ()
    """How long each that was taken took."""


def vitals(connection: sa.Connection, now: datetime) -> Vitals:
    """Four short queries; those on tables that grow use an index of just what they count."""
    waiting = connection.execute(_WAITING).all()
    ended = escalations.ended_since(connection, now - _A_DAY)
    return Vitals(
        texts=_line((row for row in waiting if row.status == _RECEIVED), now),
        outbox=_line((row for row in waiting if row.status != _RECEIVED), now),
        unowned=connection.scalar(_UNOWNED) or 0,
        workers=connection.scalar(_alive(now)) or 0,
        escalations=Counter(str(row.ended) for row in ended),
        taken_s=tuple(
            (row.ended_at - row.began_at).total_seconds()
            for row in ended
            if row.ended == Ended.TAKEN and row.ended_at
        ),
    )


_RECEIVED = "received"
_WAITING = (
    sa.select(text.c.status, sa.func.count().label("how_many"), sa.func.min(text.c.at).label("at"))
    .where(sa.text("status in ('received', 'queued', 'sending')"))  # word for word ix_text_waiting
    .group_by(text.c.status)
)
_UNOWNED = (
    sa.select(sa.func.count())
    .select_from(thread)
    .where(sa.text("owner = 'nobody' and resolved_at is null"))  # word for word ix_thread_unowned
)


def _alive(now: datetime) -> sa.Select[int]:
    return sa.select(sa.func.count()).where(executor.c.beat_at > now - _ALIVE)


def _line(waiting: Iterable[Any], now: datetime) -> Line:
    rows = list(waiting)
    ages_s = [(now - row.at).total_seconds() for row in rows]
    return Line(waiting=sum(row.how_many for row in rows), oldest_s=max([0.0, *ages_s]))


@dataclass(frozen=True, kw_only=True)
class Failing:
    times: int
    """In a row."""
    last: datetime


@dataclass(frozen=True, kw_only=True)
class Lately:
    """How the last tries to reach something outside ended, told by whoever tried; asks nobody itself."""

    _failing: dict[str, Failing] = field(default_factory=dict[str, Failing])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def worked(self, which: str = "") -> None:
        """`which` of several, for instance a calendar; it is never shown."""
        with self._lock:
            self._failing.pop(which, None)

    def failed(self, now: datetime, which: str = "") -> None:
        with self._lock:
            before = self._failing.get(which)
            self._failing[which] = Failing(times=before.times + 1 if before else 1, last=now)

    def failing(self, now: datetime) -> list[Failing]:
        """Those whose last try failed, the latest first."""
        with self._lock:
            known = list(self._failing.values())
        fresh = [one for one in known if now - one.last < _FORGOTTEN]
        return sorted(fresh, key=lambda one: one.last, reverse=True)
