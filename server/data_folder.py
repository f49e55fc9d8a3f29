"""The data folder, which on SQLite one server or one restore holds at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from agent.errors import BadInput
from server.settings import Settings


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Hold the data folder while working on SQLite: two servers on one file would do each other's work twice.

    Raises:
        BadInput: another process holds it.
    """
    if not settings.is_sqlite:
        yield
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.data_dir / "serve.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        words = f"Another Ringback already serves {settings.data_dir}. Stop it, or use another RINGBACK_DATA_DIR."
        raise BadInput(words) from error
    try:
        yield
    finally:
        lock.release()
