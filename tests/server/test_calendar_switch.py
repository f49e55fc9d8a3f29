"""A calendar goes to another server and comes back: the visits ahead go along, or nothing changes."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from agent.business import Business
from agent.errors import CalendarError
from agent.model import CalendarAddress
from agent.rules.event import appointment_id, event_text
from server.adapters.calendar_memory import MemoryCalendar
from server.bookings import as_appointment
from server.calendar_switch import NEXT, Switch
from server.settings import Settings
from server.store import appointments, businesses
from server.store.appointments import AppointmentRow, State
from server.store.calendar_secrets import CalendarSecrets
from server.store.engine import create, make_engine
from server.store.tables import calendar_secret, thread

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://p34-caldav.icloud.com/17/calendars/work/"
SHOP = Business.model_validate(
    {
        "slug": "alices", "name": "Alice's", "industry": "salon", "timezone": "America/Denver", "phone": "+13035550190",
        "hours": {}, "calendars": [{"id": "chair"}],
        "services": [{"id": "cut", "name": "Haircut", "duration_min": 60, "calendars": ["chair"]}],
    }
)  # fmt: skip
AT = CalendarAddress(business="alices", calendar="chair", url=URL, username="alice@icloud.com")
OLD = CalendarAddress(business="alices", calendar="chair")
NEW = replace(AT, calendar=f"{NEXT}chair")
"""As it is known while the visits are written there."""
VISIT = AppointmentRow(
    id="v1", business="alices", thread="alices:+17205550100", service="cut", calendar="chair", beside=[],
    start=NOW + timedelta(days=2), duration_min=60, buffer_before_min=0, buffer_after_min=0, state=State.BOOKED,
    offer="o", place=1, event="ringback-v1", created_at=NOW, changed_at=NOW, expires_at=NOW,
)  # fmt: skip


class StandingClock:
    def now(self):
        return NOW


class Calendar(MemoryCalendar):
    """Fails at an address, or does not take a name or UID there."""

    def __init__(self):
        super().__init__()
        self.silent, self.taken_uids, self.puts = set(), set(), 0

    def get(self, at, name):
        self._answer(at)
        return super().get(at, name)

    def put(self, at, name, text, etag=None):
        self._answer(at)
        self.puts += 1
        if any(f"UID:{uid}\r\n" in text for uid in self.taken_uids):
            return False
        return super().put(at, name, text, etag)

    def _answer(self, at):
        if at in self.silent:
            raise CalendarError("its server took too long.", permanent=False)


@dataclass
class Shop:
    calendar: Calendar
    database: sa.Engine
    switch: Switch

    def goes(self):
        self.switch.elsewhere(self.business(), AT, "app password", by="mia")

    def business(self):
        with self.database.connect() as connection:
            held = businesses.get(connection, "alices")
        assert held
        return held

    def secrets(self):
        with self.database.connect() as connection:
            return list(connection.scalars(sa.select(calendar_secret.c.calendar)))

    def carried(self):
        return MemoryCalendar.get(self.calendar, NEW, "ringback-v1")


@pytest.fixture
def shop(tmp_path):
    url = Settings(_env_file=None, data_dir=tmp_path, database_url="").url
    create(url)
    database, calendar = make_engine(url), Calendar()
    with database.begin() as connection:
        businesses.save(connection, SHOP, NOW)
        caller = {"owner": "agent", "escalated": False, "last_at": NOW, "version": 0}
        memory = {"details": {"name": "Bob Burns"}}
        row = {"id": VISIT.thread, "business": "alices", "caller": "+17205550100"}
        connection.execute(sa.insert(thread).values(**row, **caller, memory=memory))
        appointments.add(connection, VISIT)
    calendar.put(OLD, "ringback-v1", event("Bring the good scissors"))
    calendar.puts = 0
    yield Shop(
        calendar,
        database,
        Switch(
            calendar=calendar,
            database=database,
            secrets=CalendarSecrets("a key"),
            clock=StandingClock(),
            public_url="https://ringback.example.com",
        ),
    )
    database.dispose()


def event(note=""):
    text = event_text(
        as_appointment(VISIT, SHOP), SHOP, caller_name="Bob Burns", link="https://x/", now=NOW
    )
    return text.replace("END:VEVENT", f"COMMENT:{note}\r\nEND:VEVENT")


def test_visits_ahead_go_along_as_their_owner_has_written_them(shop):
    shop.goes()

    assert shop.business().calendar("chair").url == URL
    assert shop.carried().text == event("Bring the good scissors")
    assert shop.calendar.get(OLD, "ringback-v1")
    assert shop.secrets() == ["chair"]


def test_where_the_old_server_is_silent_they_are_written_anew(shop):
    shop.calendar.silent = {OLD}

    shop.goes()

    text = shop.carried().text
    assert appointment_id(text) == "v1"
    assert "Bob" in text
    assert "https://ringback.example.com/visits/v1" in text.replace("\r\n ", "")


def test_a_visit_that_its_owner_has_deleted_does_not_come_back(shop):
    stored = shop.calendar.get(OLD, "ringback-v1")
    shop.calendar.remove(OLD, "ringback-v1", stored.etag)

    shop.goes()

    assert shop.carried() is None
    assert shop.business().calendar("chair").url == URL


def test_an_older_copy_is_brought_up_to_date(shop):
    shop.calendar.put(NEW, "ringback-v1", event("An older copy"))

    shop.goes()

    assert "Bring the good scissors" in shop.carried().text


def test_a_uid_that_the_account_has_used_is_not_used_again(shop):
    shop.calendar.taken_uids = {"v1"}

    shop.goes()

    assert appointment_id(shop.carried().text) == "v1"


def unchanged(shop):
    return shop.business() == SHOP and shop.secrets() == []


def test_when_the_new_server_is_silent_nothing_changes(shop):
    shop.calendar.silent = {NEW}

    with pytest.raises(CalendarError, match="too long"):
        shop.goes()

    assert unchanged(shop)


def test_when_anothers_event_has_the_name_nothing_changes(shop):
    stranger = event().replace("X-APPT-ID:v1", "X-APPT-ID:v2")
    shop.calendar.put(NEW, "ringback-v1", stranger)

    with pytest.raises(CalendarError, match="does not take the visits"):
        shop.goes()

    assert unchanged(shop)
    assert shop.carried().text == stranger


def test_a_new_password_for_the_same_calendar_writes_nothing(shop):
    shop.goes()
    shop.calendar.puts = 0

    shop.goes()

    assert shop.calendar.puts == 0
    assert shop.secrets() == ["chair"]


def test_going_back_brings_them_home_or_changes_nothing(shop):
    shop.goes()
    shop.calendar.puts = 0

    shop.calendar.silent = {OLD}
    with pytest.raises(CalendarError):
        shop.switch.here(shop.business(), "chair", by="mia")
    assert shop.business().calendar("chair").url == URL

    shop.calendar.silent = set()
    shop.switch.here(shop.business(), "chair", by="mia")
    assert shop.business() == SHOP
    assert shop.secrets() == []
    assert shop.calendar.puts > 0


def test_going_back_where_nothing_was_connected_writes_nothing(shop):
    shop.switch.here(SHOP, "chair", by="mia")

    assert shop.calendar.puts == 0
    assert unchanged(shop)
