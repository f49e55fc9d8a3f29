"""Callers who opted out and were erased: known again by a salted hash alone, so that no text ever reaches them."""

import hashlib
import secrets
from datetime import datetime

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import suppression

_COST = 2**12
"""Of scrypt: some 10 ms for one number, so that trying every number takes months."""


def add(connection: sa.Connection, business: str, caller: str, now: datetime) -> None:
    salt = _salt(connection, business) or secrets.token_hex(16)
    row = insert(connection, suppression).values(
        business=business, hash=_hash(caller, salt), salt=salt, at=now
    )
    connection.execute(row.on_conflict_do_nothing())


def since(connection: sa.Connection, business: str, caller: str) -> datetime | None:
    """When an erased caller was kept from texts; None: never."""
    salt = _salt(connection, business)
    if salt is None:
        return None
    query = sa.select(suppression.c.at).where(
        suppression.c.business == business, suppression.c.hash == _hash(caller, salt)
    )
    found: datetime | None = connection.scalar(query)
    return found


def _salt(connection: sa.Connection, business: str) -> str | None:
    """One a business, so that a look costs one hash; made with its first entry."""
    query = sa.select(suppression.c.salt).where(suppression.c.business == business).limit(1)
    found: str | None = connection.scalar(query)
    return found


def _hash(caller: str, salt: str) -> str:
    return hashlib.scrypt(caller.encode(), salt=salt.encode(), n=_COST, r=8, p=1).hex()
