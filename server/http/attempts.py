"""Failed logins per address, so that nobody can hammer; kept in memory."""

import time
from collections import defaultdict

_WINDOW_S = 60.0
_ALLOWED = 20
"""More than a phone with an old password fails in a minute."""
_KEPT = 10_000


class FailedLogins:
    """Counts failures in the last minute. One event loop's; not for several threads."""

    def __init__(self) -> None:
        self._moments: defaultdict[str, list[float]] = defaultdict(list)

    def too_many(self, address: str) -> bool:
        recent = [at for at in self._moments.get(address, ()) if at > time.monotonic() - _WINDOW_S]
        return len(recent) >= _ALLOWED

    def failed(self, address: str) -> None:
        if len(self._moments) >= _KEPT:
            self._moments.clear()
        self._moments[address] = [*self._moments[address], time.monotonic()][-_ALLOWED:]
