"""Replays whole bookings of a public corpus, in its callers' own words, and counts how they end.

    python -m evals.booking [--scenarios FILE] [--minutes N] [--show [ID]]

The scenarios (Schema-Guided Dialogue, CC BY-SA 4.0) are read where they lie; nothing of them is kept here.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from agent.business import WEEKDAYS, Business
from agent.rules import first_text
from agent.rules.phrases import slot_words
from server.rehearsal import Rehearsal
from server.settings import Settings
from server.store.engine import create, make_engine
from server.wiring import open_tools, rehearsal_calendar

SCENARIOS = Path("../shared/data/dev/scenarios_sgd_booking.jsonl")
MINUTES = 60
Row = Mapping[str, Any]  # a line of JSON
State = Mapping[str, Any]

_OPENS, _CLOSES = time(9), time(18, 30)
_CALENDAR = "diary"
_TRADES = {
    "hair_stylist": ("salon", "Hair appointment"),
    "dentist": ("dental", "Dental appointment"),
    "doctor": ("medical", "Doctor's appointment"),
    "therapist": ("medical", "Therapy session"),
}
"""Industry and service of each `vertical`."""


class Heard(StrEnum):
    """What a caller makes of a reply; the scenarios call it a trigger."""

    START = "start"
    ASK_DATE = "ask_date"
    ASK_TIME = "ask_time"
    CONFIRM = "confirm"  # the time asked for is on offer
    OFFER_TIME = "offer_time"  # only other times are
    UNAVAILABLE = "unavailable"
    BOOKED = "booked"
    ANSWER = "answer"
    ANYTHING_ELSE = "anything_else"


class End(StrEnum):
    RIGHT = "right"
    ANOTHER_TIME = "booked, another time than the scenario's"
    WRONG = "wrong"


_ASKS = {"date": Heard.ASK_DATE, "time": Heard.ASK_TIME}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A time that the caller asked for, and the reply to it."""

    at: str
    is_free: bool
    is_met: bool
    """It was offered; if it is not free, a start at most a visit's length away was."""
    offers: list[str]


@dataclass(frozen=True, kw_only=True)
class Played:
    scenario: Row
    end: End
    asked: list[Asked]
    told: list[str]
    """The conversation, the caller's texts behind `>`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scenarios", type=Path, default=SCENARIOS, help="JSON lines")
    parser.add_argument(
        "--minutes", type=int, default=MINUTES, help="how long a visit and a busy time last"
    )
    parser.add_argument(
        "--show",
        nargs="?",
        const="",
        metavar="ID",
        help="print this conversation; without an ID all that end wrong, and times asked for in vain",
    )
    chosen = parser.parse_args()
    lines = chosen.scenarios.read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder), chosen.minutes)
        played = [town.play(json.loads(line)) for line in lines]
    print("\n".join(report(played, chosen.show)))


class Caller:
    """Says the scenario's lines in their order, each where our reply calls for it.

    A line that tells a day or a time is said whatever we replied. One that only answers ("Yes, that's right") is
    passed over where something else was heard. A yes to several offers takes the time asked for, else the
    scenario's counter-offer, else the first, and names it as we wrote it: the line alone could mean any of them.
    """

    def __init__(self, scenario: Row) -> None:
        self.took_first: str | None = None
        """The offer taken because the scenario's own counter-offer was not among them."""
        self._left: list[Row] = list(scenario["user_turns"])
        self._attempts: list[Row] = scenario["attempts"]
        self._wish: dict[str, str] = {}

    @property
    def asks_for(self) -> str | None:
        """A local start, once day and time are told."""
        wish = self._wish
        return f"{wish['date']}T{wish['time']}" if wish.keys() >= _ASKS.keys() else None

    def text(self, state: State | None) -> str | None:
        """The next text; None: nothing is left to say.

        Args:
            state: where the last text led to; None: there was none.
        """
        offers = _offers(state)
        turn = self._next(self._heard(state, offers))
        if turn is None:
            return None
        self._wish |= {key: turn["sets"][key] for key in _ASKS if key in turn["sets"]}
        words: str = turn["text"]
        is_yes = turn["polarity"] == "affirm" and not turn["sets"]
        return self._which(offers) + words if is_yes and offers else words

    def _heard(self, state: State | None, offers: Sequence[str]) -> set[Heard]:
        if state is None:
            return {Heard.START}
        if state["appointments"]:
            return {Heard.BOOKED, Heard.ANSWER, Heard.ANYTHING_ELSE}
        if missing := {asks for key, asks in _ASKS.items() if key not in self._wish}:
            return missing
        if self.asks_for in offers:
            return {Heard.CONFIRM}
        return {Heard.UNAVAILABLE, Heard.OFFER_TIME if offers else Heard.ANYTHING_ELSE}

    def _next(self, heard: set[Heard]) -> Row | None:
        """The first line left that fits, else the first; those before it will not be said."""
        fitting = [place for place, turn in enumerate(self._left) if _fits(turn, heard)]
        if not self._left or (Heard.BOOKED in heard and not fitting):
            return None
        place = fitting[0] if fitting else 0
        turn, self._left = self._left[place], self._left[place + 1 :]
        return turn

    def _which(self, offers: Sequence[str]) -> str:
        """What makes a yes mean one of the offers."""
        counter = self._counter_offer()
        meant = [at for at in (self.asks_for, counter) if at and at in offers]
        taken = meant[0] if meant else offers[0]
        if counter and not meant:
            self.took_first = taken
        return f"{slot_words(datetime.fromisoformat(taken))}. " if len(offers) > 1 else ""

    def _counter_offer(self) -> str | None:
        """What the scenario's business has in place of the time asked for."""
        for tried in self._attempts:
            offer = tried["counter_offer"]
            if offer and f"{tried['date']}T{tried['time']}" == self.asks_for:
                return f"{offer['appointment_date']}T{offer['appointment_time']}"
        return None


class Town:
    """A business of each trade, and a throw-away database for every scenario."""

    def __init__(self, folder: Path, minutes: int) -> None:
        self._folder, self._minutes = folder, minutes
        self._tools = open_tools(Settings(data_dir=folder, database_url=""))

    def play(self, scenario: Row) -> Played:
        rehearsal, caller = self._rehearsal(scenario), Caller(scenario)
        state: State | None = None
        told: list[str] = []
        asked: dict[str, Asked] = {}
        while (text := caller.text(state)) is not None:
            line = rehearsal.play({"caller": text}, None)
            state = line["state"]
            told += [f"> {text}", *line["replies"]]
            at = caller.asks_for
            if at and at not in asked and not line["state"]["appointments"]:
                asked[at] = self._asked(scenario, at, _offers(state))
        visits = _visits(state)
        told.append(f"= {', '.join(visits) or 'no visit'}; wanted {_wanted(scenario)}")
        return Played(
            scenario=scenario,
            end=_end(scenario, visits, caller.took_first),
            asked=list(asked.values()),
            told=told,
        )

    def _rehearsal(self, scenario: Row) -> Rehearsal:
        business = _business(scenario, self._minutes)
        url = f"sqlite:///{self._folder}/{scenario['id']}.db"
        create(url)
        now = datetime.fromisoformat(scenario["ref"]).replace(tzinfo=business.zone)
        rehearsal = Rehearsal(
            business,
            self._tools.library,
            None,
            rehearsal_calendar(None),
            make_engine(url),
            now,
            self._tools.embedder,
        )
        events = [
            {"calendar": _CALENDAR, "start": start.isoformat(), "end": end.isoformat()}
            for start, end in self._busy(scenario)
        ]
        rehearsal.set_up({"events": events, "first_text": first_text.render(business, now)})
        return rehearsal

    def _busy(self, scenario: Row) -> list[tuple[datetime, datetime]]:
        return [self._visit(f"{day}T{clock}") for day, clock in scenario["busy"]]

    def _visit(self, at: str) -> tuple[datetime, datetime]:
        start = datetime.fromisoformat(at)
        return start, start + timedelta(minutes=self._minutes)

    def _asked(self, scenario: Row, at: str, offers: list[str]) -> Asked:
        start, end = self._visit(at)
        is_open = start.time() >= _OPENS and end.time() <= _CLOSES
        is_free = is_open and all(
            end <= busy or until <= start for busy, until in self._busy(scenario)
        )
        off = [abs(datetime.fromisoformat(offer) - start) for offer in offers]
        is_near = any(away <= end - start for away in off)
        return Asked(
            at=at, is_free=is_free, is_met=at in offers if is_free else is_near, offers=offers
        )


def report(played: Sequence[Played], show: str | None) -> Iterator[str]:
    """How each scenario ended, then sums; `show`: an id, empty for all that ended wrong."""
    for one in played:
        name = one.scenario["id"]
        yield f"{name} {one.scenario['vertical']}, {one.scenario['outcome']}: {one.end}"
        if show == name or (show == "" and one.end is End.WRONG):
            yield from (f"    {words}" for told in one.told for words in told.splitlines())
    yield f"\nall: {_ends(played)}"
    for outcome in sorted({one.scenario["outcome"] for one in played}):
        mine = [one for one in played if one.scenario["outcome"] == outcome]
        yield f"outcome {outcome}: {_ends(mine)}"
    for feature in sorted({name for one in played for name in one.scenario["features"]}):
        mine = [one for one in played if feature in one.scenario["features"]]
        yield f"feature {feature}: {_ends(mine)}"
    yield from _met([one for each in played for one in each.asked])
    if show == "":
        yield from _in_vain(played)


def _met(asked: Sequence[Asked]) -> Iterator[str]:
    """Whether times asked for got the reply that the calendar called for."""
    free = [one.is_met for one in asked if one.is_free]
    taken = [one.is_met for one in asked if not one.is_free]
    yield f"asked for and free: offered {sum(free)} of {len(free)}"
    yield f"asked for and not free: one near it offered {sum(taken)} of {len(taken)}"


def _in_vain(played: Sequence[Played]) -> Iterator[str]:
    for each in played:
        for one in each.asked:
            if not one.is_met:
                offered = ", ".join(one.offers) or "nothing"
                yield f"  {each.scenario['id']}: {one.at}, offered {offered}"


def _ends(played: Sequence[Played]) -> str:
    counts = Counter(one.end for one in played)
    return "; ".join(f"{end} {counts[end]}" for end in End) + f"; of {len(played)}"


def _fits(turn: Row, heard: set[Heard]) -> bool:
    return any(key in turn["sets"] for key in _ASKS) or bool(heard & set(turn["trigger"]))


def _end(scenario: Row, visits: Sequence[str], took_first: str | None) -> End:
    if list(visits) == _wanted(scenario):
        return End.RIGHT
    return End.ANOTHER_TIME if took_first and list(visits) == [took_first] else End.WRONG


def _wanted(scenario: Row) -> list[str]:
    return sorted(f"{day}T{clock}" for day, clock in scenario["expected_events"])


def _visits(state: State | None) -> list[str]:
    return sorted(one["start_local"] for one in state["appointments"]) if state else []


def _offers(state: State | None) -> list[str]:
    """Local starts, in the order of their numbers."""
    return [one["start_local"] for one in state["offers"]] if state else []


def _business(scenario: Row, minutes: int) -> Business:
    vertical = scenario["vertical"]
    industry, service = _TRADES[vertical]
    return Business.model_validate(
        {
            "slug": vertical.replace("_", "-"),
            "name": vertical.replace("_", " ").capitalize(),
            "industry": industry,
            "timezone": scenario["tz"],
            "phone": "+15005550100",
            "address": "12 Elm St, Oakland, CA 94607",
            "hours": {day: [f"{_OPENS:%H:%M}-{_CLOSES:%H:%M}"] for day in WEEKDAYS},
            "booking": {"slot_step_min": 15, "lead_time_min": 0, "horizon_days": 60},
            "calendars": [{"id": _CALENDAR}],
            "services": [
                {"id": "visit", "name": service, "duration_min": minutes, "calendars": [_CALENDAR]}
            ],
            "privacy": {"health": industry != "salon"},
        }
    )


if __name__ == "__main__":
    main()
