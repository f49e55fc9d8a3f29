"""Database engines tuned for SQLite and PostgreSQL, and the schema brought up to date."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import tenacity
from sqlalchemy.dialects import postgresql, sqlite

from server.store.tables import metadata

T = TypeVar("T")

_BUSY_MS = 30_000
_KEPT_OPEN = 48
"""Connections to SQLite that stay open: opening one costs more than a short transaction."""
_AWAY_S = 120.0
_MIGRATIONS = Path(__file__).parent / "migrations"


def make_engine(url: str) -> sa.Engine:
    """A new engine with a pool of its own.

    DBOS and the application each need one: on SQLite a shared pool deadlocks, because a transaction holds
    the write lock while the engine asks for a second connection.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(
            url,
            pool_size=20,
            max_overflow=20,
            pool_pre_ping=True,
            hide_parameters=True,
            pool_timeout=5,
            connect_args={"connect_timeout": 5},
        )
    engine = sa.create_engine(url, pool_size=_KEPT_OPEN, max_overflow=-1, hide_parameters=True)
    sa.event.listen(engine, "connect", _tune_sqlite)
    return engine


def lasting(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    """One transaction, begun again when the database went away in the middle; `work` may run more than once.

    Raises:
        sqlalchemy.exc.DBAPIError: another error, or the database stayed away for `_AWAY_S` seconds.
    """

    def once() -> T:
        with engine.begin() as connection:
            return work(connection)

    return patiently(once)


def patiently(work: Callable[[], T]) -> T:
    """The same for work with transactions of its own."""
    for attempt in tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_away),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=5),
        stop=tenacity.stop_after_delay(_AWAY_S),
        reraise=True,
    ):
        with attempt:
            return work()
    raise AssertionError  # Retrying either returns or raises


def is_away(error: BaseException) -> bool:
    """The connection broke, or the database is starting, stopping or busy: not a mistake in the statement."""
    return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) or (
        isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    )


def migrate(url: str, to: str = "head") -> None:
    """Bring the schema to this version, or an earlier one in an empty database; safe to run at every start."""
    engine = make_engine(url)
    if not _is_current(engine):
        _upgrade(engine, to)
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
            sa.text("insert into alembic_version values (:newest)"), {"newest": newest()}
        )
    engine.dispose()


def newest() -> str:
    """The version of the schema that this program works with."""
    return max(path.stem.split("_")[0] for path in (_MIGRATIONS / "versions").glob("0*.py"))


def _is_current(engine: sa.Engine) -> bool:
    """The newest migration has run: nothing to do, and nothing to import for it."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        found = connection.scalar(sa.text("select version_num from alembic_version"))
    return bool(found == newest())


def _upgrade(engine: sa.Engine, to: str) -> None:
    from alembic import command  # noqa: PLC0415 - 1.5 s of import that only a new schema needs
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT, for either database."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: sa.Table) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


def _tune_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in (
        "journal_mode=wal",
        "synchronous=normal",
        f"busy_timeout={_BUSY_MS}",
        "foreign_keys=on",
        "secure_delete=on",  # what is deleted is overwritten: an erased caller is in no free page
    ):
        connection.execute(f"pragma {pragma}")
    # DBOS stamps rows with whole seconds on Python < 3.12 and with NULL on SQLite < 3.42: give it both clocks.
    connection.create_function("strftime", 2, _epoch_seconds)
    connection.create_function("unixepoch", 1, lambda _modifier: time.time())


def _epoch_seconds(form: str, when: str) -> float | None:
    return time.time() if (form, when) == ("%s", "now") else None


def in_turn(connection: sa.Connection, what: str) -> None:
    """Wait until no other transaction is at this; for what would else wait in circles. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(hashtext(:what))"), {"what": what})
