"""One conversation in the list: who, the last words and who wrote them, when, and what it asks for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from agent.business import Business
from agent.model import Reason
from agent.rules.phone import spoken
from agent.state import AGENT, NOBODY
from server.store.inbox import Listed
from server.store.places import Place
from server.store.texts import SUGGESTED

_NOT_DELIVERED = ("failed", "undelivered")
_LONGEST_PREVIEW = 160
_NEAR = timedelta(days=6)
"""Within so long a weekday's name alone says which day."""


@dataclass(frozen=True, kw_only=True)
class Badge:
    words: str
    color: Literal["", "amber", "red"] = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thread in the list."""

    digits: str
    caller: str
    name: str
    """As the caller gave it; empty: not given."""
    place: Place
    is_danger: bool
    who: str
    """Of the last words; empty: the caller."""
    last: str
    at: str
    moment: datetime
    unread: bool
    badges: tuple[Badge, ...]


def row(one: Listed, business: Business, staff: str, now: datetime, beside: str) -> Row:
    """As one person sees it; the thread shown `beside` the list is being read."""
    digits = one.caller.lstrip("+")
    return Row(
        digits=digits,
        caller=spoken(one.caller),
        name=one.name or "",
        place=one.place,
        is_danger=one.place in (Place.EMERGENCY, Place.AGAIN),
        who=_who(one, business, staff),
        last=_preview(one),
        at=moment_words(one.last_at, business.zone, now),
        moment=one.last_at,
        unread=one.unread and digits != beside,
        badges=tuple(_badges(one, business, staff, now)),
    )


def moment_words(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The clock time today, else the day, of another year with its year."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return local.strftime("%-I:%M %p")
    return local.strftime("%b %-d" if local.year == today.year else "%b %-d, %Y")


def until_words(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """A time ahead: with its weekday within a week, else with its day."""
    local = moment.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return local.strftime("%-I:%M %p")
    return local.strftime("%a %-I:%M %p" if moment - now < _NEAR else "%b %-d, %-I:%M %p")


def _who(one: Listed, business: Business, staff: str) -> str:
    if one.author in (None, "caller"):
        return ""
    author = (one.author or "").removeprefix("staff:")
    if author == staff:
        return "You"
    person = business.person(author)
    return person.name.split()[0] if person else "Agent"


def _preview(one: Listed) -> str:
    if one.body is None:
        return "Missed call"
    words = " ".join(one.body[: _LONGEST_PREVIEW * 2].split())[:_LONGEST_PREVIEW]
    words = words or ("Photo" if one.media else "(empty text)")
    return f"Not sent: {words}" if one.status == "dropped" else words


def _badges(one: Listed, business: Business, staff: str, now: datetime) -> list[Badge]:
    is_open = one.place < Place.SNOOZED
    ours = one.kind is not None
    snoozed = one.snoozed_until if one.place is Place.SNOOZED else None
    kept = (
        one.place is Place.EMERGENCY and Badge(words="Emergency", color="red"),
        one.reason == Reason.URGENT
        and one.place in (Place.AGAIN, Place.URGENT)
        and Badge(words="Urgent", color="amber"),
        one.again and is_open and Badge(words="Called again", color="red"),
        one.owner != AGENT and Badge(words=_owner(one.owner, business, staff), color="amber"),
        one.owed > 0 and Badge(words=f"{one.owed} to do"),
        one.overdue > 0 and is_open and Badge(words="Overdue", color="red"),
        one.opted_out and Badge(words="Opted out"),
        ours
        and one.status in _NOT_DELIVERED
        and Badge(words="Not delivered", color="red" if is_open else ""),
        one.status == SUGGESTED and Badge(words="Reply to check", color="amber"),
        snoozed and Badge(words=f"Until {until_words(snoozed, business.zone, now)}"),
    )
    return [badge for badge in kept if isinstance(badge, Badge)]


def _owner(owner: str, business: Business, staff: str) -> str:
    if owner == NOBODY:
        return "Unassigned"
    person = business.person(owner)
    return "You" if owner == staff else person.name if person else owner
