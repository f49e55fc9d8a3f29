"""The races: who wants what, and what happens meanwhile."""

import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from agent.business import Business
from evals.races import shop
from evals.races.crew import Crew, kill_at_random, wait, wait_until_quiet
from evals.races.harm import Harm, Moment
from evals.races.owner import Entry, Owner
from evals.races.proxy import faulty
from evals.races.shop import COLOUR, CUT, WASH, Offered, RunningClock, Wish
from evals.races.site import Site
from evals.races.verdict import Books, read_books
from evals.races.worker import Act, Deed, unanswered
from server.store import appointments
from server.store.appointments import AppointmentRow, State
from server.store.engine import create, make_engine

PROCESSES = 4
_FAULTS = 0.3
"""Of all writes."""
_LASTS_S = 0.06
"""Of a race, for every caller: the owner writes and processes die within it."""
_ROUNDS = 5
_AFTERWARDS = timedelta(hours=2)
"""Claims of what was booked have run out by then."""


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
        """As housekeeping does with what stays half done, when nobody else works on it."""
        half_done = (State.WRITING, State.REVIEW, State.CANCELLING)
        for _ in range(_ROUNDS):
            with self.database.connect() as connection:
                left = appointments.unsettled(connection, half_done, self.clock.now())
            if not left:
                return
            self.crew.run([[_act(Deed.SETTLE, row) for row in left]], self.clock)

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


def run(
    scenario: str,
    site: Site,
    database_url: str,
    *,
    callers: int,
    processes: int = PROCESSES,
    seed: int,
) -> Books:
    """One race on an empty database, from the first offer until all is quiet."""
    create(database_url)
    database = make_engine(database_url)
    everybody = shop.callers(callers)
    shop.open_for(everybody, site, database)
    try:
        with tempfile.TemporaryDirectory(prefix="ringback-races-") as folder:
            race = Race(
                site=site,
                database_url=database_url,
                database=database,
                folder=Path(folder),
                callers=everybody,
                processes=processes,
                chance=random.Random(seed),  # noqa: S311 - chance, no secret
            )
            SCENARIOS[scenario](race)
            race.settle()
            return race.books()
    finally:
        database.dispose()


def same(race: Race) -> None:
    """Everybody wants one time."""
    wishes = [_wish(race, caller, CUT, "12:00") for caller in race.callers]
    race.crew.run(race.shares(_bookings(race.offer(wishes))), race.clock)


def overlapping(race: Race) -> None:
    """Nine starts within three hours; every third caller wants a room as well."""
    race.crew.run(race.shares(_bookings(race.offer(_near(race)))), race.clock)


def owner(race: Race) -> None:
    """The same, while the owner writes ten events into that time."""
    acts = _bookings(race.offer(_near(race)))
    with _scribbling(race):
        race.crew.run(race.shares(acts), race.clock)


def kills(race: Race) -> None:
    """The same, while processes die: asked again by others is what every second caller had asked."""
    acts = _bookings(race.offer(_near(race)))
    moments = [moment for moment in Moment if moment is not Moment.REMOVED]
    harms = [_harm(race, one) for one in race.chance.sample(moments, race.processes - 1)]
    with _scribbling(race):
        started = race.crew.start(race.shares(acts), race.clock, harms)
        kill_at_random(started[-1], race.lasts_s, race.chance)
        wait(started)
    again = [act for act in _unanswered(race, acts) if race.chance.random() < 0.5]  # noqa: PLR2004 - every second
    race.crew.run(race.shares(again), race.clock)


def moves(race: Race) -> None:
    """Visits move into each other's times, others are cancelled, and strangers want what becomes free."""
    race.crew.run(race.shares(_changes(race)), race.clock)


def killed_moves(race: Race) -> None:
    """The same, while processes die and the owner writes."""
    acts = _changes(race)
    harms = [_harm(race, one) for one in race.chance.sample(list(Moment), race.processes)]
    with _scribbling(race):
        wait(race.crew.start(race.shares(acts), race.clock, harms))
    again = [act for act in _unanswered(race, acts) if race.chance.random() < 0.5]  # noqa: PLR2004 - every second
    race.crew.run(race.shares(again), race.clock)


def faults(race: Race) -> None:
    """Nine overlapping starts, while a third of the writes is answered by an error or not at all."""
    acts = _bookings(race.offer(_near(race)))
    with faulty(race.site, _FAULTS, race.chance.randrange(1000)) as (site, _):
        crew, race.crew = race.crew, replace(race.crew, site=site)
        race.crew.run(race.shares(acts), race.clock)
        race.crew = crew


def stalled(race: Race) -> None:
    """Every process stands still for so long that others take up its work; then it goes on."""
    wishes = [*_near(race)[::2], *_a_full_day(race, race.callers[1::2])]
    acts = [replace(act, gives_up=True) for act in _bookings(race.offer(wishes))]
    others = (Moment.CLAIMED, Moment.WRITTEN, Moment.LOOKED)
    moments = [
        race.chance.choice(others) if place % 2 else Moment.READ for place in range(race.processes)
    ]
    harms = [Harm(at=one, stalls=True) for one in moments]
    started = race.crew.start(race.shares(acts), race.clock, harms)
    wait_until_quiet(race.crew)
    race.crew.run([_unanswered(race, acts)], race.clock)
    race.crew.going_on.set()
    wait(started)


SCENARIOS: dict[str, Callable[[Race], None]] = {
    "same": same,
    "overlapping": overlapping,
    "owner": owner,
    "kills": kills,
    "moves": moves,
    "killed-moves": killed_moves,
    "faults": faults,
    "stalled": stalled,
}


def _wish(race: Race, caller: str, service: str, clock: str, day: int = 18) -> Wish:
    calendars = ("chair-1", "room") if service == COLOUR else ("chair-1",)
    return Wish(
        caller=caller, service=service, start=shop.at(race.profile, clock, day), calendars=calendars
    )


def _near(race: Race) -> list[Wish]:
    """Starts from 10:00 to 12:40."""
    wishes = []
    for place, caller in enumerate(race.callers):
        minutes = 20 * (place % 9)
        clock = f"{10 + minutes // 60}:{minutes % 60:02}"
        wishes.append(_wish(race, caller, (CUT, WASH, COLOUR)[place % 3], clock))
    return wishes


def _changes(race: Race) -> list[Act]:
    """Two days full of visits; each third is cancelled, the others move into the times of their neighbours."""
    regulars = race.callers[: len(race.callers) * 3 // 5]
    race.crew.run(race.shares(_bookings(race.offer(_a_full_day(race, regulars)))), race.clock)
    visits = race.booked()
    race.chance.shuffle(visits)
    cancelled, moved = visits[::3], [row for place, row in enumerate(visits) if place % 3]
    known = {_caller(row) for row in visits}
    strangers = [caller for caller in race.callers if caller not in known]
    wishes = [_moved(race, row) for row in moved]
    for caller in strangers:
        row = race.chance.choice(visits)
        wishes.append(_wish_for(race, row, caller, row.start))
    offered = race.offer(wishes, race.clock.now() + _AFTERWARDS)
    return [*_bookings(offered), *(_act(Deed.CANCEL, row) for row in cancelled)]


def _a_full_day(race: Race, callers: Sequence[str]) -> list[Wish]:
    """Visits that do not meet, on two days: cuts on one chair, and with the room colours on the other."""
    cuts = [(CUT, day, 480 + 80 * place) for day in (18, 19) for place in range(9)]
    colours = [(COLOUR, day, 500 + 120 * place) for day in (18, 19) for place in range(6)]
    visits = sorted([*cuts, *colours], key=lambda one: one[1:])
    wishes = []
    for caller, (service, day, minute) in zip(callers, visits, strict=False):
        wish = _wish(race, caller, service, f"{minute // 60}:{minute % 60:02}", day)
        calendars = ("chair-2", "room") if service == COLOUR else wish.calendars
        wishes.append(replace(wish, calendars=calendars))
    return wishes


def _moved(race: Race, row: AppointmentRow) -> Wish:
    """Half an hour and more to either side; a colour as well to the other chair."""
    start = row.start + timedelta(minutes=race.chance.choice((-80, -40, 40, 80)))
    wish = _wish_for(race, row, _caller(row), start)
    chair = race.chance.choice(("chair-1", "chair-2"))
    calendars = (chair, "room") if row.service == COLOUR else wish.calendars
    return replace(wish, calendars=calendars, moves=row.id)


def _wish_for(race: Race, row: AppointmentRow, caller: str, start: datetime) -> Wish:
    local = start.astimezone(race.profile.zone)
    return Wish(caller=caller, service=row.service, start=local, calendars=tuple(row.calendars))


def _caller(row: AppointmentRow) -> str:
    return row.thread.rpartition(":")[2]


def _bookings(offered: Sequence[Offered]) -> list[Act]:
    return [Act(deed=Deed.BOOK, wish=one.wish, row=one.hold) for one in offered]


def _act(deed: Deed, row: AppointmentRow) -> Act:
    wish = Wish(
        caller=_caller(row),
        service=row.service,
        start=row.start,
        calendars=tuple(row.calendars),
    )
    return Act(deed=deed, wish=wish, row=row.id)


def _harm(race: Race, moment: Moment) -> Harm:
    often = 30 if moment is Moment.COMMITTING else 3
    return Harm(at=moment, nth=race.chance.randint(1, often))


def _unanswered(race: Race, acts: Sequence[Act]) -> list[Act]:
    """What was asked and never answered, of times offered later too; and what was not even asked."""
    lines, by_caller = race.crew.lines(), {act.wish.caller: act for act in acts}
    asked = {line.caller for line in lines}
    cut_off = [
        replace(by_caller[line.caller], deed=Deed(line.deed), row=line.row, gives_up=False)
        for line in unanswered(lines)
    ]
    return cut_off + [act for act in acts if act.wish.caller not in asked]


@contextmanager
def _scribbling(race: Race) -> Iterator[None]:
    """The owner writes meanwhile."""

    def scribble() -> None:
        owner = Owner(site=race.site)
        for calendar in ("chair-1", "room"):
            first = shop.at(race.profile, "10:00")
            race.entries.extend(owner.scribbles(calendar, first, 4, race.lasts_s / 2, race.chance))

    thread = threading.Thread(target=scribble)
    thread.start()
    try:
        yield
    finally:
        thread.join()
