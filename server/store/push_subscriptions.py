"""Browsers that show alerts, each as its push service knows it."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import account, push_subscription


@dataclass(frozen=True, kw_only=True)
class Subscription:
    id: int
    account: str
    business: str
    staff: str
    name: str
    """Of the browser: "Chrome on Android"."""
    endpoint: str = field(repr=False)
    """Whoever knows it can send there, were it not for the key."""
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    made_at: datetime
    used_at: datetime | None
    problem: str | None
    """Of the last use, in plain words."""


def save(
    connection: sa.Connection,
    account_id: str,
    name: str,
    endpoint: str,
    p256dh: str,
    auth: str,
    now: datetime,
) -> None:
    """A browser shows the alerts of one account, the last that asked for it."""
    values = {
        "account": account_id,
        "name": name,
        "p256dh": p256dh,
        "auth": auth,
        "made_at": now,
        "used_at": None,
        "problem": None,
    }
    row = insert(connection, push_subscription).values(endpoint=endpoint, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["endpoint"], set_=values))


def of_person(connection: sa.Connection, business: str, staff: str) -> list[Subscription]:
    return _found(connection, business, account.c.staff == staff)


def of_business(connection: sa.Connection, business: str) -> list[Subscription]:
    return _found(connection, business)


def get(connection: sa.Connection, business: str, subscription: int) -> Subscription | None:
    return next(iter(_found(connection, business, push_subscription.c.id == subscription)), None)


def used(
    connection: sa.Connection, subscription: Subscription, now: datetime, problem: str | None
) -> None:
    connection.execute(
        sa.update(push_subscription)
        .where(push_subscription.c.id == subscription.id)
        .values(used_at=now, problem=problem)
    )


def remove(connection: sa.Connection, subscription: Subscription) -> None:
    connection.execute(
        sa.delete(push_subscription).where(push_subscription.c.id == subscription.id)
    )


def forget(connection: sa.Connection, account_id: str, endpoint: str) -> None:
    """The account's own browser does not want alerts any more."""
    connection.execute(
        sa.delete(push_subscription).where(
            push_subscription.c.account == account_id, push_subscription.c.endpoint == endpoint
        )
    )


def _found(
    connection: sa.Connection, business: str, *which: sa.ColumnElement[bool]
) -> list[Subscription]:
    rows = connection.execute(
        sa.select(push_subscription, account.c.business, account.c.staff)
        .join(account, account.c.id == push_subscription.c.account)
        .where(account.c.business == business, *which)
        .order_by(push_subscription.c.id)
    )
    return [Subscription(**row._mapping) for row in rows]
