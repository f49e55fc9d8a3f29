"""The figures of the week before, told to a business's people once each: by text, or wherever else they are alerted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
import structlog

from agent.business import Business, Staff
from agent.model import TextKind
from agent.ports import Bell
from agent.state import AGENT
from server import numbers
from server.call_log import monday
from server.jobs import Jobs
from server.numbers_words import span, summary
from server.outbox import queue
from server.store import businesses, threads, weekly_summaries
from server.store.weekly_summaries import SummaryRow

WAYS = ("text", "channels")
FROM_HOUR, UNTIL_HOUR = 8, 20
"""Of the business's clock: nobody's phone rings for figures at night."""
WITHIN = timedelta(days=2)
"""From Monday's midnight on; later, last week is old news."""
AT_ONCE = 100
_TEXT = "text"
_TOO_LATE = "not sent: it would have come too late"

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Weekly:
    """Tells nobody twice.

    A text stands in the outbox in the very transaction that notes it. A bell is noted before it rings: a crash in
    between may lose that one, but never rings it twice.
    """

    database: sa.Engine
    jobs: Jobs
    bell: Bell
    public_url: str

    def look(self, now: datetime) -> int:
        """Write what is due, and tell it; returns how many."""
        with self.database.connect() as connection:
            wanted = weekly_summaries.wanted(connection)
        written = sum(self._write_alone(slug, now) for slug in wanted)
        return written + self._tell(now)

    def _write_alone(self, slug: str, now: datetime) -> int:
        try:
            return self._write(slug, now)
        except Exception:  # one business's trouble holds up no other
            log.exception("weekly.failed", business=slug)
            return 0

    def _write(self, slug: str, now: datetime) -> int:
        with self.database.connect() as connection:
            business = businesses.get(connection, slug)
            if business is None or not is_time(business, week_of(business, now), now):
                return 0
            week = week_of(business, now)
            known = {
                (one.staff, one.way)
                for one in weekly_summaries.of_week(connection, slug, week.isoformat())
            }
            missing = [one for one in _to(business) if (one[0].id, one[1]) not in known]
            if not missing:
                return 0
            words = words_of(connection, business, week, now)
        return sum(self._note(business, week, *one, words, now) for one in missing)

    def _note(
        self, business: Business, week: date, person: Staff, way: str, words: str, now: datetime
    ) -> bool:
        key = {
            "business": business.slug, "week": week.isoformat(), "staff": person.id, "way": way,
        }  # fmt: skip
        with self.database.begin() as connection:
            if way != _TEXT:
                return weekly_summaries.add(connection, **key, at=now, words=words)
            own, _ = threads.locked(connection, business.slug, str(person.phone), now)
            new = weekly_summaries.add(connection, **key, at=now, words=words, told_at=now)
            if new:
                queue(
                    connection,
                    self.jobs,
                    own,
                    f"weekly:{business.slug}:{week}:{person.id}",
                    author=AGENT,
                    kind=TextKind.ALERT,
                    sender=business.phone,
                    recipient=own.caller,
                    body=f"{business.name}, {words}\n{self.public_url}{link(week)}",
                    at=now,
                )
            return new

    def _tell(self, now: datetime) -> int:
        with self.database.connect() as connection:
            due = weekly_summaries.due(connection, AT_ONCE)
        return sum(self._ring(row, now) for row in due)

    def _ring(self, row: SummaryRow, now: datetime) -> bool:
        week = date.fromisoformat(row.week)
        with self.database.begin() as connection:
            business = businesses.get(connection, row.business)
            late = business is None or _is_over(business, week, now)
            if not late and business and not is_time(business, week, now):
                return False
            if not weekly_summaries.claim(connection, row, now):
                return False
            if late:
                weekly_summaries.came_to(connection, row, _TOO_LATE)
                return False
        told = self.bell.ring(row.business, row.staff, row.words, link(week))
        with self.database.begin() as connection:
            weekly_summaries.came_to(connection, row, "; ".join(told) or "no channels yet")
        return True


def people(business: Business) -> list[Staff]:
    """Who gets the figures: those named, else the owners."""
    named = [one for one in business.staff if one.id in business.weekly_summary.to]
    return named or [one for one in business.staff if "owner" in (one.login, one.role)]


def week_of(business: Business, now: datetime) -> date:
    """The Monday of the week before this one."""
    return monday(now.astimezone(business.zone).date()) - timedelta(days=numbers.A_WEEK)


def is_time(business: Business, week: date, now: datetime) -> bool:
    """The figures of that week may go out at this moment."""
    hour = now.astimezone(business.zone).hour
    is_next = week == week_of(business, now)
    return is_next and not _is_over(business, week, now) and FROM_HOUR <= hour < UNTIL_HOUR


def words_of(connection: sa.Connection, business: Business, week: date, now: datetime) -> str:
    """The week as people read it."""
    last = week + timedelta(days=numbers.A_WEEK - 1)
    report = numbers.report(connection, business, week, last, now=now)
    return f"{span(week, last)}: {summary(report)}"


def link(week: date) -> str:
    last = week + timedelta(days=numbers.A_WEEK - 1)
    return f"/business/numbers?period=own&first={week}&last={last}"


def _is_over(business: Business, week: date, now: datetime) -> bool:
    day = now.astimezone(business.zone).date()
    return day >= week + timedelta(days=numbers.A_WEEK) + WITHIN


def _to(business: Business) -> Iterator[tuple[Staff, str]]:
    for person in people(business):
        for way in business.weekly_summary.by:
            if way != _TEXT or person.phone:
                yield person, way
