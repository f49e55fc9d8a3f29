"""Changes of documents that an owner looks at before they are published; callers notice nothing of them."""

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agent.errors import BadInput
from agent.model import Passage
from server.store.engine import insert
from server.store.tables import document_draft

KEPT_FOR = timedelta(days=1)
DRAFTS_MAX = 50
"""Documents of one business that wait to be published together."""
BYTES_MAX = 50 * 1024 * 1024
"""Of all drafts of a business."""

_WITHOUT_CONTENT = (
    *(column for column in document_draft.c if column.name != "content"),
    document_draft.c.content.is_(None).label("is_removal"),
)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A document to be added, replaced or removed."""

    name: str
    at: datetime
    by: str
    """A staff id."""
    base: str
    """SHA-256 of the document that was published then; empty: there was none."""
    is_removal: bool
    passages: tuple[Passage, ...]
    """What would be said from it."""


def put(
    connection: sa.Connection, business: str, draft: Draft, content: bytes | None = None
) -> None:
    """Add a draft or replace the one of this name.

    Raises:
        BadInput: there are too many, or they are too large together.
    """
    values = {
        "at": draft.at,
        "by": draft.by,
        "base": draft.base,
        "size": len(content or b""),
        "content": None if content is None else base64.b64encode(content).decode(),
        "passages": [asdict(passage) for passage in draft.passages],
    }
    row = insert(connection, document_draft).values(business=business, name=draft.name, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["business", "name"], set_=values))
    count, size = _held(connection, business, draft.at)
    if count > DRAFTS_MAX:
        raise BadInput(f"{DRAFTS_MAX} changes wait already. Publish or discard them first.")
    if size > BYTES_MAX:
        most = f"{BYTES_MAX // 1024**2} MB"
        raise BadInput(f"The changes that wait may have {most} together. Publish or discard some.")


def of_business(connection: sa.Connection, business: str, now: datetime) -> list[Draft]:
    """In the order of their names; those older than a day are gone."""
    query = sa.select(*_WITHOUT_CONTENT).where(*_waiting(business, now))
    return [_draft(row) for row in connection.execute(query.order_by(document_draft.c.name))]


def content(connection: sa.Connection, business: str, name: str, at: datetime) -> bytes | None:
    """The bytes of the draft that was made at that moment; None: it removes the document, or is gone."""
    kept = connection.scalar(sa.select(document_draft.c.content).where(*_made(business, name, at)))
    return None if kept is None else base64.b64decode(kept)


def waiting(connection: sa.Connection, business: str, name: str, now: datetime) -> datetime | None:
    """When the draft of this name was made; None: there is none."""
    named = document_draft.c.name == name
    return connection.scalar(sa.select(document_draft.c.at).where(*_waiting(business, now), named))


def names(connection: sa.Connection, business: str, now: datetime) -> list[str]:
    """Of the documents that have a draft."""
    query = sa.select(document_draft.c.name).where(*_waiting(business, now))
    return list(connection.scalars(query.order_by(document_draft.c.name)))


def discard(connection: sa.Connection, business: str, gone: Sequence[Draft]) -> None:
    """Drop these very drafts of a business; a newer one of the same name stays."""
    for draft in gone:
        made = _made(business, draft.name, draft.at)
        connection.execute(sa.delete(document_draft).where(*made))


def forget(connection: sa.Connection, now: datetime) -> int:
    """Delete the drafts of all businesses whose day is over; returns how many."""
    old = document_draft.c.at < now - KEPT_FOR
    if connection.scalar(
        sa.select(sa.exists().where(old))
    ):  # else SQLite would be locked for nothing
        return connection.execute(sa.delete(document_draft).where(old)).rowcount
    return 0


def _waiting(business: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (document_draft.c.business == business, document_draft.c.at >= now - KEPT_FOR)


def _made(business: str, name: str, at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        document_draft.c.business == business,
        document_draft.c.name == name,
        document_draft.c.at == at,
    )


def _held(connection: sa.Connection, business: str, now: datetime) -> tuple[int, int]:
    """How many drafts wait, and their bytes together."""
    query = sa.select(
        sa.func.count(), sa.func.coalesce(sa.func.sum(document_draft.c.size), 0)
    ).where(*_waiting(business, now))
    count, size = connection.execute(query).one()
    return count, size


def _draft(row: Any) -> Draft:
    return Draft(
        name=row.name,
        at=row.at,
        by=row.by,
        base=row.base,
        is_removal=row.is_removal,
        passages=tuple(
            Passage(**kept | {"phrasings": tuple(kept["phrasings"])}) for kept in row.passages
        ),
    )
