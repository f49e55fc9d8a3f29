"""Erase one caller of one business; whoever had opted out stays opted out by a salted hash alone."""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from dbos import DBOSClient

from agent.business import Business
from agent.errors import BadInput, NotFound
from agent.rules.event import UNNAMED
from agent.rules.phone import spoken
from agent.rules.phrases import slot_words
from server import erased_words
from server.store import (
    appointments,
    audit,
    businesses,
    faceless_events,
    lines,
    scrubbing,
    suppressions,
    texts,
    threads,
)
from server.store.audit import Entry
from server.store.tables import (
    appointment,
    call,
    claim,
    consent,
    escalation,
    marker,
    mirrored_event,
    model_call,
    photo,
    preflight,
    question,
    seal,
    task,
    text,
    thread,
    webhook_event,
)
from server.wiring import Tools

_WITH_THREAD = (
    task,
    marker,
    question,
    appointment,
    photo,
    escalation,
    webhook_event,
    seal,
    text,
    call,
)
_FORGOTTEN = "erased:"

HOW: Mapping[str, str] = {
    "appointment": "deleted; its event in the calendar loses name and link",
    "audit": "who looked stays, at whom does not",
    "call": "deleted",
    "claim": "deleted with its appointment",
    "consent": "deleted; when the time for texts is over it stays alone for its own time",
    "escalation": "deleted, with its steps",
    "faceless_event": "names no caller",
    "handset": "no longer has the conversation in hand",
    "marker": "deleted",
    "mirrored_event": "deleted; read again without the caller",
    "model_call": "stays counted, for nobody",
    "phone_line": "deleted",
    "photo": "deleted",
    "preflight": "deleted: it quotes callers",
    "presence": "deleted with the thread",
    "question": "deleted, and its words in answers, phrasings, versions and drafts of documents",
    "seal": "deleted; a day's anchor holds a bare sum of it",
    "seen": "deleted with the thread",
    "suppression": "made: a salted hash of who had opted out",
    "task": "deleted",
    "text": "deleted, also what staff were told of the caller",
    "thread": "deleted",
    "webhook_event": "deleted, with its deliveries",
}
"""What becomes of each table that may tell of a caller."""


def erase(
    tools: Tools,
    jobs: DBOSClient,
    business: str,
    caller: str,
    now: datetime,
    *,
    by: str = "",
    keep_consent: bool = False,
    scrub: bool = True,
) -> dict[str, int]:
    """Delete everything of a caller, the engine's rows included; returns how many rows of each kind.

    Their wordings go first: an erasure that is cut short can be begun again as long as the thread is there.

    Args:
        caller: E.164.
        by: who wants it, for the log, which says how much it was and not of whom; empty: it is noted elsewhere.
        keep_consent: the ledger of consent stays: the time for texts is over, the time for evidence is not.
        scrub: make what is deleted unreadable in the files as well; False: the caller of this does it, once for many.

    Raises:
        NotFound: this business knows no such caller.
        BadInput: a visit is still to come: it stands in the calendar, and a person has to see to it first.
    """
    name = threads.thread_id(business, caller)
    with tools.database.connect() as connection:
        _check(connection, business, caller, name, now)
        keys = [row.key for row in texts.of_thread(connection, name)]
        words = erased_words.words_of(connection, name)
    erased_words.forget(tools, business, words)
    with tools.database.begin() as connection:
        gone = _erase(connection, business, caller, name, now, keep_consent=keep_consent)
        if by:
            audit.add(connection, _entry(business, by, gone), now)
    _forget_jobs(jobs, keys)  # in connections of its own: SQLite has one writer
    if scrub:
        scrubbing.scrub(tools.database)
    return gone


def told(gone: Mapping[str, int]) -> str:
    """What an erasure took, in words; as in "12 texts, 1 call"."""
    named = [(gone[name], *words) for name, words in _WORDS.items() if gone.get(name)]
    each = [f"{count} {one if count == 1 else many}" for count, one, many in named]
    return ", ".join(each) or "nothing but the number"


_WORDS = {
    "text": ("text", "texts"),
    "photo": ("photo", "photos"),
    "call": ("call", "calls"),
    "appointment": ("visit or held time", "visits and held times"),
    "task": ("to-do", "to-dos"),
    "question": ("question", "questions"),
    "escalation": ("hand-over", "hand-overs"),
    "consent": ("consent entry", "consent entries"),
    "webhook_event": ("report to other programs", "reports to other programs"),
    "seal": ("seal", "seals"),
}


def _entry(business: str, by: str, gone: Mapping[str, int]) -> Entry:
    what = f"Erased a caller: {told(gone)}"
    return Entry(business=business, who=by, did="changed", what=what, about=audit.ERASED)


def stands_in_the_way(
    connection: sa.Connection, business: Business, caller: str, now: datetime
) -> str:
    """Why a caller cannot be erased yet, in plain words; empty: nothing does."""
    name = threads.thread_id(business.slug, caller)
    ahead = appointments.visits(connection, name, now)
    if ahead:
        at = slot_words(ahead[0].start.astimezone(business.zone))
        return f"This caller has a visit ahead, {at}. Cancel it in the conversation first, or wait until it is over: a person is expected there."
    if appointments.is_under_way(connection, name):
        return "A visit of this caller is being booked, moved or cancelled just now. Try again in a few minutes."
    return ""


def is_on_record(connection: sa.Connection, business: str, caller: str) -> bool:
    """Whoever is never texted has calls all the same."""
    if threads.get(connection, threads.thread_id(business, caller)) is not None:
        return True
    rows = (
        sa.select(sa.literal(1)).where(table.c.business == business, table.c.caller == caller)
        for table in (call, consent)
    )
    return connection.scalar(sa.union_all(*rows).limit(1)) is not None


def _check(connection: sa.Connection, business: str, caller: str, name: str, now: datetime) -> None:
    if not is_on_record(connection, business, caller):
        raise NotFound(f"{business} knows no caller {caller}.")
    profile = businesses.get(connection, business)
    if profile and (why := stands_in_the_way(connection, profile, caller, now)):
        raise BadInput(why)


def _erase(
    connection: sa.Connection,
    business: str,
    caller: str,
    name: str,
    now: datetime,
    *,
    keep_consent: bool,
) -> dict[str, int]:
    row = threads.lock(connection, name)
    _check(connection, business, caller, name, now)
    if row and row.opted_out_at is not None:
        suppressions.add(connection, business, caller, row.opted_out_at)
    for holder in (appointment.c.offer, appointment.c.id):
        held = sa.select(holder).where(appointment.c.thread == name)
        connection.execute(sa.delete(claim).where(claim.c.holder.in_(held)))
    _take_faces(connection, business, name, now)
    _forget_handsets(connection, business, row)
    gone = {
        table.name: connection.execute(sa.delete(table).where(table.c.thread == name)).rowcount
        for table in _WITH_THREAD
    }
    for table in (call,) if keep_consent else (consent, call):
        theirs = (table.c.business == business, table.c.caller == caller)
        found = connection.execute(sa.delete(table).where(*theirs)).rowcount
        gone[table.name] = gone.get(table.name, 0) + found
    connection.execute(sa.delete(preflight).where(preflight.c.business == business))
    audit.forget_caller(connection, business, caller)
    _forget_calls(connection, name)
    lines.forget(connection, caller)
    connection.execute(sa.delete(thread).where(thread.c.id == name))
    return gone


def _take_faces(connection: sa.Connection, business: str, name: str, now: datetime) -> None:
    """The times of past visits stay the owner's; who they were for is taken out, here at once and there soon."""
    profile = businesses.get(connection, business)
    visits = sa.select(appointment).where(
        appointment.c.thread == name, appointment.c.event.is_not(None)
    )
    for visit in connection.execute(visits).all():
        title = UNNAMED
        if profile and not profile.privacy.health:
            title = profile.service_name(visit.service)
        left = visit.left or {}
        places = {(one, visit.event) for one in (visit.calendar, *visit.beside)}
        places |= {(one, left["event"]) for one in left.get("calendars", ()) if left.get("event")}
        faceless_events.add(
            connection, business, sorted(places), start=visit.start, title=title, now=now
        )
        for calendar, event in places:
            mirrored = mirrored_event.c
            theirs = (
                mirrored.business == business,
                mirrored.calendar == calendar,
                mirrored.name == event,
            )
            connection.execute(sa.delete(mirrored_event).where(*theirs))


def _forget_calls(connection: sa.Connection, name: str) -> None:
    """What a model took stays counted; which text it was for does not stay."""
    theirs = model_call.c.thread == name
    turns = connection.execute(sa.select(model_call.c.turn).where(theirs).distinct()).scalars()
    for turn in list(turns):
        forgotten = {"thread": None, "turn": f"{_FORGOTTEN}{uuid.uuid4()}"}
        mine = sa.update(model_call).where(theirs, model_call.c.turn == turn)
        connection.execute(mine.values(forgotten))


def _forget_handsets(
    connection: sa.Connection, business: str, row: threads.ThreadRow | None
) -> None:
    """What staff texted for this caller from their own phones, and what was told them in which the caller stood."""
    profile = businesses.get(connection, business)
    if row is None or profile is None:
        return
    own = [threads.thread_id(business, one.phone) for one in profile.staff if one.phone]
    relayed = {one.key.rpartition(":")[2] for one in texts.of_thread(connection, row.id)}
    names = [one for one in (row.name, row.caller, spoken(row.caller)) if one]
    says = sa.or_(*(text.c.body.contains(one, autoescape=True) for one in names))
    of_nobody = sa.and_(text.c.business == business, text.c.thread.is_(None))
    query = sa.select(text.c.seq, text.c.key, text.c.body).where(
        sa.or_(
            sa.and_(text.c.thread.in_(own), sa.or_(text.c.key.in_(relayed), says)),
            sa.and_(of_nobody, says),
        )
    )
    theirs = [
        one.seq
        for one in connection.execute(query)
        if one.key in relayed or any(_named(name, one.body) for name in names)
    ]
    connection.execute(sa.delete(text).where(text.c.seq.in_(theirs)))


def _named(name: str, body: str) -> bool:
    """As a word of its own: Jo is not in "a new job"."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", body, re.IGNORECASE) is not None


def _forget_jobs(jobs: DBOSClient, keys: list[str]) -> None:
    """Jobs carry the caller's number as the name of their line."""
    names = [f"{kind}:{key}" for key in keys for kind in ("turn", "deliver")]
    if not names:
        return
    found = jobs.list_workflows(workflow_id_prefix=names, load_input=False, load_output=False)
    if found:
        jobs.delete_workflows([flow.workflow_id for flow in found])
