"""All records of one race, and what can be counted in them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.model import BookingEnd
from evals.races.lines import CALLERS_DEEDS, Deed, Line
from evals.races.owner import Entry, Standing
from server.diary import HELD_FOR
from server.store.appointments import AppointmentRow, State
from server.store.tables import appointment, claim

HALF_DONE = (State.WRITING, State.REVIEW, State.WITHDRAWING, State.CANCELLING)
_A_LITTLE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Claim:
    calendar: str
    tick: int
    holder: str


@dataclass(frozen=True, kw_only=True)
class Books:
    """All records of one race, taken when nothing is under way any more."""

    lines: Sequence[Line]
    """Of all processes, in order."""
    rows: Sequence[AppointmentRow]
    claims: Sequence[Claim]
    """Those that still hold when every offer has run out."""
    standing: Sequence[Standing]
    """Every event in the calendars, read by the owner's program."""
    entries: Sequence[Entry]
    """What the owner wrote meanwhile."""

    @property
    def booked(self) -> dict[str, AppointmentRow]:
        return {row.id: row for row in self.rows if row.state == State.BOOKED}

    @property
    def told(self) -> list[Line]:
        """The first answer to each attempt; the engine keeps it when two processes give one."""
        first: dict[tuple[str, str], Line] = {}
        for line in self.lines:
            key = (line.deed, line.row)
            known = first.get(key)
            if line.event == "told" and (known is None or known.end == BookingEnd.UNREACHABLE):
                first[key] = line
        return sorted(first.values(), key=lambda line: line.at)


def read_books(
    database: sa.Engine,
    lines: Iterable[Line],
    standing: Sequence[Standing],
    entries: Sequence[Entry],
    now: datetime,
) -> Books:
    """`now` by the races' clock."""
    later = now + HELD_FOR + _A_LITTLE
    with database.connect() as connection:
        rows = [
            AppointmentRow(**row._asdict()) for row in connection.execute(sa.select(appointment))
        ]
        live = sa.select(claim.c.calendar, claim.c.tick, claim.c.holder).where(
            claim.c.expires_at > later
        )
        claims = [Claim(**row._asdict()) for row in connection.execute(live)]
    return Books(
        lines=sorted(lines, key=lambda line: line.at),
        rows=rows,
        claims=claims,
        standing=standing,
        entries=entries,
    )


def seconds(books: Iterable[Books]) -> list[float]:
    """How long each successful booking took."""
    return [
        line.seconds
        for each in books
        for line in each.told
        if line.deed == Deed.BOOK and line.end == BookingEnd.BOOKED
    ]


def ends(books: Books) -> Mapping[str, int]:
    return Counter(line.end for line in books.told if line.deed in CALLERS_DEEDS)


def yielded(books: Books) -> int:
    """Attempts that had written, looked again, and taken it back."""
    return sum(
        line.deed == Deed.BOOK and line.end == BookingEnd.TAKEN and line.wrote > 0
        for line in books.told
    )


def unserved(books: Books) -> int:
    """Callers who wanted a visit, were refused every time, and have none: the shop has times enough for all."""
    told = [line for line in books.told if line.deed == Deed.BOOK]
    served = {line.caller for line in told if line.end != BookingEnd.TAKEN}
    return len({line.caller for line in told} - served)
