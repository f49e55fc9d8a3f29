"""Why a text may not leave now: asked under the thread's lock, in the transaction that begins every try."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.business import Business
from agent.missed_call import VALIDITY_S
from agent.model import TextKind
from agent.rules import quiet_hours
from agent.state import AGENT, NOBODY
from server import quotas
from server.metrics import Dropped
from server.quotas import Quota
from server.store import (
    appointments,
    businesses,
    calls,
    handsets,
    pauses,
    registrations,
    standings,
    suppressions,
    texts,
    threads,
)
from server.store.appointments import State

CONFIRMATION_WITHIN = timedelta(minutes=5)
"""47 CFR 64.1200(a)(12): later than this an opt-out confirmation needs a showing."""
FIRST_TEXT_WITHIN = timedelta(seconds=VALIDITY_S)
WINDOW = timedelta(hours=72)
"""No automated text so long after the caller last called, wrote or booked."""
BLOCKED_FOR = timedelta(hours=24)
"""A number that the carrier filters is tried again after this."""
ALERTS_AN_HOUR = 20
"""To one person about one thread: whoever has not come by then does not read them."""
HANDSET_TEXTS_AN_HOUR = 60
"""To one person who works by phone: answers and callers' texts; more is two machines that answer each other."""

WAITS_FOR_A_CALL = timedelta(minutes=4)
"""So long at most a first text waits while its caller rings again: several phones, one after another."""

_HOUR = timedelta(hours=1)
_AGENTS = {TextKind.REPLY, TextKind.FIRST_TEXT, TextKind.NUDGE, TextKind.REMINDER}
_PROACTIVE = {TextKind.NUDGE, TextKind.REMINDER, TextKind.OPT_IN_ASK}
_PAUSED = {TextKind.REPLY, TextKind.NUDGE, TextKind.REMINDER, TextKind.OPT_IN_ASK}
"""What the agent says. A first text still leaves: it is the owner's fixed words, and a missed call that hears nothing is
a caller lost; so do the lines that the law or a person's safety asks for."""
_SELDOM = ((1, 1), (7, 3))
"""(days, texts): what is written unasked to one caller at most."""
_OF_A_HAND_OFF = {TextKind.HAND_OFF, TextKind.UPDATE}
_ALWAYS = {TextKind.OPT_OUT_CONFIRMATION, *_OF_A_HAND_OFF}
"""Said whatever the pace: a fixed line that the law or a person's safety asks for."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    label: Dropped
    words: str
    """For staff."""


WENT_ON = Refusal(label=Dropped.WENT_ON, words="the conversation has gone on since the first try")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Automated texts in one hour; 0: no limit. They stop loops between machines, pumped traffic and costs."""

    to_one_caller: int
    of_one_business: int
    registered_only: bool = False
    """Nothing leaves from a number that carriers would block, because its registration is not approved."""
    measure: Quota = field(default_factory=Quota)
    """What a business may use where it has no quota of its own."""


def refusal(
    connection: sa.Connection,
    row: texts.TextRow,
    thread: threads.ThreadRow,
    business: Business,
    limits: Limits,
    now: datetime,
) -> Refusal | None:
    kind = TextKind(row.kind or TextKind.REPLY)
    if refused := _may_not_send(connection, row, business, kind, limits, now):
        return refused
    if kind is TextKind.ALERT:
        return _alert_refused(connection, row, now)
    if kind is not TextKind.STAFF and _is_shadow(business, row):
        return Refusal(label=Dropped.SHADOW, words="only noted: this business is in shadow mode")
    if thread.opted_out_at is not None:
        return _refused_after_opt_out(kind, thread.opted_out_at, now)
    if kind is TextKind.OPT_OUT_CONFIRMATION:
        return Refusal(label=Dropped.OPTED_IN_AGAIN, words="the caller has opted in again")
    if kind is TextKind.STAFF:
        return None
    return (
        _owner_refuses(connection, row, thread, kind)
        or _is_paused(connection, row, kind)
        or _nobody_would_get_it(connection, row, thread, now)
        or (None if kind in _ALWAYS else _too_many(connection, row, limits, now))
        or _came_too_late(connection, row, thread, business, now)
    )


def _may_not_send(
    connection: sa.Connection,
    row: texts.TextRow,
    business: Business,
    kind: TextKind,
    limits: Limits,
    now: datetime,
) -> Refusal | None:
    """Nothing at all leaves a suspended business, or a number that is not its own or not registered; alerts neither."""
    standing = standings.of(connection, row.business, row.sender)
    if standing.suspension:
        return Refusal(label=Dropped.SUSPENDED, words=standing.suspension.words)
    if standing.number_of not in (None, row.business):
        words = f"{row.sender} is not a number of this business any more"
        return Refusal(label=Dropped.MOVED_AWAY, words=words)
    why = registrations.refusal_words(row.sender, standing.registration)
    if limits.registered_only and why:
        return Refusal(label=Dropped.UNREGISTERED, words=why)
    allowed = quotas.quota(standing.quota, limits.measure)
    if why := quotas.refused(connection, business, kind, allowed, now):
        return Refusal(label=Dropped.OVER_QUOTA, words=why)
    return None


def _owner_refuses(
    connection: sa.Connection, row: texts.TextRow, thread: threads.ThreadRow, kind: TextKind
) -> Refusal | None:
    approved = (row.why or {}).get("approved")  # by the very person who has the thread
    if kind in _AGENTS and thread.owner not in (AGENT, approved):
        return Refusal(label=Dropped.PERSON_HAS_THREAD, words="a person has taken the thread")
    tells_of = (row.why or {}).get("of")  # an update: the person who has taken the thread
    if kind is TextKind.UPDATE and tells_of and thread.owner != tells_of:
        return Refusal(label=Dropped.WENT_ON, words="somebody else has the thread by now")
    is_safety = (row.why or {}).get("safety")  # what to do in danger is said also beside a person
    if kind in _OF_A_HAND_OFF and (
        not (is_safety or thread.owner in (AGENT, NOBODY, tells_of))
        or texts.staff_wrote_after(connection, thread.id, row.seq)
    ):
        return Refusal(label=Dropped.PERSON_ANSWERED, words="a person has already answered")
    return None


def _is_paused(connection: sa.Connection, row: texts.TextRow, kind: TextKind) -> Refusal | None:
    """A person has paused the agent; what a person agreed to word by word is no longer only the agent's."""
    if kind not in _PAUSED or (row.why or {}).get("approved"):
        return None
    if pauses.of(connection, row.business) is None:
        return None
    return Refusal(label=Dropped.PAUSED, words="the agent is paused")


def _nobody_would_get_it(
    connection: sa.Connection, row: texts.TextRow, thread: threads.ThreadRow, now: datetime
) -> Refusal | None:
    if thread.untextable:
        return Refusal(
            label=Dropped.UNTEXTABLE, words=f"this phone gets no texts: {thread.untextable}"
        )
    is_test = (row.why or {}).get("test")  # the owner asks the carrier anew
    if not is_test and (why := businesses.blocked(connection, row.sender, now - BLOCKED_FOR)):
        return Refusal(label=Dropped.SENDER_BLOCKED, words=f"{row.sender} may not text: {why}")
    return None


def _too_many(
    connection: sa.Connection, row: texts.TextRow, limits: Limits, now: datetime
) -> Refusal | None:
    since = now - _HOUR
    caller, business = limits.to_one_caller, limits.of_one_business
    if caller and texts.automated_since(connection, since, recipient=row.recipient) >= caller:
        words = "too many texts to this caller in an hour, perhaps a machine answers there"
        return Refusal(label=Dropped.TOO_MANY, words=words)
    if business and texts.automated_since(connection, since, business=row.business) >= business:
        words = (
            f"{business} automated texts of one business in an hour is this installation's limit"
        )
        return Refusal(label=Dropped.TOO_MANY, words=words)
    return None


def _came_too_late(
    connection: sa.Connection,
    row: texts.TextRow,
    thread: threads.ThreadRow,
    business: Business,
    now: datetime,
) -> Refusal | None:
    if row.kind == TextKind.FIRST_TEXT:
        return _first_text_refused(connection, row, thread, business, now)
    if row.kind in _PROACTIVE and (
        why := _proactive_refused(connection, row, thread, business, now)
    ):
        return why
    if row.copy_of and texts.anyone_wrote_after(connection, thread.id, row.copy_of):
        return WENT_ON
    if now - row.at > WINDOW:
        return Refusal(label=Dropped.TOO_LATE, words="the conversation is over")
    if is_overtaken(connection, row):
        return Refusal(label=Dropped.OVERTAKEN, words="a newer text came first")
    return None


def _proactive_refused(
    connection: sa.Connection,
    row: texts.TextRow,
    thread: threads.ThreadRow,
    business: Business,
    now: datetime,
) -> Refusal | None:
    """Nobody asked for it: only while nothing else has happened, in the hours of law, and seldom."""
    if row.kind == TextKind.REMINDER and not _still_stands(connection, row):
        return Refusal(label=Dropped.WENT_ON, words="the visit is not at that time any more")
    if texts.anyone_wrote_after(connection, thread.id, row.seq):
        return Refusal(label=Dropped.WENT_ON, words="the conversation has gone on")
    if calls.answered_since(connection, row.business, thread.caller, row.at):
        return Refusal(label=Dropped.PERSON_ANSWERED, words="a person has spoken with the caller")
    if quiet := _quiet(business, row, now):
        return quiet
    for days, most in _SELDOM:
        since = now - timedelta(days=days)
        if texts.proactive_since(connection, thread.id, since) >= most:
            words = f"{most} in {days} days is all that we write unasked"
            return Refusal(label=Dropped.TOO_MANY, words=words)
    return None


def _still_stands(connection: sa.Connection, row: texts.TextRow) -> bool:
    """The visit that a reminder speaks of is booked, at the time that it says."""
    why = row.why or {}
    visit = appointments.get(connection, why["visit"])
    return (
        visit is not None
        and visit.state == State.BOOKED
        and visit.start.isoformat() == why["start"]
    )


def is_overtaken(connection: sa.Connection, row: texts.TextRow) -> bool:
    """A newer text came before this plain reply left: its turn answers both."""
    why = row.why or {}
    if row.kind != TextKind.REPLY or not why.get("can_redo") or row.thread is None:
        return False
    return any(one.seq > why["newest"] for one in texts.unanswered(connection, row.thread))


def _alert_refused(connection: sa.Connection, row: texts.TextRow, now: datetime) -> Refusal | None:
    """Staff too may text STOP."""
    theirs = threads.get(connection, threads.thread_id(row.business, row.recipient))
    if theirs is None:
        stopped = suppressions.since(connection, row.business, row.recipient)
    else:
        stopped = theirs.opted_out_at
    if stopped is not None:
        return Refusal(label=Dropped.OPTED_OUT, words="this person has opted out of alerts")
    if (row.why or {}).get("handset"):
        told = handsets.told_since(connection, row.recipient, now - _HOUR)
        words = "too many texts to this phone in an hour, perhaps a machine answers there"
        enough = told >= HANDSET_TEXTS_AN_HOUR
        return Refusal(label=Dropped.TOO_MANY, words=words) if enough else None
    sent = texts.alerts_since(connection, row.thread or "", row.recipient, now - _HOUR)
    if sent >= ALERTS_AN_HOUR:
        words = "enough alerts about this conversation in an hour"
        return Refusal(label=Dropped.TOO_MANY, words=words)
    return None


def _refused_after_opt_out(kind: TextKind, opted_out_at: datetime, now: datetime) -> Refusal | None:
    if kind is not TextKind.OPT_OUT_CONFIRMATION:
        return Refusal(
            label=Dropped.OPTED_OUT, words="the caller has opted out of texts; phone instead"
        )
    if now - opted_out_at > CONFIRMATION_WITHIN:
        return Refusal(label=Dropped.TOO_LATE, words="too late to confirm the opt-out")
    return None


def is_early(connection: sa.Connection, row: texts.TextRow, now: datetime) -> bool:
    """The caller of a missed call is ringing again: how that ends decides whether the first text leaves."""
    return (
        row.kind == TextKind.FIRST_TEXT
        and now - row.at < WAITS_FOR_A_CALL
        and calls.is_ringing(connection, row.business, row.recipient, now)
    )


def _is_shadow(business: Business, row: texts.TextRow) -> bool:
    """Nothing goes to callers; what the owner tries out goes to the owner."""
    return business.texting.mode == "shadow" and not (row.why or {}).get("test")


def _quiet(business: Business, row: texts.TextRow, now: datetime) -> Refusal | None:
    if quiet_hours.may_send(business, row.recipient, now):
        return None
    words = "outside the hours in which the law lets us write first"
    return Refusal(label=Dropped.TOO_LATE, words=words)


def _first_text_refused(
    connection: sa.Connection,
    row: texts.TextRow,
    thread: threads.ThreadRow,
    business: Business,
    now: datetime,
) -> Refusal | None:
    """One that was held for the opening is asked again whether the law lets it leave."""
    why = row.why or {}
    called_at = datetime.fromisoformat(why.get("called_at", row.at.isoformat()))
    if calls.answered_since(connection, row.business, thread.caller, called_at):
        return Refusal(
            label=Dropped.PERSON_ANSWERED, words="a person has answered the caller's call"
        )
    if texts.caller_wrote_after(connection, thread.id, row.seq):
        return Refusal(label=Dropped.CALLER_WROTE, words="the caller has already written")
    if texts.anyone_wrote_after(connection, thread.id, row.seq):
        return Refusal(label=Dropped.PERSON_ANSWERED, words="a person has already written")
    if now - row.at > FIRST_TEXT_WITHIN:
        return Refusal(label=Dropped.TOO_LATE, words="too late for a first text")
    return _quiet(business, row, now) if why.get("held") else None
