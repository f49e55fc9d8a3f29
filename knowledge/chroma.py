"""Opens directories of Chroma's, each for one piece of work at a time.

A client that stays open keeps 3 MB of every collection it has looked at, and sees nothing of what another
process adds to one. A new one costs about 15 ms of CPU, which only a business that is not in memory pays.
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from knowledge.memory import give_back_memory

if TYPE_CHECKING:
    from chromadb.api.client import Client


class ChromaDirectories:
    """Safe to use from several threads, which wait for each other, and from several processes."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._lock = threading.Lock()

    def exists(self, name: str) -> bool:
        return (self._parent / name).exists()

    @contextmanager
    def client(self, name: str) -> "Iterator[Client]":
        """Open a directory, and close it again.

        Raises:
            One of `chroma_errors()`: it cannot be opened.
        """
        with self._lock:
            with _opened(self._parent / name) as client:
                yield client
            give_back_memory()

    def wipe(self, name: str) -> None:
        """Delete what is in the directory's place, whatever it is."""
        with self._lock:
            shutil.rmtree(self._parent / name, ignore_errors=True)
            with suppress(OSError):  # a file in its place
                (self._parent / name).unlink()


def chroma_errors() -> tuple[type[Exception], ...]:
    """Name what Chroma raises when its directory is gone, locked, damaged or not writable."""
    from chromadb.errors import ChromaError  # noqa: PLC0415  # slow to import

    return ChromaError, ValueError, OSError


def _opened(path: Path) -> "Client":
    import chromadb  # noqa: PLC0415  # takes two seconds
    from chromadb.config import Settings  # noqa: PLC0415  # the same

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        client = chromadb.PersistentClient(str(path), Settings(anonymized_telemetry=False))
        return cast("Client", client)  # declared as an interface that cannot be closed
    except chroma_errors():
        _forget_clients()
        raise


def _forget_clients() -> None:
    """Else Chroma hands out the broken client of a path again; those in use are not harmed."""
    from chromadb.api.shared_system_client import SharedSystemClient  # noqa: PLC0415  # slow

    SharedSystemClient.clear_system_cache()
