"""The owner's own program: it writes events by plain requests, and reads what stands there; none of our adapter."""

import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import requests
from caldav.calendarobjectresource import Event
from caldav.collection import Calendar
from caldav.davclient import DAVClient
from icalendar import Component

from evals.races.shop import CALENDARS
from evals.races.site import Site

_STORED = (201, 204)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An event of the owner."""

    calendar: str
    start: datetime
    end: datetime
    done: float
    """When the server had answered, on the machine's monotonic clock."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An event as it stands in a calendar."""

    calendar: str
    appointment: str | None
    """X-APPT-ID."""
    start: datetime
    end: datetime
    before: timedelta
    """Its buffer, as it says itself."""
    after: timedelta

    @property
    def padded(self) -> tuple[datetime, datetime]:
        return self.start - self.before, self.end + self.after


@dataclass(frozen=True, kw_only=True)
class Owner:
    site: Site

    def scribbles(
        self, calendar: str, first: datetime, hours: float, over_s: float, chance: random.Random
    ) -> Iterator[Entry]:
        """Ten events of ten to thirty minutes at random times of those hours, over so many seconds."""
        for _ in range(10):
            time.sleep(chance.uniform(0, 2 * over_s / 10))
            start = first + timedelta(minutes=5 * chance.randrange(int(hours * 12)))
            yield self.writes(calendar, start, chance.choice((10, 20, 30)))

    def writes(self, calendar: str, start: datetime, minutes: int) -> Entry:
        """Save one event.

        Raises:
            AssertionError: the server did not take it.
        """
        uid, end = str(uuid.uuid4()), start + timedelta(minutes=minutes)
        text = (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//owner//EN\r\nBEGIN:VEVENT\r\n"
            f"UID:{uid}\r\nDTSTAMP:20261116T000000Z\r\nDTSTART:{_utc(start)}\r\nDTEND:{_utc(end)}\r\n"
            "SUMMARY:Mine\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        site = self.site
        answered = requests.put(
            f"{site.url(calendar)}{uid}.ics",
            data=text.encode(),
            headers={"Content-Type": "text/calendar; charset=utf-8", "If-None-Match": "*"},
            auth=(site.username, site.password) if site.username else None,
            timeout=20,
        )
        assert answered.status_code in _STORED, (answered.status_code, answered.text)
        return Entry(calendar=calendar, start=start, end=end, done=time.monotonic())

    def reads(self) -> list[Standing]:
        """Everything that stands in the calendars."""
        site = self.site
        with DAVClient(
            url=site.home,
            username=site.username or None,
            password=site.password or None,
            auth_type="basic" if site.username else None,
            timeout=60,
            enable_rfc6764=False,
        ) as client:
            return [
                _standing(name, one.icalendar_component)
                for name in CALENDARS
                for one in _events(Calendar(client=client, url=site.url(name)))
            ]


def _events(calendar: Calendar) -> list[Event]:
    found = calendar.events()
    assert isinstance(found, list)  # its client is no asynchronous one
    return found


def _standing(calendar: str, event: Component) -> Standing:
    named = event.get("x-appt-id")
    return Standing(
        calendar=calendar,
        appointment=str(named) if named else None,
        start=_moment(event, "dtstart"),
        end=_moment(event, "dtend"),
        before=timedelta(minutes=int(str(event.get("x-appt-buffer-before", 0)))),
        after=timedelta(minutes=int(str(event.get("x-appt-buffer-after", 0)))),
    )


def _moment(event: Component, name: str) -> datetime:
    moment: datetime = event.decoded(name)
    return moment.astimezone(UTC)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
