"""What stands of erased callers in calendars is taken out: the time stays the owner's, the name and the link go."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.errors import CalendarError
from agent.model import CalendarAddress
from agent.ports import Calendar
from agent.rules.event import faceless_text
from server.bookings import address
from server.calendar_archive import archive_address
from server.store import businesses, faceless_events
from server.store.faceless_events import FacelessEvent

AT_ONCE = 20
MOST_TRIES = 12
"""Some three days; then the calendar is its owner's to clean."""
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=12)
_LONGEST_VISIT = timedelta(days=2)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Faceless:
    """Every worker does it; the same event twice is no harm."""

    database: sa.Engine
    calendar: Calendar
    wrote: Callable[[CalendarAddress], None]
    """Told of every calendar in which we have written."""

    def look(self, now: datetime) -> int:
        with self.database.connect() as connection:
            due = faceless_events.due(connection, now, AT_ONCE)
            shops = {one.business: businesses.get(connection, one.business) for one in due}
        for one in due:
            self._try(shops[one.business], one, now)
        return len(due)

    def _try(self, business: Business | None, one: FacelessEvent, now: datetime) -> None:
        try:
            if business is not None:
                for at in _places(business, one):
                    self._clean(at, one, now)
        except (CalendarError, ValueError) as error:
            log.warning("faceless.not_yet", business=one.business, error=str(error))
            self._put_off(one, now)
            return
        with self.database.begin() as connection:
            faceless_events.done(connection, one.id)

    def _clean(self, at: CalendarAddress, one: FacelessEvent, now: datetime) -> None:
        there = self.calendar.get(at, one.event)
        text = faceless_text(there.text, one.title, now) if there else None
        if there is None or text is None:
            return
        try:
            if not self.calendar.put(at, one.event, text, there.etag):
                raise CalendarError("the event was changed meanwhile", permanent=False)
        finally:
            self.wrote(at)

    def _put_off(self, one: FacelessEvent, now: datetime) -> None:
        pause = min(_FIRST_PAUSE * 2.0 ** min(one.tries, 10), _LONGEST_PAUSE)
        with self.database.begin() as connection:
            if one.tries + 1 >= MOST_TRIES:
                log.error("faceless.given_up", business=one.business, calendar=one.calendar)
                faceless_events.done(connection, one.id)
            else:
                faceless_events.put_off(connection, one.id, now + pause)


def _places(business: Business, one: FacelessEvent) -> Iterator[CalendarAddress]:
    """Where the event may be: its calendar, and for a built-in one the collection of its year."""
    at = address(business, one.calendar)
    yield at
    if at.url is None:
        for year in sorted({one.start.year, (one.start + _LONGEST_VISIT).year}):
            yield replace(archive_address(business.slug, one.calendar, year), url=None)
