"""What a caller does after a call: writes, books, asks for a call, opts out, or nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from evals.metrics_check.books import Row
from evals.metrics_check.dealing import asks_for_a_call, books_by_hand, escalates, offers
from evals.metrics_check.life import AGENT, Life
from evals.metrics_check.moments import TICK

_BUSINESS = 0.35
"""Of those who write, so many book."""
_CODES = ("answered", "answered", "answered", "timeout", "refused")


def follows(life: Life, left: datetime) -> None:
    """After a first text left; every delay is drawn on its own, so that all orders come."""
    for share, deed in (
        (0.45, writes),
        (0.12, books_by_hand),
        (0.06, asks_for_a_call),
        (0.02, stops),
        (0.03, a_person_takes_it),
        (0.05, escalates),
    ):
        if life.happens(share):
            life.later(left + life.delay(), deed)
    if life.happens(0.1):
        life.text(left, kind="alert", recipient=life.shop.staff["mia"])
    if life.happens(0.2):
        life.later(left + timedelta(hours=5), _nudge)


def goes_on_without_text(life: Life, now: datetime) -> None:
    for share, deed in ((0.1, writes), (0.05, books_by_hand), (0.05, asks_for_a_call)):
        if life.happens(share):
            life.later(now + life.delay(), deed)


def writes(life: Life, now: datetime) -> None:
    """And what comes of it within the next seconds."""
    if life.opted_out_at:
        return starts(life, now) if life.happens(0.3) else None
    turn = life.books.name("turn-")
    words = {"author": "caller", "kind": None, "status": "answered", "turn": turn}
    _callers(life, now, **words)
    if life.speaks and not life.shop.is_shadow(now):
        life.soon(now, partial(_answers, turn=turn))
    _goes_on(life, now)
    return None


def _goes_on(life: Life, now: datetime) -> None:
    plans: tuple[tuple[float, Callable[[Life, datetime], None]], ...] = (
        (_BUSINESS, offers),
        (0.15, asks_for_a_call),
        (0.1, escalates),
        (0.03, a_person_takes_it),
    )
    for share, deed in plans:
        if life.happens(share):
            life.soon(now, deed)
    for share, deed in ((0.4, writes), (0.06, stops)):
        if life.happens(share):
            life.later(now + life.delay(), deed)


def stops(life: Life, now: datetime) -> None:
    if life.opted_out_at:
        return
    said = _callers(life, now, author="caller", kind=None, status="answered", body="STOP")
    life.opted_out_at = now
    life.consents(now, "opt_out", sid=said["key"], wording="STOP")
    life.mark(now, "opted out", "caller")
    life.text(now, author="template", kind="opt_out_confirmation", status="delivered")
    if life.happens(0.3):
        life.later(now + life.delay(), starts)


def starts(life: Life, now: datetime) -> None:
    """The caller wants texts again."""
    if life.opted_out_at is None:
        return
    said = _callers(life, now, author="caller", kind=None, status="answered", body="START")
    life.opted_out_at = None
    life.consents(now, "opt_in", sid=said["key"], wording="START")
    if life.happens(0.1):
        life.consents(now + TICK, "marketing_opt_in", sid=said["key"])


def _callers(life: Life, now: datetime, **values: object) -> Row:
    life.said_at = life.wrote_at = now
    name = life.books.name("SM")
    return life.text(now, **({"key": name, "sid": name, "why": {"raw": {}}} | values))


def _answers(life: Life, now: datetime, turn: str) -> None:
    if not life.speaks:
        return
    kind = "hand_off" if life.happens(0.1) else "reply"
    status = life.chance.choice(("delivered", "delivered", "sent", "dropped", "undelivered"))
    life.text(now, kind=kind, status=status, turn=turn, sending_at=now, sid=life.books.name("SM"))
    life.said_at = now
    for _ in range(life.chance.choice((0, 1, 1, 2))):
        life.books.add(
            "model_call",
            business=life.shop.slug,
            thread=life.thread,
            turn=turn,
            at=now,
            model=life.chance.choice(("small", "large")),
            prompt="understand@3#0123",
            tokens_in=life.chance.randrange(4000),
            tokens_out=life.chance.randrange(400),
            took_ms=life.chance.randrange(9000),
            ended=life.chance.choice(_CODES),
        )


def _nudge(life: Life, now: datetime) -> None:
    if life.speaks and not (life.wrote_at and now - life.wrote_at < timedelta(hours=5)):
        life.text(now, author="template", kind="nudge")
        life.said_at = now


def a_person_takes_it(life: Life, now: datetime) -> None:
    if life.owner != AGENT:
        return
    life.owner = "mia"
    life.mark(now, "claimed", "mia")
    if life.opted_out_at is None:
        life.text(now, author="staff:mia", kind="staff")
        life.said_at = now
    if life.happens(0.7):
        life.later(now + life.delay(), _gives_back)


def _gives_back(life: Life, now: datetime) -> None:
    life.owner = AGENT
    life.mark(now, "released", "mia")
