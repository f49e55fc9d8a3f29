"""Asking a calendar server that an owner has named: where such a question may go, and the password with it.

One server is one registrable domain. It is asked over https alone (http only on this machine), at the very address
that was looked up and found fit, and it may pass us on only within its own domain.
"""

import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx2
import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from server import calendar_providers

Field = Literal["address", "username", "password"]
Resolve = Callable[[str], list[str]]

_TIMEOUT_S = 10
_PATIENCE_S = 25.0
"""For all questions of one search together."""
_REDIRECTS = 5
_ADDRESSES = 3
"""Of one name, at most tried."""
_MOST_BYTES = 2_000_000
_REDIRECTING = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}

_SHORT = 3
_SHARED = {
    *("dedyn.io", "ddns.net", "dnsalias.com", "dnshome.de", "duckdns.org", "dynv6.net", "freeddns.org", "github.io"),
    *("herokuapp.com", "hopto.org", "homeip.net", "dyndns.org", "myds.me", "myfritz.net", "no-ip.org", "nsupdate.info"),
    *("ngrok.app", "ngrok.io", "pages.dev", "selfhost.eu", "spdns.de", "synology.me", "ts.net", "workers.dev", "zapto.org"),
}  # fmt: skip
"""Domains under which strangers have names of their own. (What is missing here costs only a little caution.)"""


@dataclass(frozen=True, kw_only=True)
class Login:
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Answer:
    url: str
    """Where it came from, after all redirects."""
    status: int
    body: bytes
    challenge: str
    """The ways of signing in that it offers (WWW-Authenticate)."""


class Unreachable(Exception):
    """The server cannot be asked; the message says why, and the mend.

    Args:
        field: what the owner has to change.
        elsewhere: asking at another of its addresses may still help.

    """

    def __init__(self, words: str, field: Field = "address", *, elsewhere: bool = False) -> None:
        super().__init__(words)
        self.field, self.elsewhere = field, elsewhere


class CalendarHost:
    """One server as its owner has named it."""

    def __init__(
        self, host: str, login: Login, *, inside: bool, resolve: Resolve | None = None
    ) -> None:
        """`inside`: this machine and private networks may be asked as well."""
        self._domain = registrable(host)
        self._name = host
        self._until = time.monotonic() + _PATIENCE_S
        self._client = httpx2.Client(
            transport=FitTransport(inside=inside, resolve=resolve or looked_up),
            auth=httpx2.BasicAuth(login.username.encode(), login.password.encode()),
            timeout=_TIMEOUT_S,
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        self._client.close()

    def may_ask(self, url: str) -> bool:
        """The same server, and nobody on the way can read the password."""
        parts = split(url)
        if parts is None or registrable(parts.hostname or "") != self._domain:
            return False
        return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))

    def propfind(self, url: str, body: str, depth: int) -> Answer:
        """The answer after redirects within the same server.

        Raises:
            Unreachable: there is none.
        """
        seen: set[str] = set()
        while len(seen) <= _REDIRECTS and url not in seen:
            if not self.may_ask(url):
                raise Unreachable(self._stranger(url), elsewhere=True)
            seen.add(url)
            answer, target = self._ask(url, body, depth)
            if target is None:
                return answer
            url = _onward(answer.url, target)
        raise Unreachable("The server passes us on in circles.", elsewhere=True)

    def _ask(self, url: str, body: str, depth: int) -> tuple[Answer, str | None]:
        """One question; the answer, and where it passes us on to."""
        if time.monotonic() > self._until:
            raise Unreachable("The server takes too long. Try again later.")
        headers = {
            "Content-Type": "application/xml; charset=utf-8",
            "Depth": str(depth),
            "Accept-Encoding": "identity",
        }
        with (
            _in_plain_words(self._name),
            self._client.stream("PROPFIND", url, content=body.encode(), headers=headers) as got,
        ):
            is_onward = got.status_code in _REDIRECTING
            answer = Answer(
                url=url,
                status=got.status_code,
                body=b"" if is_onward else self._read(got),
                challenge=", ".join(got.headers.get_list("www-authenticate")),
            )
            return answer, got.headers.get("location") if is_onward else None

    def _read(self, got: httpx2.Response) -> bytes:
        body = bytearray()
        for chunk in got.iter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise Unreachable("The server's answer is far too long for a list of calendars.")
            if time.monotonic() > self._until:
                raise Unreachable("The server takes too long. Try again later.")
        return bytes(body)

    def _stranger(self, url: str) -> str:
        parts = split(url)
        host = parts.hostname if parts else None
        if host is None:
            return "The server passes us on to something that is no address."
        known = calendar_providers.of_host(host)
        if known and known.refusal:
            return known.refusal[0]
        if registrable(host) != self._domain:
            return (
                f"{self._name} passes us on to {host}, which is another server; the password was not sent there. "
                f"If your calendar is at {host}, type that as the address."
            )
        return f"{host} wants the password without encryption (http). Ringback sends it over https only."


def split(url: str) -> SplitResult | None:
    """The parts of an address with a host; None: it is no address."""
    try:
        parts = urlsplit(str(httpx2.URL(url)))  # which writes names of other scripts in ASCII
        is_address = bool(parts.hostname) and parts.port != 0
    except (ValueError, httpx2.InvalidURL):
        return None
    return parts if is_address else None


def registrable(host: str) -> str:
    """The part of a host's name that somebody has registered; of a number the whole of it.

    Without the public suffix list: in doubt more of the name, so that fewer hosts count as the same.
    """
    host = host.lower().rstrip(".")
    labels = host.split(".")
    if is_number(host) or len(labels) <= 1:
        return host
    of_strangers = ".".join(labels[-2:]) in _SHARED or (
        len(labels[-1]) < _SHORT and len(labels[-2]) <= _SHORT  # co.uk, com.au
    )
    return ".".join(labels[-3 if of_strangers else -2 :])


def is_loopback(host: str | None) -> bool:
    return host == "localhost" or (
        host is not None and is_number(host) and ipaddress.ip_address(host).is_loopback
    )


def is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_fit(address: str, *, inside: bool) -> bool:
    """A calendar server may be at this IP address; `inside`: also on this machine and in private networks."""
    plain = _embedded(ipaddress.ip_address(address.partition("%")[0]))
    if plain.is_multicast or plain.is_unspecified or plain.is_link_local:
        return False  # link-local: where cloud machines find their own secrets
    return plain.is_global or inside


def looked_up(host: str) -> list[str]:
    """The IP addresses of a name.

    Raises:
        OSError: it has none, or nobody could be asked.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class FitTransport(httpx2.BaseTransport):
    """Connects to the IP address that was looked up and found fit, so that no second look-up can lead elsewhere."""

    def __init__(
        self, *, inside: bool, resolve: Resolve, allowed_by: str = "RINGBACK_PRIVATE_CALENDARS"
    ) -> None:
        """`allowed_by`: the setting that lets private networks be reached."""
        self._inside, self._resolve, self._allowed_by = inside, resolve, allowed_by
        self._transport = httpx2.HTTPTransport(verify=_trusted(), trust_env=False)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.raw_host.decode()
        addresses = [host] if is_number(host) else self._resolve(host)
        if not all(is_fit(one, inside=self._inside) for one in addresses):
            raise Unreachable(
                f"{host} is inside a private network, which this Ringback may not reach. Use the server's public "
                f"address. (Whoever runs this Ringback can allow it with {self._allowed_by}=true.)"
            )
        return self._first_that_connects(request, host, addresses[:_ADDRESSES])

    def _first_that_connects(
        self, request: httpx2.Request, host: str, addresses: list[str]
    ) -> httpx2.Response:
        request.extensions = {**request.extensions, "sni_hostname": host}
        for place, address in enumerate(addresses, start=1):
            request.url = request.url.copy_with(host=address)
            try:
                return self._transport.handle_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                if place == len(addresses) or _certificate_error(error):
                    raise
        raise OSError(f"{host} has no address")

    def close(self) -> None:
        self._transport.close()


@contextlib.contextmanager
def _in_plain_words(name: str) -> Iterator[None]:
    try:
        yield
    except httpx2.TimeoutException as error:
        raise Unreachable(
            f"{name} did not answer in {_TIMEOUT_S} seconds. Check the address, or try again later."
        ) from error
    except httpx2.HTTPError as error:
        raise Unreachable(_broken(name, error)) from error
    except socket.gaierror as error:
        raise Unreachable(
            f"There is no server with the name {name}. Check how it is spelled."
        ) from error
    except (OSError, ValueError, httpx2.InvalidURL) as error:
        raise Unreachable(f"{name} cannot be reached. Check the address.") from error


def _broken(name: str, error: Exception) -> str:
    if _certificate_error(error):
        return (
            f"The certificate of {name} is not valid, so nobody can tell whether it is the right server. "
            "Whoever runs it has to mend that."
        )
    if isinstance(error, httpx2.ConnectError):
        return f"{name} cannot be reached. Check the address and, behind a colon, the port."
    return f"{name} broke the connection. Check the address, or try again later."


def _trusted() -> ssl.SSLContext:
    """The certificates that the calendar's adapter will trust: those of requests, or of REQUESTS_CA_BUNDLE."""
    with requests.Session() as session:
        found = session.merge_environment_settings("https://", {}, None, None, None)["verify"]
    bundle = found if isinstance(found, str) else DEFAULT_CA_BUNDLE_PATH
    if Path(bundle).is_dir():
        return ssl.create_default_context(capath=bundle)
    return ssl.create_default_context(cafile=bundle)


def _certificate_error(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _onward(url: str, target: str) -> str:
    """Where a redirect leads; a server behind a proxy often names itself with http and means https."""
    onward = urljoin(url, target)
    here, there = split(url), split(onward)
    if there is None or here is None:
        return onward
    if (here.scheme, there.scheme) == ("https", "http") and there.hostname == here.hostname:
        there = there._replace(scheme="https", netloc=here.netloc)
    return without_default_port(there)


def without_default_port(parts: SplitResult) -> str:
    netloc = parts.netloc.removesuffix(f":{_PORTS.get(parts.scheme, '')}")
    return parts._replace(netloc=netloc, fragment="").geturl()


def _embedded(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address
