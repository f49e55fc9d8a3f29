"""Opens Chroma's directory, again and again if need be."""

import shutil
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chromadb.api import ClientAPI


class ChromaDirectory:
    """Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._client: ClientAPI | None = None

    def client(self) -> "ClientAPI":
        """Open the directory, or hand out the client that has it open.

        Raises:
            One of `chroma_errors()`: it cannot be opened.
        """
        with self._lock:
            if self._client is None:
                self._client = _opened(self._path)
            return self._client

    def reopen(self, failed: "ClientAPI | None", *, wipe: bool) -> None:
        """Forget the client that failed, unless another thread has done so, and open anew next time."""
        with self._lock:
            if self._client is not failed:
                return
            self._client = None
            _forget_clients()
            if wipe:
                shutil.rmtree(self._path, ignore_errors=True)
                with suppress(OSError):  # a file in its place
                    self._path.unlink()


def chroma_errors() -> tuple[type[Exception], ...]:
    """Name what Chroma raises when its directory is gone, locked, damaged or not writable."""
    from chromadb.errors import ChromaError  # noqa: PLC0415  # slow to import

    return ChromaError, ValueError, OSError


def _opened(path: Path) -> "ClientAPI":
    import chromadb  # noqa: PLC0415  # takes two seconds
    from chromadb.config import Settings  # noqa: PLC0415  # the same

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return chromadb.PersistentClient(str(path), Settings(anonymized_telemetry=False))
    except chroma_errors():
        _forget_clients()
        raise


def _forget_clients() -> None:
    """Else Chroma hands out the broken client of a path again; those in use are not harmed."""
    from chromadb.api.shared_system_client import SharedSystemClient  # noqa: PLC0415  # slow

    SharedSystemClient.clear_system_cache()
