"""What has come of the question whether a caller wants marketing by text, and whether it may be asked now."""

import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from agent.model import Reason, TextKind
from agent.rules import packs, quiet_hours
from agent.rules.phrases import phrase
from agent.rules.segments import plain
from server.store import appointments, consents, texts, threads

_PRESSING = {Reason.EMERGENCY, Reason.URGENT, Reason.COMPLAINT}
_ASKS = re.compile(r"\?|\b(YES|SI)\b|\b1\s?[=)]")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a thread's page shows of marketing."""

    words: str
    """The text that would go out; empty: none, for ever."""
    why_not: str
    """Why it may not go out now; empty: it may."""
    state: str
    """What has come of it so far; empty: nothing has."""
    about: str = ""
    """What the caller would subscribe to."""


def standing(
    connection: sa.Connection, thread: threads.ThreadRow, business: Business, now: datetime
) -> Standing | None:
    """None: this business asks nobody, and this caller is no subscriber."""
    state = _state(connection, thread, business)
    if not business.texting.ask_marketing:
        return Standing(words="", why_not="", state=state) if state else None
    if state or thread.opted_out_at is not None or packs.is_health(business):
        return Standing(words="", why_not="", state=state)
    why_not = _why_not(connection, thread, business, now)
    about = business.texting.ask_marketing
    return Standing(words=_ask(business, thread, now), why_not=why_not, state="", about=about)


def _ask(business: Business, thread: threads.ThreadRow, now: datetime) -> str:
    language = thread.memory.get("language", business.languages[0])
    what = business.texting.ask_marketing
    return plain(phrase("opt_in_ask", business, now, language, what=what))


def _state(connection: sa.Connection, thread: threads.ThreadRow, business: Business) -> str:
    """In words; empty: never asked, or the question did not leave."""
    for one in consents.subscribers(connection, business.slug, thread.caller):
        about, at = one.evidence.get("about") or "news", one.at.astimezone(business.zone)
        return f"Subscribed to {about} since {at:%b %-d, %Y}"
    ask = texts.last_of_kind(connection, thread.id, TextKind.OPT_IN_ASK)
    if ask is None or ask.status in texts.NOT_LEFT:
        return ""
    about, at = business.texting.ask_marketing or "news", ask.at.astimezone(business.zone)
    return f"Asked about {about} on {at:%b %-d, %Y}: not subscribed"


def _why_not(
    connection: sa.Connection, thread: threads.ThreadRow, business: Business, now: datetime
) -> str:
    said = [
        row for row in texts.of_thread(connection, thread.id)
        if row.kind != TextKind.ALERT and row.status not in texts.NOT_SAID
    ]  # fmt: skip
    if business.texting.mode == "shadow":
        return "This business is in shadow mode: nothing is sent to callers."
    if thread.untextable:
        return f"This phone gets no texts: {thread.untextable}"
    if not any(row.is_callers for row in said):
        return "The caller has not written to you yet."
    if thread.reason in _PRESSING and thread.resolved_at is None:
        return "Something pressing is open in this conversation: settle that first."
    if said[-1].is_callers or _ASKS.search(said[-1].body):
        return "The conversation is still going on: ask when the last question is answered."
    if appointments.offered(connection, thread.id, now):
        return "The caller is choosing a time: ask when that is done."
    if not quiet_hours.may_send(business, thread.caller, now):
        return "The law lets nobody write first at this hour. Try again in the daytime."
    return ""
