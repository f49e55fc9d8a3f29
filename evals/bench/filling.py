"""Many threads at once, by SQL: copies of one that the product itself wrote, under other numbers."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from server.store.tables import Moment, metadata, thread

_CHUNK = 10_000
_DUE = {"look_at"}
"""Nothing falls due on a copy."""


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Of everything that is stored of one caller, except what the engine keeps of finished work.

    Every id of the template's rows holds its caller's number, so that the copies' ids differ too.
    """

    template: str
    """The caller, E.164; a thread that the product wrote."""
    first: int
    """The first copy's number, without the plus."""
    how_many: int
    span_s: int = 0
    """They are spread evenly over so many seconds before the template, the first next to it."""

    @property
    def callers(self) -> list[str]:
        return [f"+{number}" for number in range(self.first, self.first + self.how_many)]

    def write(self, engine: sa.Engine) -> None:
        with engine.connect() as connection:
            mine = thread.c.caller == self.template
            name = connection.scalars(sa.select(thread.c.id).where(mine)).one()
        for start in range(self.first, self.first + self.how_many, _CHUNK):
            count = min(_CHUNK, self.first + self.how_many - start)
            with engine.begin() as connection:
                for table in metadata.sorted_tables:
                    whose = _whose(table, name, self.template)
                    if whose is not None:
                        self._write(connection, table, whose, start, count)

    def _write(
        self,
        connection: sa.Connection,
        table: sa.Table,
        whose: sa.ColumnElement[bool],
        start: int,
        count: int,
    ) -> None:
        numbers = sa.select(sa.literal(start).label("number")).cte("numbers", recursive=True)
        numbers = numbers.union_all(
            sa.select(numbers.c.number + 1).where(numbers.c.number < start + count - 1)
        )
        kept = [column for column in table.columns if not _counts_up(column)]
        is_sqlite = connection.dialect.name == "sqlite"
        rows = (
            sa.select(*(self._copied(column, numbers.c.number, is_sqlite) for column in kept))
            .select_from(table.join(numbers, sa.true()))
            .where(whose)
            .order_by(numbers.c.number, *table.primary_key)
        )
        connection.execute(sa.insert(table).from_select([column.name for column in kept], rows))

    def _copied(
        self, column: sa.Column[Any], number: sa.ColumnElement[int], is_sqlite: bool
    ) -> sa.ColumnElement[Any]:
        if column.name in _DUE:
            return sa.null()
        if isinstance(column.type, Moment):
            seconds = (number - self.first) * (self.span_s // self.how_many)
            return _earlier(column, seconds, is_sqlite)
        if not isinstance(column.type, sa.String | sa.JSON):
            return column
        digits = self.template.lstrip("+")
        words = sa.func.replace(sa.cast(column, sa.Text), digits, sa.cast(number, sa.Text))
        # SQLite keeps JSON as text, and would cast it to a number.
        is_json = isinstance(column.type, sa.JSON) and not is_sqlite
        return sa.cast(words, column.type) if is_json else words


def settle(engine: sa.Engine) -> None:
    """What a database does by itself in time: checkpoint the log, count the rows."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        statement = "pragma wal_checkpoint(truncate)" if is_sqlite else "vacuum analyze"
        connection.execute(sa.text(statement))
    engine.dispose()


def _whose(table: sa.Table, name: str, caller: str) -> sa.ColumnElement[bool] | None:
    """Which rows belong to the thread; None: this table keeps nothing of a caller."""
    if table is thread:
        return thread.c.id == name
    if "thread" in table.c:
        return table.c.thread == name
    return table.c.caller == caller if "caller" in table.c else None


def _counts_up(column: sa.Column[Any]) -> bool:
    is_given = column.autoincrement is False
    return column.primary_key and isinstance(column.type, sa.Integer) and not is_given


def _earlier(
    column: sa.Column[Any], seconds: sa.ColumnElement[int], is_sqlite: bool
) -> sa.ColumnElement[Any]:
    if is_sqlite:
        shift = sa.literal("-") + sa.cast(seconds, sa.Text) + " seconds"
        return sa.func.datetime(column, shift)
    no = (0,) * 6  # years, months, weeks, days, hours, minutes
    shifted = sa.cast(column, sa.DateTime(timezone=True))
    return shifted - sa.func.make_interval(*no, seconds, type_=sa.Interval())
