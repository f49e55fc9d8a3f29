"""One run of one scenario: its callers, processes, clock and owner, on calendars and a database of its own."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from agent.business import Business
from evals.races import shop
from evals.races.books import HALF_DONE, Books, read_books
from evals.races.crew import Crew
from evals.races.harm import Harm, Moment
from evals.races.lines import Deed, unanswered
from evals.races.owner import Entry, Owner
from evals.races.shop import Offered, RunningClock, Wish
from evals.races.site import Site
from evals.races.worker import Act
from server.store import appointments
from server.store.appointments import AppointmentRow

_LASTS_S = 0.06
"""Of a race, for every caller: the owner writes and processes die within it."""
_ROUNDS = 5


@dataclass(kw_only=True)
class Race:
    """One run of one scenario, on calendars and a database of its own."""

    site: Site
    database_url: str
    database: sa.Engine
    folder: Path
    callers: list[str]
    processes: int
    chance: random.Random
    entries: list[Entry] = field(default_factory=list[Entry])
    clock: RunningClock = field(init=False)

    def __post_init__(self) -> None:
        self.profile: Business = shop.business(self.site)
        self.crew = Crew(database_url=self.database_url, site=self.site, folder=self.folder)

    @property
    def lasts_s(self) -> float:
        return _LASTS_S * len(self.callers)

    def offer(self, wishes: Sequence[Wish], now: datetime = shop.FIRST_OFFER) -> list[Offered]:
        """Every hold has run out afterwards, and the clock runs."""
        offered, then = shop.offer_in_turn(self.profile, self.database, wishes, now)
        self.clock = RunningClock(start=then, zero=time.monotonic())
        return offered

    def shares(self, acts: Sequence[Act]) -> list[list[Act]]:
        """One for each process."""
        mixed = list(acts)
        self.chance.shuffle(mixed)
        return [mixed[place :: self.processes] for place in range(self.processes)]

    def settle(self) -> None:
        """As housekeeping does with what stays half done: two processes at once, as each looks after everything."""
        for _ in range(_ROUNDS):
            with self.database.connect() as connection:
                left = appointments.unsettled(connection, HALF_DONE, self.clock.now())
                moved = appointments.uncleared(connection)
            acts = [act_of(Deed.SETTLE, row) for row in left]
            acts += [act_of(Deed.CLEAR, row) for row in moved]
            if not acts:
                return
            self.crew.run([acts, acts], self.clock)

    def books(self) -> Books:
        return read_books(
            self.database,
            self.crew.lines(),
            Owner(site=self.site).reads(),
            self.entries,
            self.clock.now(),
        )

    def booked(self) -> list[AppointmentRow]:
        with self.database.connect() as connection:
            return appointments.booked_ahead(connection, self.profile.slug, self.clock.now())

    def harm(self, moment: Moment) -> Harm:
        """The process dies when it comes to the moment for the first, second or third time; commits are many more."""
        often = 30 if moment is Moment.COMMITTING else 3
        return Harm(at=moment, nth=self.chance.randint(1, often))

    def unanswered(self, acts: Sequence[Act]) -> list[Act]:
        """What was asked and never answered, of times offered later too; and what was not even asked."""
        lines, by_caller = self.crew.lines(), {act.wish.caller: act for act in acts}
        asked = {line.row for line in lines}
        cut_off = [
            replace(by_caller[line.caller], deed=Deed(line.deed), row=line.row, gives_up=False)
            for line in unanswered(lines)
        ]
        return cut_off + [act for act in acts if act.row not in asked]

    @contextmanager
    def while_owner(self, writes: Callable[[Owner], Iterable[Entry]]) -> Iterator[None]:
        """The owner writes meanwhile, in a thread."""

        def scribble() -> None:
            self.entries.extend(writes(Owner(site=self.site)))

        thread = threading.Thread(target=scribble)
        thread.start()
        try:
            yield
        finally:
            thread.join()


def bookings(offered: Sequence[Offered]) -> list[Act]:
    return [Act(deed=Deed.BOOK, wish=one.wish, row=one.hold) for one in offered]


def act_of(deed: Deed, row: AppointmentRow) -> Act:
    wish = Wish(
        caller=shop.caller_of(row),
        service=row.service,
        start=row.start,
        calendars=tuple(row.calendars),
    )
    return Act(deed=deed, wish=wish, row=row.id)
