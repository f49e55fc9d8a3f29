"""What the list of tasks shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from agent.business import Business
from agent.errors import NotFound
from agent.model import TaskKind
from agent.rules import lateness
from agent.rules.harmless import harmless
from agent.rules.phone import spoken
from agent.state import AGENT, NOBODY
from server.arrivals import WITHHELD
from server.store import threads
from server.store.tasks import Show

MOST = 200
"""Tasks on one page."""
KINDS: dict[str, str] = {
    TaskKind.CALLBACK: "Call back",
    TaskKind.PHONE_CALLER: "Phone",
    TaskKind.PROMISE: "Promised",
    TaskKind.QUESTION: "Answer",
    TaskKind.UNDELIVERED: "Not delivered",
    TaskKind.REVIEW: "Look at",
    TaskKind.OTHER: "To do",
}
_SHOWS: dict[Show, str] = {
    "all": "Everything",
    "mine": "Mine",
    "free": "Nobody's",
    "late": "Overdue",
}
_NOTHING: dict[Show, str] = {
    "all": "Nothing is owed to any caller.",
    "mine": "Nothing here is yours.",
    "free": "Everything has somebody who does it.",
    "late": "Nothing is overdue.",
}


@dataclass(frozen=True, kw_only=True)
class Task:
    id: int
    kind: str
    """In words."""
    note: str
    due: str
    due_iso: str
    """For machines; empty: no set time."""
    is_late: bool
    who: str
    """The caller's name, else the number; empty: of no conversation."""
    digits: str
    """Of the conversation; empty: none."""
    phone: str
    """To be called, E.164; empty: not known."""
    owner: str
    """A staff id; empty: nobody's."""
    owner_name: str
    is_given: bool
    """Somebody took it or was given it; else it goes with the conversation."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    words: str
    count: int
    address: str
    is_on: bool
    nothing: str = ""
    """Said where it shows nothing."""


def shown(row: Any, business: Business, now: datetime) -> Task:
    caller = row.caller or ""
    name = str(((row.memory or {}).get("details") or {}).get("name", ""))
    has_thread = "" if row.has_thread in (AGENT, NOBODY, None) else row.has_thread
    owner = row.owner or has_thread
    person = business.person(owner)
    is_number = caller.startswith("+")
    number = spoken(caller) if is_number else "Hidden number" if caller == WITHHELD else caller
    return Task(
        id=row.id,
        kind=KINDS.get(row.kind, KINDS[TaskKind.OTHER]),
        note=harmless(row.note),
        due=lateness.words(business, row.due_at, now),
        due_iso=row.due_at.astimezone(business.zone).isoformat() if row.due_at else "",
        is_late=lateness.is_late(row.due_at, now),
        who=f"{name}, {number}" if name and number else name or number,
        digits=caller.lstrip("+"),
        phone=caller if is_number else "",
        owner=owner,
        owner_name=person.name if person else owner,
        is_given=bool(row.owner),
    )


def filters(show: Show, kind: TaskKind | None, counts: Mapping[Show, int]) -> list[Filter]:
    return [
        Filter(
            words=words,
            count=counts[name],
            address=address(name, kind),
            is_on=name == show,
            nothing=_NOTHING[name],
        )
        for name, words in _SHOWS.items()
    ]


def kinds(show: Show, kind: TaskKind | None, counts: Mapping[str, int]) -> list[Filter]:
    """Those of which there are some, and the one that is chosen; chosen again it is none."""
    return [
        Filter(
            words=words,
            count=counts.get(name, 0),
            address=address(show, None if name == kind else TaskKind(name)),
            is_on=name == kind,
        )
        for name, words in KINDS.items()
        if name in counts or name == kind
    ]


def address(show: Show, kind: TaskKind | None) -> str:
    asked = {"show": "" if show == "all" else show, "kind": kind or ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/tasks?{query}" if query else "/tasks"


def filters_of(back: str) -> tuple[str, str]:
    """(show, kind) of an address of the list; of any other, those that show everything."""
    parts = urlsplit(back)
    if parts.scheme or parts.netloc or parts.path != "/tasks":
        return "", ""
    asked = parse_qs(parts.query)
    return (asked.get("show") or [""])[0], (asked.get("kind") or [""])[0]


def known(thread: threads.ThreadRow | None) -> threads.ThreadRow:
    """The conversation.

    Raises:
        NotFound: there is none.
    """
    if thread is None:
        raise NotFound("There is no such conversation.")
    return thread
