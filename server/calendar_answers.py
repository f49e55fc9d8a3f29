"""What a calendar server says of its collections (RFC 4918, 4791): the questions, and the answers read."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

_D, _C, _APPLE = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}", "{http://apple.com/ns/ical/}"
_WRITES = {f"{_D}{name}" for name in ("all", "write", "write-content", "bind")}
_DELETED = "}deleted-calendar"
"""Nextcloud's trash bin."""

QUESTION = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<d:propfind xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:a="http://apple.com/ns/ical/"><d:prop>'
    "<d:resourcetype/><d:displayname/><d:current-user-principal/><d:current-user-privilege-set/>"
    "<c:calendar-home-set/><c:supported-calendar-component-set/><a:calendar-color/>"
    "</d:prop></d:propfind>"
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """One resource of a server; addresses are as the server writes them."""

    href: str
    name: str
    """The last part of its address where it has no name."""
    is_calendar: bool
    takes_events: bool
    """True also where the server does not say."""
    may_write: bool
    """The same."""
    color: str | None
    """#rrggbb."""
    principal: str | None
    homes: tuple[str, ...]


def places(body: bytes) -> list[Place] | None:
    """What an answer tells; None: it is no answer of a CalDAV server."""
    root = _parsed(body)
    if root is None or root.tag != f"{_D}multistatus":
        return None
    return [_place(one) for one in root.iter(f"{_D}response")]


def _place(response: ET.Element) -> Place:
    href = (response.findtext(f"{_D}href") or "").strip()
    told = {one.tag: one for one in _told(response)}
    kinds = {one.tag for one in _inside(told, f"{_D}resourcetype")}
    components = [one.get("name") for one in _inside(told, f"{_C}supported-calendar-component-set")]
    rights = {
        right.tag
        for one in _inside(told, f"{_D}current-user-privilege-set")
        for right in one.iter()
    }
    is_deleted = any(kind.endswith(_DELETED) for kind in kinds)
    return Place(
        href=href,
        name=_text(told, f"{_D}displayname") or unquote(href.rstrip("/").rpartition("/")[2]),
        is_calendar=f"{_C}calendar" in kinds and not is_deleted,
        takes_events=not components or "VEVENT" in components,
        may_write=not rights or bool(rights & _WRITES),
        color=_color(_text(told, f"{_APPLE}calendar-color")),
        principal=next(iter(_hrefs(told, f"{_D}current-user-principal")), None),
        homes=tuple(_hrefs(told, f"{_C}calendar-home-set")),
    )


def _told(response: ET.Element) -> Iterator[ET.Element]:
    """The properties that the server has."""
    for group in response.iter(f"{_D}propstat"):
        if " 200" in (group.findtext(f"{_D}status") or " 200"):
            for prop in group.iter(f"{_D}prop"):
                yield from prop


def _inside(told: dict[str, ET.Element], name: str) -> list[ET.Element]:
    found = told.get(name)
    return [] if found is None else list(found)


def _text(told: dict[str, ET.Element], name: str) -> str:
    found = told.get(name)
    return "" if found is None else (found.text or "").strip()


def _hrefs(told: dict[str, ET.Element], name: str) -> list[str]:
    found = [one.text for one in _inside(told, name) if one.tag == f"{_D}href"]
    return [href.strip() for href in found if href and href.strip()]


def _color(text: str) -> str | None:
    """Apple's have an opacity behind."""
    found = re.match(r"#[0-9A-Fa-f]{6}", text)
    return found.group().lower() if found else None


def _parsed(body: bytes) -> ET.Element | None:
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314 - it refuses what entities are declared in
    try:
        parser.feed(body)
        root: ET.Element = parser.close()
    except (ET.ParseError, _Doctype):
        return None
    return root


class _Doctype(Exception):
    pass


class _NoDoctype(ET.TreeBuilder):
    """No CalDAV server sends a document type; entities that grow without end need one."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise _Doctype
