"""Tries that fail: of logins counted in the database, of what only programs try in memory."""

import ipaddress
import time
from collections import defaultdict
from datetime import timedelta

from fastapi import Request

from server.http import sessions
from server.store import failed_logins
from server.store.failed_logins import Limit
from server.wiring import House

_WINDOW_S = 60.0
_OF_A_LOGIN = 20
"""From one address with one name: more than a phone with an old password fails in a minute."""
_OF_AN_ADDRESS = 200
"""A shop's phones share an address."""
_KEPT = 10_000
_LONGEST_LOGIN = 100
_HOME = 64
"""Bits of an IPv6 address that one customer has."""
_MINUTE_S = 60


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


def begin(
    request: Request,
    house: House,
    login: str,
    what: str = "",
    everywhere: Limit = failed_logins.OF_LOGIN,
) -> str:
    """Count a try to sign in; the words for whoever has to wait, or none.

    Args:
        what: what is tried; each has a count of its own.
        everywhere: how often it may fail from all addresses together.
    """
    with house.database.begin() as connection:
        wait = failed_logins.begin(
            connection,
            address_of(request),
            _counted(login, what),
            house.clock.now(),
            everywhere=everywhere,
            is_known=_is_known(request, login),
        )
    return f"Too many tries. Wait {_spoken(wait)}, then try again." if wait else ""


def succeeded(request: Request, house: House, login: str, what: str = "") -> None:
    """This one was right: what failed before it counts no more."""
    with house.database.begin() as connection:
        failed_logins.forgive(
            connection,
            address_of(request),
            _counted(login, what),
            is_known=_is_known(request, login),
        )


def address_of(request: Request) -> str:
    """Of the network: of IPv6 the part that one customer has."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6 and address.ipv4_mapped is None:  # noqa: PLR2004 - IP's own name
        return str(ipaddress.ip_network((address, _HOME), strict=False))
    return str(address)


def _is_known(request: Request, login: str) -> bool:
    return login in sessions.known_logins(request)


def _counted(login: str, what: str) -> str:
    return f"{login[:_LONGEST_LOGIN]} {what}".strip()


def _spoken(wait: timedelta) -> str:
    """Rounded up: whoever waits so long does not wait again."""
    seconds = int(wait.total_seconds()) + 1
    if seconds <= _MINUTE_S:
        return f"{seconds} seconds"
    minutes = -(-seconds // _MINUTE_S)
    return f"{minutes} minutes"
