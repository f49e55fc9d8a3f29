"""What proves who somebody is, alike for people of a business and for admins: password, second factor, and the stamp of their sessions."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.store.tables import account, admin


@dataclass(frozen=True, kw_only=True)
class Key:
    """Whose they are."""

    kind: Literal["account", "admin"]
    id: str
    """An account's id, or an admin's login."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    password: str
    """Its argon2 hash."""
    stamp: str
    """Sessions hold it; a new one ends them."""
    totp: str | None
    """Encrypted; None: no second factor."""
    totp_last: int | None
    """The time step of the last code that counted."""
    recovery: tuple[str, ...]
    """Digests of the recovery codes that are left."""
    signed_in_at: datetime | None


def get(connection: sa.Connection, key: Key) -> Credentials | None:
    table, mine = _place(key)
    row = connection.execute(sa.select(table).where(mine)).one_or_none()
    if row is None:
        return None
    return Credentials(
        password=row.password,
        stamp=row.stamp,
        totp=row.totp,
        totp_last=row.totp_last,
        recovery=tuple(row.recovery or ()),
        signed_in_at=row.signed_in_at,
    )


def lock(connection: sa.Connection, key: Key) -> Credentials | None:
    """The same, kept from other writers until the transaction ends."""
    table, mine = _place(key)
    connection.execute(sa.update(table).where(mine).values(stamp=table.c.stamp))
    return get(connection, key)


def put(connection: sa.Connection, key: Key, **values: Any) -> None:
    """Change some of them: the columns of `account` and `admin` that both have."""
    table, mine = _place(key)
    connection.execute(sa.update(table).where(mine).values(values))


def replace_password(connection: sa.Connection, key: Key, hashed_password: str) -> str:
    """Ends every session; returns the stamp for the one that may go on."""
    stamp = new_stamp()
    put(connection, key, password=hashed_password, stamp=stamp)
    return stamp


def end_sessions(connection: sa.Connection, key: Key) -> str:
    """All of them; returns the stamp for the one that may go on."""
    stamp = new_stamp()
    put(connection, key, stamp=stamp)
    return stamp


def new_stamp() -> str:
    return secrets.token_urlsafe(12)


def hashed(password: str) -> str:
    """Takes a while and much memory, on purpose: call it outside transactions."""
    return PasswordHasher().hash(password)


def fits(password: str, hashed_password: str | None) -> bool:
    """As slow for nobody's password (None) as for a wrong one, so that time tells nothing."""
    try:
        PasswordHasher().verify(hashed_password or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed_password is not None


def is_outdated(hashed_password: str) -> bool:
    """It was made with weaker parameters than are used now."""
    return PasswordHasher().check_needs_rehash(hashed_password)


@cache
def _nobodys() -> str:
    return hashed(secrets.token_urlsafe())


def _place(key: Key) -> tuple[sa.Table, sa.ColumnElement[bool]]:
    if key.kind == "account":
        return account, account.c.id == key.id
    return admin, admin.c.login == key.id
