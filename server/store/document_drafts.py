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


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A document to be added, replaced or removed."""

    name: str
    at: datetime
    by: str
    """A staff id."""
    content: bytes | None
    """None: to be removed."""
    passages: tuple[Passage, ...]
    """What would be said from it."""


def put(connection: sa.Connection, business: str, draft: Draft) -> None:
    """Add a draft or replace the one of this name.

    Raises:
        BadInput: there are too many.
    """
    connection.execute(sa.delete(document_draft).where(document_draft.c.at < draft.at - KEPT_FOR))
    values = {
        "at": draft.at,
        "by": draft.by,
        "content": None if draft.content is None else base64.b64encode(draft.content).decode(),
        "passages": [asdict(passage) for passage in draft.passages],
    }
    row = insert(connection, document_draft).values(business=business, name=draft.name, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["business", "name"], set_=values))
    mine = sa.select(sa.func.count()).where(document_draft.c.business == business)
    if (connection.scalar(mine) or 0) > DRAFTS_MAX:
        raise BadInput(f"{DRAFTS_MAX} changes wait already. Publish or discard them first.")


def of_business(connection: sa.Connection, business: str, now: datetime) -> list[Draft]:
    """In the order of their names; those older than a day are gone."""
    query = (
        sa.select(document_draft)
        .where(document_draft.c.business == business, document_draft.c.at >= now - KEPT_FOR)
        .order_by(document_draft.c.name)
    )
    return [_draft(row) for row in connection.execute(query)]


def names(connection: sa.Connection, business: str, now: datetime) -> list[str]:
    """Of the documents that have a draft."""
    query = sa.select(document_draft.c.name).where(
        document_draft.c.business == business, document_draft.c.at >= now - KEPT_FOR
    )
    return list(connection.scalars(query.order_by(document_draft.c.name)))


def discard(connection: sa.Connection, business: str, gone: Sequence[str] | None = None) -> None:
    """Drop these drafts of a business, or all."""
    mine = sa.delete(document_draft).where(document_draft.c.business == business)
    if gone is not None:
        mine = mine.where(document_draft.c.name.in_(gone))
    connection.execute(mine)


def _draft(row: Any) -> Draft:
    return Draft(
        name=row.name,
        at=row.at,
        by=row.by,
        content=None if row.content is None else base64.b64decode(row.content),
        passages=tuple(
            Passage(**kept | {"phrasings": tuple(kept["phrasings"])}) for kept in row.passages
        ),
    )
