"""A folder that an owner has uploaded and not taken yet: one a business, for a day."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import folder_upload

KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class FolderUpload:
    token: str
    name: str
    """The file's."""
    content: bytes


def put(
    connection: sa.Connection, slug: str, name: str, content: bytes, by: str, now: datetime
) -> str:
    """In place of the one before; returns its token. Those that everybody has forgotten go."""
    connection.execute(sa.delete(folder_upload).where(folder_upload.c.at < now - KEPT_FOR))
    token = secrets.token_urlsafe(12)
    values = {"token": token, "at": now, "by": by, "name": name, "content": content}
    row = insert(connection, folder_upload).values(business=slug, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["business"], set_=values))
    return token


def get(connection: sa.Connection, slug: str, token: str, now: datetime) -> FolderUpload | None:
    """None: it was taken, put aside, replaced by another or is too old."""
    row = connection.execute(
        sa.select(folder_upload).where(
            folder_upload.c.business == slug,
            folder_upload.c.token == token,
            folder_upload.c.at >= now - KEPT_FOR,
        )
    ).one_or_none()
    return FolderUpload(token=row.token, name=row.name, content=row.content) if row else None


def delete(connection: sa.Connection, slug: str) -> None:
    connection.execute(sa.delete(folder_upload).where(folder_upload.c.business == slug))
