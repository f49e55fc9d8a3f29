"""Failed logins, so that nobody can hammer; kept in memory."""

import time
from collections import defaultdict

_WINDOW_S = 60.0
_OF_A_LOGIN = 20
"""From one address with one name: more than a phone with an old password fails in a minute."""
_OF_AN_ADDRESS = 200
"""A shop's phones share an address."""
_KEPT = 10_000


class FailedLogins:
    """Counts failures in the last minute. One event loop's; not for several threads."""

    def __init__(self) -> None:
        self._moments: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)

    def too_many(self, address: str, login: str) -> bool:
        by_login = self._recent((address, login)) >= _OF_A_LOGIN
        return by_login or self._recent((address,)) >= _OF_AN_ADDRESS

    def failed(self, address: str, login: str) -> None:
        if len(self._moments) >= _KEPT:
            self._moments.clear()
        for key in ((address, login), (address,)):
            self._moments[key] = [*self._moments[key], time.monotonic()][-_OF_AN_ADDRESS:]

    def _recent(self, key: tuple[str, ...]) -> int:
        since = time.monotonic() - _WINDOW_S
        return sum(at > since for at in self._moments.get(key, ()))
