"""Tokens of programs: long, random, shown once, and kept only as a digest."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import sqlalchemy as sa

from server.store.tables import api_token

Scope = Literal["read", "write", "erase", "provider"]
"""`provider`: make, suspend and move businesses; an installation's token alone has it."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
OF_BUSINESS: tuple[Scope, ...] = ("read", "write", "erase")
_BEGINS = "rb_"
_USED_ONCE = timedelta(minutes=1)
"""A use so soon after the last is not written down: a program asks many times a second."""


@dataclass(frozen=True, kw_only=True)
class Token:
    id: str
    business: str | None
    """None: of the installation, good for every business."""
    name: str
    scopes: frozenset[str]
    made_at: datetime
    made_by: str
    used_at: datetime | None
    revoked_at: datetime | None


def make(
    connection: sa.Connection,
    business: str | None,
    name: str,
    scopes: Collection[Scope],
    by: str,
    now: datetime,
) -> str:
    """Keep a new token; returns it, and this is the only time that it is known."""
    token = f"{_BEGINS}{secrets.token_urlsafe(32)}"
    row = sa.insert(api_token).values(
        id=secrets.token_hex(8),
        business=business,
        name=name,
        sha256=_digest(token),
        scopes=[one for one in SCOPES if one in scopes],
        made_at=now,
        made_by=by,
    )
    connection.execute(row)
    return token


def by_token(connection: sa.Connection, token: str) -> Token | None:
    """Whose this is; None: nobody's, or it was revoked."""
    query = sa.select(api_token).where(api_token.c.sha256 == _digest(token))
    row = connection.execute(query.where(api_token.c.revoked_at.is_(None))).one_or_none()
    return _token(row) if row else None


def used(connection: sa.Connection, token: Token, now: datetime) -> None:
    connection.execute(sa.update(api_token).where(_is(token.id)).values(used_at=now))


def was_used_lately(token: Token, now: datetime) -> bool:
    return token.used_at is not None and now - token.used_at < _USED_ONCE


def of(connection: sa.Connection, business: str | None) -> list[Token]:
    """The newest first, revoked ones too; None: the installation's."""
    query = sa.select(api_token).where(_belongs(business))
    return [_token(row) for row in connection.execute(query.order_by(api_token.c.made_at.desc()))]


def revoke(connection: sa.Connection, business: str | None, token_id: str, now: datetime) -> bool:
    """It opens nothing from now on; False: there is no such token here, or it was revoked before."""
    theirs = (_is(token_id), _belongs(business), api_token.c.revoked_at.is_(None))
    changed = connection.execute(sa.update(api_token).where(*theirs).values(revoked_at=now))
    return bool(changed.rowcount)


def _token(row: sa.Row[tuple[object, ...]]) -> Token:
    kept = {name: value for name, value in row._mapping.items() if name != "sha256"}
    return Token(**kept | {"scopes": frozenset(kept["scopes"])})


def _is(token_id: str) -> sa.ColumnElement[bool]:
    return api_token.c.id == token_id


def _belongs(business: str | None) -> sa.ColumnElement[bool]:
    return api_token.c.business.is_(None) if business is None else api_token.c.business == business


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
