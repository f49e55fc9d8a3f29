"""Each try to tell another system of an event: due, claimed, delivered or given up, and sent again by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server.store.tables import webhook_delivery, webhook_endpoint, webhook_event
from server.store.webhook_endpoints import Endpoint
from server.store.webhook_events import State

SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Due:
    """A delivery that this process has claimed."""

    id: int
    tries: int
    """This one included."""
    event: str
    body: dict[str, Any]
    endpoint: Endpoint


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A delivery as its owner sees it."""

    id: int
    endpoint: str
    url: str
    kind: str
    at: datetime
    """Of the event."""
    state: str
    tries: int
    next_at: datetime | None
    tried_at: datetime | None
    status: int | None
    error: str | None


def endpoints_due(connection: sa.Connection, now: datetime, limit: int) -> list[str]:
    """The endpoints for which something is to be tried, the longest waiting first."""
    first = sa.func.min(webhook_delivery.c.next_at)
    query = (
        sa.select(webhook_delivery.c.endpoint)
        .where(webhook_delivery.c.next_at.is_not(None), webhook_delivery.c.next_at <= now)
        .group_by(webhook_delivery.c.endpoint)
        .order_by(first)
        .limit(limit)
    )
    return list(connection.scalars(query))


def claim(connection: sa.Connection, endpoint: str, now: datetime, until: datetime) -> Due | None:
    """The next delivery of an endpoint, kept from other workers until that moment; None: nothing is due there.

    A worker that dies with it lets it go then: it is tried again, under the same id.
    """
    waits = (
        webhook_delivery.c.endpoint == endpoint,
        webhook_delivery.c.next_at.is_not(None),
        webhook_delivery.c.next_at <= now,
    )
    columns = (webhook_delivery.c.id, webhook_delivery.c.next_at)
    query = sa.select(*columns).where(*waits)
    found = connection.execute(
        query.order_by(webhook_delivery.c.next_at, webhook_delivery.c.id).limit(1)
    ).one_or_none()
    if found is None:
        return None
    mine = (webhook_delivery.c.id == found.id, webhook_delivery.c.next_at == found.next_at)
    taken = sa.update(webhook_delivery).where(*mine)
    counted = {"next_at": until, "tried_at": now, "tries": webhook_delivery.c.tries + 1}
    if not connection.execute(taken.values(**counted)).rowcount:
        return None
    return _due(connection, found.id)


def record(
    connection: sa.Connection,
    due: Due,
    state: State,
    next_at: datetime | None,
    status: int | None,
    error: str | None,
) -> None:
    """What came of a try; a delivery that was given up or sent again meanwhile stays as it is."""
    mine = (webhook_delivery.c.id == due.id, webhook_delivery.c.tries == due.tries)
    standing = webhook_delivery.c.next_at.is_not(None)
    values = {"state": state, "next_at": next_at, "status": status, "error": error}
    connection.execute(sa.update(webhook_delivery).where(*mine, standing).values(**values))


def latest(connection: sa.Connection, business: str, limit: int = SHOWN) -> list[Listed]:
    """The last deliveries of a business, the newest event first."""
    newest = (
        sa.select(webhook_event.c.id, webhook_event.c.kind, webhook_event.c.at)
        .where(webhook_event.c.business == business)
        .order_by(webhook_event.c.at.desc())
        .limit(limit)
        .subquery()
    )
    delivery, endpoint = webhook_delivery, webhook_endpoint
    query = (
        sa.select(
            delivery.c.id, delivery.c.endpoint, endpoint.c.url, newest.c.kind, newest.c.at,
            delivery.c.state, delivery.c.tries, delivery.c.next_at, delivery.c.tried_at,
            delivery.c.status, delivery.c.error,
        )
        .join(newest, newest.c.id == delivery.c.event)
        .join(endpoint, endpoint.c.id == delivery.c.endpoint)
        .order_by(newest.c.at.desc(), delivery.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [Listed(**row._mapping) for row in connection.execute(query)]


def send_again(connection: sa.Connection, business: str, delivery_id: int, now: datetime) -> bool:
    """Due at once, from the first try on; False: there is no such delivery, or its endpoint is off."""
    again = _again(connection, business, now, webhook_delivery.c.id == delivery_id)
    return again > 0


def send_failed(connection: sa.Connection, business: str, endpoint: str, since: datetime, now: datetime) -> int:  # fmt: skip
    """Everything given up since then, due at once; returns how many."""
    lately = sa.select(webhook_event.c.id).where(
        webhook_event.c.business == business, webhook_event.c.at >= since
    )
    mine = (
        webhook_delivery.c.endpoint == endpoint,
        webhook_delivery.c.state == State.FAILED,
        webhook_delivery.c.event.in_(lately),
    )
    return _again(connection, business, now, *mine)


def _again(connection: sa.Connection, business: str, now: datetime, *which: Any) -> int:
    on = sa.select(webhook_endpoint.c.id).where(
        webhook_endpoint.c.business == business, webhook_endpoint.c.off_at.is_(None)
    )
    mine = (webhook_delivery.c.endpoint.in_(on), webhook_delivery.c.next_at.is_(None), *which)
    anew = {"state": State.WAITING, "next_at": now, "tries": 0, "error": None}
    return connection.execute(sa.update(webhook_delivery).where(*mine).values(**anew)).rowcount


def _due(connection: sa.Connection, delivery_id: int) -> Due | None:
    delivery, event, endpoint = webhook_delivery, webhook_event, webhook_endpoint
    query = (
        sa.select(delivery.c.tries, event.c.id.label("event"), event.c.body)
        .join(event, event.c.id == delivery.c.event)
        .where(delivery.c.id == delivery_id)
    )
    row = connection.execute(query).one()
    to = connection.execute(
        sa.select(*endpoint.c)
        .join(delivery, delivery.c.endpoint == endpoint.c.id)
        .where(delivery.c.id == delivery_id)
    ).one()
    known = Endpoint(**to._mapping)
    return Due(id=delivery_id, tries=row.tries, event=row.event, body=row.body, endpoint=known)
