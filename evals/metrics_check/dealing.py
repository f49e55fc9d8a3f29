"""What is agreed with a caller: visits, calls that are owed, people who are called for."""

from datetime import datetime, timedelta
from functools import partial

from evals.metrics_check.books import Row
from evals.metrics_check.life import AGENT, Life
from evals.metrics_check.moments import TICK

_GRACE = timedelta(minutes=15)
"""So much later still counts as kept."""


def offers(life: Life, now: datetime) -> None:
    """Some times are kept; one of them is taken soon, later or never."""
    if not life.speaks:
        return
    offer = life.books.name("offer-")
    held = [
        _visit(life, now, "held", offer, place) for place in range(1, life.chance.randint(2, 4))
    ]
    if life.happens(0.8):
        life.soon(now, partial(_takes, held=held), longest_s=life.chance.choice((60, 80_000)))


def books_by_hand(life: Life, now: datetime) -> None:
    """A person books, whoever has the conversation."""
    life.joins(now)
    offer = f"staff:mia:{life.books.name('')}"
    _booked(life, now, _visit(life, now, "booked", offer, 1))


def _takes(life: Life, now: datetime, held: list[Row]) -> None:
    if not life.speaks or any(row["state"] != "held" for row in held):
        return
    taken = life.chance.choice(held)
    for row in held:
        row |= {"state": "released", "changed_at": now}
    standing = [one for one in life.visits if one["state"] == "booked"]
    if standing and life.happens(0.5):
        taken |= {"state": "moved", "moves": standing[0]["id"], "left": None}
        standing[0] |= {"start": taken["start"], "changed_at": now, "revision": 1}
    elif life.happens(0.04):
        taken["state"] = life.chance.choice(("writing", "review", "withdrawing"))
    else:
        _booked(life, now, taken)


def _booked(life: Life, now: datetime, visit: Row) -> None:
    visit |= {"state": "booked", "changed_at": now, "code": life.books.name(""), "event": "event"}
    life.visits.append(visit)
    life.mark(now, "booked", AGENT)
    if life.happens(0.15):
        life.later(now + life.delay(), partial(_cancels, visit=visit))


def _cancels(life: Life, now: datetime, visit: Row) -> None:
    if visit["state"] == "booked":
        state = "cancelling" if life.happens(0.05) else "cancelled"
        visit |= {"state": state, "changed_at": now}


def _visit(life: Life, now: datetime, state: str, offer: str, place: int) -> Row:
    start = (now + timedelta(days=place)).replace(minute=0, second=0, microsecond=0)
    return life.books.add(
        "appointment",
        id=life.books.name(""),
        business=life.shop.slug,
        thread=life.joins(now),
        service=life.chance.choice(life.shop.services),
        calendar="van",
        beside=[],
        start=start,
        duration_min=60,
        buffer_before_min=0,
        buffer_after_min=0,
        state=state,
        offer=offer,
        place=place,
        created_at=now,
        changed_at=now,
        expires_at=now + timedelta(minutes=30),
    )


def asks_for_a_call(life: Life, now: datetime) -> None:
    owes(life, now, life.chance.choice(("callback", "callback", "callback", "promise")))


def owes(life: Life, now: datetime, kind: str) -> None:
    """A task: done in time, late, for another reason than a time, or open."""
    delay = life.chance.choice((None, timedelta(), timedelta(hours=1), life.delay()))
    due = None if delay is None or kind == "undelivered" else now + delay
    if due and life.happens(0.05):
        due = life.now - life.chance.choice((_GRACE, _GRACE - TICK, timedelta(), -_GRACE))
    task = life.books.add(
        "task",
        key=life.books.name(f"{kind}:"),
        business=life.shop.slug,
        thread=life.joins(now),
        kind=kind,
        note="...",
        due_at=due,
        created_at=now,
    )
    if life.happens(0.75):
        _done(life, task, now + life.delay())


def _done(life: Life, task: Row, at: datetime) -> None:
    if at > life.now:
        return
    promises = task["due_at"] is not None and task["kind"] in (
        "callback",
        "phone_caller",
        "promise",
    )
    kept = at <= task["due_at"] + _GRACE if promises else None
    if life.happens(0.03):
        kept = None  # another way ended it: it was about something that is different now
    task |= {"done_at": at, "done_by": "mia", "kept": kept}


def escalates(life: Life, now: datetime, *, is_test: bool = False) -> None:
    """A person is called for: somebody takes it, the caller is answered, or nobody comes."""
    number = len(life.books.rows["escalation"]) + 1
    ended = life.chance.choice(
        ("taken", "taken", "taken", "nobody", "answered", "resolved", "withdrawn", None)
    )
    ended_at = now + life.delay() if ended else None
    if ended_at and ended_at > life.now:
        ended = ended_at = None
    life.books.add(
        "escalation",
        id=number,
        key=life.books.name("escalation:"),
        business=life.shop.slug,
        thread=None if is_test else life.joins(now),
        reason=life.chance.choice(("emergency", "urgent", "human_request", "other")),
        is_urgent=life.happens(0.5),
        words="...",
        began_at=now,
        rung=0,
        round=1,
        ended_at=ended_at,
        ended=ended,
        taken_by="mia" if ended == "taken" else None,
    )
    ways = ("connect", "call") if life.happens(0.1) else ("text", "call", "bell")
    for way in ways[: life.chance.randint(1, len(ways))]:
        life.books.add(
            "escalation_step",
            escalation=number,
            at=now,
            staff="mia",
            way=way,
            state="done",
            changed_at=now,
        )
