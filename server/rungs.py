"""How the people on call are tried: whose turn it is, who is texted, and whose phone rings next."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.business import Business
from agent.rules import ladder_words, rota
from agent.rules.rota import Rung
from server import escalation_texts as tell
from server.escalation_texts import Sender
from server.store import escalations as store
from server.store import threads
from server.store.escalations import BEFORE_END, EscalationRow, StepState, Way


def in_turn(row: EscalationRow, duty: list[Rung]) -> list[Rung]:
    """What is not urgent rings no phone: who is reached by calls alone is passed over, unless all are."""
    if row.is_urgent:
        return duty
    return [rung for rung in duty if rung.texts or not rung.calls] or duty


def first(
    sender: Sender,
    connection: sa.Connection,
    row: EscalationRow,
    thread: threads.ThreadRow,
    business: Business,
    duty: list[Rung],
    now: datetime,
) -> None:
    """What is urgent reaches everybody on duty: a missed emergency is worse than a woken colleague."""
    leader = in_turn(row, duty)[0]
    try_one(sender, connection, row, thread, business, leader, now)
    for rung in duty if row.is_urgent else []:
        if rung is not leader:
            tell.alert(sender, connection, row, thread, business, rung, now)


def try_one(
    sender: Sender,
    connection: sa.Connection,
    row: EscalationRow,
    thread: threads.ThreadRow,
    business: Business,
    rung: Rung,
    now: datetime,
) -> None:
    """This person's time begins; when it is over, `climb` goes on."""
    wait = timedelta(minutes=business.alerts.urgent_min)
    next_at = now + wait if row.is_urgent else ladder_words.next_normal(business, now)
    store.update(connection, row.id, rung=rung.place, next_at=next_at)
    tell.alert(sender, connection, row, thread, business, rung, now)
    if not row.is_urgent:
        return
    if rung.calls:
        _call(connection, row, rung, now)
    else:
        call_next(connection, row, business, rung.place, now)


def call_next(
    connection: sa.Connection,
    row: EscalationRow,
    business: Business,
    place: int,
    now: datetime,
) -> None:
    """Ring whoever comes after a place before their time, unless their phone has just rung; their time stays theirs."""
    duty = rota.on_duty(business, now, store.busy(connection, row.business, now))
    since = now - timedelta(minutes=business.alerts.urgent_min)
    rung_lately = {
        step.staff
        for step in store.steps_of(connection, row.id)
        if step.way == Way.CALL and step.at > since
    }
    for rung in duty:
        if rung.place > place and rung.calls and rung.person.id not in rung_lately:
            _call(connection, row, rung, now)
            return


def _call(connection: sa.Connection, row: EscalationRow, rung: Rung, now: datetime) -> None:
    rings = {
        step.staff
        for step in store.steps_of(connection, row.id)
        if step.way == Way.CALL and step.state in BEFORE_END
    }
    if rung.person.id not in rings:
        store.add_step(
            connection, row.id, now, staff=rung.person.id, way=Way.CALL, state=StepState.DUE
        )
