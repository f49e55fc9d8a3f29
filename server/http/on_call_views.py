"""The ladder and its log in words, for the page of who is on call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.business import Business
from agent.model import Reason
from agent.rules import hours, rota
from agent.rules.phone import spoken
from server.escalation_texts import nobody_key
from server.escalations import name_of
from server.store import escalations as store
from server.store import texts
from server.store.escalations import Ended, EscalationRow, StepRow, StepState, Way

_REASONS = {
    Reason.EMERGENCY: "Emergency",
    Reason.URGENT: "Urgent",
    Reason.HUMAN_REQUEST: "Asked for a person",
    Reason.COMPLAINT: "Complaint",
    Reason.UNANSWERABLE: "Question without an answer",
    Reason.CALLBACK_REQUEST: "Wants a call or a visit",
}
_TEXTED = {
    "queued": "is about to be texted",
    "sending": "is being texted",
    "delivered": "was texted: delivered",
    "read": "was texted: read",
    "failed": "could not be texted",
    "undelivered": "was texted, but it did not arrive",
    "dropped": "was not texted",
}
_A_MINUTE, _AN_HOUR = 60, 3600


@dataclass(frozen=True, kw_only=True)
class RungView:
    place: int
    name: str
    staff: str
    phone: str
    when: str
    texts: bool
    calls: bool
    is_on: bool
    is_tried: bool
    """Is tried now: on duty and not busy; or everybody is, because nobody is left."""
    state: str
    """In words: on duty until when, or from when."""
    channels: int
    """Browsers and channels."""


@dataclass(frozen=True, kw_only=True)
class StepView:
    at: str
    words: str
    state: str


@dataclass(frozen=True, kw_only=True)
class EscalationView:
    id: int
    at: str
    what: str
    who: str
    link: str
    """Empty: a test."""
    outcome: str
    is_open: bool
    is_taken: bool
    is_urgent: bool
    steps: tuple[StepView, ...]


def rungs(
    connection: sa.Connection, business: Business, channels: dict[str, int], now: datetime
) -> list[RungView]:
    """Everybody on the list, in order."""
    busy = store.busy_until(connection, business.slug, now)
    tried = {rung.place for rung in rota.on_duty(business, now, busy)}
    shown = []
    for rung in rota.ladder(business):
        entry = business.on_call[rung.place]
        is_on = rota.is_on(business, entry, now)
        until = rota.changes_at(business, entry, now)
        state = _duty_words(business, is_on, until, now)
        if away := busy.get(rung.person.id):
            state = f"Busy until {_clock(business, away, now)}"
        shown.append(
            RungView(
                place=rung.place,
                name=rung.person.name,
                staff=rung.person.id,
                phone=spoken(rung.person.phone) if rung.person.phone else "",
                when=entry.when,
                texts="sms" in entry.reach,
                calls="call" in entry.reach,
                is_on=is_on and not away,
                is_tried=rung.place in tried,
                state=state,
                channels=channels.get(rung.person.id, 0),
            )
        )
    return shown


def log(
    connection: sa.Connection, business: Business, limit: int, now: datetime
) -> list[EscalationView]:
    """The newest first, with every step."""
    rows = store.of_business(connection, business.slug, limit)
    return seen(connection, business, rows, now)


def seen(
    connection: sa.Connection, business: Business, rows: Sequence[EscalationRow], now: datetime
) -> list[EscalationView]:
    steps = store.steps_of(connection, *(row.id for row in rows))
    keys = [one.text for one in steps if one.text]
    sent = _statuses(connection, [*keys, *(nobody_key(row) for row in rows)])
    return [
        _view(business, row, [one for one in steps if one.escalation == row.id], sent, now)
        for row in rows
    ]


def step_words(business: Business, step: StepRow, status: str | None) -> str:
    """One try in words: "Mia was called: no answer after 25 s"; empty: there is nothing to tell."""
    name, detail = name_of(business, step.staff), step.detail or ""
    if step.way in (Way.TEXT, Way.INBOX) and detail:
        return f"{name} {detail} {'by text' if step.way == Way.TEXT else 'in the inbox'}"
    if step.way == Way.TEXT:
        return f"{name} {_TEXTED.get(status or '', 'was texted')}"
    if step.way == Way.BELL:
        return _bell_words(name, step)
    what = "asked to be put through" if step.way == Way.CONNECT else "was called"
    if step.state in (StepState.DUE, StepState.DOING):
        now = "is about to ring" if step.state == StepState.DUE else "rings"
        return f"{name}'s phone {now}"
    return f"{name} {what}: {detail}" if detail else f"{name} {what}"


def lasted(seconds: float) -> str:
    """40 s, 3 min 5 s, 2 h 10 min."""
    whole = round(seconds)
    if whole < _A_MINUTE:
        return f"{whole} s"
    if whole < _AN_HOUR:
        rest = f" {whole % 60} s" if whole % 60 else ""
        return f"{whole // 60} min{rest}"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _bell_words(name: str, step: StepRow) -> str:
    if step.state in (StepState.DUE, StepState.DOING):
        return f"{name}'s browsers and channels are being rung"
    return f"{name}'s browsers and channels: {step.detail}" if step.detail else ""


def _view(
    business: Business,
    row: EscalationRow,
    steps: list[StepRow],
    sent: dict[str, str],
    now: datetime,
) -> EscalationView:
    caller = (row.thread or "").rpartition(":")[2]
    told = [
        StepView(at=_time(business, one.at), words=words, state=one.state)
        for one in steps
        if (words := step_words(business, one, sent.get(one.text or "")))
    ]
    if row.told_nobody_at and sent.get(nobody_key(row), "dropped") != "dropped":
        told.append(_told_nobody(business, row, row.told_nobody_at))
    is_test = row.is_test
    return EscalationView(
        id=row.id,
        at=f"{hours.ago(business, row.began_at, now)}".removeprefix("at "),
        what="Test" if is_test else _REASONS.get(Reason(row.reason), "Needs a person"),
        who="" if is_test else spoken(caller),
        link="" if is_test else f"/inbox/{caller.lstrip('+')}",
        outcome=_outcome(business, row),
        is_open=row.ended_at is None,
        is_taken=row.ended == Ended.TAKEN,
        is_urgent=row.is_urgent,
        steps=tuple(told),
    )


def _told_nobody(business: Business, row: EscalationRow, at: datetime) -> StepView:
    words = "The caller was told that nobody was reached yet"
    return StepView(at=_time(business, at), words=words, state=StepState.DONE)


def _outcome(business: Business, row: EscalationRow) -> str:
    if row.ended_at is None:
        return (
            "Waits for an answer" if row.is_test else f"People are being tried, round {row.round}"
        )
    took = lasted((row.ended_at - row.began_at).total_seconds())
    match row.ended:
        case Ended.TAKEN:
            return f"{name_of(business, row.taken_by or 'somebody')} took it after {took}"
        case Ended.ANSWERED:
            return "The caller has spoken with a person"
        case Ended.RESOLVED:
            return "The conversation was over"
        case Ended.WITHDRAWN:
            return "The caller did not need anybody any more"
    return f"Nobody took it in {took}"


def _statuses(connection: sa.Connection, keys: Sequence[str]) -> dict[str, str]:
    rows = (texts.get(connection, key) for key in keys)
    return {row.key: row.status for row in rows if row}


def _duty_words(business: Business, is_on: bool, until: datetime | None, now: datetime) -> str:
    if is_on:
        return f"On duty until {_clock(business, until, now)}" if until else "On duty"
    return f"Off duty, on again {hours.ahead(business, until, now)}" if until else "Off duty"


def _clock(business: Business, moment: datetime, now: datetime) -> str:
    """5 PM, or with its day where that is another one."""
    return hours.ahead(business, moment, now).removeprefix("today at ")


def _time(business: Business, moment: datetime) -> str:
    return moment.astimezone(business.zone).strftime("%-I:%M:%S %p")


def shown_test(connection: sa.Connection, business: Business, name: int, now: datetime) -> Any:
    """A test as the page shows it; None: this business has none of that id."""
    row = store.get(connection, name)
    if row is None or row.business != business.slug or not row.is_test:
        return None
    return seen(connection, business, [row], now)[0]
