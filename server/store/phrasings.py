"""Other ways to ask that an owner has approved, kept beside the document so that they outlive its replacement."""

from collections.abc import Sequence

import sqlalchemy as sa

from knowledge.phrasings import Approved
from server.store.tables import phrasing


def of_business(connection: sa.Connection, business: str) -> list[Approved]:
    query = sa.select(phrasing).where(phrasing.c.business == business).order_by(phrasing.c.id)
    return [
        Approved(document=row.document, question=row.question, words=row.words)
        for row in connection.execute(query)
    ]


def approve(
    connection: sa.Connection, business: str, document: str, question: str, words: Sequence[str]
) -> None:
    """These and no others are approved for an entry."""
    entry = {"business": business, "document": document, "question": question}
    connection.execute(
        sa.delete(phrasing).where(*(phrasing.c[name] == value for name, value in entry.items()))
    )
    if words:
        connection.execute(sa.insert(phrasing), [entry | {"words": one} for one in words])
