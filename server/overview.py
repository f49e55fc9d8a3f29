"""Every business of the installation at a glance, for its admin; a page of them at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from agent.rules.number_health import Light, NumberHealth, judge
from agent.rules.sender_numbers import is_real
from server.quotas import Quota, Spent, quota
from server.store import businesses, inbox, number_health, standings, usage
from server.store.inbox import Filter
from server.store.places import Looking, Place
from server.store.standings import Suspension
from server.store.tables import account, phone, text, thread
from server.store.tables import business as table

_URGENT = (Place.EMERGENCY, Place.URGENT, Place.AGAIN)
_NAME = table.c.profile["name"].as_string()


@dataclass(frozen=True, kw_only=True)
class Line:
    business: Business
    suspension: Suspension | None
    logins: int
    open_threads: int
    urgent: int
    """Conversations that press and that nobody has taken."""
    last_text_at: datetime | None
    blocked: list[tuple[str, str]]
    """Numbers from which the carrier lets nothing out, with why."""
    texts: Spent
    """SMS segments of this month."""
    calls: int
    """Of this month."""
    light: Light
    """Of the number that is worst off."""


@dataclass(frozen=True, kw_only=True)
class NumberLine:
    business: str
    number: str
    registration: str | None
    health: NumberHealth


def found(connection: sa.Connection, wanted: str, limit: int, offset: int = 0) -> tuple[list[str], int]:  # fmt: skip
    """The slugs of a page, by name of the business, and how many there are in all.

    Args:
        wanted: part of a name, slug or number; empty: every business.
    """
    which = _matches(" ".join(wanted.split()))
    total = connection.scalar(sa.select(sa.func.count()).select_from(table).where(which)) or 0
    query = sa.select(table.c.slug).where(which).order_by(sa.func.lower(_NAME), table.c.slug)
    return list(connection.scalars(query.limit(limit).offset(offset))), total


def lines(
    connection: sa.Connection,
    slugs: Sequence[str],
    measure: Quota,
    now: datetime,
    blocked_since: datetime,
) -> list[Line]:
    """These businesses, in this order; those that are gone are left out.

    Args:
        measure: what a business may use that has no quota of its own.
    """
    kept = {slug: one for slug in slugs if (one := businesses.get(connection, slug))}
    logins = _counts(connection, account, account.c.business.in_(slugs))
    is_open = (thread.c.resolved_at.is_(None), thread.c.episode_at.is_not(None))
    opened = _counts(connection, thread, sa.and_(thread.c.business.in_(slugs), *is_open))
    lights = _lights(connection, slugs, now)
    months = {slug: usage.month_of(now, one.zone) for slug, one in kept.items()}
    used = usage.of_every(connection, set(months.values()), slugs)
    return [
        _line(
            connection, kept[slug], measure, used.get((slug, months[slug]), {}), now, blocked_since,
            logins=logins.get(slug, 0), open_threads=opened.get(slug, 0), light=lights.get(slug, "none"),
        )
        for slug in slugs if slug in kept
    ]  # fmt: skip


def numbers(connection: sa.Connection, now: datetime) -> list[NumberLine]:
    """Every number of the installation, the one that is worst off first."""
    entered = {row.number: row.registration for row in connection.execute(sa.select(phone))}
    every = [
        NumberLine(
            business=one.business,
            number=one.number,
            registration=entered.get(one.number),
            health=health_of(one),
        )
        for one in number_health.of_every(connection, now)
        if is_real(one.number)
    ]
    return sorted(every, key=lambda one: (one.health.rank, -one.health.sent, one.number))


def health_of(sums: number_health.Sums) -> NumberHealth:
    return judge(
        sent=sums.sent,
        delivered=sums.delivered,
        filtered=sums.filtered,
        failed=sums.failed,
        reached=sums.reached,
        opted_out=sums.opted_out,
    )


def _line(
    connection: sa.Connection,
    business: Business,
    measure: Quota,
    used: dict[str, int],
    now: datetime,
    blocked_since: datetime,
    *,
    logins: int,
    open_threads: int,
    light: Light,
) -> Line:
    standing = standings.of(connection, business.slug, business.phone)
    limit = quota(standing.quota, measure).segments_month or 0
    return Line(
        business=business,
        suspension=standing.suspension,
        logins=logins,
        open_threads=open_threads,
        urgent=_urgent(connection, business, now),
        last_text_at=_last_text(connection, business.slug),
        blocked=businesses.blocked_numbers(connection, business.slug, blocked_since),
        texts=Spent(what="Texts this month", used=used.get("segments", 0), limit=limit),
        calls=used.get("calls", 0),
        light=light,
    )


def _matches(wanted: str) -> sa.ColumnElement[bool]:
    if not wanted:
        return sa.true()
    like = wanted.lower()
    names = (sa.func.lower(_NAME), table.c.slug)
    either = [one.contains(like, autoescape=True) for one in names]
    digits = "".join(sign for sign in wanted if sign.isdigit())
    if len(digits) >= _DIGITS_AT_LEAST:
        theirs = sa.select(phone.c.business).where(phone.c.number.contains(digits, autoescape=True))
        either.append(table.c.slug.in_(theirs))
    return sa.or_(*either)


_DIGITS_AT_LEAST = 4


def _lights(connection: sa.Connection, slugs: Sequence[str], now: datetime) -> dict[str, Light]:
    worst: dict[str, NumberHealth] = {}
    for one in number_health.of_every(connection, now, slugs):
        health = health_of(one)
        held = worst.get(one.business)
        if held is None or health.rank < held.rank:
            worst[one.business] = health
    return {slug: health.light for slug, health in worst.items()}


def _counts(
    connection: sa.Connection, of: sa.Table, which: sa.ColumnElement[bool]
) -> dict[str, int]:
    query = (
        sa.select(of.c.business, sa.func.count().label("rows")).where(which).group_by(of.c.business)
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
    at: datetime | None = connection.scalar(newest)
    return at
