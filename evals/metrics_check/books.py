"""Rows as they are to stand in the database, gathered first: texts are numbered in the order in which they were stored."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server.store import tables

Row = dict[str, Any]
_CHUNK = 2_000


@dataclass(kw_only=True)
class Books:
    chance: random.Random
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    texts: list[tuple[datetime, int, Row]] = field(default_factory=list[tuple[datetime, int, Row]])

    def add(self, table: str, **values: Any) -> Row:
        """The row may still change until it is written."""
        self.rows[table].append(values)
        return values

    def text(self, stored_at: datetime, **values: Any) -> Row:
        self.texts.append((stored_at, len(self.texts), values))
        return values

    def name(self, prefix: str) -> str:
        return f"{prefix}{self.chance.getrandbits(128):032x}"

    def write(self, connection: sa.Connection) -> None:
        self.rows["text"] = list(self._numbered())
        for table in tables.metadata.sorted_tables:
            rows = [_complete(table, row) for row in self.rows[table.name]]
            for start in range(0, len(rows), _CHUNK):
                connection.execute(sa.insert(table), rows[start : start + _CHUNK])

    def _numbered(self) -> Iterator[Row]:
        threads = {row["id"]: row for row in self.rows["thread"]}
        for seq, (_, _, row) in enumerate(sorted(self.texts, key=lambda one: one[:2]), start=1):
            if row["thread"] and row["kind"] != "alert":
                threads[row["thread"]]["last_text"] = seq
            yield {"seq": seq, **row}


def _complete(table: sa.Table, row: Row) -> Row:
    """Every row of one insert names the same columns."""
    return {
        column.name: row.get(column.name, _default(column))
        for column in table.columns
        if column.name in row or not _counts_up(column)
    }


def _default(column: sa.Column[Any]) -> object:
    if column.default is None:
        return None
    value = column.default.arg  # type: ignore[attr-defined]  # a default that is a value or makes one
    return value(None) if callable(value) else value


def _counts_up(column: sa.Column[Any]) -> bool:
    return column.autoincrement is True
