"""What CalDAV servers and their libraries raise and answer, in words that an owner can act on."""

import requests
from caldav.lib.error import DAVError, RateLimitError
from caldav.response import DAVResponse
from urllib3.exceptions import HTTPError, NewConnectionError

from agent.errors import CalendarError
from agent.model import CalendarAddress

VENDOR_ERRORS = (
    requests.RequestException,
    HTTPError,  # urllib3's, where requests lets it through
    DAVError,
    SyntaxError,  # lxml's, for broken XML
    AttributeError,  # python-caldav's, for answers it does not expect
    ValueError,  # an address that is none
)

_MISSING, _BAD_REQUEST, _LOCKED, _TOO_MANY, _BROKEN = 404, 400, 423, 429, 500

_UNREACHABLE = "its server cannot be reached."
_MEANINGS: tuple[tuple[type[Exception], str, bool, bool], ...] = (
    # what was raised, what it means, permanent, a write may have been done
    (requests.exceptions.SSLError, "its server's certificate is not valid.", True, False),
    (requests.exceptions.ConnectTimeout, _UNREACHABLE, False, False),
    (requests.exceptions.Timeout, "its server took too long.", False, True),
    (requests.exceptions.ConnectionError, "its server broke the connection.", False, True),
    (requests.exceptions.ChunkedEncodingError, "its server broke the connection.", False, True),
    (requests.exceptions.InvalidURL, "its URL is not an address.", True, False),
    (requests.exceptions.MissingSchema, "its URL is not an address.", True, False),
    (requests.exceptions.InvalidSchema, "its URL must begin with https://.", True, False),
)
_STATUSES = {
    401: "the user name or the password is wrong.",
    403: "this login may not use it.",
    404: "there is no calendar at its URL.",
    410: "there is no calendar at its URL.",
}


def translated(error: Exception, at: CalendarAddress, *, writes: bool) -> CalendarError:
    """The error in our words; `writes` says that something was to be stored or removed."""
    if isinstance(error, DAVError) and (error.status or isinstance(error, RateLimitError)):
        return refused(at, error.status or _TOO_MANY, writes=writes)
    if _never_connected(error):
        return failed(at, _UNREACHABLE, permanent=False)
    for kind, words, permanent, is_unsure in _MEANINGS:
        if isinstance(error, kind):
            return failed(at, words, permanent=permanent, unknown=writes and is_unsure)
    return failed(at, f"its server's answer makes no sense ({error!r}).", unknown=writes)


def expect(answer: DAVResponse, at: CalendarAddress, *statuses: int, writes: bool = False) -> None:
    """Let these statuses pass.

    Raises:
        CalendarError: what any other status means.
    """
    if answer.status not in statuses:
        raise refused(at, answer.status, writes=writes)


def refused(at: CalendarAddress, status: int, *, writes: bool) -> CalendarError:
    code = str(_MISSING if status == 410 else status)  # noqa: PLR2004 - gone is missing
    if status >= _BROKEN or status in (_LOCKED, _TOO_MANY):
        words = f"its server is in trouble (HTTP {status})."
        return failed(at, words, permanent=False, code=code, unknown=writes)
    if status in _STATUSES:
        return failed(at, _STATUSES[status], code=code)
    if status >= _BAD_REQUEST and writes:
        return failed(at, f"its server refused the event (HTTP {status}).", code=code)
    return no_calendar(at, code, unknown=writes)


def no_calendar(
    at: CalendarAddress, code: str | None = None, *, unknown: bool = False
) -> CalendarError:
    words = "something else than a calendar answers at its URL. It must be the CalDAV address of one calendar."
    return failed(at, words, code=code, unknown=unknown)


def failed(
    at: CalendarAddress,
    words: str,
    *,
    permanent: bool = True,
    code: str | None = None,
    unknown: bool = False,
) -> CalendarError:
    told = f"Calendar {at.calendar!r} of {at.business!r}: {words}"
    return CalendarError(told, permanent=permanent, code=code, unknown=unknown)


def _never_connected(error: Exception) -> bool:
    """Nothing was sent, so nothing can have been stored."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)
