"""What was deleted is made unreadable in the database's files as well."""

import sqlalchemy as sa
import structlog

from server.store.tables import metadata

_WAIT_MS = 100
"""Whoever writes waits behind us meanwhile, and a backup may read for minutes."""

log = structlog.get_logger()


def scrub(database: sa.Engine) -> None:
    """Leave nothing of deleted rows in the files, as far as the database lets us; a failure is logged, not raised.

    SQLite overwrites what is deleted at once (`secure_delete`); here the log of changes is written into the
    file and emptied. PostgreSQL frees the space of deleted rows and uses it again; its own log and backups keep
    them until they are recycled.
    """
    try:
        if database.dialect.name == "sqlite":
            with database.connect() as connection:
                if _checkpoint(connection):
                    log.info("scrubbing.busy")
        else:
            _vacuum(database)
    except sa.exc.SQLAlchemyError as error:
        log.warning("scrubbing.failed", error=str(error))


def _checkpoint(connection: sa.Connection) -> bool:
    """True: somebody still reads what was; the log is emptied another time."""
    before = connection.exec_driver_sql("pragma busy_timeout").scalar_one()
    connection.exec_driver_sql(f"pragma busy_timeout={_WAIT_MS}")
    try:
        return bool(connection.exec_driver_sql("pragma wal_checkpoint(truncate)").one()[0])
    finally:
        connection.exec_driver_sql(f"pragma busy_timeout={before}")


def _vacuum(database: sa.Engine) -> None:
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in metadata.sorted_tables:
            if {"thread", "caller"} & set(table.c.keys()) or table.name == "thread":
                connection.exec_driver_sql(f'vacuum "{table.name}"')
