"""What befalls a process while it books: it is killed, or stopped for a while, at a chosen moment."""

import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from multiprocessing.synchronize import Event
from time import monotonic

from agent.model import CalendarAddress, CalendarChanges, StoredEvent
from agent.ports import Calendar

_STALLS_S = 60.0


class Moment(StrEnum):
    COMMITTING = "committing"  # whatever it is: all is written, the database is not told yet
    READ = "read"  # the first look is done, nothing is claimed
    CLAIMED = "claimed"  # claimed and committed, nothing written
    WRITTEN = "written"  # in the calendar (in one of them, where it takes several)
    LOOKED = "looked"  # the second look is done, nothing confirmed
    REMOVED = "removed"  # an event of ours is out of the calendar, nothing confirmed
    CONFIRMED = "confirmed"  # committed, nobody told


@dataclass(frozen=True, kw_only=True)
class Harm:
    """Of a whole process with every caller in it."""

    at: Moment
    nth: int = 1
    """The process reaches the moment so many times, in whatever threads, before it is killed."""
    stalls: bool = False
    """Not killed: every caller in it stands still at the moment until all may go on."""


@dataclass(kw_only=True)
class Fate:
    """Strikes this process."""

    harm: Harm | None
    going_on: Event
    _reached: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, moment: Moment) -> None:
        if self.harm is None or self.harm.at is not moment:
            return
        if self.harm.stalls:
            self.going_on.wait(_STALLS_S)
            return
        with self._lock:
            self._reached += 1
            if self._reached == self.harm.nth:
                os.kill(os.getpid(), signal.SIGKILL)


class _Here(threading.local):
    """Of the one attempt that a thread makes just now."""

    def __init__(self) -> None:
        self.looks: dict[str, float] = {}
        self.has_claimed = False
        self.wrote = 0.0


class WatchedCalendar:
    """A calendar that knows when each look into it began, and lets fate strike between two requests."""

    def __init__(self, real: Calendar, fate: Fate) -> None:
        self._real, self._fate, self._here = real, fate, _Here()

    def begin(self) -> None:
        """A new attempt of this thread."""
        self._here.looks, self._here.has_claimed, self._here.wrote = {}, False, 0.0

    def confirmed(self) -> None:
        """It is booked or cancelled, and nobody has been told."""
        self._fate.at(Moment.CONFIRMED)

    @property
    def looks(self) -> dict[str, float]:
        """When this attempt's latest look at each calendar began."""
        return dict(self._here.looks)

    @property
    def wrote(self) -> float:
        """When this attempt's latest writing was answered; 0: it has not written."""
        return self._here.wrote

    def objects(self, at: CalendarAddress, start: datetime, end: datetime) -> Sequence[str]:
        self._here.looks[at.calendar] = monotonic()
        found = self._real.objects(at, start, end)
        self._fate.at(Moment.LOOKED if self._here.has_claimed else Moment.READ)
        return found

    def changes(self, at: CalendarAddress, token: str | None) -> CalendarChanges:
        return self._real.changes(at, token)

    def get(self, at: CalendarAddress, name: str) -> StoredEvent | None:
        return self._real.get(at, name)

    def put(self, at: CalendarAddress, name: str, text: str, etag: str | None = None) -> bool:
        self._here.has_claimed = True
        self._fate.at(Moment.CLAIMED)
        done = self._real.put(at, name, text, etag)
        self._here.wrote = monotonic()
        self._fate.at(Moment.WRITTEN)
        return done

    def remove(self, at: CalendarAddress, name: str, etag: str) -> bool:
        done = self._real.remove(at, name, etag)
        self._fate.at(Moment.REMOVED)
        return done
