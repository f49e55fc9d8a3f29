"""Earlier versions of owners' documents: the bytes, when they were in use, and who changed them."""

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from agent.errors import NotFound
from server.store.tables import document, document_version

VERSIONS_MAX = 20
"""Of one document."""
BYTES_MAX = 50 * 1024 * 1024
"""Of all versions of a business."""

Ended = Literal["replaced", "removed"]


@dataclass(frozen=True, kw_only=True)
class Version:
    """A document as it was in use from `added_at` until `ended_at`."""

    name: str
    number: int
    """From 1, for each name; never given twice while one of them is kept."""
    kind: str
    size: int
    """Bytes."""
    added_at: datetime
    added_by: str
    """A staff id; empty: not known."""
    ended_at: datetime
    ended_by: str
    ended: Ended


def keep(
    connection: sa.Connection, business: str, name: str, *, at: datetime, by: str, ended: Ended
) -> None:
    """Set aside the document that is in use under this name, if there is one; the oldest versions go."""
    wanted = sa.select(document).where(document.c.business == business, document.c.name == name)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return
    connection.execute(
        sa.insert(document_version).values(
            business=business,
            name=name,
            number=_last_number(connection, business, name) + 1,
            kind=row.kind,
            sha256=row.sha256,
            size=len(base64.b64decode(row.content)),
            added_at=row.added_at,
            added_by=row.added_by,
            ended_at=at,
            ended_by=by,
            ended=ended,
            content=row.content,
        )
    )
    _drop_oldest(connection, business)


def of_document(connection: sa.Connection, business: str, name: str) -> list[Version]:
    """Newest first."""
    return _of_business(connection, business, document_version.c.name == name)


def removed(connection: sa.Connection, business: str) -> list[Version]:
    """The last version of each document that is in use no more, the last removed first."""
    in_use = sa.select(document.c.name).where(document.c.business == business)
    gone = _of_business(connection, business, document_version.c.name.not_in(in_use))
    return list({version.name: version for version in reversed(gone)}.values())[::-1]


def content(connection: sa.Connection, business: str, name: str, number: int) -> bytes:
    """The bytes of one version.

    Raises:
        NotFound: it is not kept (any more).
    """
    wanted = sa.select(document_version.c.content).where(
        document_version.c.business == business,
        document_version.c.name == name,
        document_version.c.number == number,
    )
    found = connection.scalar(wanted)
    if found is None:
        raise NotFound(f"Version {number} of {name!r} is not kept here.")
    return base64.b64decode(found)


def _last_number(connection: sa.Connection, business: str, name: str) -> int:
    last = sa.select(sa.func.max(document_version.c.number)).where(
        document_version.c.business == business, document_version.c.name == name
    )
    return connection.scalar(last) or 0


def _of_business(
    connection: sa.Connection, business: str, condition: sa.ColumnElement[bool]
) -> list[Version]:
    columns = [column for column in document_version.c if column.name in Version.__annotations__]
    query = (
        sa.select(*columns)
        .where(document_version.c.business == business, condition)
        .order_by(document_version.c.id.desc())
    )
    return [Version(**row._mapping) for row in connection.execute(query)]


def _drop_oldest(connection: sa.Connection, business: str) -> None:
    columns = (document_version.c.id, document_version.c.name, document_version.c.size)
    query = sa.select(*columns).where(document_version.c.business == business)
    rows = connection.execute(query.order_by(document_version.c.id.desc())).all()
    over = list(_over(rows))
    if over:
        connection.execute(sa.delete(document_version).where(document_version.c.id.in_(over)))


def _over(rows: Any) -> Iterator[int]:
    """Ids beyond what is kept, of rows from the newest to the oldest."""
    kept: Counter[str] = Counter()
    size = 0
    for row in rows:
        kept[row.name] += 1
        size += row.size
        if kept[row.name] > VERSIONS_MAX or size > BYTES_MAX:
            yield row.id
