"""Who wants what: times that meet each other, days that are full, and changes of what is booked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from evals.races import shop
from evals.races.lines import Deed
from evals.races.race import Race, act_of, bookings
from evals.races.shop import COLOUR, CUT, WASH, Wish
from evals.races.worker import Act
from server.store.appointments import AppointmentRow

_AFTERWARDS = timedelta(hours=2)
"""Claims of what was booked have run out by then."""


def the_same(race: Race) -> list[Wish]:
    return [_one(race, caller, CUT, "12:00") for caller in race.callers]


def _one(race: Race, caller: str, service: str, clock: str, day: int = 18) -> Wish:
    calendars = ("chair-1", "room") if service == COLOUR else ("chair-1",)
    return Wish(
        caller=caller, service=service, start=shop.at(race.profile, clock, day), calendars=calendars
    )


def near(race: Race) -> list[Wish]:
    """Starts from 10:00 to 12:40."""
    wishes = []
    for place, caller in enumerate(race.callers):
        minutes = 20 * (place % 9)
        clock = f"{10 + minutes // 60}:{minutes % 60:02}"
        wishes.append(_one(race, caller, (CUT, WASH, COLOUR)[place % 3], clock))
    return wishes


def changes(race: Race) -> list[Act]:
    """Two days full of visits; each third is cancelled, the others move into the times of their neighbours."""
    regulars = race.callers[: len(race.callers) * 3 // 5]
    race.crew.run(race.shares(bookings(race.offer(full_days(race, regulars)))), race.clock)
    visits = race.booked()
    race.chance.shuffle(visits)
    cancelled, moved = visits[::3], [row for place, row in enumerate(visits) if place % 3]
    known = {shop.caller_of(row) for row in visits}
    strangers = [caller for caller in race.callers if caller not in known]
    wishes = [_moved(race, row) for row in moved]
    for caller in strangers:
        row = race.chance.choice(visits)
        wishes.append(_like(race, row, caller, row.start))
    offered = race.offer(wishes, race.clock.now() + _AFTERWARDS)
    return [*bookings(offered), *(act_of(Deed.CANCEL, row) for row in cancelled)]


def full_days(race: Race, callers: Sequence[str]) -> list[Wish]:
    """Visits that do not meet, on two days: cuts on one chair, and with the room colours on the other."""
    cuts = [(CUT, day, 480 + 80 * place) for day in (18, 19) for place in range(9)]
    colours = [(COLOUR, day, 500 + 120 * place) for day in (18, 19) for place in range(6)]
    visits = sorted([*cuts, *colours], key=lambda visit: visit[1:])
    wishes = []
    for caller, (service, day, minute) in zip(callers, visits, strict=False):
        wish = _one(race, caller, service, f"{minute // 60}:{minute % 60:02}", day)
        calendars = ("chair-2", "room") if service == COLOUR else wish.calendars
        wishes.append(replace(wish, calendars=calendars))
    return wishes


def _moved(race: Race, row: AppointmentRow) -> Wish:
    """Half an hour and more to either side; a colour as well to the other chair."""
    start = row.start + timedelta(minutes=race.chance.choice((-80, -40, 40, 80)))
    wish = _like(race, row, shop.caller_of(row), start)
    chair = race.chance.choice(("chair-1", "chair-2"))
    calendars = (chair, "room") if row.service == COLOUR else wish.calendars
    return replace(wish, calendars=calendars, moves=row.id)


def _like(race: Race, row: AppointmentRow, caller: str, start: datetime) -> Wish:
    local = start.astimezone(race.profile.zone)
    return Wish(caller=caller, service=row.service, start=local, calendars=tuple(row.calendars))
