"""Browsers and channels as the page shows them: no endpoint, no address, no secret."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from agent.business import Business
from server.bell import UNREADABLE
from server.store.alert_channels import Channel
from server.store.push_subscriptions import Subscription

_LONG_ENOUGH = 12
_SHOWN = 4


@dataclass(frozen=True, kw_only=True)
class Row:
    """One browser or channel."""

    path: str
    """Of its forms, under /alerts."""
    name: str
    detail: str
    """What tells it from another of its kind; empty for others than its owner."""
    used: str
    """When it was last used, wall time of the business."""
    problem: str
    mark: str = ""
    """Of a browser: sha256 of its endpoint, by which it knows itself."""


@dataclass(frozen=True, kw_only=True)
class Person:
    name: str
    rows: tuple[Row, ...]


def rows(
    business: Business, browsers: list[Subscription], channels: list[Channel], now: datetime
) -> tuple[Row, ...]:
    """One person's own."""
    return (
        *(_browser(business, one, now) for one in browsers),
        *(_channel(business, one, now, masked(one.url)) for one in channels),
    )


def others(
    business: Business,
    staff: str,
    browsers: list[Subscription],
    channels: list[Channel],
    now: datetime,
) -> list[Person]:
    """Everybody else's, for the owner: what there is, and nothing of where it leads."""
    everybody = [one.staff for one in browsers] + [one.staff for one in channels]
    return [
        Person(
            name=_name(business, who),
            rows=(
                *(_browser(business, one, now) for one in browsers if one.staff == who),
                *(_channel(business, one, now, "") for one in channels if one.staff == who),
            ),
        )
        for who in dict.fromkeys(everybody)
        if who != staff
    ]


def masked(url: str | None) -> str:
    """Enough of a channel's address to tell it from another."""
    if url is None:
        return ""
    parts = urlsplit(url)
    if parts.scheme in ("mailto", "mailtos"):
        return f"to {', '.join(parse_qs(parts.query).get('to', [])) or parts.hostname or ''}"
    last = [piece for piece in (parts.netloc, *parts.path.split("/")) if piece][-1:]
    if last and len(last[0]) >= _LONG_ENOUGH:
        return f"ends in \N{HORIZONTAL ELLIPSIS}{last[0][-_SHOWN:]}"
    return ""


def _browser(business: Business, one: Subscription, now: datetime) -> Row:
    return Row(
        path=f"browsers/{one.id}",
        name=one.name,
        detail="",
        used=_used(business, one.used_at, now),
        problem=one.problem or "",
        mark=hashlib.sha256(one.endpoint.encode()).hexdigest(),
    )


def _channel(business: Business, one: Channel, now: datetime, detail: str) -> Row:
    return Row(
        path=f"channels/{one.id}",
        name=one.name,
        detail=detail,
        used=_used(business, one.used_at, now),
        problem=one.problem or (UNREADABLE.words if one.url is None else ""),
    )


def _used(business: Business, at: datetime | None, now: datetime) -> str:
    if at is None:
        return "Not used yet"
    moment, today = at.astimezone(business.zone), now.astimezone(business.zone).date()
    day = "today" if moment.date() == today else moment.strftime("%a, %b %-d")
    return f"Last used {day}, {moment.strftime('%-I:%M %p')}"


def _name(business: Business, staff: str) -> str:
    person = business.person(staff)
    return person.name if person else f"{staff} (no longer here)"
