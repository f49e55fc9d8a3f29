"""Holds and appointments, and the claims that make two of them in one time impossible."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from agent.state import AGENT
from server.store.engine import in_turn, insert
from server.store.tables import appointment, claim

TICK_S = 300
"""Durations, steps and buffers are multiples of it; others claim the whole ticks that they touch."""
OFFERED_FOR = timedelta(hours=24)
"""How long an offer is remembered after its hold has run out: the caller may still choose it, if it is free."""


_BY_HAND = "staff"
"""Begins the `offer` of a time that a person has chosen: nobody was offered it."""


class State(StrEnum):
    HELD = "held"  # offered to one caller until `expires_at`
    WRITING = "writing"  # being written into the calendar
    REVIEW = "review"  # the calendar did not say whether it was stored: it is looked at again
    WITHDRAWING = "withdrawing"  # given up, and being taken out of the calendar
    BOOKED = "booked"  # in the calendar
    MOVED = "moved"  # a hold whose time the appointment that it moves has taken
    CANCELLING = "cancelling"  # being taken out of the calendar
    CANCELLED = "cancelled"  # it was booked, and is not any more
    RELEASED = "released"  # given up before it was booked


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
    changed_at: datetime
    """Since then it is in its state."""
    expires_at: datetime
    source: str | None = None
    """Where its first calendar was when the event was written: a URL, or empty for the built-in one; None: not known."""
    moves: str | None = None
    """A hold: the appointment that is to take its time."""
    revision: int = 0
    """Grows whenever the visit moves (SEQUENCE of RFC 5545)."""
    code: str | None = None
    """Of the caller's own page: who knows it may read the visit."""
    left: dict[str, Any] | None = None
    """A hold that has moved a visit: the `calendars` and the `event` that the visit has left, until they are cleared."""
    reminded_at: datetime | None = None
    shown: bool = False
    """A hold that stands in the calendar as a TENTATIVE event."""

    @property
    def by(self) -> str:
        """Who has chosen its time: the agent with the caller, or the staff id of a person."""
        mark, _, rest = self.offer.partition(":")
        return rest.partition(":")[0] if mark == _BY_HAND else AGENT

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
    connection.execute(sa.insert(appointment), vars(row))


def hold(connection: sa.Connection, row: AppointmentRow, now: datetime) -> bool:
    """Keep a slot for one caller; False, and nothing kept, when another has any part of it.

    The times of one offer may overlap each other: the caller will take one of them.
    """
    in_turn(connection, f"claims of {row.business}")
    if not _claim(connection, row, row.offer, row.expires_at, now):
        return False
    add(connection, row)
    return True


def offer_by_hand(staff: str, key: str) -> str:
    """The `offer` of a time that this person has chosen."""
    return f"{_BY_HAND}:{staff}:{key}"


def claim_by_hand(
    connection: sa.Connection, row: AppointmentRow, until: datetime, now: datetime
) -> bool:
    """Claim the time that a person has chosen, and keep the appointment that is written there; False: another has it."""
    in_turn(connection, f"claims of {row.business}")
    if not _claim(connection, row, row.id, until, now):
        return False
    add(connection, row)
    return True


def claim_to_write(
    connection: sa.Connection, row: AppointmentRow, until: datetime, now: datetime
) -> bool:
    """Turn the claims of an offer into those of the one appointment taken from it; False: another has its time."""
    in_turn(connection, f"claims of {row.business}")
    connection.execute(sa.delete(claim).where(claim.c.holder == row.offer))
    return _claim(connection, row, row.id, until, now)


def _claim(
    connection: sa.Connection, row: AppointmentRow, holder: str, until: datetime, now: datetime
) -> bool:
    """Claim every tick of an appointment with its buffers, or none of them; those of the visit that it moves are its own."""
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
    new = (
        insert(connection, claim).on_conflict_do_nothing().returning(claim.c.calendar, claim.c.tick)
    )
    got = [tuple(one) for one in connection.execute(new, wanted)]
    own = [holder, row.moves] if row.moves else [holder]
    mine = sa.select(sa.func.count()).where(these, claim.c.holder.in_(own))
    if connection.scalar(mine) == len(wanted):
        return True
    connection.execute(sa.delete(claim).where(claim.c.holder == holder, key.in_(got)))
    return False


def move(
    connection: sa.Connection,
    row_id: str,
    before: State,
    state: State,
    now: datetime,
    **values: Any,
) -> bool:
    """Bring an appointment from one state to the next; False when it is not in the first any more."""
    changed = (
        sa.update(appointment)
        .where(appointment.c.id == row_id, appointment.c.state == before)
        .values(state=state, changed_at=now, **values)
        .returning(appointment.c.id)
    )
    return connection.execute(changed).one_or_none() is not None


def change(connection: sa.Connection, row: AppointmentRow, now: datetime, **values: Any) -> bool:
    """Note what has changed of a booked visit; False when it is not booked, or has changed since it was read."""
    same = (
        appointment.c.id == row.id,
        appointment.c.state == State.BOOKED,
        appointment.c.revision == row.revision,
    )
    changed = (
        sa.update(appointment)
        .where(*same)
        .values(revision=row.revision + 1, changed_at=now, reminded_at=None, **values)
        .returning(appointment.c.id)
    )
    return connection.execute(changed).one_or_none() is not None


def set_source(connection: sa.Connection, visits: Iterable[AppointmentRow], source: str) -> None:
    """These visits, unless they have changed since they were read, stand at this address from now on."""
    for row in visits:
        same = (appointment.c.id == row.id, appointment.c.revision == row.revision)
        connection.execute(sa.update(appointment).where(*same).values(source=source))


def is_moving(connection: sa.Connection, visit: str) -> bool:
    """We are giving this visit another time just now, or do not know whether we have."""
    under_way = (State.WRITING, State.REVIEW, State.WITHDRAWING)
    query = sa.select(appointment.c.id).where(
        appointment.c.moves == visit, appointment.c.state.in_(under_way)
    )
    return connection.execute(query.limit(1)).first() is not None


def is_under_way(connection: sa.Connection, thread: str) -> bool:
    """Something of this thread is being written into a calendar, or taken out of it."""
    states = (State.WRITING, State.REVIEW, State.WITHDRAWING, State.CANCELLING)
    query = sa.select(appointment.c.id).where(
        appointment.c.thread == thread, appointment.c.state.in_(states)
    )
    return connection.execute(query.limit(1)).first() is not None


def of_key(connection: sa.Connection, thread: str, offer: str) -> AppointmentRow | None:
    """What this offer by hand has made of its time so far."""
    found = _rows(connection, appointment.c.thread == thread, appointment.c.offer == offer)
    return found[0] if found else None


def by_agent_now(connection: sa.Connection, thread: str, since: datetime) -> bool:
    """The agent has begun since then to write a visit of this thread into a calendar, and is not done."""
    begun = _rows(
        connection,
        appointment.c.thread == thread,
        appointment.c.state == State.WRITING,
        appointment.c.changed_at > since,
    )
    return any(row.by == AGENT for row in begun)


def by_hand_since(connection: sa.Connection, thread: str, since: datetime) -> AppointmentRow | None:
    """The newest time that a person has chosen for this thread since then, if it is written or being written."""
    states = (State.WRITING, State.BOOKED, State.MOVED)
    newest = _rows(
        connection,
        appointment.c.thread == thread,
        appointment.c.state.in_(states),
        appointment.c.created_at >= since,
        appointment.c.offer.startswith(f"{_BY_HAND}:"),
        order=appointment.c.created_at.desc(),
    )
    return newest[0] if newest else None


def over(connection: sa.Connection, thread: str, now: datetime, limit: int) -> list[AppointmentRow]:
    """The last visits of a thread that took place, or were cancelled, newest first."""
    ended = (State.BOOKED, State.CANCELLED)
    rows = _rows(
        connection,
        appointment.c.thread == thread,
        appointment.c.state.in_(ended),
        order=appointment.c.start.desc(),
    )
    return [row for row in rows if row.state == State.CANCELLED or row.end <= now][:limit]


def set_left(connection: sa.Connection, row_id: str, left: dict[str, Any] | None) -> None:
    connection.execute(sa.update(appointment).where(appointment.c.id == row_id).values(left=left))


def uncleared(connection: sa.Connection) -> list[AppointmentRow]:
    """Holds that have moved a visit out of calendars in which its old event may still stand."""
    return _rows(connection, appointment.c.left.is_not(None))


def take_over(connection: sa.Connection, hold: AppointmentRow, visit: str) -> None:
    """The claims of a hold become those of the visit that has taken its time; the visit's other claims go."""
    in_turn(connection, f"claims of {hold.business}")
    ticks = _ticks(hold)
    kept = sa.and_(claim.c.calendar.in_(hold.calendars), claim.c.tick.in_(ticks))
    connection.execute(sa.delete(claim).where(claim.c.holder == visit, sa.not_(kept)))
    connection.execute(sa.update(claim).where(claim.c.holder == hold.id).values(holder=visit))


def cancel(connection: sa.Connection, row: AppointmentRow, now: datetime) -> bool:
    """End a visit that is booked or being cancelled, with its claims and whatever was to move it; False: it is over."""
    standing = (State.BOOKED, State.CANCELLING)
    ended = (
        sa.update(appointment)
        .where(appointment.c.id == row.id, appointment.c.state.in_(standing))
        .values(state=State.CANCELLED, changed_at=now)
        .returning(appointment.c.id)
    )
    if connection.execute(ended).one_or_none() is None:
        return False
    in_turn(connection, f"claims of {row.business}")
    connection.execute(sa.delete(claim).where(claim.c.holder == row.id))
    _release(connection, now, appointment.c.moves == row.id, appointment.c.state == State.HELD)
    return True


def release(connection: sa.Connection, row: AppointmentRow, now: datetime) -> None:
    """Give up one appointment that is still in the state it was read in, with its claims."""
    in_turn(connection, f"claims of {row.business}")
    _release(connection, now, appointment.c.id == row.id, appointment.c.state == row.state)


def release_offer(connection: sa.Connection, row: AppointmentRow, now: datetime) -> None:
    """Give up the times that were offered together with this one."""
    in_turn(connection, f"claims of {row.business}")
    _release(connection, now, appointment.c.offer == row.offer, appointment.c.state == State.HELD)


def release_offers(connection: sa.Connection, thread: str, now: datetime) -> None:
    """Give up whatever is on offer on a thread; its lock is held."""
    in_turn(connection, f"claims of {thread.partition(':')[0]}")
    _release(connection, now, appointment.c.thread == thread, appointment.c.state == State.HELD)


def _release(connection: sa.Connection, now: datetime, *where: sa.ColumnElement[bool]) -> None:
    given_up = (
        sa.update(appointment)
        .where(*where)
        .values(state=State.RELEASED, changed_at=now)
        .returning(appointment.c.id, appointment.c.offer)
    )
    holders = {name for row in connection.execute(given_up) for name in row}
    connection.execute(sa.delete(claim).where(claim.c.holder.in_(holders)))


def get(connection: sa.Connection, row_id: str) -> AppointmentRow | None:
    found = connection.execute(sa.select(appointment).where(appointment.c.id == row_id))
    row = found.one_or_none()
    return AppointmentRow(**row._asdict()) if row else None


def by_code(connection: sa.Connection, code: str) -> AppointmentRow | None:
    """The visit whose own page has this code."""
    found = _rows(connection, appointment.c.code == code)
    return found[0] if found else None


def booked_ahead(connection: sa.Connection, business: str, now: datetime) -> list[AppointmentRow]:
    """Every booked visit of a business that is not over, soonest first."""
    recent = _rows(
        connection,
        appointment.c.business == business,
        appointment.c.state == State.BOOKED,
        appointment.c.start > now - timedelta(days=2),
    )
    return [row for row in recent if row.end > now]


def to_remind(connection: sa.Connection, first: datetime, last: datetime) -> list[AppointmentRow]:
    """Booked visits of all businesses that begin in [first, last) and have had no reminder."""
    return _rows(
        connection,
        appointment.c.state == State.BOOKED,
        appointment.c.start >= first,
        appointment.c.start < last,
        appointment.c.reminded_at.is_(None),
    )


def set_reminded(connection: sa.Connection, row_id: str, now: datetime) -> None:
    connection.execute(
        sa.update(appointment).where(appointment.c.id == row_id).values(reminded_at=now)
    )


def unsettled(
    connection: sa.Connection, states: Iterable[State], before: datetime
) -> list[AppointmentRow]:
    """Of all businesses: in one of these states since before that moment."""
    return _rows(
        connection,
        appointment.c.state.in_(list(states)),
        appointment.c.changed_at <= before,
        order=appointment.c.changed_at,
    )


def shown(connection: sa.Connection, now: datetime) -> list[AppointmentRow]:
    """Holds that stand in a calendar though they are over."""
    over = sa.or_(appointment.c.state != State.HELD, appointment.c.expires_at <= now)
    return _rows(connection, appointment.c.shown.is_(True), over)


def set_shown(connection: sa.Connection, row_id: str, value: bool) -> None:
    connection.execute(sa.update(appointment).where(appointment.c.id == row_id).values(shown=value))


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
    connection: sa.Connection,
    business: str,
    calendars: Iterable[str],
    now: datetime,
    but: Iterable[str | None] = (),
) -> list[tuple[str, datetime, datetime]]:
    """(calendar, from, to) of every tick that is claimed just now, `but` by these appointments and offers."""
    live = sa.select(claim.c.calendar, claim.c.tick).where(
        claim.c.business == business,
        claim.c.calendar.in_(list(calendars)),
        claim.c.expires_at > now,
        claim.c.holder.not_in([one for one in but if one]),
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
