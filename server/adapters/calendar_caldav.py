"""Calendar over CalDAV: python-caldav's low-level requests, one client a call.

Its high-level calls are not used: they read an HTML page with status 200 as "saved", and expand what we expand ourselves.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar
from urllib.parse import quote, unquote, urlsplit

from caldav.davclient import DAVClient
from caldav.lib.error import (
    UID_CONFLICT_PRECONDITIONS,
    AuthorizationError,
    DAVError,
    parse_preconditions,
)
from caldav.response import DAVResponse

from agent.errors import CalendarError
from agent.model import CalendarAddress, CalendarChanges, StoredEvent
from server.adapters.calendar_caldav_answers import stored_event
from server.adapters.calendar_caldav_changes import changes
from server.adapters.calendar_caldav_errors import (
    VENDOR_ERRORS,
    expect,
    failed,
    no_calendar,
    translated,
)
from server.adapters.calendar_caldav_queries import PLAINLY
from server.calendar_collections import Collection

_TIMEOUT_S = 10
_PATIENCE = 6
"""So many times as long may a server take to give everything it has."""
_AT_ONCE = 4
"""Requests to the built-in server; it drops connections when fifty come together."""
_PAD = timedelta(days=1)
"""All-day and floating events are matched as UTC by every server, so look a day further."""

_OK, _CREATED, _NO_CONTENT, _MULTI = 200, 201, 204, 207
_MISSING, _CONFLICT, _GONE, _CHANGED = 404, 409, 410, 412

T = TypeVar("T")


class BuiltIn(Protocol):
    def collection(self, at: CalendarAddress) -> Collection:
        """Where a calendar without a URL is."""

    def ensure(self, at: CalendarAddress) -> None:
        """Make it if it is missing."""


class CalDavCalendar:
    """Calendars on any CalDAV server; those without a URL are on the built-in one."""

    def __init__(
        self,
        built_in: BuiltIn,
        password: Callable[[CalendarAddress], str],
        *,
        only_built_in: bool = False,
        timeout_s: int = _TIMEOUT_S,
    ) -> None:
        """`password` gives that of a calendar elsewhere, or a CalendarError; `only_built_in` ignores URLs (rehearsals)."""
        self._built_in, self._password = built_in, password
        self._only_built_in, self._timeout_s = only_built_in, timeout_s
        # python-caldav fills a table at its first client, and others would read it half full.
        DAVClient(url="http://127.0.0.1/", enable_rfc6764=False).close()
        self._gate = threading.BoundedSemaphore(_AT_ONCE)

    def objects(self, at: CalendarAddress, start: datetime, end: datetime) -> list[str]:
        """Those that the server matches, and every object with RDATE, which many servers' filters overlook.

        A server that cannot search by property gives all its events.
        """
        in_time = _query(_time_range(start - _PAD, end + _PAD))

        def ask(dav: DAVClient, there: Collection) -> list[str]:
            found = _texts(dav.report(there.url, in_time, depth=1), at)
            if not there.finds_rdates:
                try:
                    found |= _texts(dav.report(there.url, _query(_HAS_RDATE), depth=1), at)
                except (DAVError, CalendarError):
                    found = _texts(dav.report(there.url, _query(""), depth=1), at)
            return list(found.values())

        return self._made(at, lambda: self._ask(at, ask))

    def changes(self, at: CalendarAddress, token: str | None) -> CalendarChanges:
        """By what the server knows of its own changes, or by its ETags; the texts a hundred at a time."""

        def ask(dav: DAVClient, there: Collection) -> CalendarChanges:
            return changes(dav, there.url, at, token)

        patience = 1 if token else _PATIENCE
        return self._made(at, lambda: self._ask(at, ask, patience=patience))

    def get(self, at: CalendarAddress, name: str) -> StoredEvent | None:
        def ask(dav: DAVClient, there: Collection) -> StoredEvent | None:
            return stored_event(dav.request(_object(there, name), headers=PLAINLY), at, name)

        return self._ask(at, ask)

    def put(self, at: CalendarAddress, name: str, text: str, etag: str | None = None) -> bool:
        condition = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
        headers = {"Content-Type": "text/calendar; charset=utf-8"} | condition

        def ask(dav: DAVClient, there: Collection) -> bool:
            try:
                answer = dav.put(_object(there, name), text, headers)
            except AuthorizationError as error:
                if UID_CONFLICT_PRECONDITIONS.intersection(error.preconditions):
                    return False
                raise
            if answer.status == _CONFLICT and not _is_uid_conflict(answer):
                # Is the calendar itself missing?
                _texts(dav.report(there.url, _query(_NO_TIME), depth=1), at)
            if answer.status in (_CONFLICT, _CHANGED):
                return False
            expect(answer, at, _CREATED, _NO_CONTENT, writes=True)
            return True

        return self._made(at, lambda: self._ask(at, ask, writes=True))

    def remove(self, at: CalendarAddress, name: str, etag: str) -> bool:
        def ask(dav: DAVClient, there: Collection) -> bool:
            answer = dav.delete(_object(there, name), {"If-Match": etag})
            if answer.status == _CHANGED:
                return dav.request(_object(there, name)).status in (_MISSING, _GONE)
            if answer.status not in (_MISSING, _GONE):
                expect(answer, at, _OK, _NO_CONTENT, writes=True)
            return True

        return self._ask(at, ask, writes=True)

    def _made(self, at: CalendarAddress, act: Callable[[], T]) -> T:
        """Do it; if it is a built-in calendar that is not there yet, make the calendar and do it again."""
        try:
            return act()
        except CalendarError as error:
            if error.code != str(_MISSING) or not self._is_built_in(at):
                raise
        self._built_in.ensure(at)
        return act()

    def _ask(
        self,
        at: CalendarAddress,
        ask: Callable[[DAVClient, Collection], T],
        *,
        writes: bool = False,
        patience: int = 1,
    ) -> T:
        """Ask with a client of its own.

        Raises:
            CalendarError: in place of everything that the libraries raise.
        """
        try:
            there = self._collection(at)
            timeout_s = self._timeout_s * patience
            with self._turn(at), self._client(at, there, timeout_s) as client:
                return ask(client, there)
        except VENDOR_ERRORS as error:
            raise translated(error, at, writes=writes) from error

    def _turn(self, at: CalendarAddress) -> contextlib.AbstractContextManager[object]:
        return self._gate if self._is_built_in(at) else contextlib.nullcontext()

    @contextlib.contextmanager
    def _client(
        self, at: CalendarAddress, there: Collection, timeout_s: int
    ) -> Iterator[DAVClient]:
        with DAVClient(
            url=there.url,
            username=there.username,
            password=there.password,
            auth_type="basic" if there.username else None,
            timeout=timeout_s,
            enable_rfc6764=False,
        ) as client:
            # A proxy of the environment is not for our own loopback.
            client.session.trust_env = not self._is_built_in(at)
            yield client

    def _is_built_in(self, at: CalendarAddress) -> bool:
        return at.url is None or self._only_built_in

    def _collection(self, at: CalendarAddress) -> Collection:
        if at.url is None or self._only_built_in:
            return self._built_in.collection(at)
        try:
            parts = urlsplit(at.url)
        except ValueError as error:
            raise failed(at, "its URL is not an address.") from error
        return Collection(
            url=parts._replace(path=parts.path.rstrip("/") + "/").geturl(),
            username=at.username,
            password=self._password(at),
        )


def _object(there: Collection, name: str) -> str:
    return f"{there.url}{quote(name, safe='')}.ics"


_HAS_RDATE = '<c:prop-filter name="RDATE"/>'


_NO_TIME = '<c:time-range start="19700101T000000Z" end="19700101T000001Z"/>'


def _time_range(start: datetime, end: datetime) -> str:
    first, last = (moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") for moment in (start, end))
    return f'<c:time-range start="{first}" end="{last}"/>'


def _query(condition: str) -> str:
    """Events, whole and not expanded: servers expand slowly and disagree."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
        "<d:prop><d:getetag/><c:calendar-data/></d:prop>"
        '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
        f"{condition}</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
    )


def _texts(answer: DAVResponse, at: CalendarAddress) -> dict[str, str]:
    """Every object's text by its address.

    Raises:
        CalendarError: no such answer, or one that leaves objects out.
    """
    expect(answer, at, _MULTI)
    tree = answer.tree
    if tree is None or tree.tag != "{DAV:}multistatus":
        raise no_calendar(at)
    found = {}
    for one in tree.iter("{DAV:}response"):
        href = unquote(one.findtext("{DAV:}href") or "")
        text = one.findtext(".//{urn:ietf:params:xml:ns:caldav}calendar-data")
        is_gone = f" {_MISSING} " in (one.findtext("{DAV:}status") or "") + " "
        if text:
            found[href] = text
        elif not is_gone and not href.endswith("/"):
            raise failed(at, "its server did not give all events.", permanent=False)
    return found


def _is_uid_conflict(answer: DAVResponse) -> bool:
    return bool(UID_CONFLICT_PRECONDITIONS.intersection(parse_preconditions(answer.raw)))
