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

NOBODY_LISTED = timedelta(minutes=1)
"""So often danger looks again who is on call, while nobody at all is."""


def duty_of(connection: sa.Connection, business: Business, owner: str, now: datetime) -> list[Rung]:
    """Who is to be tried now on a conversation, in order: whoever has it first, then those on duty."""
    duty = rota.on_duty(business, now, store.busy(connection, business.slug, now))
    return rota.holder_first(business, duty, owner)


def in_turn(row: EscalationRow, duty: list[Rung]) -> list[Rung]:
    """What is not urgent rings no phone: who is reached by calls alone is passed over, unless all are."""
    if row.is_urgent:
        return duty
    return [rung for rung in duty if rung.texts or not rung.calls] or duty


def ahead(row: EscalationRow, duty: list[Rung]) -> list[Rung]:
    """Who is still to be tried in this round."""
    return [rung for rung in in_turn(row, duty) if rung.place > row.rung]


def place_of(business: Business, duty: list[Rung], staff: str) -> int:
    """The last place of a person who was just tried, also of one who is off duty by now."""
    rungs = [*duty[:1], *rota.ladder(business)]
    places = [rung.place for rung in rungs if rung.person.id == staff]
    is_holder = rota.HOLDER in places
    return rota.HOLDER if is_holder else max(places, default=rota.HOLDER)


def waits_for(row: EscalationRow, duty: list[Rung], staff: str) -> bool:
    """It is this person's time, and no phone of theirs is to ring."""
    mine = [rung for rung in duty if rung.place == row.rung]
    return any(rung.person.id == staff and not (row.is_urgent and rung.calls) for rung in mine)


def first(
    sender: Sender,
    connection: sa.Connection,
    row: EscalationRow,
    thread: threads.ThreadRow,
    business: Business,
    duty: list[Rung],
    now: datetime,
) -> None:
    """What is urgent reaches everybody on duty: a missed emergency is worse than a woken colleague.

    While nobody at all is on the list, it waits for somebody to be put there.
    """
    if not duty:
        store.update(connection, row.id, next_at=now + NOBODY_LISTED)
        return
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
        duty = duty_of(connection, business, thread.owner, now)
        call_next(connection, row, business, duty, rung.place, now)


def call_next(
    connection: sa.Connection,
    row: EscalationRow,
    business: Business,
    duty: list[Rung],
    place: int,
    now: datetime,
) -> None:
    """Ring whoever comes after a place before their time, unless their phone has just rung; their time stays theirs."""
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
