"""Database engines of the yardsticks. They are written out here, so that a yardstick stays when the product changes."""

import time
from typing import Any

import sqlalchemy as sa


def plain_engine(url: str) -> sa.Engine:
    """Tuned as the product's were when the yardsticks were defined."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=20, max_overflow=0, pool_pre_ping=True)
    engine = sa.create_engine(url, max_overflow=-1)
    sa.event.listen(engine, "connect", _tune)
    return engine


def _tune(connection: Any, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in (
        "journal_mode=wal",
        "synchronous=normal",
        "busy_timeout=30000",
        "foreign_keys=on",
    ):
        connection.execute(f"pragma {pragma}")
    connection.create_function("strftime", 2, _epoch_seconds)
    connection.create_function("unixepoch", 1, lambda _modifier: time.time())


def _epoch_seconds(form: str, when: str) -> float | None:
    return time.time() if (form, when) == ("%s", "now") else None
