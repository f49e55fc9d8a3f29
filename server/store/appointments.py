"""Holds and appointments, and the claims that make two of them in one time impossible."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import appointment, claim

TICK_S = 300
"""Durations, steps and buffers are multiples of it; others claim the whole ticks that they touch."""
OFFERED_FOR = timedelta(hours=24)
"""How long an offer is remembered after its hold has run out: the caller may still choose it, if it is free."""


class State(StrEnum):
    HELD = "held"  # offered to one caller until `expires_at`
    WRITING = "writing"  # being written into the calendar
    REVIEW = "review"  # the calendar did not say whether it was stored: a person looks
    BOOKED = "booked"  # in the calendar
    RELEASED = "released"  # given up


@dataclass(frozen=True, kw_only=True)
class AppointmentRow:
    id: str
    business: str
    thread: str
    service: str
    calendar: str
    beside: list[str]
    """Further calendars that it takes at the same time: a room, a second person."""
    start: datetime
    duration_min: int
    buffer_before_min: int
    buffer_after_min: int
    state: str
    offer: str
    """Shared by the times offered together."""
    place: int
    event: str | None
    created_at: datetime
    expires_at: datetime

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.duration_min)

    @property
    def calendars(self) -> list[str]:
        return [self.calendar, *self.beside]

    @property
    def padded(self) -> tuple[datetime, datetime]:
        """From the buffer before to the buffer after."""
        before, after = self.buffer_before_min, self.buffer_after_min
        return self.start - timedelta(minutes=before), self.end + timedelta(minutes=after)


def add(connection: sa.Connection, row: AppointmentRow) -> None:
    connection.execute(sa.insert(appointment).values(**vars(row)))


def hold(connection: sa.Connection, row: AppointmentRow, now: datetime) -> bool:
    """Keep a slot for one caller; False, and nothing kept, when another has any part of it.

    The times of one offer may overlap each other: the caller will take one of them.
    """
    if not _claim(connection, row, row.offer, row.expires_at, now):
        return False
    add(connection, row)
    return True


def claim_to_write(
    connection: sa.Connection, row: AppointmentRow, until: datetime, now: datetime
) -> bool:
    """Turn the claims of an offer into those of the one appointment taken from it; False: another has its time."""
    connection.execute(sa.delete(claim).where(claim.c.holder == row.offer))
    return _claim(connection, row, row.id, until, now)


def _claim(
    connection: sa.Connection, row: AppointmentRow, holder: str, until: datetime, now: datetime
) -> bool:
    """Claim every tick of an appointment with its buffers, or none of them."""
    ticks = _ticks(row)
    these = sa.and_(
        claim.c.business == row.business,
        claim.c.calendar.in_(row.calendars),
        claim.c.tick.in_(ticks),
    )
    connection.execute(sa.delete(claim).where(these, claim.c.expires_at <= now))
    same = {"business": row.business, "holder": holder, "expires_at": until}
    # In one order: two callers who want overlapping times wait for each other, and never both for both.
    wanted = [
        same | {"calendar": name, "tick": tick} for name in sorted(row.calendars) for tick in ticks
    ]
    key = sa.tuple_(claim.c.calendar, claim.c.tick)
    new = insert(connection, claim).values(wanted).on_conflict_do_nothing()
    got = [tuple(one) for one in connection.execute(new.returning(claim.c.calendar, claim.c.tick))]
    mine = sa.select(sa.func.count()).where(these, claim.c.holder == holder)
    if connection.scalar(mine) == len(wanted):
        return True
    connection.execute(sa.delete(claim).where(claim.c.holder == holder, key.in_(got)))
    return False


def move(
    connection: sa.Connection, row_id: str, before: State, state: State, **values: Any
) -> bool:
    """Bring an appointment from one state to the next; False when it is not in the first any more."""
    changed = (
        sa.update(appointment)
        .where(appointment.c.id == row_id, appointment.c.state == before)
        .values(state=state, **values)
        .returning(appointment.c.id)
    )
    return connection.execute(changed).one_or_none() is not None


def release(connection: sa.Connection, row: AppointmentRow) -> None:
    """Give up one appointment that is still in the state it was read in, with its claims."""
    _release(connection, appointment.c.id == row.id, appointment.c.state == row.state)


def release_offers(connection: sa.Connection, thread: str) -> None:
    """Give up whatever is on offer on a thread; its lock is held."""
    _release(connection, appointment.c.thread == thread, appointment.c.state == State.HELD)


def _release(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> None:
    given_up = (
        sa.update(appointment)
        .where(*where)
        .values(state=State.RELEASED)
        .returning(appointment.c.id, appointment.c.offer)
    )
    holders = {name for row in connection.execute(given_up) for name in row}
    connection.execute(sa.delete(claim).where(claim.c.holder.in_(holders)))


def get(connection: sa.Connection, row_id: str) -> AppointmentRow | None:
    found = connection.execute(sa.select(appointment).where(appointment.c.id == row_id))
    row = found.one_or_none()
    return AppointmentRow(**row._asdict()) if row else None


def offered(connection: sa.Connection, thread: str, now: datetime) -> list[AppointmentRow]:
    """The times last offered on a thread that still lie ahead, in their places; holds may have run out."""
    return _rows(
        connection,
        appointment.c.thread == thread,
        appointment.c.state == State.HELD,
        appointment.c.start > now,
        appointment.c.created_at > now - OFFERED_FOR,
        order=appointment.c.place,
    )


def visits(connection: sa.Connection, thread: str, now: datetime) -> list[AppointmentRow]:
    """What a caller has booked and is still to come, soonest first."""
    recent = _rows(
        connection,
        appointment.c.thread == thread,
        appointment.c.state == State.BOOKED,
        appointment.c.start > now - timedelta(days=2),
    )
    return [row for row in recent if row.end > now]


def of_caller(
    connection: sa.Connection, thread: str, now: datetime
) -> tuple[list[AppointmentRow], list[AppointmentRow]]:
    """What is on offer to a caller and what is booked, by one question to the database."""
    rows = _rows(
        connection,
        appointment.c.thread == thread,
        appointment.c.state.in_((State.HELD, State.BOOKED)),
        appointment.c.start > now - timedelta(days=2),
    )
    fresh = [row for row in rows if row.state == State.HELD and row.start > now]
    held = [row for row in fresh if row.created_at > now - OFFERED_FOR]
    booked = [row for row in rows if row.state == State.BOOKED and row.end > now]
    return sorted(held, key=lambda row: row.place), booked


def claimed(
    connection: sa.Connection, business: str, calendars: Iterable[str], now: datetime
) -> list[tuple[str, datetime, datetime]]:
    """(calendar, from, to) of every tick that is claimed just now."""
    live = sa.select(claim.c.calendar, claim.c.tick).where(
        claim.c.business == business,
        claim.c.calendar.in_(list(calendars)),
        claim.c.expires_at > now,
    )
    tick = timedelta(seconds=TICK_S)
    starts = [
        (name, datetime.fromtimestamp(at * TICK_S, UTC)) for name, at in connection.execute(live)
    ]
    return [(name, start, start + tick) for name, start in starts]


def _rows(
    connection: sa.Connection, *where: sa.ColumnElement[bool], order: Any = appointment.c.start
) -> list[AppointmentRow]:
    found = connection.execute(sa.select(appointment).where(*where).order_by(order))
    return [AppointmentRow(**row._asdict()) for row in found]


def _ticks(row: AppointmentRow) -> list[int]:
    start, end = row.padded
    first = int(start.timestamp()) // TICK_S
    last = -(-int(end.timestamp()) // TICK_S)
    return list(range(first, last))
