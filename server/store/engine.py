"""Database engines tuned for SQLite and PostgreSQL, and the schema brought up to date."""

import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.store.tables import metadata

_BUSY_MS = 30_000
_MIGRATIONS = Path(__file__).parent / "migrations"


def make_engine(url: str) -> sa.Engine:
    """A new engine with a pool of its own.

    DBOS and the application each need one: on SQLite a shared pool deadlocks, because a transaction holds
    the write lock while the engine asks for a second connection.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=20, max_overflow=0, pool_pre_ping=True)
    engine = sa.create_engine(url, max_overflow=-1)
    sa.event.listen(engine, "connect", _tune_sqlite)
    return engine


def migrate(url: str) -> None:
    """Bring the schema to this version; safe to run at every start."""
    engine = make_engine(url)
    if not _is_current(engine):
        _upgrade(engine)
    engine.dispose()


def create(url: str) -> None:
    """The schema in a new, throw-away database, without the migrations."""
    engine = make_engine(url)
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(
            sa.text("create table alembic_version (version_num varchar(32) not null)")
        )
        connection.execute(
            sa.text("insert into alembic_version values (:newest)"), {"newest": _newest()}
        )
    engine.dispose()


def _newest() -> str:
    return max(path.stem.split("_")[0] for path in (_MIGRATIONS / "versions").glob("0*.py"))


def _is_current(engine: sa.Engine) -> bool:
    """The newest migration has run: nothing to do, and nothing to import for it."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        found = connection.scalar(sa.text("select version_num from alembic_version"))
    return bool(found == _newest())


def _upgrade(engine: sa.Engine) -> None:
    from alembic import command  # noqa: PLC0415 - 1.5 s of import that only a new schema needs
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT, for either database."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def _tune_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in (
        "journal_mode=wal",
        "synchronous=normal",
        f"busy_timeout={_BUSY_MS}",
        "foreign_keys=on",
    ):
        connection.execute(f"pragma {pragma}")
    # DBOS stamps rows with whole seconds on Python < 3.12 and with NULL on SQLite < 3.42: give it both clocks.
    connection.create_function("strftime", 2, _epoch_seconds)
    connection.create_function("unixepoch", 1, lambda _modifier: time.time())


def _epoch_seconds(form: str, when: str) -> float | None:
    return time.time() if (form, when) == ("%s", "now") else None
