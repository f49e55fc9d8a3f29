"""The alarm: what was owed at a time is late, and whoever is to do it reads so, once."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.model import Reason, TaskKind
from agent.rules import alerts, hours, lateness, rota
from agent.state import alert
from server.jobs import Jobs
from server.outbox import alert_staff
from server.store import businesses, escalations, tasks, threads

log = structlog.get_logger()

AT_ONCE = 200
"""Tasks of one pass."""
_GIST = 100
_DOING = {
    TaskKind.CALLBACK: "call back",
    TaskKind.PHONE_CALLER: "phone",
    TaskKind.QUESTION: "answer",
    TaskKind.PROMISE: "get back to",
}


@dataclass(frozen=True, kw_only=True)
class Overdue:
    database: sa.Engine
    jobs: Jobs
    public_url: str

    def look(self, now: datetime) -> int:
        """Tell people of what is late, in the hours of their business; of danger at any hour. Returns of how many tasks."""
        with self.database.connect() as connection:
            late = tasks.with_overdue(connection, now)
        return sum(_alone(partial(self._look_at, slug, now), slug) for slug in late)

    def _look_at(self, slug: str, now: datetime) -> int:
        with self.database.connect() as connection:
            business = businesses.get(connection, slug)
            if business is None:
                return 0
            is_open = hours.is_open(business, now)
            late = tasks.overdue(connection, business.slug, now, AT_ONCE, danger_only=not is_open)
            busy = escalations.busy(connection, business.slug, now)
        by_phone = defaultdict[str, list[Any]](list)
        for one in late:
            by_phone[_phone(business, one, now, busy)].append(one)
        return sum(
            _alone(partial(self._alarm, business, phone, owed, now), slug)
            for phone, owed in by_phone.items()
        )

    def _alarm(self, business: Business, phone: str, owed: list[Any], now: datetime) -> int:
        """One text to one phone about all that is late; what was done in the meantime is left out."""
        with self.database.begin() as connection:
            return self._tell(connection, business, phone, owed, now)

    def _tell(
        self,
        connection: sa.Connection,
        business: Business,
        phone: str,
        owed: list[Any],
        now: datetime,
    ) -> int:
        for name in sorted({one.thread for one in owed}):
            threads.lock(connection, name)
        claimed = tasks.claim_alarms(connection, [one.id for one in owed], now)
        late = [one for one in owed if one.id in claimed and not _was_told(connection, one)]
        thread = threads.get(connection, late[0].thread) if late and phone else None
        if thread is not None:
            alert_staff(
                connection,
                self.jobs,
                thread,
                f"overdue:{late[0].id}:{now:%Y%m%d%H%M}:",
                [alert(phone, words(business, late, now))],
                public_url=self.public_url,
                sender=business.phone,
                at=now,
            )
        return len(claimed)


def words(business: Business, late: list[Any], now: datetime) -> str:
    """What the text says; no gist where health could be in it.

    Args:
        late: at least one, the latest first.
    """
    first, rest = late[0], len(late) - 1
    doing = _DOING.get(first.kind)
    opted_out = first.opted_out_at is not None
    caller = alerts.who(first.caller, first.reason, opted_out=opted_out)
    what = f"{doing} {caller}" if doing else f"something is to do for {caller}"
    note = "" if business.privacy.health else f': "{_gist(first.note)}"'
    more = f" And {rest} more on the list of tasks." if rest else ""
    by = lateness.length(now - first.due_at)
    return f"{business.name}: overdue by {by}: {what}{note}.{more}"


def _alone(work: Callable[[], int], business: str) -> int:
    try:
        return work()
    except Exception:  # one alarm that cannot be told holds up no other
        log.exception("overdue.failed", business=business)
        return 0


def _phone(business: Business, owed: Any, now: datetime, busy: Collection[str]) -> str:
    """Of whoever is to do it, else of whoever has the conversation, else of the first on duty; empty: nobody has one."""
    for name in (owed.owner, owed.has_thread):
        person = business.person(name or "")
        if person and person.phone:
            return person.phone
    on_duty = (rung.person.phone for rung in rota.on_duty(business, now, busy) if rung.texts)
    return next((phone for phone in on_duty if phone), "") or next(
        iter(alerts.phones(business, Reason.OTHER)), ""
    )


def _was_told(connection: sa.Connection, owed: Any) -> bool:
    """Since it fell due, people were told that nobody answers this very caller."""
    return threads.count_marks(connection, owed.thread, "alarm", owed.due_at) > 0


def _gist(note: str) -> str:
    short = " ".join(note.split())
    return short if len(short) <= _GIST else f"{short[: _GIST - 3]}..."
