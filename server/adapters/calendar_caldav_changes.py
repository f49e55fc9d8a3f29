"""What has changed in a CalDAV calendar: by sync-collection (RFC 6578), or by comparing ETags where that is not known."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from caldav.davclient import DAVClient
from caldav.lib.error import AuthorizationError
from caldav.response import DAVResponse

from agent.errors import CalendarError
from agent.model import CalendarAddress, CalendarChanges, StoredEvent
from server.adapters import calendar_caldav_queries as queries
from server.adapters.calendar_caldav_answers import (
    Multistatus,
    address_of,
    multistatus,
    name_of,
    path_of,
    stored_event,
)
from server.adapters.calendar_caldav_errors import expect, failed, no_calendar

_AT_ONCE, _SINGLY = 100, 20
"""Texts asked for by one request, and texts asked for by one request each."""
_PAGES = 200
_OK, _MULTI, _NO_ROOM = 200, 207, 507
_BAD_REQUEST, _FORBIDDEN, _MISSING, _GONE = 400, 403, 404, 410
_TROUBLE = (401, 404, 429, 502, 503, 504)
"""Not about the token, nor about what the server can do: 500 is, Xandikos breaks on a token that it never gave."""
_OWN = "ringback-etags:"


def changes(dav: DAVClient, url: str, at: CalendarAddress, token: str | None) -> CalendarChanges:
    """What is new, changed and gone since the token was given; everything when it is None or not known any more.

    Raises:
        CalendarError: the calendar could not be asked, or left something out.
    """
    asked, known = _Asked(dav=dav, url=url, at=at), _known(token)
    if known:
        return asked.compared(known)
    if token and (since := asked.sync(token)):
        return asked.fetched(since, whole=False)
    everything = asked.sync("")
    # Some answer the first question with nothing although there is something (Stalwart 0.15).
    if everything and (everything.hrefs or not asked.listed()):
        return asked.fetched(everything, whole=True)
    return asked.compared(None)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What a server named."""

    token: str
    hrefs: dict[str, str]
    """New and changed objects by name."""
    gone: set[str]
    is_partial: bool = False
    """There is more to ask for, with the token."""


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Our own token, where the server has none."""

    ctag: str = ""
    etags: Mapping[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        return _OWN + json.dumps([self.ctag, self.etags], separators=(",", ":"))


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """One calendar and the client to ask it with."""

    dav: DAVClient
    url: str
    at: CalendarAddress

    def sync(self, token: str) -> _Seen | None:
        """Everything since a token (empty: since ever); None: the server cannot do that, or not from this token."""
        hrefs: dict[str, str] = {}
        gone: set[str] = set()
        for _ in range(_PAGES):
            page = self._page(token)
            if page is None:
                return None
            gone = (gone - page.hrefs.keys()) | page.gone
            hrefs = {name: href for name, href in hrefs.items() if name not in gone} | page.hrefs
            if not page.is_partial:
                return _Seen(token=page.token, hrefs=hrefs, gone=gone)
            if page.token == token:
                break
            token = page.token
        raise self._incomplete()

    def fetched(self, seen: _Seen, *, whole: bool) -> CalendarChanges:
        """The texts of what was named; what has gone in the meantime is gone."""
        objects, missing = self._texts(seen.hrefs)
        gone = () if whole else tuple(sorted(seen.gone | missing))
        return CalendarChanges(token=seen.token, whole=whole, objects=objects, gone=gone)

    def compared(self, known: _Known | None) -> CalendarChanges:
        """What differs from the ETags that we know; everything when we know none."""
        ctag = self._propfind(queries.CTAG, depth=0).ctag
        if known and ctag and known.ctag == ctag:
            return CalendarChanges(token=str(known), whole=False)
        listed, before = self.listed(), known.etags if known else {}
        differ = {
            name: href
            for name, (href, etag) in listed.items()
            if not etag or before.get(name) != etag
        }
        objects, missing = self._texts(differ)
        etags = {name: etag for name, (_, etag) in listed.items() if name not in missing}
        return CalendarChanges(
            token=str(_Known(ctag=ctag, etags=etags)),
            whole=known is None,
            objects=objects,
            gone=tuple(sorted(before.keys() - etags.keys())),
        )

    def listed(self) -> dict[str, tuple[str, str]]:
        """Address and ETag of every object by its name."""
        found = {}
        for one in self._propfind(queries.ETAGS, depth=1).entries:
            if one.status >= _BAD_REQUEST and one.status != _MISSING:
                raise self._incomplete()
            is_object = not one.is_collection and path_of(one.href) != path_of(self.url)
            if is_object and one.status != _MISSING:
                found[name_of(one.href)] = (one.href, one.etag)
        return found

    def _page(self, token: str) -> _Seen | None:
        answer = self._synced(token)
        if answer is None or not answer.token:
            return None
        hrefs: dict[str, str] = {}
        gone: set[str] = set()
        is_partial = False
        for one in answer.entries:
            if path_of(one.href) == path_of(self.url):
                is_partial = is_partial or one.status == _NO_ROOM  # RFC 6578, 3.6
            elif one.status == _MISSING and not one.etag:
                gone.add(name_of(one.href))
            elif one.status >= _BAD_REQUEST and one.status != _MISSING:
                raise self._incomplete()
            elif not one.is_collection:
                hrefs[name_of(one.href)] = one.href
        # Cyrus names what was removed and made anew both ways.
        gone -= hrefs.keys()
        return _Seen(token=answer.token, hrefs=hrefs, gone=gone, is_partial=is_partial)

    def _synced(self, token: str) -> Multistatus | None:
        """The answer to sync-collection, if there is a usable one.

        Depth 1 as it was before RFC 6578, which wants 0: a server that minds it says so, while some answer 0 with nothing.
        """
        try:
            answer = self._report(queries.sync_collection(token), depth=1)
            if answer.status == _BAD_REQUEST:
                answer = self._report(queries.sync_collection(token), depth=0)
        except AuthorizationError as error:
            if error.status == _FORBIDDEN:
                return None
            raise
        if answer.status in _TROUBLE:
            expect(answer, self.at, _MULTI)
        return multistatus(answer) if answer.status == _MULTI else None

    def _texts(self, hrefs: Mapping[str, str]) -> tuple[tuple[StoredEvent, ...], set[str]]:
        """The objects at these addresses, and the names of those that are not there any more."""
        found: dict[str, StoredEvent] = {}
        missing: set[str] = set()
        for part in _parts(hrefs.values()):
            answer = self._report(queries.multiget(part), depth=None)  # RFC 4791, 7.9
            for one in self._readable(answer).entries:
                name = name_of(one.href)
                if one.text:
                    found[name] = StoredEvent(name=name, etag=one.etag, text=one.text)
                elif one.status == _MISSING:
                    missing.add(name)
        missing -= found.keys()
        left_out = hrefs.keys() - found.keys() - missing
        if len(left_out) > _SINGLY:
            raise self._incomplete()
        for name in left_out:
            if single := self._text(name, hrefs[name]):
                found[name] = single
            else:
                missing.add(name)
        return tuple(found[name] for name in hrefs if name in found), missing

    def _text(self, name: str, href: str) -> StoredEvent | None:
        """What was left out, by itself: sabre leaves out what is gone, Xandikos what it cannot find by its own name."""
        try:
            answer = self.dav.request(address_of(href, self.url), headers=queries.PLAINLY)
        except AuthorizationError as error:
            raise self._incomplete() from error
        if answer.status not in (_OK, _MISSING, _GONE):
            raise self._incomplete()
        return stored_event(answer, self.at, name)

    def _report(self, query: str, *, depth: int | None) -> DAVResponse:
        return self.dav.report(self.url, query, depth=depth)

    def _propfind(self, query: str, *, depth: int) -> Multistatus:
        return self._readable(self.dav.request(self.url, "PROPFIND", query, {"Depth": str(depth)}))

    def _readable(self, answer: DAVResponse) -> Multistatus:
        expect(answer, self.at, _MULTI)
        found = multistatus(answer)
        if found is None:
            raise no_calendar(self.at)
        return found

    def _incomplete(self) -> CalendarError:
        return failed(self.at, "its server did not give all events.", permanent=False)


def _known(token: str | None) -> _Known | None:
    if not token or not token.startswith(_OWN):
        return None
    ctag, etags = json.loads(token.removeprefix(_OWN))
    return _Known(ctag=ctag, etags=etags)


def _parts(hrefs: Iterable[str]) -> Iterator[list[str]]:
    left = iter(hrefs)
    while part := list(islice(left, _AT_ONCE)):
        yield part
