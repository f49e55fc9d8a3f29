"""What kind of line a phone has, as the carrier said; of all businesses together."""

from datetime import datetime

import sqlalchemy as sa

from server.store.engine import insert
from server.store.tables import phone_line


def get(connection: sa.Connection, number: str, since: datetime) -> str | None:
    """The line type learned at or after a moment; None: not known, or too long ago."""
    query = sa.select(phone_line.c.type).where(
        phone_line.c.number == number, phone_line.c.at >= since
    )
    return connection.scalar(query)


def put(connection: sa.Connection, number: str, line_type: str, at: datetime) -> None:
    """Keep what was learned, in place of what was known before."""
    row = insert(connection, phone_line).values(number=number, type=line_type, at=at)
    learned = {"type": row.excluded.type, "at": row.excluded.at}
    connection.execute(row.on_conflict_do_update(index_elements=["number"], set_=learned))


def forget(connection: sa.Connection, number: str) -> None:
    connection.execute(sa.delete(phone_line).where(phone_line.c.number == number))


def forget_before(connection: sa.Connection, moment: datetime) -> None:
    connection.execute(sa.delete(phone_line).where(phone_line.c.at < moment))
