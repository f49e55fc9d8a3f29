"""For tests of mirrored calendars: a calendar that fails or waits when it is told to, a clock, and a business."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import yaml

from agent.business import Business
from agent.errors import CalendarError
from agent.model import CalendarAddress
from server.calendar_mirror import CalendarMirror
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store import businesses
from server.store.engine import create, make_engine
from server.wiring import rehearsal_calendar

NOON = datetime(2026, 11, 23, 19, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALICE = "alder-creek-plumbing"
VAN = CalendarAddress(business=ALICE, calendar="van-1")


@dataclass
class StandingClock:
    moment: datetime = NOON

    def now(self):
        return self.moment

    def forward(self, **by):
        self.moment += timedelta(**by)


class SlowCalendar:
    """A calendar in memory; counts what it is asked, and fails or waits when a test says so."""

    def __init__(self):
        self.real = rehearsal_calendar(None)
        self.asked = []
        self.failing = set()
        self.during = {}
        """Called once between the question for changes and its answer: of any calendar (`changes`), or of one."""
        self.held, self.waiting = None, threading.Semaphore(0)
        self.holding = None
        """Which calendars wait while `held` is not set; None: all."""
        self.edit = lambda changes: changes

    def objects(self, at, start, end):
        self._note("objects", at)
        return self.real.objects(at, start, end)

    def changes(self, at, token):
        self._note("changes" if token else "everything", at)
        found = self.real.changes(at, token)
        for key in ("changes", at.calendar):
            self.during.pop(key, lambda: None)()
        if self.held and (self.holding is None or at.calendar in self.holding):
            self.waiting.release()
            assert self.held.wait(10)
        return self.edit(found)

    def get(self, at, name):
        return self.real.get(at, name)

    def put(self, at, name, text, etag=None):
        return self.real.put(at, name, text, etag)

    def remove(self, at, name, etag):
        return self.real.remove(at, name, etag)

    def write(self, at, name, text):
        """As the owner does, whatever was there."""
        there = self.real.get(at, name)
        assert self.real.put(at, name, text, there.etag if there else None)

    def erase(self, at, name):
        there = self.real.get(at, name)
        assert there
        assert self.real.remove(at, name, there.etag)

    def _note(self, what, at):
        self.asked.append((what, at.calendar))
        if at.calendar in self.failing:
            raise CalendarError("its server took too long.", permanent=False)


@dataclass
class House:
    database: sa.Engine
    calendar: SlowCalendar
    clock: StandingClock
    business: Business

    def mirror(self):
        """Another process's, as far as a mirror can tell."""
        return CalendarMirror(self.calendar, self.database, self.clock)

    def save(self, **changes):
        """The business with another profile."""
        self.business = Business.model_validate(self.business.model_dump(mode="json") | changes)
        with self.database.begin() as connection:
            businesses.save(connection, self.business, self.clock.now())


def new_house(folder, database_url):
    url = Settings(data_dir=folder, database_url=database_url).url
    create(url)
    profile = yaml.safe_load((DEMO_FOLDER / "business.yaml").read_text())
    house = House(make_engine(url), SlowCalendar(), StandingClock(), Business(**profile))
    house.save()
    return house


def event(uid, *lines, start=NOON + HOUR, hours=1):
    end = start + timedelta(hours=hours)
    times = [f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}"]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Ringback//test//EN", "BEGIN:VEVENT"]
    body = [f"UID:{uid}", "DTSTAMP:20261101T000000Z", *times, *lines]
    return "\r\n".join([*head, *body, "END:VEVENT", "END:VCALENDAR", ""])


def uids(texts):
    lines = [line for text in texts for line in text.replace("\r\n", "\n").split("\n")]
    return sorted(line.removeprefix("UID:") for line in lines if line.startswith("UID:"))
