"""Earlier versions of owners' documents: the bytes, when they were in use, and who changed them."""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from agent.errors import NotFound
from agent.model import Passage
from server.store.tables import document, document_version, passage

VERSIONS_MAX = 20
"""Of one document."""
BYTES_MAX = 50 * 1024 * 1024
"""Of all versions of a business."""
SHOWN_MAX = 200
"""Passages of a version that can be looked at without reading its file again."""

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
    passages: int
    """How many it had."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """One passage of a version, as it was."""

    heading: str
    text: str
    phrasings: tuple[str, ...]


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
            passages=connection.scalar(
                sa.select(sa.func.count()).where(passage.c.document == row.id)
            ),
            shown=_shown(connection, row.id),
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
    found = connection.scalar(
        sa.select(document_version.c.content).where(*_numbered(business, name, number))
    )
    if found is None:
        raise _not_kept(name, number)
    return base64.b64decode(found)


def said(connection: sa.Connection, business: str, name: str, number: int) -> list[Said]:
    """The first passages of one version.

    Raises:
        NotFound: it is not kept (any more).
    """
    found = connection.execute(
        sa.select(document_version.c.shown).where(*_numbered(business, name, number))
    ).one_or_none()
    if found is None:
        raise _not_kept(name, number)
    return [
        Said(heading=heading, text=text, phrasings=tuple(phrasings))
        for heading, text, phrasings in found.shown
    ]


def rewrite(
    connection: sa.Connection,
    business: str,
    name: str,
    changed: Callable[[bytes], bytes],
    passages_of: Callable[[bytes], Sequence[Passage]],
) -> None:
    """Change the bytes of every version of a document."""
    for version in of_document(connection, business, name):
        before = content(connection, business, name, version.number)
        after = changed(before)
        if after == before:
            continue
        found = passages_of(after)
        values = {
            "sha256": hashlib.sha256(after).hexdigest(),
            "size": len(after),
            "passages": len(found),
            "shown": [[one.heading, one.text, list(one.phrasings)] for one in found[:SHOWN_MAX]],
            "content": base64.b64encode(after).decode(),
        }
        numbered = _numbered(business, name, version.number)
        connection.execute(sa.update(document_version).where(*numbered).values(values))


def _numbered(business: str, name: str, number: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        document_version.c.business == business,
        document_version.c.name == name,
        document_version.c.number == number,
    )


def _not_kept(name: str, number: int) -> NotFound:
    return NotFound(f"Version {number} of {name!r} is not kept here.")


def _shown(connection: sa.Connection, document_id: int) -> list[Any]:
    query = (
        sa.select(passage.c.heading, passage.c.words, passage.c.phrasings)
        .where(passage.c.document == document_id)
        .order_by(passage.c.place)
        .limit(SHOWN_MAX)
    )
    return [list(row) for row in connection.execute(query)]


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
