"""What is sent while an escalation climbs: alerts to staff, and updates to the caller. All of it through the outbox."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from agent.business import Business
from agent.model import TextKind
from agent.rules import alerts, callers, ladder_words, withdrawal
from agent.rules.rota import Rung
from agent.state import AGENT, NOBODY
from agent.state import alert as to_phone
from server.arrivals import language_of
from server.jobs import Jobs
from server.kept_back import is_review
from server.outbox import alert_staff, link_to, number_used, queue
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
    others: Collection[str],
    now: datetime,
) -> None:
    """Whoever has the thread reads what its caller writes, and with them others of the staff."""
    people = [business.person(one) for one in (thread.owner, *sorted(others))]
    told = dict.fromkeys(one.phone for one in people if one and one.phone)
    if not told:
        told = dict.fromkeys(alerts.of_thread(business, thread.owner))
    alert_staff(
        connection,
        sender.jobs,
        thread,
        f"held:{key}:",
        [to_phone(phone, words) for phone in told],
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
    for staff in sorted(alerted(connection, row)):
        person = business.person(staff)
        if person and person.phone:
            body = ladder_words.alert(words, thread.number)
            _text(sender, connection, thread, business, f"{key}:{staff}", person.phone, body, now)
    return True


def alerted(connection: sa.Connection, row: EscalationRow) -> set[str]:
    """Who was texted about it."""
    return {one.staff for one in store.steps_of(connection, row.id) if one.text}


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
    for other in sorted(alerted(connection, row) - {staff}):
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
    """The caller reads once that nobody was reached, unless a person has written or nobody is needed any more."""
    if store.staff_wrote_since(connection, thread.id, row.began_at):
        return
    if withdrawal.stands(texts.callers_since(connection, thread.id, row.began_at)):
        return
    holder = thread.owner if thread.owner not in _PRESENT else None
    words = ladder_words.nobody(
        business, now, _language(business, thread), is_urgent=row.is_urgent, goes_on=goes_on
    )
    _update(sender, connection, row, thread, business, nobody_key(row), words, now, of=holder)
    store.update(connection, row.id, told_nobody_at=now)


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
    """The door asks again: `of` names whoever has the thread as the text says.

    A caller whose answer is only looked at first has asked for nobody, and reads of nobody.
    """
    is_silent = thread.opted_out_at is not None or business.texting.mode == "shadow"
    if is_silent or is_review(row.key) or not callers.number_of(thread.caller):
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


def _taken_key(row: EscalationRow) -> str:
    return f"escalation:{row.id}:taken"


def _language(business: Business, thread: threads.ThreadRow) -> str:
    return language_of(business, thread) or business.languages[0]
