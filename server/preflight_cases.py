"""What a change is tried on: callers' texts of the last days, what callers of the trade typically text, missed calls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import sqlalchemy as sa

from agent.business import Business
from agent.data import rule_data
from agent.rules import hours, packs
from agent.rules import typical as trades
from agent.state import Json
from server.store import answered_turns
from server.store.texts import TextRow
from server.turns import HISTORY, as_text

WITHIN = timedelta(days=30)
TURNS_MAX = 200
CALLS_MAX = 20
_BEFORE = timedelta(days=7)
"""How far back the texts before the first turn reach."""
_WEEK_H = 7 * 24


@dataclass(frozen=True, kw_only=True)
class Case:
    """One turn to be answered anew."""

    thread: str
    """Turns of one thread follow each other; a typical text is a thread of its own."""
    caller: str
    """E.164; empty: nobody's, a typical text."""
    at: datetime
    """When the last of the texts came."""
    texts: tuple[Json, ...]
    """As a turn takes them."""
    history: tuple[Json, ...] = ()

    @property
    def asked(self) -> str:
        return "\n".join(text["body"] for text in self.texts)

    @property
    def is_typical(self) -> bool:
        return not self.caller


@dataclass(frozen=True, kw_only=True)
class MissedCall:
    """A call for which the first text is written anew."""

    at: datetime
    caller: str
    """E.164; empty: nobody's, an example."""
    told_as: str | None = None
    language: str | None = None


def of_callers(connection: sa.Connection, business: str, now: datetime) -> list[Case]:
    """The last turns that the agent answered, by thread, each in the order of its texts; never of who opted out."""
    since = now - WITHIN
    wanted = answered_turns.lately(connection, business, since, TURNS_MAX)
    found: list[Case] = []
    for name in dict.fromkeys(thread for thread, _ in wanted):
        rows = answered_turns.texts_of(connection, name, since - _BEFORE)
        found += _turns(name, rows, {turn for thread, turn in wanted if thread == name})
    return found


def typical(business: Business, now: datetime) -> list[Case]:
    """What callers of the trade text and most often ask, each as the first text of a new caller."""
    known = rule_data("typical_texts")
    own = known.get(packs.name(business.industry), {}).get("texts", [])
    asked = [one.ask for one in trades.questions(business.industry)]
    return [_typical(words, now) for words in dict.fromkeys((*known["every"], *own, *asked))]


def missed_calls(
    connection: sa.Connection, businesses: Sequence[Business], now: datetime
) -> list[MissedCall]:
    """The last that got a first text, and one while each is open and one while it is closed, so that both texts are seen."""
    rows = answered_turns.texted_calls(connection, businesses[0].slug, now - WITHIN, CALLS_MAX)
    real = [
        MissedCall(
            at=row.at, caller=row.caller, told_as=row.told_as, language=row.memory.get("language")
        )
        for row in rows
    ]
    return [*real, *(MissedCall(at=at, caller="") for at in _moments(businesses, now))]


def _turns(name: str, rows: list[TextRow], wanted: set[str]) -> Iterator[Case]:
    callers = [row for row in rows if row.is_callers and row.turn in wanted]
    for _, together in groupby(callers, key=lambda row: row.turn):
        texts = list(together)
        before = [row for row in rows if row.seq < texts[0].seq][-HISTORY:]
        yield Case(
            thread=name,
            caller=texts[-1].sender,
            at=texts[-1].at,
            texts=tuple(as_text(row) | {"carrier_acts": row.carrier_acts} for row in texts),
            history=tuple(as_text(row) for row in before),
        )


def _typical(words: str, now: datetime) -> Case:
    text = {"seq": 1, "author": "caller", "body": words, "at": now.isoformat(), "kind": None}
    return Case(
        thread=f"typical: {words}",
        caller="",
        at=now,
        texts=(text | {"media": [], "carrier_acts": False},),
    )


def _moments(businesses: Sequence[Business], now: datetime) -> Iterator[datetime]:
    """The next hours at which each is open and closed, each moment once."""
    ahead = [now + timedelta(hours=count) for count in range(_WEEK_H)]
    found = (
        next((at for at in ahead if hours.is_open(one, at) is is_open), None)
        for one in businesses
        for is_open in (True, False)
    )
    yield from dict.fromkeys(at for at in found if at is not None)
