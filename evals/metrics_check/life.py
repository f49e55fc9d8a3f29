"""One caller of one business as time goes by: what is due, in order, and what the business knows of the caller."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from evals.metrics_check.books import Books, Row
from evals.metrics_check.moments import a_delay, on_a_bound
from evals.metrics_check.town import Shop

Deed = Callable[["Life", datetime], None]
AGENT = "agent"


@dataclass(kw_only=True)
class Life:
    shop: Shop
    caller: str
    books: Books
    now: datetime
    """Nothing happens after it."""
    owner: str = AGENT
    opted_out_at: datetime | None = None
    untextable: str | None = None
    first_texts: list[tuple[Row, Row | None]] = field(default_factory=list[tuple[Row, Row | None]])
    """Calls that got a first text, or would have, with the text."""
    said_at: datetime | None = None
    wrote_at: datetime | None = None
    spoke_at: datetime | None = None
    """A person had the caller on the phone."""
    visits: list[Row] = field(default_factory=list[Row])
    began_at: datetime | None = None
    thread_row: Row | None = None
    agenda: list[tuple[datetime, int, Deed]] = field(
        default_factory=list[tuple[datetime, int, Deed]]
    )
    planned: int = 0
    is_exact: bool = False
    """Whatever the caller does comes on a bound, or a tick beside it."""

    @property
    def chance(self) -> random.Random:
        return self.books.chance

    @property
    def thread(self) -> str:
        return self.shop.thread(self.caller)

    @property
    def speaks(self) -> bool:
        """The agent may say something."""
        return self.owner == AGENT and self.opted_out_at is None

    def delay(self) -> timedelta:
        return on_a_bound(self.chance) if self.is_exact else a_delay(self.chance)

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def later(self, at: datetime, deed: Deed) -> None:
        self.planned += 1
        heapq.heappush(self.agenda, (at, self.planned, deed))

    def soon(self, now: datetime, deed: Deed, longest_s: float = 20) -> None:
        self.later(now + timedelta(seconds=self.chance.uniform(1, longest_s)), deed)

    def run(self) -> None:
        while self.agenda and self.agenda[0][0] <= self.now:
            at, _, deed = heapq.heappop(self.agenda)
            deed(self, at)
        if self.thread_row is not None:
            self.thread_row.update(
                owner=self.owner, opted_out_at=self.opted_out_at, untextable=self.untextable
            )

    def joins(self, at: datetime) -> str:
        """The thread, made where there was none."""
        if self.thread_row is None:
            self.thread_row = self.books.add(
                "thread",
                id=self.thread,
                business=self.shop.slug,
                caller=self.caller,
                owner=AGENT,
                memory={},
                version=0,
                episode_at=at,
            )
        self.thread_row["last_at"] = at
        return self.thread

    def text(self, stored_at: datetime, /, **values: Any) -> Row:
        """To the caller, unless `author` says otherwise; one that is not `dropped` is part of what was said."""
        is_callers = values.get("author") == "caller"
        ends = (self.caller, self.shop.phone) if is_callers else (self.shop.phone, self.caller)
        standard = {
            "key": self.books.name("SM" if is_callers else "turn:"),
            "business": self.shop.slug,
            "thread": self.joins(stored_at),
            "author": AGENT,
            "kind": "reply",
            "sender": ends[0],
            "recipient": ends[1],
            "body": "...",
            "at": stored_at,
            "status": "delivered",
        }
        return self.books.text(stored_at, **(standard | values))

    def mark(self, at: datetime, what: str, who: str) -> None:
        self.books.add("marker", thread=self.joins(at), at=at, what=what, who=who)

    def consents(self, at: datetime, change: str, **evidence: str) -> None:
        same = {"business": self.shop.slug, "caller": self.caller}
        self.books.add("consent", **same, change=change, evidence=evidence, at=at)
