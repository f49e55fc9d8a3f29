"""What is sent while an escalation climbs: alerts to staff, and updates to the caller. All of it through the outbox."""

from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from agent.business import Business
from agent.model import TextKind
from agent.rules import alerts, callers, ladder_words
from agent.rules.rota import Rung
from agent.state import AGENT, NOBODY
from agent.state import alert as to_phone
from server.arrivals import language_of
from server.jobs import Jobs
from server.outbox import alert_staff, number_used, queue
from server.store import escalations as store
from server.store import texts, threads
from server.store.escalations import EscalationRow, StepState, Way

_PRESENT = (AGENT, NOBODY)


class Sender(Protocol):
    @property
    def jobs(self) -> Jobs: ...

    @property
    def public_url(self) -> str: ...


def alert(
    sender: Sender,
    connection: sa.Connection,
    row: EscalationRow,
    thread: threads.ThreadRow,
    business: Business,
    rung: Rung,
    now: datetime,
) -> None:
    """A text and a bell to one person, once in a round; each is a step."""
    key = f"escalation:{row.id}:{'urgent' if row.is_urgent else 'normal'}:{row.round}:{rung.person.id}"
    if rung.texts and texts.get(connection, key):
        return
    if rung.texts:
        current = threads.get(connection, thread.id) or thread
        body = ladder_words.alert(row.words, threads.number(connection, current, now))
        _text(sender, connection, thread, business, key, str(rung.person.phone), body, now)
        store.add_step(connection, row.id, now, staff=rung.person.id, way=Way.TEXT,
                       state=StepState.DONE, text=key)  # fmt: skip
    store.add_step(connection, row.id, now, staff=rung.person.id, way=Way.BELL, state=StepState.DUE)


def holder(
    sender: Sender,
    connection: sa.Connection,
    thread: threads.ThreadRow,
    business: Business,
    key: str,
    words: str,
    others: list[Rung],
    now: datetime,
) -> None:
    """Whoever has the thread reads what its caller writes; of danger the others do as well."""
    person = business.person(thread.owner)
    phones = [person.phone] if person and person.phone else []
    told = dict.fromkeys([*phones, *(one.person.phone for one in others if one.texts)])
    if not told:
        told = dict.fromkeys(alerts.of_thread(business, thread.owner))
    alert_staff(
        connection,
        sender.jobs,
        thread,
        f"{key}:a",
        [to_phone(phone, words) for phone in told if phone],
        public_url=sender.public_url,
        sender=business.phone,
        at=now,
    )


def news(
    sender: Sender,
    connection: sa.Connection,
    row: EscalationRow,
    thread: threads.ThreadRow,
    business: Business,
    key: str,
    words: str,
    now: datetime,
) -> bool:
    """What the caller adds about a danger reaches everybody who was alerted; False: these words have."""
    if words == row.words:
        return False
    for staff in sorted({one.staff for one in store.steps_of(connection, row.id) if one.text}):
        person = business.person(staff)
        if person and person.phone:
            body = ladder_words.alert(words, thread.number)
            _text(sender, connection, thread, business, f"{key}:{staff}", person.phone, body, now)
    return True


def the_others(
    sender: Sender,
    connection: sa.Connection,
    row: EscalationRow,
    thread: threads.ThreadRow,
    business: Business,
    staff: str,
    now: datetime,
) -> None:
    """Whoever was alerted need not come any more."""
    person = business.person(staff)
    name = ladder_words.first_name(person.name) if person else staff
    words = ladder_words.taken_by(business, name, thread.number)
    alerted = {one.staff for one in store.steps_of(connection, row.id) if one.way == Way.TEXT}
    for other in sorted(alerted - {staff}):
        colleague = business.person(other)
        if colleague and colleague.phone:
            key = f"escalation:{row.id}:taken:{other}"
            _text(sender, connection, thread, business, key, colleague.phone, words, now,
                  linked=False)  # fmt: skip


def taken(
    sender: Sender,
    connection: sa.Connection,
    row: EscalationRow,
    thread: threads.ThreadRow,
    business: Business,
    staff: str,
    now: datetime,
) -> None:
    """The caller reads who has the message."""
    person = business.person(staff)
    if person is None:
        return
    words = ladder_words.taken(
        business, ladder_words.first_name(person.name), now, _language(business, thread)
    )
    _update(sender, connection, row, thread, business, _taken_key(row), words, now, of=staff)


def calling(
    sender: Sender,
    connection: sa.Connection,
    row: EscalationRow,
    thread: threads.ThreadRow,
    business: Business,
    staff: str,
    now: datetime,
) -> None:
    """The caller's phone is about to ring; in the same text, where that has not left."""
    person = business.person(staff)
    if person is None:
        return
    name, language = ladder_words.first_name(person.name), _language(business, thread)
    before = texts.get(connection, _taken_key(row))
    if before and before.status == "queued":
        both = ladder_words.taken(business, name, now, language, calling=True)
        texts.reword(connection, before.key, both)
        return
    words = ladder_words.calling(business, name, now, language)
    key = f"escalation:{row.id}:calling"
    _update(sender, connection, row, thread, business, key, words, now, of=staff)


def nobody_yet(
    sender: Sender,
    connection: sa.Connection,
    row: EscalationRow,
    thread: threads.ThreadRow,
    business: Business,
    now: datetime,
    *,
    goes_on: bool,
) -> None:
    """The caller reads once that nobody was reached, unless a person has written meanwhile."""
    if thread.owner not in _PRESENT or store.staff_wrote_since(connection, thread.id, row.began_at):
        return
    words = ladder_words.nobody(
        business, now, _language(business, thread), is_urgent=row.is_urgent, goes_on=goes_on
    )
    _update(sender, connection, row, thread, business, nobody_key(row), words, now, of=None)


def _update(
    sender: Sender,
    connection: sa.Connection,
    row: EscalationRow,
    thread: threads.ThreadRow,
    business: Business,
    key: str,
    words: str,
    now: datetime,
    *,
    of: str | None,
) -> None:
    """The door asks again: `of` names the person whom the text tells of."""
    is_silent = thread.opted_out_at is not None or business.texting.mode == "shadow"
    if is_silent or not callers.number_of(thread.caller):
        return
    queue(
        connection,
        sender.jobs,
        thread,
        key,
        author=AGENT,
        kind=TextKind.UPDATE,
        sender=number_used(connection, thread),
        recipient=thread.caller,
        body=words,
        at=now,
        why={"of": of, "escalation": row.id},
    )


def _text(
    sender: Sender,
    connection: sa.Connection,
    thread: threads.ThreadRow,
    business: Business,
    key: str,
    phone: str,
    words: str,
    now: datetime,
    *,
    linked: bool = True,
) -> None:
    link = f"\n{link_to(sender.public_url, thread)}" if linked else ""
    queue(
        connection,
        sender.jobs,
        thread,
        key,
        author=AGENT,
        kind=TextKind.ALERT,
        sender=business.phone,
        recipient=phone,
        body=words + link,
        at=now,
    )


def nobody_key(row: EscalationRow) -> str:
    """Of the text that tells the caller that nobody was reached yet."""
    return f"escalation:{row.id}:nobody"


def link_to(public_url: str, thread: threads.ThreadRow) -> str:
    return f"{public_url}/inbox/{thread.caller.lstrip('+')}"


def _taken_key(row: EscalationRow) -> str:
    return f"escalation:{row.id}:taken"


def _language(business: Business, thread: threads.ThreadRow) -> str:
    return language_of(business, thread) or business.languages[0]
