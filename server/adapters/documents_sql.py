"""The shelf of documents and passages in the application's database."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.errors import NotFound
from agent.model import Passage
from knowledge.library import Document
from knowledge.phrasings import Approved
from server.store import document_versions
from server.store import phrasings as approved_phrasings
from server.store.engine import insert
from server.store.tables import business as businesses
from server.store.tables import document as documents
from server.store.tables import passage as passages

_WITHOUT_CONTENT = tuple(column for column in documents.c if column.name != "content")


Room = Callable[[sa.Connection, str, str, int], None]
"""Of a business's document: its name, and its bytes."""


class SqlShelf:
    """Documents with the bytes that the owner gave, and their passages; each change is one transaction.

    A document that is replaced or removed becomes an earlier version in the same transaction.
    """

    def __init__(self, database: sa.Engine, room: Room | None = None) -> None:
        """Args: room: raises BadInput where a business may not keep so many bytes more."""
        self._database, self._room = database, room

    def put(
        self, business: str, document: Document, found: Sequence[Passage], content: bytes = b""
    ) -> None:
        values = {
            "kind": document.kind,
            "sha256": document.bytes_sha256,
            "added_at": datetime.fromisoformat(document.added_at),
            "added_by": document.added_by,
            "content": base64.b64encode(content).decode(),
        }
        with self._database.begin() as connection:
            self._changed(connection, business)
            if self._room:
                self._room(connection, business, document.name, len(content))
            if not self._holds(connection, business, document):
                self._set_aside(connection, business, document)
            row = insert(connection, documents).values(
                business=business, name=document.name, **values
            )
            upsert = row.on_conflict_do_update(index_elements=["business", "name"], set_=values)
            document_id = connection.scalar(upsert.returning(documents.c.id))
            connection.execute(sa.delete(passages).where(passages.c.document == document_id))
            if found:
                connection.execute(sa.insert(passages), _rows(business, document_id, found))

    def remove(self, business: str, document_name: str, at: datetime, by: str = "") -> bool:
        with self._database.begin() as connection:
            self._changed(connection, business)
            document_versions.keep(
                connection, business, document_name, at=at, by=by, ended="removed"
            )
            gone = connection.execute(
                sa.delete(documents)
                .where(*_named(business, document_name))
                .returning(documents.c.id)
            )
            return gone.one_or_none() is not None

    def documents(self, business: str) -> list[Document]:
        query = (
            sa.select(*_WITHOUT_CONTENT, sa.func.count(passages.c.id).label("count"))
            .outerjoin(passages, passages.c.document == documents.c.id)
            .where(documents.c.business == business)
            .group_by(documents.c.id)
            .order_by(documents.c.id)
        )
        with self._database.connect() as connection:
            return [_document(row) for row in connection.execute(query)]

    def passages(self, business: str) -> list[Passage]:
        query = (
            sa.select(passages, documents.c.name.label("document_name"))
            .join(documents, documents.c.id == passages.c.document)
            .where(passages.c.business == business)
            .order_by(documents.c.id, passages.c.place)
        )
        with self._database.connect() as connection:
            return [_passage(row) for row in connection.execute(query)]

    def phrasings(self, business: str) -> list[Approved]:
        with self._database.connect() as connection:
            return approved_phrasings.of_business(connection, business)

    def approve(
        self, business: str, document_name: str, question: str, words: Sequence[str]
    ) -> None:
        """These other ways to ask, and no others, are approved for an entry."""
        with self._database.begin() as connection:
            self._changed(connection, business)
            approved_phrasings.approve(connection, business, document_name, question, words)

    def revision(self, business: str) -> int:
        query = sa.select(businesses.c.documents_revision).where(businesses.c.slug == business)
        with self._database.connect() as connection:
            return connection.scalar(query) or 0

    def content(self, business: str, document_name: str) -> bytes:
        """The bytes as they were uploaded.

        Raises:
            NotFound: there is no such document.
        """
        query = sa.select(documents.c.content).where(*_named(business, document_name))
        with self._database.connect() as connection:
            kept = connection.scalar(query)
        if kept is None:
            raise NotFound(f"There is no document {document_name!r}.")
        return base64.b64decode(kept)

    def _holds(self, connection: sa.Connection, business: str, document: Document) -> bool:
        """The very bytes are there: only their passages are cut anew."""
        same = sa.select(documents.c.id).where(
            *_named(business, document.name), documents.c.sha256 == document.bytes_sha256
        )
        return connection.scalar(same) is not None

    def _set_aside(self, connection: sa.Connection, business: str, by: Document) -> None:
        document_versions.keep(
            connection,
            business,
            by.name,
            at=datetime.fromisoformat(by.added_at),
            by=by.added_by,
            ended="replaced",
        )

    def _changed(self, connection: sa.Connection, business: str) -> None:
        grown = sa.update(businesses).where(businesses.c.slug == business)
        connection.execute(grown.values(documents_revision=businesses.c.documents_revision + 1))


def _named(business: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (documents.c.business == business, documents.c.name == name)


def _rows(business: str, document_id: Any, found: Sequence[Passage]) -> list[dict[str, Any]]:
    return [
        {
            "id": passage.id,
            "business": business,
            "document": document_id,
            "place": place,
            "heading": passage.heading,
            "words": passage.text,
            "phrasings": list(passage.phrasings),
            "source_id": passage.source_id,
        }
        for place, passage in enumerate(found)
    ]


def _document(row: Any) -> Document:
    return Document(
        name=row.name,
        kind=row.kind,
        bytes_sha256=row.sha256,
        passages=row.count,
        added_at=row.added_at.isoformat(),
        added_by=row.added_by,
    )


def _passage(row: Any) -> Passage:
    return Passage(
        id=row.id,
        document=row.document_name,
        heading=row.heading,
        text=row.words,
        phrasings=tuple(row.phrasings),
        source_id=row.source_id,
    )
