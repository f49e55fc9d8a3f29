"""A salon whose times everybody wants: its profile, its callers, and what they were offered long ago."""

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from agent.business import Business, Service
from agent.model import When
from agent.ports import Calendar, Clock
from evals.races.site import Site
from server.diary import HELD_FOR, BookingDiary
from server.store import appointments, businesses, threads
from server.store.appointments import AppointmentRow, State

CALENDARS = ("chair-1", "chair-2", "room")
CUT, COLOUR, WASH = "cut", "colour", "wash"
"""On one chair; in a room and on a chair that is not always the same; on any chair."""
SLUG = "salon"
OPENS, CLOSES = 8, 20

FIRST_OFFER = datetime(2026, 11, 16, 7, 12, tzinfo=UTC)
_APART = HELD_FOR + timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class RunningClock:
    """The same moment in every process: `start` at `zero` of the machine's monotonic clock."""

    start: datetime
    zero: float

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self.zero)


def business(site: Site) -> Business:
    return Business.model_validate(
        {
            "slug": SLUG,
            "name": "Salon",
            "industry": "salon",
            "timezone": "America/Denver",
            "phone": "+13035550140",
            "hours": {
                day: [f"{OPENS:02}:00-{CLOSES}:00"]
                for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
            },
            "booking": {"slot_step_min": 20, "lead_time_min": 60, "horizon_days": 12},
            "calendars": [{"id": name} | site.address(name) for name in CALENDARS],
            "services": [
                _service(CUT, 60, calendars=["chair-1"], buffer_min=10),
                _service(
                    COLOUR,
                    90,
                    calendars=["chair-1", "chair-2", "room"],
                    need=[["chair-1", "chair-2"], ["room"]],
                    buffer_before_min=5,
                    buffer_min=15,
                ),
                _service(WASH, 30, calendars=["chair-1", "chair-2"]),
            ],
        }
    )


def _service(name: str, minutes: int, **more: object) -> dict[str, object]:
    return {"id": name, "name": name.capitalize(), "duration_min": minutes} | more


def callers(count: int) -> list[str]:
    return [f"+1303555{number:04d}" for number in range(1000, 1000 + count)]


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One salon in one database, for the process that has the engine."""

    business: Business
    database: sa.Engine
    diary: BookingDiary


def shop(site: Site, database: sa.Engine, calendar: Calendar, clock: Clock) -> Shop:
    diary = BookingDiary(
        calendar=calendar, database=database, clock=clock, public_url="https://salon.example"
    )
    return Shop(business=business(site), database=database, diary=diary)


def open_for(everybody: Iterable[str], site: Site, database: sa.Engine) -> None:
    """The profile, and a thread for each caller."""
    profile = business(site)
    with database.begin() as connection:
        businesses.save(connection, profile, FIRST_OFFER)
        for caller in everybody:
            threads.locked(connection, profile.slug, caller, FIRST_OFFER)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a caller was offered; `calendars` as the offer would have chosen them."""

    caller: str
    service: str
    start: datetime
    calendars: tuple[str, ...]
    moves: str | None = None

    @property
    def when(self) -> When:
        """The same in the words of a text."""
        return When(date=f"{self.start:%Y-%m-%d}", time=f"{self.start:%H:%M}")


@dataclass(frozen=True, kw_only=True)
class Offered:
    wish: Wish
    hold: str
    """Its id."""


def offer_in_turn(
    profile: Business, database: sa.Engine, wishes: Iterable[Wish], now: datetime = FIRST_OFFER
) -> tuple[list[Offered], datetime]:
    """Each is offered a time when the hold before has run out, as `BookingDiary` holds it: all are left with one.

    Returns:
        the offers, and a moment at which every hold has run out.
    """
    offered = []
    for wish in wishes:
        row = _held(profile, wish, now)
        with database.begin() as connection:
            threads.lock(connection, row.thread)
            assert appointments.hold(connection, row, now)
        offered.append(Offered(wish=wish, hold=row.id))
        now += _APART
    return offered, now


def _held(profile: Business, wish: Wish, now: datetime) -> AppointmentRow:
    service = profile.service(wish.service)
    assert isinstance(service, Service)
    first, *beside = wish.calendars
    return AppointmentRow(
        id=str(uuid.uuid4()),
        business=profile.slug,
        thread=threads.thread_id(profile.slug, wish.caller),
        service=service.id,
        calendar=first,
        beside=beside,
        start=wish.start.astimezone(UTC),
        duration_min=service.duration_min,
        buffer_before_min=service.buffer_before_min,
        buffer_after_min=service.buffer_min,
        state=State.HELD,
        offer=str(uuid.uuid4()),
        place=1,
        event=None,
        created_at=now,
        changed_at=now,
        expires_at=now + HELD_FOR,
        moves=wish.moves,
    )


def at(profile: Business, clock: str, day: int = 18) -> datetime:
    """A local time of the day that everybody wants; in November 2026."""
    hour, minute = clock.split(":")
    return datetime(2026, 11, day, int(hour), int(minute), tzinfo=profile.zone)


def caller_of(row: AppointmentRow) -> str:
    return row.thread.rpartition(":")[2]
