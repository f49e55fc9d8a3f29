"""Random episodes of two businesses (a third has none), as the product would have written them; the same seed makes the same ones."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import sqlalchemy as sa

from evals.metrics_check import chatting, phoning
from evals.metrics_check.books import Books, Row
from evals.metrics_check.dealing import books_by_hand, escalates
from evals.metrics_check.life import Life
from evals.metrics_check.moments import a_call, pick
from evals.metrics_check.town import FIRST, LAST, Shop, quiet_shop, shops

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
"""When it is counted; what would follow later has not happened."""
_WITHHELD = ("anonymous", "+266696687", "Restricted", "")
_FIRST_CALLER = 3_035_600_000
_STRANGERS = 0.12
"""Of all who call."""
_BOTH = 0.2
"""Of the callers: they call both businesses."""
_EXACT = 0.1
"""Of the callers: they try every bound."""


@dataclass(frozen=True, kw_only=True)
class Town:
    """What was made up."""

    shops: tuple[Shop, ...]
    books: Books


def make(seed: int, episodes: int) -> Town:
    """So many episodes or a few more."""
    chance = random.Random(seed)  # noqa: S311 - chance, no secret
    busy = shops(chance)
    town = Town(shops=(*busy, quiet_shop()), books=Books(chance=chance))
    for shop in town.shops:
        town.books.add("business", slug=shop.slug, profile=shop.profile, updated_at=NOW)
        town.books.add("phone", number=shop.phone, business=shop.slug)
    withheld = {shop.slug: _life(town, shop, "withheld") for shop in busy}
    opened = seen = 0
    for place in range(episodes * 10):
        shop = chance.choice(busy)
        if chance.random() < _STRANGERS:
            _stranger(town, shop, withheld[shop.slug], place)
        else:
            for one in busy if chance.random() < _BOTH else (shop,):
                _caller(town, one, f"+1{_FIRST_CALLER + place}")
        calls = town.books.rows["call"]
        opened += _opened(calls[seen:])
        seen = len(calls)
        if opened >= episodes:
            break
    for life in withheld.values():
        life.run()
    return town


def store(town: Town, database: sa.Engine) -> None:
    """In one transaction, into an empty database."""
    with database.begin() as connection:
        town.books.write(connection)


def _life(town: Town, shop: Shop, caller: str) -> Life:
    return Life(shop=shop, caller=caller, books=town.books, now=NOW)


def _caller(town: Town, shop: Shop, number: str) -> None:
    """One to six calls, some of them soon after each other; a few callers write before they ever call."""
    life = _life(town, shop, number)
    life.is_exact = life.happens(_EXACT)
    at = a_call(life.chance, shop.zone, FIRST, LAST, at_midnight=life.is_exact)
    if life.happens(0.05):
        life.later(at - life.delay(), chatting.writes)
    for _ in range(life.chance.choice((1, 1, 1, 2, 3, 6))):
        life.later(at, phoning.calls)
        at = _next_call(life, at)
    life.run()


def _next_call(life: Life, at: datetime) -> datetime:
    match pick(life.chance, ((3, "soon"), (1, "cool-down"), (3, "bound"), (3, "any time"))):
        case "soon":
            return at + timedelta(minutes=life.chance.uniform(1, 239))
        case "cool-down":
            return at + phoning.COOLDOWN
        case "bound":
            return at + life.delay()
    return a_call(life.chance, life.shop.zone, FIRST, LAST)


def _stranger(town: Town, shop: Shop, withheld: Life, place: int) -> None:
    """Who hides the number, is no customer, or is the owner trying it out."""
    kinds: tuple[Callable[[Town, Shop, datetime, int], None], ...] = (
        _staff_calls,
        _owner_tries,
        _blocked_calls,
        _machine_calls,
        _own_number_calls,
    )
    at = a_call(town.books.chance, shop.zone, FIRST, LAST)
    if withheld.happens(0.35):
        withheld.later(at, _withheld_calls)
    else:
        town.books.chance.choice(kinds)(town, shop, at, place)


def _withheld_calls(life: Life, at: datetime) -> None:
    caller = life.chance.choice(_WITHHELD)
    call = phoning.ring(life, at, caller=caller)
    _settle(life, call, at, "caller withheld", thread=life.joins(at))
    if life.happens(0.05):
        phoning.ring(
            life,
            at + timedelta(minutes=9),
            caller=caller,
            outcome="answered",
            settled_at=at + timedelta(minutes=12),
        )


def _staff_calls(town: Town, shop: Shop, at: datetime, _place: int) -> None:
    life = _life(town, shop, shop.staff["sam"])
    _settle(life, phoning.ring(life, at), at, "staff", thread=None)


def _blocked_calls(town: Town, shop: Shop, at: datetime, _place: int) -> None:
    life = _life(town, shop, shop.blocked)
    _settle(life, phoning.ring(life, at), at, "blocked", thread=None)


def _machine_calls(town: Town, shop: Shop, at: datetime, place: int) -> None:
    life = _life(town, shop, f"+1800555{place:06d}")
    why = life.chance.choice(("robocall", "country not served", "invalid number"))
    _settle(life, phoning.ring(life, at), at, why, thread=life.joins(at))


def _own_number_calls(town: Town, shop: Shop, at: datetime, _place: int) -> None:
    life = _life(town, shop, shop.phone)
    if any(row["id"] == life.thread for row in town.books.rows["thread"]):
        thread = life.thread
    else:
        thread = life.joins(at)
        life.run()
    _settle(life, phoning.ring(life, at), at, "own number", thread=thread)


def _owner_tries(town: Town, shop: Shop, at: datetime, place: int) -> None:
    """A test call with its text and its answer, or a test of who is called for; each on a thread of its own."""
    life = _life(town, shop, f"{shop.staff['mia'][:-4]}9{place:05d}")
    if life.happens(0.3):
        life.later(at, partial(escalates, is_test=True))
        return life.run()
    call = phoning.ring(life, at, is_test=True)
    _settle(life, call, at, "first text", thread=life.joins(at))
    why = {"call": call["sid"], "called_at": at.isoformat(), "held": False, "test": True}
    life.text(
        at,
        key=f"first:{call['sid']}",
        author="template",
        kind="first_text",
        sending_at=at + timedelta(seconds=12),
        sid=life.books.name("SM"),
        why=why,
    )
    life.text(at + timedelta(seconds=40), author="caller", kind=None, status="answered")
    life.later(at + timedelta(minutes=1), books_by_hand)
    return life.run()


def _settle(life: Life, call: Row, at: datetime, why: str, *, thread: str | None) -> None:
    """A missed call that gets no text of its own accord."""
    call |= {
        "outcome": "missed",
        "reason": life.chance.choice(phoning.REASONS),
        "settled_at": at + timedelta(seconds=20),
        "decision": why,
        "thread": thread,
    }


def _opened(calls: Sequence[Row]) -> int:
    """How many of them begin an episode; withheld callers come on top."""
    none = (None, "staff", "blocked", *phoning.JOINS)
    return sum(call.get("decision") not in none and not call.get("is_test") for call in calls)
