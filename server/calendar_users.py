"""The users of the built-in calendar server: one per business, each with a password that only we can derive."""

import hashlib
import hmac
import os
import threading
from pathlib import Path


class CalendarUsers:
    """Derives passwords, and keeps the server's htpasswd file when the server is ours.

    The file is read by the server at every login, so a new business works at once.
    """

    def __init__(self, key: str, file: Path | None) -> None:
        """`file` None: another server knows the users by `lines`."""
        self._key, self._file = key.encode(), file
        self._written: dict[str, str] = {}
        self._lock = threading.Lock()
        if file:
            self._write(file)

    def password(self, business: str) -> str:
        """The password of a business's calendar user, known to the server from now on."""
        password = self._derived(business)
        with self._lock:
            if self._file and business not in self._written:
                self._written[business] = password
                self._write(self._file)
        return password

    def line(self, business: str) -> str:
        """The htpasswd line of a business, for a calendar server that others run."""
        return f"{business}:{self._derived(business)}"

    def _derived(self, business: str) -> str:
        return hmac.new(self._key, f"calendar:{business}".encode(), hashlib.sha256).hexdigest()

    def _write(self, file: Path) -> None:
        """Replace the file whole; only our own system user can read it."""
        draft = file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        lines = "".join(f"{user}:{password}\n" for user, password in self._written.items())
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(lines)
        draft.replace(file)
