"""What CalDAV servers are asked: headers of GET, bodies of PROPFIND and REPORT."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

PLAINLY = {"Accept-Encoding": "identity"}
"""For GET: a proxy that compresses changes the ETag with it."""

_HEAD = '<?xml version="1.0" encoding="utf-8"?>'
_NAMES = (
    'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://calendarserver.org/ns/"'
)


def _propfind(properties: str) -> str:
    return f"{_HEAD}<d:propfind {_NAMES}><d:prop>{properties}</d:prop></d:propfind>"


ETAGS = _propfind("<d:getetag/><d:resourcetype/>")
CTAG = _propfind("<s:getctag/>")


def sync_collection(token: str) -> str:
    """Names and ETags of what has changed since a token; of everything when it is empty."""
    return (
        f"{_HEAD}<d:sync-collection {_NAMES}><d:sync-token>{escape(token)}</d:sync-token>"
        "<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
    )


def multiget(hrefs: Iterable[str]) -> str:
    named = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return (
        f"{_HEAD}<c:calendar-multiget {_NAMES}><d:prop><d:getetag/><c:calendar-data/></d:prop>"
        f"{named}</c:calendar-multiget>"
    )
