"""From what an owner types (address, user name, app password) to the calendars of that account (RFC 6764).

The address itself is asked first, then `/.well-known/caldav`, then Nextcloud's usual place. DNS SRV records are not
looked up: providers that have them answer at the well-known address too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin

from server import calendar_providers
from server.calendar_answers import QUESTION, Place, places
from server.calendar_reach import (
    Answer,
    CalendarHost,
    Field,
    Login,
    Resolve,
    Unreachable,
    is_loopback,
    registrable,
    split,
    without_default_port,
)

_MULTI, _UNAUTHORIZED, _FORBIDDEN = 207, 401, 403
_OK, _TOO_MANY, _BROKEN = 200, 429, 500
_HOMES, _CALENDARS = 3, 100
"""At most looked at."""
_WELL_KNOWN = "/.well-known/caldav"
_NEXTCLOUD = "remote.php/dav/"


@dataclass(frozen=True, kw_only=True)
class FoundCalendar:
    url: str
    """With a slash at its end."""
    name: str
    color: str | None
    """#rrggbb."""
    takes_events: bool
    may_write: bool

    @property
    def problem(self) -> str:
        """Why visits cannot be written into it; empty: they can."""
        if not self.takes_events:
            return "It is for tasks, not for appointments."
        return "" if self.may_write else "You may only read it."


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the account holds, calendars that can be written first."""

    calendars: tuple[FoundCalendar, ...]


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Why nothing was found."""

    field: Field
    """What the owner has to change."""
    words: str
    """With the mend."""


def discover(
    address: str, username: str, password: str, *, inside: bool, resolve: Resolve | None = None
) -> Found | Trouble:
    """The calendars of an account; `inside`: also on this machine and in private networks."""
    try:
        start = start_url(address)
        host = (split(start) or SplitResult("", "", "", "", "")).hostname or ""
        server = CalendarHost(
            host, Login(username=username, password=password), inside=inside, resolve=resolve
        )
        try:
            return _Walk(server, start).calendars()
        finally:
            server.close()
    except Unreachable as error:
        return Trouble(field=error.field, words=str(error))


def start_url(address: str) -> str:
    """Where to begin, from what an owner typed: a host, a URL, or an e-mail address.

    Raises:
        Unreachable: nothing can be asked there.
    """
    address = address.strip()
    if mail := re.fullmatch(r"(?:mailto:)?[^@\s/:]+@([^@\s/:]+)", address):
        address = _of_mail(mail.group(1).lower())
    if "://" not in address:
        host = split(f"//{address}")
        is_here = host is not None and is_loopback(host.hostname)
        address = f"{'http' if is_here else 'https'}://{address}"
    parts = split(address)
    if parts is None or parts.scheme not in ("http", "https") or re.search(r"\s", address):
        raise Unreachable(
            "This is no address of a calendar server. It looks like caldav.example.com or https://cloud.example.com."
        )
    if parts.username is not None:
        raise Unreachable(
            "Leave user name and password out of the address: they have their own fields."
        )
    _refuse_known(calendar_providers.of_host(parts.hostname or ""))
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        if parts.port not in (None, 80):
            raise Unreachable(
                "With http anybody on the way could read the password. Use the server's https address."
            )
        parts = parts._replace(scheme="https", netloc=parts.hostname or "")
    return without_default_port(parts._replace(path=parts.path or "/", query=""))


def _of_mail(domain: str) -> str:
    """The server of an e-mail address's provider, or what stands behind the @."""
    known = calendar_providers.of_mail(domain)
    _refuse_known(known)
    return known.address if known and known.address else domain


def _refuse_known(known: calendar_providers.Provider | None) -> None:
    if known and known.refusal:
        raise Unreachable(" ".join(known.refusal))


class _Walk:
    """One search: from the address typed to the account's home, and to the calendars in it."""

    def __init__(self, server: CalendarHost, start: str) -> None:
        self._server, self._start = server, start
        parts = split(start)
        self._host = (parts.hostname if parts else "") or ""
        self._trouble: Unreachable | None = None

    def calendars(self) -> Found:
        """Raises `Unreachable` when there are none."""
        for url in self._doors():
            door = self._place(url)
            if door is None:
                continue
            at, place = door
            if place.is_calendar:
                return Found(calendars=(self._calendar(at, place),))
            homes = self._homes(at, place)
            if homes:
                return self._in(homes)
        raise self._trouble or Unreachable(self._nothing())

    def _doors(self) -> Iterator[str]:
        yield self._start
        yield urljoin(self._start, _WELL_KNOWN)
        yield urljoin(self._start.rstrip("/") + "/", _NEXTCLOUD)

    def _place(self, url: str) -> tuple[str, Place] | None:
        """What is at an address, with the address that it has after redirects; None: nothing of use.

        Raises:
            Unreachable: looking elsewhere on this server cannot help.
        """
        try:
            answer = self._server.propfind(url, QUESTION, 0)
            found = self._read(answer)
        except Unreachable as error:
            if not error.elsewhere:
                raise
            self._trouble = self._trouble or error
            return None
        return (answer.url, found[0]) if found else None

    def _homes(self, at: str, place: Place) -> list[str]:
        """Where the account keeps its calendars, as the place or the account's own page says."""
        if not place.homes and place.principal:
            principal = self._place(self._url(at, place.principal))
            if principal:
                at, place = principal
        return [self._url(at, home) for home in place.homes][:_HOMES]

    def _in(self, homes: list[str]) -> Found:
        found: dict[str, FoundCalendar] = {}
        for home in homes:
            answer = self._server.propfind(home, QUESTION, 1)
            for place in self._read(answer):
                url = self._url(answer.url, place.href)
                if place.is_calendar and self._server.may_ask(url):
                    found[url] = self._calendar(url, place)
        if not found:
            raise Unreachable(
                "The login works, but there is no calendar in this account. Make one there, then try again."
            )
        by_use = sorted(found.values(), key=lambda one: (bool(one.problem), one.name.casefold()))
        return Found(calendars=tuple(by_use[:_CALENDARS]))

    def _read(self, answer: Answer) -> list[Place]:
        """Raises `Unreachable` for every answer that tells of no place."""
        self._refuse_login(answer)
        if answer.status >= _BROKEN or answer.status == _TOO_MANY:
            words = f"{self._host} is in trouble (HTTP {answer.status}). Try again later."
            raise Unreachable(words, elsewhere=answer.status != _TOO_MANY)
        if answer.status == _FORBIDDEN:
            words = f"{self._host} knows this login, but does not let it see calendars."
            raise Unreachable(words, "username", elsewhere=True)
        found = places(answer.body) if answer.status == _MULTI else None
        if found is None and _OK <= answer.status <= _MULTI:
            raise Unreachable(
                f"{self._host} shows a web page there, not calendars. Look in its instructions for phones for the "
                "address of its CalDAV server.",
                elsewhere=True,
            )
        return found or []

    def _refuse_login(self, answer: Answer) -> None:
        if answer.status != _UNAUTHORIZED:
            return
        if answer.challenge and "basic" not in answer.challenge.lower():
            kind = answer.challenge.split()[0]
            raise Unreachable(
                f"{self._host} wants another kind of sign-in ({kind}) than user name and password (Basic)."
            )
        raise Unreachable(
            "The user name or the password is wrong. If you sign in there with two factors, your own password "
            "does not work here: make an app password for Ringback.",
            "password",
        )

    def _calendar(self, url: str, place: Place) -> FoundCalendar:
        return FoundCalendar(
            url=url.rstrip("/") + "/",
            name=place.name or self._host,
            color=place.color,
            takes_events=place.takes_events,
            may_write=place.may_write,
        )

    def _url(self, at: str, href: str) -> str:
        parts = split(urljoin(at, href))
        return without_default_port(parts) if parts else ""

    def _nothing(self) -> str:
        if registrable(self._host) == self._host:
            where = (
                "Look in its instructions for phones: the address often begins with caldav. or dav."
            )
        else:
            where = "Look in its instructions for phones, or type the address of one calendar."
        return f"There is no CalDAV server at this address of {self._host}. {where}"
