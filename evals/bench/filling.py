"""Many threads at once, by SQL: copies of one that the product itself wrote, under other numbers."""

from typing import Any

import sqlalchemy as sa

from server.store.tables import metadata

_CHUNK = 10_000


def multiply(engine: sa.Engine, template: str, first: int, how_many: int) -> list[str]:
    """Copy everything of the caller `template` to new callers, from the number `first` on; returns them.

    Every id of the template's rows holds its number, so that the copies' ids differ too. What the engine keeps of
    finished work is not copied.
    """
    for start in range(first, first + how_many, _CHUNK):
        count = min(_CHUNK, first + how_many - start)
        with engine.begin() as connection:
            for table in metadata.sorted_tables:
                _copy(connection, table, template.lstrip("+"), start, count)
    return [f"+{number}" for number in range(first, first + how_many)]


def settle(engine: sa.Engine) -> None:
    """What a database does by itself in time: checkpoint the log, count the rows."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        statement = "pragma wal_checkpoint(truncate)" if is_sqlite else "vacuum analyze"
        connection.execute(sa.text(statement))
    engine.dispose()


def _copy(connection: sa.Connection, table: sa.Table, digits: str, first: int, count: int) -> None:
    whose = _whose(table, digits)
    if whose is None:
        return
    numbers = sa.select(sa.literal(first).label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(
        sa.select(numbers.c.number + 1).where(numbers.c.number < first + count - 1)
    )
    kept = [column for column in table.columns if not _counts_up(column)]
    copied = [
        _renumbered(column, digits, numbers.c.number, connection.dialect.name) for column in kept
    ]
    rows = (
        sa.select(*copied)
        .select_from(table.join(numbers, sa.true()))
        .where(whose)
        .order_by(numbers.c.number, *table.primary_key)
    )
    connection.execute(sa.insert(table).from_select([column.name for column in kept], rows))


def _whose(table: sa.Table, digits: str) -> sa.ColumnElement[bool] | None:
    """Which rows are the caller's; None: this table keeps nothing of a caller."""
    if table.name == "thread":
        return table.c.caller == f"+{digits}"
    if "thread" in table.c:
        return table.c.thread.like(f"%:+{digits}")
    return table.c.caller == f"+{digits}" if "caller" in table.c else None


def _counts_up(column: sa.Column[Any]) -> bool:
    return column.primary_key and isinstance(column.type, sa.Integer)


def _renumbered(
    column: sa.Column[Any], digits: str, number: sa.ColumnElement[int], dialect: str
) -> sa.ColumnElement[Any]:
    if not isinstance(column.type, sa.String | sa.JSON):
        return column
    words = sa.func.replace(sa.cast(column, sa.Text), digits, sa.cast(number, sa.Text))
    # SQLite keeps JSON as text, and would cast it to a number.
    if isinstance(column.type, sa.JSON) and dialect != "sqlite":
        return sa.cast(words, column.type)
    return words
