"""One business's collections on the built-in calendar server, asked as its own user: what an adapter for bookings never needs."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import requests

from agent.errors import CalendarError
from server.calendar_collections import Collection, new_calendar

_TIMEOUT_S = 30
_DAV, _CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_REFUSALS = {HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}


@dataclass(frozen=True, kw_only=True)
class CalendarObject:
    name: str
    """Last part of its address, as the server writes it."""
    etag: str
    text: str


class CalendarHome:
    """The collections of one business, asked as its own user."""

    def __init__(self, at: Collection) -> None:
        self._at = at
        self._session = requests.Session()
        self._session.auth = (at.username or "", at.password)
        self._session.trust_env = False  # a proxy of the environment is not for our own loopback
        # A proxy that compresses changes the ETag with it.
        self._session.headers["Accept-Encoding"] = "identity"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def names(self, calendar: str, before: datetime) -> list[str]:
        """Of all objects that have anything before a moment; none when there is no such calendar."""
        answer = self._ask("REPORT", f"{calendar}/", _query(before))
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return []
        found = _responses(_expected(answer, HTTPStatus.MULTI_STATUS))
        return [name for name, _ in found if name]

    def objects(self, calendar: str, names: list[str]) -> Iterator[CalendarObject]:
        """Those of these names that are still there."""
        path = urlsplit(self._url(f"{calendar}/")).path
        answer = self._ask("REPORT", f"{calendar}/", _multiget([path + name for name in names]))
        for name, one in _responses(_expected(answer, HTTPStatus.MULTI_STATUS)):
            etag = one.findtext(f".//{_DAV}getetag")
            text = one.findtext(f".//{_CALDAV}calendar-data")
            if etag and text:
                yield CalendarObject(name=name, etag=etag, text=text)

    def make(self, calendar: str, title: str) -> None:
        """Make a calendar unless it is there."""
        answer = self._ask("MKCALENDAR", f"{calendar}/", new_calendar(title))
        _expected(answer, HTTPStatus.CREATED, HTTPStatus.CONFLICT)

    def move(self, name: str, source: str, target: str) -> bool:
        """Move one object, or leave it where something of its name or UID is there already; False: it was not moved."""
        to = {"Destination": urlsplit(self._url(f"{target}/{name}")).path, "Overwrite": "F"}
        answer = self._ask("MOVE", f"{source}/{name}", headers=to)
        _expected(answer, HTTPStatus.CREATED, HTTPStatus.NOT_FOUND, *_REFUSALS)
        return answer.status_code == HTTPStatus.CREATED

    def etag(self, name: str, calendar: str) -> str | None:
        answer = self._ask("GET", f"{calendar}/{name}")
        return answer.headers.get("ETag")

    def _url(self, path: str) -> str:
        return f"{self._at.url}{path}"

    def _ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> requests.Response:
        depth = {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"} if body else {}
        try:
            return self._session.request(
                method,
                self._url(path),
                data=body.encode(),
                headers=depth | (headers or {}),
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            words = f"The calendar server does not answer: {error}"
            raise CalendarError(words, permanent=False) from error


def _expected(answer: requests.Response, *statuses: HTTPStatus) -> requests.Response:
    if answer.status_code not in statuses:
        words = f"The calendar server answered {answer.request.method} with {answer.status_code}."
        raise CalendarError(words, permanent=False, code=str(answer.status_code))
    return answer


def _responses(answer: requests.Response) -> Iterator[tuple[str, ET.Element]]:
    """Each resource that an answer tells of, by the last part of its address; empty: the collection itself."""
    try:
        root = ET.fromstring(answer.content)  # noqa: S314 - our own server's answer
    except ET.ParseError as error:
        raise CalendarError("The calendar server's answer is no XML.", permanent=False) from error
    for one in root.iter(f"{_DAV}response"):
        href = one.findtext(f"{_DAV}href") or ""
        yield href.rpartition("/")[2], one


_NAMESPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'


def _query(before: datetime) -> str:
    return (
        f"<c:calendar-query {_NAMESPACES}><d:prop><d:getetag/></d:prop><c:filter>"
        '<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
        f'<c:time-range end="{before.astimezone(UTC):%Y%m%dT%H%M%SZ}"/>'
        "</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
    )


def _multiget(hrefs: list[str]) -> str:
    wanted = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return (
        f"<c:calendar-multiget {_NAMESPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>"
        f"{wanted}</c:calendar-multiget>"
    )
