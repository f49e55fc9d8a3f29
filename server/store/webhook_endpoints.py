"""Where a business's other systems are told of events: the address, what it wants, and the secret, encrypted at rest."""

import base64
import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from server.store.calendar_secrets import box
from server.store.tables import webhook_delivery, webhook_endpoint
from server.store.webhook_events import State

SIGNS_FOR = timedelta(hours=24)
"""A secret that was replaced signs beside the new one for so long, so that the other side can change without a gap."""

_PURPOSE = b"ringback: what webhooks are signed with"
_PREFIX = "whsec_"
_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    id: str
    business: str
    url: str
    secret: str
    """Encrypted, as the next."""
    previous: str | None
    changed_at: datetime
    events: list[str]
    """Kinds; empty: all."""
    made_at: datetime
    failing_since: datetime | None
    off_at: datetime | None
    off_why: str | None


def keeper(key: str) -> Fernet:
    """What encrypts the secrets; `key` is the installation's (`Settings.session_key`)."""
    return box(key, _PURPOSE)


def add(
    connection: sa.Connection,
    keeper: Fernet,
    business: str,
    url: str,
    events: Sequence[str],
    now: datetime,
) -> tuple[str, str]:
    """A new endpoint; its id and its secret, as Standard Webhooks writes it."""
    name, secret = f"ep_{random.token_hex(8)}", _new()
    row = sa.insert(webhook_endpoint).values(
        id=name,
        business=business,
        url=url,
        secret=_closed(keeper, secret),
        changed_at=now,
        events=list(events),
        made_at=now,
    )
    connection.execute(row)
    return name, secret


def of(connection: sa.Connection, business: str) -> list[Endpoint]:
    """The oldest first."""
    query = sa.select(webhook_endpoint).where(webhook_endpoint.c.business == business)
    found = connection.execute(query.order_by(webhook_endpoint.c.made_at, webhook_endpoint.c.id))
    return [Endpoint(**row._mapping) for row in found]


def get(connection: sa.Connection, business: str, name: str) -> Endpoint | None:
    query = sa.select(webhook_endpoint).where(*_is(business, name))
    row = connection.execute(query).one_or_none()
    return Endpoint(**row._mapping) if row else None


def change(
    connection: sa.Connection, business: str, name: str, url: str, events: Sequence[str]
) -> None:
    mine = sa.update(webhook_endpoint).where(*_is(business, name))
    connection.execute(mine.values(url=url, events=list(events)))


def rotate(connection: sa.Connection, keeper: Fernet, endpoint: Endpoint, now: datetime) -> str:
    """A new secret; the last one signs beside it for a day."""
    secret = _new()
    values = {"secret": _closed(keeper, secret), "previous": endpoint.secret, "changed_at": now}
    mine = _is(endpoint.business, endpoint.id)
    connection.execute(sa.update(webhook_endpoint).where(*mine).values(**values))
    return secret


def opened(keeper: Fernet, endpoint: Endpoint, now: datetime) -> list[str]:
    """The secrets that sign now, the newest first; none: the installation's key has changed."""
    kept = [endpoint.secret]
    if endpoint.previous and now < endpoint.changed_at + SIGNS_FOR:
        kept.append(endpoint.previous)
    return [secret for one in kept if (secret := _opened(keeper, one))]


def switch_off(
    connection: sa.Connection, business: str, name: str, why: str, now: datetime
) -> bool:
    """Nothing is sent there any more, and what waited is given up; False: it was off."""
    on = (*_is(business, name), webhook_endpoint.c.off_at.is_(None))
    off = sa.update(webhook_endpoint).where(*on).values(off_at=now, off_why=why)
    if not connection.execute(off).rowcount:
        return False
    waiting = (webhook_delivery.c.endpoint == name, webhook_delivery.c.next_at.is_not(None))
    given_up = {"state": State.FAILED, "next_at": None, "error": "It was switched off."}
    connection.execute(sa.update(webhook_delivery).where(*waiting).values(**given_up))
    return True


def switch_on(connection: sa.Connection, business: str, name: str) -> None:
    mine = sa.update(webhook_endpoint).where(*_is(business, name))
    connection.execute(mine.values(off_at=None, off_why=None, failing_since=None))


def remove(connection: sa.Connection, business: str, name: str) -> None:
    """With the list of what was sent there."""
    connection.execute(sa.delete(webhook_endpoint).where(*_is(business, name)))


def note_worked(connection: sa.Connection, name: str) -> None:
    failing = (webhook_endpoint.c.id == name, webhook_endpoint.c.failing_since.is_not(None))
    connection.execute(sa.update(webhook_endpoint).where(*failing).values(failing_since=None))


def note_failed(connection: sa.Connection, name: str, now: datetime) -> datetime:
    """Since when it has failed without a success in between."""
    since = sa.func.coalesce(webhook_endpoint.c.failing_since, sa.bindparam("now", now, type_=webhook_endpoint.c.failing_since.type))  # fmt: skip
    changed = sa.update(webhook_endpoint).where(webhook_endpoint.c.id == name)
    noted = changed.values(failing_since=since).returning(webhook_endpoint.c.failing_since)
    found: datetime | None = connection.scalar(noted)
    return found or now


def _is(business: str, name: str) -> tuple[Any, ...]:
    return (webhook_endpoint.c.business == business, webhook_endpoint.c.id == name)


def _new() -> str:
    return _PREFIX + base64.b64encode(random.token_bytes(_BYTES)).decode()


def _closed(keeper: Fernet, secret: str) -> str:
    return keeper.encrypt(secret.encode()).decode()


def _opened(keeper: Fernet, kept: str) -> str | None:
    try:
        return keeper.decrypt(kept).decode()
    except InvalidToken:
        return None
