"""The secret with which a business's other phone system signs what it reports; encrypted at rest."""

import base64
import secrets as random
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from server.store.calendar_secrets import box
from server.store.engine import insert
from server.store.tables import call_secret

HOLDS_ON = timedelta(hours=24)
"""A secret that was replaced is accepted for so long, so that the other side can be changed without a gap."""

_PURPOSE = b"ringback: what other phone systems sign with"
_PREFIX = "whsec_"
_BYTES = 32


def keeper(key: str) -> Fernet:
    """What encrypts the secrets; `key` is the installation's (`Settings.session_key`)."""
    return box(key, _PURPOSE)


def current(connection: sa.Connection, keeper: Fernet, slug: str, now: datetime) -> str:
    """The business's secret, as Standard Webhooks writes it; made at first use, once for all who ask."""
    first = insert(connection, call_secret).values(
        business=slug, secret=_closed(keeper, _new()), changed_at=now
    )
    connection.execute(first.on_conflict_do_nothing(index_elements=["business"]))
    return _opened(keeper, _row(connection, slug).secret) or change(connection, keeper, slug, now)


def accepted(connection: sa.Connection, keeper: Fernet, slug: str, now: datetime) -> list[str]:
    """Every secret that a signature may be made with now; none is made."""
    row = _row(connection, slug)
    if row is None:
        return []
    kept = [row.secret]
    if row.previous and now < row.changed_at + HOLDS_ON:
        kept.append(row.previous)
    return [secret for one in kept if (secret := _opened(keeper, one))]


def change(connection: sa.Connection, keeper: Fernet, slug: str, now: datetime) -> str:
    """A new secret; the last one holds on for a day."""
    secret, row = _new(), _row(connection, slug)
    values = {
        "secret": _closed(keeper, secret),
        "previous": row.secret if row else None,
        "changed_at": now,
    }
    new = insert(connection, call_secret).values(business=slug, **values)
    connection.execute(new.on_conflict_do_update(index_elements=["business"], set_=values))
    return secret


def changed_at(connection: sa.Connection, slug: str) -> datetime | None:
    """When the secret of now was made; None: there is none yet."""
    row = _row(connection, slug)
    return row.changed_at if row else None


def _row(connection: sa.Connection, slug: str) -> Any:
    return connection.execute(
        sa.select(call_secret).where(call_secret.c.business == slug)
    ).one_or_none()


def _new() -> str:
    return _PREFIX + base64.b64encode(random.token_bytes(_BYTES)).decode()


def _closed(keeper: Fernet, secret: str) -> str:
    return keeper.encrypt(secret.encode()).decode()


def _opened(keeper: Fernet, kept: str) -> str | None:
    """None: the installation's key is not the one that it was encrypted with."""
    try:
        return keeper.decrypt(kept).decode()
    except InvalidToken:
        return None
