"""Calendars for phones: `/dav` stands in front of the calendar server, with our own logins.

A phone's user is known by an account's login and its calendar password; towards the calendar server each business
is one user, so that server is a second fence between businesses.
"""

import base64
import binascii
from collections.abc import Mapping
from functools import partial
from urllib.parse import quote, unquote, urlsplit

import httpx2
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from agent.business import Business
from agent.errors import CalendarError
from server.calendar_collections import Collection
from server.http.attempts import FailedLogins
from server.http.twilio import TheHouse
from server.store import businesses, calendar_passwords
from server.wiring import House

router = APIRouter(include_in_schema=False)

_METHODS = [
    *("DELETE", "GET", "HEAD", "MKCALENDAR", "MKCOL", "MOVE"),
    *("OPTIONS", "POST", "PROPFIND", "PROPPATCH", "PUT", "REPORT"),
]
_WRITES = {"DELETE", "MOVE", "POST", "PUT"}
_REDIRECTS = 300
_PASSED_IN = {
    *("accept", "brief", "content-type", "depth", "if-match", "if-none-match"),
    *("overwrite", "prefer", "user-agent"),
}
_PASSED_OUT = {
    *("allow", "content-type", "content-disposition", "dav", "etag"),
    *("last-modified", "location", "preference-applied"),
}
_AT_ONCE = 4
"""The calendar server drops connections when fifty come together."""
_MOST_BYTES = 10_000_000
_TIMEOUT = httpx2.Timeout(40, connect=5)
_UNAUTHORIZED = 401
_OF_A_CALENDAR = 2
"""Parts of the path of a whole calendar: business and calendar."""


class DavProxy:
    """What all requests of phones share."""

    def __init__(self) -> None:
        self.client = httpx2.AsyncClient(
            limits=httpx2.Limits(max_connections=_AT_ONCE), timeout=_TIMEOUT, trust_env=False
        )
        self.attempts = FailedLogins()
        self.threads = CapacityLimiter(_AT_ONCE)  # a calendar server that starts keeps them waiting


@router.api_route("/.well-known/caldav", methods=_METHODS)
@router.api_route("/dav", methods=_METHODS)
@router.api_route("/", methods=["PROPFIND"])
def discovery() -> RedirectResponse:
    """Where a phone that knows only our name has to go."""
    return RedirectResponse("/dav/", status_code=301)


@router.api_route("/dav/{path:path}", methods=_METHODS)
async def dav(request: Request, house: TheHouse, path: str) -> Response:
    """Who asks, and may they? Then ask the calendar server as their business."""
    proxy: DavProxy = request.app.state.dav
    address = request.client.host if request.client else ""
    given = _credentials(request.headers.get("authorization", ""))
    login = given[0].strip().lower() if given else ""
    if proxy.attempts.too_many(address, login):
        return Response(status_code=429, headers={"Retry-After": "60"})
    business = await to_thread.run_sync(_business, house, given, limiter=proxy.threads)
    if business is None:
        if given:
            proxy.attempts.failed(address, login)
        challenge = 'Basic realm="Ringback calendar", charset="UTF-8"'
        return Response(status_code=401, headers={"WWW-Authenticate": challenge})
    if not _may(request, path, business.slug, _prefix(house)):
        return Response(status_code=403)
    body = await _body(request)
    if body is None:
        return Response(status_code=413)
    try:
        home = await to_thread.run_sync(_home, house, business, limiter=proxy.threads)
        answer = await _forwarded(proxy.client, request, path, home, _prefix(house), body)
    except (CalendarError, httpx2.HTTPError):
        return Response(status_code=503, headers={"Retry-After": "5"})
    if request.method in _WRITES and answer.status_code < _REDIRECTS:
        mark = partial(house.mirror.mark_stale, business.slug, None)
        await to_thread.run_sync(mark, limiter=proxy.threads)
    return answer


def _credentials(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    try:
        login, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (login, password) if scheme.lower() == "basic" and colon else None


def _business(house: House, given: tuple[str, str] | None) -> Business | None:
    if given is None:
        return None
    with house.database.connect() as connection:
        account = calendar_passwords.checked(connection, *given)
        return businesses.get(connection, account.business) if account else None


def _home(house: House, business: Business) -> Collection:
    """The business's calendars, each of them there."""
    house.calendars.ensure_all(business)
    return house.calendars.home(business.slug)


def _prefix(house: House) -> str:
    """What stands before the calendar server's own paths in the world's addresses."""
    return urlsplit(house.settings.public_url).path.rstrip("/") + "/dav"


def _may(request: Request, path: str, slug: str, prefix: str) -> bool:
    """Inside this business, and no whole calendar is replaced or deleted: a slip on a phone would cost every appointment."""
    if not _is_inside(path, slug):
        return False
    if request.method in ("PUT", "DELETE"):
        return len(_parts(path)) > _OF_A_CALENDAR
    if request.method == "MOVE":
        to = unquote(urlsplit(request.headers.get("destination", "")).path)
        return to.startswith(f"{prefix}/{slug}/") and _is_inside(to[len(prefix) :], slug)
    return True


def _is_inside(path: str, slug: str) -> bool:
    """The root, which only leads to the business's own home, or something of this business."""
    parts = _parts(path)
    return ".." not in parts and "." not in parts and (not parts or parts[0] == slug)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


async def _body(request: Request) -> bytes | None:
    """All of it, so that its length is known (the calendar server needs that); None: too much."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return None
    return bytes(body)


async def _forwarded(
    client: httpx2.AsyncClient,
    request: Request,
    path: str,
    home: Collection,
    prefix: str,
    body: bytes,
) -> Response:
    """Ask as the business's own user; the answer is read whole, so that a slow phone keeps no connection busy.

    The address is built from the very path that was checked.
    """
    root = home.url.removesuffix(f"/{home.username}/")
    query = f"?{request.url.query}" if request.url.query else ""
    answer = await client.request(
        request.method,
        f"{root}/{quote(path)}{query}",
        content=body,
        headers=_asked(request.headers) | {"X-Script-Name": prefix},
        auth=(home.username or "", home.password),
    )
    if answer.status_code == _UNAUTHORIZED:  # our own login failed, not the phone's
        return Response(status_code=503, headers={"Retry-After": "60"})
    kept = {name: value for name, value in answer.headers.items() if name in _PASSED_OUT}
    return Response(answer.content, status_code=answer.status_code, headers=kept)


def _asked(headers: Mapping[str, str]) -> dict[str, str]:
    passed = {name: value for name, value in headers.items() if name in _PASSED_IN}
    if "destination" in headers:  # as a path: the calendar server does not know our name
        passed["destination"] = urlsplit(headers["destination"]).path
    return passed | {"Accept-Encoding": "identity"}
