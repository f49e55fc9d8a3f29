"""The list of conversations as staff see it: tabs, rows, and the filter that the page's address holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, cast, get_args
from urllib.parse import urlencode

import sqlalchemy as sa

from agent.business import Business
from agent.state import NOBODY
from server.http.list_rows import Row, row
from server.store import accounts, inbox
from server.store.places import Looking, Place

Queue = Literal["urgent", "person", "agent", "caller", "snoozed", "done"]

QUEUES: dict[Queue, str] = {
    "urgent": "Urgent",
    "person": "Needs a person",
    "agent": "Agent talking",
    "caller": "Waiting for the caller",
    "snoozed": "Snoozed",
    "done": "Done",
}
"""In the order of the list."""

_QUEUE_OF: dict[Place, Queue] = {
    Place.EMERGENCY: "urgent",
    Place.AGAIN: "urgent",
    Place.URGENT: "urgent",
    Place.PERSON: "person",
    Place.AGENT: "agent",
    Place.CALLER: "caller",
    Place.SNOOZED: "snoozed",
    Place.DONE: "done",
}
_EMPTY: dict[Queue | None, str] = {
    None: "No conversations yet.",
    "urgent": "Nothing urgent waits.",
    "person": "Nobody waits for a person.",
    "agent": "The agent is not talking to anyone right now.",
    "caller": "We are not waiting for any caller.",
    "snoozed": "Nothing is snoozed.",
    "done": "Nothing is done yet.",
}
_MINE, _NOBODYS = "mine", "nobody"
_LONGEST_SEARCH = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What of the list is shown; nothing chosen: all of it."""

    tab: Queue | None = None
    who: str = ""
    """mine, nobody, or a staff id."""
    unread: bool = False
    words: str = ""
    """Searched for."""
    after: inbox.Cursor | None = None

    @classmethod
    def of(cls, query: Mapping[str, str], business: Business) -> "Shown":
        """As an address asks for it; what it asks for in vain is left out."""
        tab, who = query.get("show", ""), query.get("who", "")
        is_known = who in (_MINE, _NOBODYS) or business.person(who) is not None
        return cls(
            tab=cast(Queue, tab) if tab in get_args(Queue) else None,
            who=who if is_known else "",
            unread=query.get("unread", "") == "1",
            words=" ".join(query.get("q", "")[:_LONGEST_SEARCH].split()),
            after=_cursor(query.get("before", "")),
        )

    @property
    def query(self) -> str:
        """The end of an address that shows the same; empty where nothing is chosen."""
        chosen = {
            "show": self.tab or "",
            "who": self.who,
            "unread": "1" if self.unread else "",
            "q": self.words,
            "before": _cursor_words(self.after) if self.after else "",
        }
        words = urlencode({name: value for name, value in chosen.items() if value})
        return f"?{words}" if words else ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.who or self.unread or self.words)

    def on(self, tab: Queue | None) -> str:
        """The end of the address of another tab."""
        return replace(self, tab=tab, after=None).query

    def of_whom(self, who: str) -> str:
        """The end of the address that shows what is theirs; of everyone where that is shown already."""
        return replace(self, who="" if self.who == who else who, after=None).query

    def only(self, staff: str, among: list[str] | None) -> inbox.Filter:
        places = tuple(place for place, queue in _QUEUE_OF.items() if self.tab in (None, queue))
        owners = {"": None, _MINE: staff, _NOBODYS: NOBODY}
        owner = owners.get(self.who, self.who)
        return inbox.Filter(places=places, owner=owner, unread=self.unread, among=among)


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A link to another view of the list."""

    name: str
    count: int | None
    """None: not counted."""
    query: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class Section:
    queue: Queue
    name: str
    count: int
    """On all pages."""
    rows: list[Row]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """The list as a page shows it."""

    shown: Shown
    tabs: list[Tab]
    choices: list[Tab]
    """What narrows it, each switched on and off: mine, unassigned, unread."""
    people: list[Tab]
    """The same by colleague."""
    sections: list[Section]
    older: str
    """The end of the next page's address; empty: this is the last."""
    newest: str
    """The first page's; empty: this is it."""
    waiting: int
    """How many need somebody of the business, whatever is shown."""
    has_any: bool
    empty: str
    """What is said where nothing is shown."""
    found_most: int
    """Only so many were searched out, since there are more; 0: all that there are."""


def shelf(
    connection: sa.Connection,
    business: Business,
    viewer: accounts.Account,
    now: datetime,
    shown: Shown,
    beside: str = "",
) -> Shelf:
    """What one person sees of the list; `beside` is the thread shown next to it, as its address has it."""
    looking = Looking(
        business=business.slug,
        staff=viewer.staff,
        own_phones={person.phone for person in business.staff if person.phone},
        now=now,
    )
    whole = inbox.counts(connection, looking, inbox.Filter())
    among = inbox.search(connection, looking, shown.words) if shown.words else None
    wanted = shown.only(viewer.staff, among)
    counts = inbox.counts(connection, looking, wanted) if shown.is_narrowed else whole
    found = inbox.page(connection, looking, wanted, shown.after)
    rows = [row(one, business, viewer.staff, now, beside) for one in found[: inbox.PAGE]]
    last = found[inbox.PAGE - 1] if len(found) > inbox.PAGE else None
    return Shelf(
        shown=shown,
        tabs=_tabs(shown, counts),
        choices=_choices(shown, whole),
        people=_people(shown, business, viewer.staff),
        sections=_sections(rows, counts),
        older=replace(shown, after=_after(last)).query if last else "",
        newest=replace(shown, after=None).query or "?" if shown.after else "",
        waiting=whole.waiting,
        has_any=whole.all > 0,
        empty=_empty_words(shown, whole),
        found_most=inbox.FOUND_AT_MOST if among and len(among) == inbox.FOUND_AT_MOST else 0,
    )


def _tabs(shown: Shown, counts: inbox.Counts) -> list[Tab]:
    sums = _sums(counts)
    tabs = [Tab(name="All", count=counts.all, query=shown.on(None), is_current=shown.tab is None)]
    for queue, name in QUEUES.items():
        is_current = shown.tab == queue
        tabs.append(Tab(name=name, count=sums[queue], query=shown.on(queue), is_current=is_current))
    return tabs


def _sections(rows: list[Row], counts: inbox.Counts) -> list[Section]:
    sums = _sums(counts)
    sections = [
        Section(
            queue=queue,
            name=name,
            count=sums[queue],
            rows=[one for one in rows if _QUEUE_OF[one.place] == queue],
        )
        for queue, name in QUEUES.items()
    ]
    return [section for section in sections if section.rows]


def _sums(counts: inbox.Counts) -> dict[Queue, int]:
    return {
        queue: sum(counts.places[place] for place, its in _QUEUE_OF.items() if its == queue)
        for queue in QUEUES
    }


def _choices(shown: Shown, whole: inbox.Counts) -> list[Tab]:
    unread = replace(shown, unread=not shown.unread, after=None).query
    return [
        Tab(
            name="Mine",
            count=whole.mine,
            query=shown.of_whom(_MINE),
            is_current=shown.who == _MINE,
        ),
        Tab(
            name="Unassigned",
            count=whole.nobodys,
            query=shown.of_whom(_NOBODYS),
            is_current=shown.who == _NOBODYS,
        ),
        Tab(name="Unread", count=whole.unread, query=unread, is_current=shown.unread),
    ]


def _people(shown: Shown, business: Business, staff: str) -> list[Tab]:
    return [
        Tab(
            name=one.name,
            count=None,
            query=shown.of_whom(one.id),
            is_current=shown.who == one.id,
        )
        for one in business.staff
        if one.id != staff
    ]


def _empty_words(shown: Shown, whole: inbox.Counts) -> str:
    if not whole.all:
        return _EMPTY[None]
    if shown.words:
        return f"Nothing found for “{shown.words}”."
    if shown.is_narrowed or shown.after:
        return "Nothing here that fits."
    return _EMPTY[shown.tab]


def _after(last: inbox.Listed) -> inbox.Cursor:
    return inbox.Cursor(place=last.place, last_at=last.last_at, caller=last.caller)


def _cursor_words(cursor: inbox.Cursor) -> str:
    since = (cursor.last_at - _EPOCH) // timedelta(microseconds=1)
    return f"{int(cursor.place)}.{since}.{cursor.caller}"


def _cursor(words: str) -> inbox.Cursor | None:
    """As an address holds it; None: none that we wrote."""
    place, _, rest = words.partition(".")
    since, _, caller = rest.partition(".")
    try:
        last_at = _EPOCH + timedelta(microseconds=int(since))
        return inbox.Cursor(place=Place(int(place)), last_at=last_at, caller=caller)
    except (ValueError, OverflowError):
        return None
