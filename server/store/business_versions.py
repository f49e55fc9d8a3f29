"""What each business's profile was, from when on, and who made it so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.business import Business
from server.store.tables import business, business_version

_ROWS = sa.select(business_version).where(business_version.c.business == sa.bindparam("slug"))


@dataclass(frozen=True, kw_only=True)
class Version:
    """The profile from a change on."""

    id: int
    at: datetime
    by: str
    """A login, or where the change came from; empty: not known."""
    profile: dict[str, Any]
    """As it was written then, in plain values: what a profile may say has grown since."""


def add(
    connection: sa.Connection, profile: Business, held: Business | None, by: str, now: datetime
) -> None:
    """Keep what a profile is from now on.

    Args:
        held: what it is until now, kept first where the business has no history yet; to be called before it is replaced.
    """
    if held is not None and newest_id(connection, profile.slug) is None:
        since = connection.scalar(
            sa.select(business.c.updated_at).where(business.c.slug == profile.slug)
        )
        _insert(connection, held, "", since or now)
    _insert(connection, profile, by, now)


def newest_id(connection: sa.Connection, slug: str) -> int | None:
    """Of the profile as it is; None: it has not changed since histories are kept."""
    newest = sa.select(sa.func.max(business_version.c.id)).where(
        business_version.c.business == slug
    )
    found: int | None = connection.scalar(newest)
    return found


def count(connection: sa.Connection, slug: str) -> int:
    every = sa.select(sa.func.count()).where(business_version.c.business == slug)
    return connection.scalar(every) or 0


def newest(
    connection: sa.Connection, slug: str, limit: int, below: int | None = None
) -> list[Version]:
    """Newest first; `below`: only those that were before the one of this id."""
    query = _ROWS.order_by(business_version.c.id.desc()).limit(limit)
    if below is not None:
        query = query.where(business_version.c.id < below)
    return [_version(row) for row in connection.execute(query, {"slug": slug})]


def since(connection: sa.Connection, slug: str, version: int, limit: int) -> list[Version]:
    """Those that came after one, oldest first."""
    query = _ROWS.where(business_version.c.id > version).order_by(business_version.c.id)
    return [_version(row) for row in connection.execute(query.limit(limit), {"slug": slug})]


def get(connection: sa.Connection, slug: str, version: int) -> Version | None:
    query = _ROWS.where(business_version.c.id == version)
    row = connection.execute(query, {"slug": slug}).one_or_none()
    return _version(row) if row else None


def first(connection: sa.Connection, slug: str) -> Version | None:
    """The oldest that is kept; None: the profile has not changed since histories are kept."""
    row = connection.execute(
        _ROWS.order_by(business_version.c.id).limit(1), {"slug": slug}
    ).one_or_none()
    return _version(row) if row else None


def before(connection: sa.Connection, slug: str, version: int) -> Version | None:
    """The one that a version took the place of; None: it is the first."""
    return next(iter(newest(connection, slug, 1, below=version)), None)


def _insert(connection: sa.Connection, profile: Business, by: str, at: datetime) -> None:
    values = {"business": profile.slug, "at": at, "by": by}
    row = sa.insert(business_version).values(profile=profile.model_dump(mode="json"), **values)
    connection.execute(row)


def _version(row: sa.Row[tuple[Any, ...]]) -> Version:
    return Version(id=row.id, at=row.at, by=row.by, profile=row.profile)
