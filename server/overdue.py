"""The alarm: what was owed at a time is late, and whoever is to do it reads so, once."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.business import Business
from agent.model import Reason, TaskKind
from agent.rules import alerts, hours, lateness, rota
from agent.rules.phone import spoken
from agent.state import alert
from server.jobs import Jobs
from server.outbox import alert_staff
from server.store import businesses, tasks, threads

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
            known = [one for slug in late if (one := businesses.get(connection, slug))]
        return sum(self._look_at(business, now) for business in known)

    def _look_at(self, business: Business, now: datetime) -> int:
        is_open = hours.is_open(business, now)
        with self.database.connect() as connection:
            late = tasks.overdue(connection, business.slug, now, AT_ONCE, danger_only=not is_open)
        by_phone = defaultdict[str, list[Any]](list)
        for one in late:
            by_phone[_phone(business, one, now)].append(one)
        told = 0
        for phone, owed in by_phone.items():
            with self.database.begin() as connection:
                told += self._tell(connection, business, phone, owed, now)
        return told

    def _tell(
        self,
        connection: sa.Connection,
        business: Business,
        phone: str,
        owed: list[Any],
        now: datetime,
    ) -> int:
        """One text to one phone about all that is late; what was done in the meantime is left out."""
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
    caller = spoken(first.caller)
    what = f"{doing} {caller}" if doing else f"something is to do for {caller}"
    note = "" if business.privacy.health else f': "{_gist(first.note)}"'
    more = f" And {rest} more on the list of tasks." if rest else ""
    by = lateness.length(now - first.due_at)
    return f"{business.name}: overdue by {by}: {what}{note}.{more}"


def _phone(business: Business, owed: Any, now: datetime) -> str:
    """Of whoever is to do it, else of whoever has the conversation, else of the first on duty; empty: nobody has one."""
    for name in (owed.owner, owed.has_thread):
        person = business.person(name or "")
        if person and person.phone:
            return person.phone
    on_duty = (rung.person.phone for rung in rota.on_duty(business, now) if rung.texts)
    return next((phone for phone in on_duty if phone), "") or next(
        iter(alerts.phones(business, Reason.OTHER)), ""
    )


def _was_told(connection: sa.Connection, owed: Any) -> bool:
    """Since it fell due, people were told that nobody answers this very caller."""
    return threads.count_marks(connection, owed.thread, "alarm", owed.due_at) > 0


def _gist(note: str) -> str:
    short = " ".join(note.split())
    return short if len(short) <= _GIST else f"{short[: _GIST - 3]}..."
