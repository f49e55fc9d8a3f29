"""One-time links that make a login, or a new password for one; only their digest is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.store.tables import invitation

HOLDS = timedelta(days=7)
KEPT = timedelta(days=30)
"""After its end, so that whoever opens an old link is told why it does not work."""


@dataclass(frozen=True, kw_only=True)
class Invitation:
    business: str
    staff: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


def make(connection: sa.Connection, business: str, staff: str, by: str, now: datetime) -> str:
    """The token of a new link for a person; the only time that it is known. Earlier ones are over."""
    revoke(connection, business, staff)
    token = secrets.token_urlsafe(32)
    connection.execute(
        sa.insert(invitation).values(
            token=digest(token),
            business=business,
            staff=staff,
            made_by=by,
            made_at=now,
            expires_at=now + HOLDS,
        )
    )
    return token


def find(connection: sa.Connection, token: str) -> Invitation | None:
    row = connection.execute(
        sa.select(invitation).where(invitation.c.token == digest(token))
    ).one_or_none()
    return _invitation(row) if row else None


def use(connection: sa.Connection, token: str, now: datetime) -> bool:
    """Spend a link; False: it was spent, revoked or too old."""
    live = (invitation.c.used_at.is_(None), invitation.c.expires_at > now)
    spent = sa.update(invitation).where(invitation.c.token == digest(token), *live)
    return connection.execute(spent.values(used_at=now)).rowcount > 0


def waiting(connection: sa.Connection, business: str, now: datetime) -> dict[str, Invitation]:
    """By staff id: the links that can still be used."""
    rows = connection.execute(
        sa.select(invitation).where(
            invitation.c.business == business,
            invitation.c.used_at.is_(None),
            invitation.c.expires_at > now,
        )
    )
    return {row.staff: _invitation(row) for row in rows}


def revoke(connection: sa.Connection, business: str, staff: str) -> bool:
    """Take back what a person has not used yet; False: there was nothing."""
    unused = sa.delete(invitation).where(
        invitation.c.business == business,
        invitation.c.staff == staff,
        invitation.c.used_at.is_(None),
    )
    return connection.execute(unused).rowcount > 0


def forget(connection: sa.Connection, before: datetime) -> int:
    return connection.execute(
        sa.delete(invitation).where(invitation.c.expires_at < before)
    ).rowcount


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _invitation(row: sa.Row[tuple[object, ...]]) -> Invitation:
    return Invitation(
        business=row.business,
        staff=row.staff,
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
