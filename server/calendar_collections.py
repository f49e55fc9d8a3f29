"""The built-in calendar server's collections: one per calendar that has no address of its own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

import requests

from agent.business import Business
from agent.errors import CalendarError
from agent.model import CalendarAddress
from server.calendar_users import CalendarUsers

_TIMEOUT_S = 10
_MADE, _EXISTS = 201, 409


@dataclass(frozen=True, kw_only=True)
class Collection:
    """Where one calendar's objects are, and who may touch them."""

    url: str
    """With a slash at its end."""
    username: str | None
    password: str
    finds_rdates: bool = False
    """Its server's time ranges match dates that only an RDATE names."""


class BuiltInCalendars:
    """Addresses and credentials of the built-in calendars; makes those that are missing."""

    def __init__(
        self, url: Callable[[], str], users: CalendarUsers, title: Callable[[CalendarAddress], str]
    ) -> None:
        """`url` gives the server's address without a slash at its end, `title` what a phone shows of a calendar."""
        self._url, self._users, self._title = url, users, title
        self._seen: set[CalendarAddress] = set()
        self._lock = threading.Lock()

    def home(self, business: str) -> Collection:
        """Everything of one business: what its phones see behind `/dav`."""
        return Collection(
            url=f"{self._url()}/{business}/",
            username=business,
            password=self._users.password(business),
        )

    def collection(self, at: CalendarAddress) -> Collection:
        home = self.home(at.business)
        return Collection(
            url=f"{home.url}{at.calendar}/",
            username=home.username,
            password=home.password,
            finds_rdates=True,  # Radicale
        )

    def ensure_all(self, business: Business) -> None:
        """Make every built-in calendar of a business that this process has not seen yet.

        Raises:
            CalendarError: the calendar server could not be asked.
        """
        for calendar in business.calendars:
            at = CalendarAddress(business=business.slug, calendar=calendar.id)
            if calendar.url is None and at not in self._seen:
                self.ensure(at)

    def ensure(self, at: CalendarAddress) -> None:
        """Make the collection of a calendar unless it is there.

        The title is given only then: an owner may rename the calendar on the phone.

        Raises:
            CalendarError: the calendar server could not be asked, or refused.
        """
        _make(self.collection(at), at, self._title(at))
        with self._lock:
            self._seen.add(at)


class CollectionsAt:
    """Collections at one address: a rehearsal's calendars."""

    def __init__(self, url: str) -> None:
        """`url` may hold user and password."""
        self._parts = urlsplit(url)

    def collection(self, at: CalendarAddress) -> Collection:
        parts, user = self._parts, self._parts.username
        plain = parts._replace(
            netloc=parts.netloc.rpartition("@")[2],
            path=f"{parts.path.rstrip('/')}/{at.calendar}/",
        )
        return Collection(
            url=plain.geturl(),
            username=unquote(user) if user else None,
            password=unquote(parts.password or ""),
        )

    def ensure(self, at: CalendarAddress) -> None:
        """Make a collection that is missing there.

        Raises:
            CalendarError: the calendar server could not be asked, or refused.
        """
        _make(self.collection(at), at, at.calendar)


def _make(there: Collection, at: CalendarAddress, title: str) -> None:
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the environment is not for our own loopback
            answer = session.request(
                "MKCALENDAR",
                there.url,
                data=new_calendar(title).encode(),
                headers={"Content-Type": "application/xml; charset=utf-8"},
                auth=(there.username or "", there.password),
                timeout=_TIMEOUT_S,
            )
    except requests.RequestException as error:
        words = f"The calendar server does not answer: {error}"
        raise CalendarError(words, permanent=False) from error
    if answer.status_code not in (_MADE, _EXISTS):
        words = f"There is no calendar {at.calendar!r} at {there.url}, and none could be made."
        raise CalendarError(words, permanent=False, code=str(answer.status_code))


def new_calendar(title: str) -> str:
    """The body of the MKCALENDAR request that makes a calendar for events."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>'
        f"<d:displayname>{escape(title)}</d:displayname>"
        '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
        "</d:prop></d:set></c:mkcalendar>"
    )
