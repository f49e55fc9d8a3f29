"""The races: what happens while callers want each other's times."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from evals.races import shop, wishes
from evals.races.books import Books
from evals.races.crew import kill_at_random, wait, wait_until_quiet
from evals.races.harm import Harm, Moment
from evals.races.owner import Entry, Owner
from evals.races.proxy import faulty
from evals.races.race import Race, bookings
from evals.races.site import Site
from server.store.engine import create, make_engine

PROCESSES = 4
_FAULTS = 0.3
"""Of all writes."""


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
    race.crew.run(race.shares(bookings(race.offer(wishes.the_same(race)))), race.clock)


def overlapping(race: Race) -> None:
    """Nine starts within three hours; every third caller wants a room as well."""
    race.crew.run(race.shares(bookings(race.offer(wishes.near(race)))), race.clock)


def owner(race: Race) -> None:
    """The same, while the owner writes ten events into that time."""
    acts = bookings(race.offer(wishes.near(race)))
    with race.while_owner(_scribbles(race)):
        race.crew.run(race.shares(acts), race.clock)


def aiming_owner(race: Race) -> None:
    """Nobody is in another's way but the owner, who writes into just the times that callers book."""
    wanted = wishes.full_days(race, race.callers)
    acts = bookings(race.offer(wanted))

    def aims(owner: Owner) -> Iterator[Entry]:
        for wish in race.chance.sample(wanted, len(wanted) * 2 // 3):
            time.sleep(race.chance.uniform(0, race.lasts_s / len(wanted)))
            yield owner.writes(wish.calendars[0], wish.start, 20)

    with race.while_owner(aims):
        race.crew.run(race.shares(acts), race.clock)


def kills(race: Race) -> None:
    """The same, while processes die: asked again by others is what every second caller had asked."""
    acts = bookings(race.offer(wishes.near(race)))
    moments = [moment for moment in Moment if moment is not Moment.REMOVED]
    harms = [race.harm(one) for one in race.chance.sample(moments, race.processes - 1)]
    with race.while_owner(_scribbles(race)):
        started = race.crew.start(race.shares(acts), race.clock, harms)
        kill_at_random(started[-1], race.lasts_s, race.chance)
        wait(started)
    race.crew.run(race.shares(race.unanswered(acts)[::2]), race.clock)


def moves(race: Race) -> None:
    """Visits move into each other's times, others are cancelled, and strangers want what becomes free."""
    race.crew.run(race.shares(wishes.changes(race)), race.clock)


def killed_moves(race: Race) -> None:
    """The same, while processes die and the owner writes."""
    acts = wishes.changes(race)
    harms = [race.harm(one) for one in race.chance.sample(list(Moment), race.processes)]
    with race.while_owner(_scribbles(race)):
        wait(race.crew.start(race.shares(acts), race.clock, harms))
    race.crew.run(race.shares(race.unanswered(acts)[::2]), race.clock)


def faults(race: Race) -> None:
    """Nine overlapping starts, while a third of the writes is answered by an error or not at all."""
    acts = bookings(race.offer(wishes.near(race)))
    with faulty(race.site, _FAULTS, race.chance.randrange(1000)) as (site, _):
        crew, race.crew = race.crew, replace(race.crew, site=site)
        race.crew.run(race.shares(acts), race.clock)
        race.crew = crew


def stalled(race: Race) -> None:
    """Every process stands still for so long that others take up its work; then it goes on."""
    wanted = [*wishes.near(race)[::2], *wishes.full_days(race, race.callers[1::2])]
    acts = [replace(act, gives_up=True) for act in bookings(race.offer(wanted))]
    others = (Moment.CLAIMED, Moment.WRITTEN, Moment.LOOKED)
    moments = [
        race.chance.choice(others) if place % 2 else Moment.READ for place in range(race.processes)
    ]
    harms = [Harm(at=one, stalls=True) for one in moments]
    started = race.crew.start(race.shares(acts), race.clock, harms)
    wait_until_quiet(race.crew)
    race.crew.run([race.unanswered(acts)], race.clock)
    race.crew.going_on.set()
    wait(started)


SCENARIOS: dict[str, Callable[[Race], None]] = {
    "same": same,
    "overlapping": overlapping,
    "owner": owner,
    "aiming-owner": aiming_owner,
    "kills": kills,
    "moves": moves,
    "killed-moves": killed_moves,
    "faults": faults,
    "stalled": stalled,
}


def _scribbles(race: Race) -> Callable[[Owner], Iterator[Entry]]:
    """Ten events into each of two calendars."""

    def scribbles(owner: Owner) -> Iterator[Entry]:
        for calendar in ("chair-1", "room"):
            first = shop.at(race.profile, "10:00")
            yield from owner.scribbles(calendar, first, 4, race.lasts_s / 2, race.chance)

    return scribbles
