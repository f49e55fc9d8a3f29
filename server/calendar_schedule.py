"""When a mirrored calendar is to be read again: the more somebody waits for it, the sooner."""

import zlib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from server.store.mirror import MirrorRow

_LET_FINISH = timedelta(seconds=20)
"""Somebody who has begun to read a calendar is given so long; longer when there is nothing of it yet."""
_LET_FILL = timedelta(minutes=2)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=20), timedelta(minutes=10)
_NIGHT, _NIGHT_S = time(2), 3 * 3600
"""Everything is read anew at some time of the night, each calendar at its own."""


class Demand(IntEnum):
    """Who waits for a calendar; the first is served first."""

    NOW = 0  # a caller whose text is to be answered, or something is known to have changed
    SOON = 1  # callers who wrote today, and visits that are ahead
    SOMETIME = 2  # nobody


_EVERY = {
    Demand.NOW: timedelta(seconds=20),
    Demand.SOON: timedelta(minutes=3),
    Demand.SOMETIME: timedelta(minutes=30),
}


@dataclass(frozen=True, kw_only=True)
class Due:
    """A calendar that is to be read now."""

    demand: Demand
    whole: bool = False
    """All of it, so that what the server never told of is seen."""


def due(
    row: MirrorRow | None, demand: Demand, *, night: datetime, failures: int, now: datetime
) -> Due | None:
    """Whether a mirror is to be read now.

    Args:
        row: None: it was never tried.
        demand: of its business.
        night: when it was last to be read in full.
        failures: tries in a row that failed, as far as we know.
        now: the moment.
    """
    if row is None:
        return Due(demand=demand)
    if _is_under_way(row, failures, now):
        return None
    if row.read_at is None:
        return Due(demand=demand)
    if row.read_at < night <= now:
        return Due(demand=demand, whole=True)
    if row.stale_at:
        return Due(demand=Demand.NOW)
    return Due(demand=demand) if now - row.read_at >= _EVERY[demand] else None


def last_night(business: str, calendar: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The latest moment at which this calendar was to be read in full; the same in every process."""
    local = now.astimezone(zone)
    after_s = zlib.crc32(f"{business}/{calendar}".encode()) % _NIGHT_S
    tonight = datetime.combine(local, _NIGHT, zone) + timedelta(seconds=after_s)
    return tonight if tonight <= now else tonight - timedelta(days=1)


def _is_under_way(row: MirrorRow, failures: int, now: datetime) -> bool:
    """Somebody has tried just now, and has not had the time to be done with it, or failed."""
    if row.checked_at is None:
        return False
    if row.problem:
        return now - row.checked_at < _pause(failures)
    if row.read_at is None:
        return now - row.checked_at < _LET_FILL
    if row.stale_at and row.stale_at >= row.checked_at:
        return False
    return now - row.checked_at < _LET_FINISH


def _pause(failures: int) -> timedelta:
    doubled = timedelta(seconds=_FIRST_PAUSE.total_seconds() * 2.0 ** min(max(failures, 1) - 1, 10))
    return min(doubled, _LONGEST_PAUSE)
