"""What goes to a handset: a caller's texts to whoever works on the thread by phone, and what became of that person's own."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from agent.model import Reason, TextKind
from agent.rules import handset_words
from agent.rules.handset_words import Named
from agent.rules.phone import spoken
from agent.state import AGENT, NOBODY
from server.escalations import Escalations
from server.jobs import Jobs
from server.outbox import queue
from server.store import businesses, handsets, texts, threads

RELAYED = "handset"
"""In the reasons of a text: the person on whose handset it was written, or whose handset it is for."""


def named(business: Business, thread: threads.ThreadRow, number: int) -> Named:
    """The thread as it is called on a handset; in health mode nothing tells who the caller is."""
    return Named(
        number=number, name=thread.name, phone=thread.caller, is_health=business.privacy.health
    )


def tell(
    connection: sa.Connection,
    jobs: Jobs,
    business: Business,
    about: threads.ThreadRow,
    staff: str,
    key: str,
    words: str,
    now: datetime,
    *,
    kept_as: str = "",
) -> None:
    """A text to a person's handset, kept with the thread that it is about; the same key is told once.

    Args:
        kept_as: of words that are secret: what is kept in their place once they have left.
    """
    person = business.person(staff)
    if person is None or person.phone is None or not words:
        return
    queue(
        connection,
        jobs,
        about,
        key,
        author="template",
        kind=TextKind.ALERT,
        sender=business.phone,
        recipient=person.phone,
        body=words,
        at=now,
        why={RELAYED: staff} | ({texts.KEPT_AS: kept_as} if kept_as else {}),
    )


def forward(
    connection: sa.Connection,
    escalations: Escalations,
    business: Business,
    thread: threads.ThreadRow,
    sid: str,
    words: str,
    media: Sequence[object],
    link: str,
    now: datetime,
    *,
    opts_out: bool,
) -> None:
    """Pass a caller's text on to whoever works on the locked thread by phone, without the caller's number.

    A person who opted out of our texts cannot work by phone any more: the thread needs another.
    """
    staff = handsets.worked_by(connection, thread)
    person = business.person(staff) if staff else None
    if staff is None:
        return
    if person is None or person.phone is None or _is_deaf(connection, business, person.phone):
        threads.update(connection, thread.id, owner=NOBODY)
        why = f"{person.name if person else staff} gets no texts any more"
        threads.mark(connection, thread.id, "handed over", AGENT, now, why)
        if not opts_out:
            _ask_another(connection, escalations, business, thread, sid, why, now)
        return
    known = named(business, thread, threads.number(connection, thread, now))
    body = handset_words.forwarded(known, words, len(media), link)
    if opts_out:
        body = handset_words.opted_out(known)
    tell(connection, escalations.jobs, business, thread, staff, f"forward:{sid}", body, now)


def not_delivered(
    connection: sa.Connection,
    jobs: Jobs,
    key: str,
    thread: threads.ThreadRow | None,
    now: datetime,
) -> None:
    """Tell a handset that a text written there has not reached its caller, unless it is said once more.

    Other texts concern no handset.
    """
    row = texts.get(connection, key)
    staff = (row.why or {}).get(RELAYED) if row and row.kind == TextKind.STAFF else None
    business = businesses.get(connection, row.business) if row and staff else None
    if row is None or business is None or thread is None or not staff:
        return
    if texts.is_said_again(connection, row):
        return
    known = named(business, thread, threads.number(connection, thread, now))
    words = handset_words.undelivered(known, row.body, row.status_reason or row.status)
    tell(connection, jobs, business, thread, staff, f"{key}:undelivered", words, now)


def _ask_another(
    connection: sa.Connection,
    escalations: Escalations,
    business: Business,
    thread: threads.ThreadRow,
    sid: str,
    why: str,
    now: datetime,
) -> None:
    nobodys = threads.get(connection, thread.id) or thread
    who = "A caller" if business.privacy.health else spoken(thread.caller)
    gist = f"{business.name}: {who} texted, and {why}."
    key = f"unheard:{sid}"
    escalations.begin(connection, nobodys, business, key, Reason.HUMAN_REQUEST, gist, now)


def _is_deaf(connection: sa.Connection, business: Business, phone: str) -> bool:
    theirs = threads.get(connection, threads.thread_id(business.slug, phone))
    return theirs is not None and theirs.opted_out_at is not None
