"""Every business of the installation at a glance, for its admin."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from server.store import businesses, inbox
from server.store.inbox import Filter
from server.store.places import Looking, Place
from server.store.tables import account, text, thread

_URGENT = (Place.EMERGENCY, Place.URGENT, Place.AGAIN)


@dataclass(frozen=True, kw_only=True)
class Line:
    business: Business
    logins: int
    open_threads: int
    urgent: int
    """Conversations that press and that nobody has taken."""
    last_text_at: datetime | None
    blocked: list[tuple[str, str]]
    """Numbers from which the carrier lets nothing out, with why."""


def lines(connection: sa.Connection, now: datetime, blocked_since: datetime) -> list[Line]:
    """By name of the business."""
    logins = _counts(connection, account, sa.true())
    is_open = sa.and_(thread.c.resolved_at.is_(None), thread.c.episode_at.is_not(None))
    opened = _counts(connection, thread, is_open)
    found = businesses.every(connection)
    return [
        Line(
            business=one,
            logins=logins.get(one.slug, 0),
            open_threads=opened.get(one.slug, 0),
            urgent=_urgent(connection, one, now),
            last_text_at=_last_text(connection, one.slug),
            blocked=businesses.blocked_numbers(connection, one.slug, blocked_since),
        )
        for one in sorted(found, key=lambda business: business.name.casefold())
    ]


def _counts(
    connection: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool]
) -> dict[str, int]:
    query = (
        sa.select(table.c.business, sa.func.count().label("rows"))
        .where(which)
        .group_by(table.c.business)
    )
    return {row.business: row.rows for row in connection.execute(query)}


def _urgent(connection: sa.Connection, business: Business, now: datetime) -> int:
    looking = Looking(
        business=business.slug,
        staff="",
        own_phones=[person.phone for person in business.staff if person.phone],
        now=now,
    )
    places = inbox.counts(connection, looking, Filter()).places
    return sum(places[place] for place in _URGENT)


def _last_text(connection: sa.Connection, slug: str) -> datetime | None:
    newest = sa.select(text.c.at).where(text.c.business == slug).order_by(text.c.at.desc()).limit(1)
    found: datetime | None = connection.scalar(newest)
    return found
