"""Multistatus answers of CalDAV servers (RFC 4918), and the names that their addresses mean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from caldav.response import DAVResponse

from agent.model import CalendarAddress, StoredEvent
from server.adapters.calendar_caldav_errors import expect, no_calendar

_OK, _MISSING, _GONE = 200, 404, 410
_D = "{DAV:}"
_TEXT = "{urn:ietf:params:xml:ns:caldav}calendar-data"
_CTAG = "{http://calendarserver.org/ns/}getctag"
_STATUS = re.compile(r"\S+ (\d{3})\b")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is said about one address."""

    href: str
    status: int
    """Of the whole object; 200 when only its properties have one."""
    etag: str
    text: str
    is_collection: bool


@dataclass(frozen=True, kw_only=True)
class Multistatus:
    entries: tuple[Entry, ...]
    token: str
    """Empty where there is none, as `ctag`."""
    ctag: str


def multistatus(answer: DAVResponse) -> Multistatus | None:
    """The answer as one; None: it is something else.

    Raises:
        ValueError: a status is none.
    """
    tree: Any = answer.tree
    if tree is None or tree.tag != f"{_D}multistatus":
        return None
    return Multistatus(
        entries=tuple(entry for xml in tree.iter(f"{_D}response") for entry in _entries(xml)),
        token=(tree.findtext(f"{_D}sync-token") or "").strip(),
        ctag=(tree.findtext(f".//{_CTAG}") or "").strip(),
    )


def stored_event(answer: DAVResponse, at: CalendarAddress, name: str) -> StoredEvent | None:
    """The object that was asked for by GET, or None when there is none.

    Raises:
        CalendarError: the answer is neither.
    """
    if answer.status in (_MISSING, _GONE):
        return None
    expect(answer, at, _OK)
    if not answer.raw.lstrip("\ufeff").startswith("BEGIN:VCALENDAR"):
        raise no_calendar(at)
    return StoredEvent(name=name, etag=answer.headers.get("ETag", ""), text=answer.raw)


def path_of(href: str) -> str:
    """The same for every way to write an address."""
    return unquote(urlsplit(href).path).rstrip("/")


def name_of(href: str) -> str:
    """The last part of an address without `.ics`."""
    last = href.rpartition("/")[2]
    try:
        return unquote(last, errors="strict").removesuffix(".ics")
    except UnicodeDecodeError:  # read as something else, two names could become one
        return last


def address_of(href: str, url: str) -> str:
    """The same object below this collection, properly escaped: what a server writes may lead elsewhere."""
    last = href.rpartition("/")[2]
    try:
        return url + quote(unquote(last, errors="strict"), safe="")
    except UnicodeDecodeError:
        return url + last


def _entries(xml: Any) -> Iterator[Entry]:
    """A response with a status of its own may be about several addresses (14.24)."""
    status = _status(xml.findtext(f"{_D}status"))
    etag, text = (xml.findtext(f".//{name}") or "" for name in (f"{_D}getetag", _TEXT))
    is_collection = xml.find(f".//{_D}resourcetype/{_D}collection") is not None
    for one in xml.findall(f"{_D}href"):
        href = (one.text or "").strip()
        yield Entry(
            href=href,
            status=status,
            etag=etag,
            text=text,
            is_collection=is_collection or href.endswith("/"),
        )


def _status(line: str | None) -> int:
    if line is None:
        return 200
    found = _STATUS.match(line.strip())
    if not found:
        raise ValueError(f"{line!r} is no status")
    return int(found[1])
