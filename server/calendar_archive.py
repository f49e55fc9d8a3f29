"""Past events leave the built-in calendars for a collection of their year: every request costs as much as its collection is long."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.errors import CalendarError
from agent.model import CalendarAddress
from agent.rules.ical.extent import extent
from agent.rules.ical.objects import instances
from server.calendar_collections import BuiltInCalendars
from server.calendar_home import CalendarHome, CalendarObject
from server.store import businesses
from server.store.tables import business as business_table

AT_ONCE = 200
"""Objects that one pass moves."""
KEPT = timedelta(days=60)
"""So long past events stay in the calendar itself."""

_NIGHT_HOUR = 3
_AGAIN = timedelta(hours=1)
_PIECE = 50
"""Objects read at once."""
_LONGEST_PAUSE_S = 1.0
_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)
_SPARE = timedelta(days=30)
"""An extent is rough; what it says to end later than this is not looked at more closely."""
_MISREAD = set(";?#")
"""In a name these make Radicale take the place of a MOVE for another one."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class ArchiveKeeper:
    """Archives every business's calendars once a night; every worker may, a second one finds nothing to do."""

    database: sa.Engine
    calendars: BuiltInCalendars
    _next: dict[str, datetime] = field(default_factory=dict)

    def look(self, now: datetime) -> int:
        """Archive the calendars of one business that is due; returns how many objects were moved.

        One at a time, so that whoever asks has time for other work in between.
        """
        business = self._due(now)
        if business is None:
            return 0
        self._next[business.slug] = now + _AGAIN
        try:
            moved = [
                archive(self.calendars, business, one.id, now)
                for one in business.calendars
                if one.url is None
            ]
        except CalendarError as error:
            log.warning("calendar_archive.failed", business=business.slug, error=str(error))
            return 0
        if all(count < AT_ONCE for count in moved):
            self._next[business.slug] = _night(now, business.zone)
        return sum(moved)

    def _due(self, now: datetime) -> Business | None:
        with self.database.connect() as connection:
            slugs = connection.scalars(sa.select(business_table.c.slug)).all()
            due = next((slug for slug in slugs if self._next.get(slug, now) <= now), None)
            return businesses.get(connection, due) if due else None


def archive(
    calendars: BuiltInCalendars, business: Business, calendar_id: str, now: datetime
) -> int:
    """Move what is long over from a built-in calendar into the collections of its years; returns how many objects.

    Each move is one act of the server, so that a pass may be cut off anywhere and simply be run again.

    Raises:
        CalendarError: the calendar server could not be asked, or failed.
    """
    with CalendarHome(calendars.home(business.slug)) as home:
        run = _Pass(home=home, business=business, calendar_id=calendar_id, before=now - KEPT)
        run.move_all()
    if run.moved:
        log.info("calendar_archive.moved", **run.told, objects=run.moved)
    for why, names in run.left.items():
        told = run.told | {"why": why, "first": names[0]}
        log.warning("calendar_archive.left", **told, objects=len(names))
    return run.moved


def archive_address(business: str, calendar_id: str, year: int) -> CalendarAddress:
    """Where a calendar's events of a year are once they are archived."""
    return CalendarAddress(business=business, calendar=f"{calendar_id}-{year}")


def last_end(text: str, home: ZoneInfo, before: datetime) -> datetime | None:
    """When the last instance of a calendar object ended.

    None: it goes on for ever, is not all over before that moment, or cannot be read.

    Args:
        home: the zone of floating times and whole days.
    """
    reach = extent(text)
    if reach is None or reach.ends is None or reach.ends > before + _SPARE:
        return None
    unread: list[str] = []
    ends = [one.end for one in instances(text, reach.begins, reach.ends, home, unread.append)]
    last = max(ends, default=None)
    return last if last and last < before and not unread else None


def _night(now: datetime, zone: ZoneInfo) -> datetime:
    """The next hour at which few work."""
    local = now.astimezone(zone)
    night = local.replace(hour=_NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return night if night > local else night + _DAY


@dataclass(kw_only=True)
class _Pass:
    """One calendar, once."""

    home: CalendarHome
    business: Business
    calendar_id: str
    before: datetime
    moved: int = 0
    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Names of objects that are over and stay all the same, by reason."""
    _made: set[str] = field(default_factory=set)

    @property
    def told(self) -> dict[str, str]:
        return {"business": self.business.slug, "calendar": self.calendar_id}

    def move_all(self) -> None:
        # A day more: a server takes whole days and floating times as UTC.
        names = self.home.names(self.calendar_id, self.before + _DAY)
        for place in range(0, len(names), _PIECE):
            for one in self.home.objects(self.calendar_id, names[place : place + _PIECE]):
                end = last_end(one.text, self.business.zone, self.before)
                if end is None:
                    continue
                self._move(one, (end - _MOMENT).astimezone(self.business.zone).year)
                if self.moved >= AT_ONCE:
                    return

    def _move(self, one: CalendarObject, year: int) -> None:
        to = archive_address(self.business.slug, self.calendar_id, year).calendar
        if self.business.calendar(to) is not None:
            self.left["its year is a calendar of the profile"].append(one.name)
        elif not _MISREAD.isdisjoint(unquote(one.name)):
            self.left["its name would be misread"].append(one.name)
        elif not self._is_moved(one, to, year):
            self.left["refused, or changed meanwhile"].append(one.name)

    def _is_moved(self, one: CalendarObject, to: str, year: int) -> bool:
        """A MOVE has no If-Match here: what somebody changed since it was read goes back."""
        if to not in self._made:
            self.home.make(to, f"{self.business.name} - {self.calendar_id} {year}")
            self._made.add(to)
        began = time.monotonic()
        is_moved = self.home.move(one.name, self.calendar_id, to)
        if is_moved and self.home.etag(one.name, to) != one.etag:
            self.home.move(one.name, to, self.calendar_id)
            is_moved = False
        self.moved += is_moved
        # The server's one lock is held by a move: half of the time is for others.
        time.sleep(min(time.monotonic() - began, _LONGEST_PAUSE_S))
        return is_moved
