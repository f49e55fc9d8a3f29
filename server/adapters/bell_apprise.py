"""Channels over apprise: an allow-list of services, over https to public addresses alone.

A service is asked at the addresses that its name has now, and has to prove the name by its certificate: a name that
leads inside a private network a moment later finds nobody there who can.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from server.bell import SENT, BadChannel, Notice, Rang
from server.calendar_reach import is_fit, looked_up

if TYPE_CHECKING:
    from apprise import AppriseAsset
    from apprise.plugins.base import NotifyBase

TIMEOUT_S = 3.0
"""To connect, and for the answer to begin."""
_MOST_CHARACTERS = 2000
_MAIL_PORTS = {465, 587, 2525}
_TEAMS = re.compile(r"[\w.-]+\.(logic\.azure\.com|api\.powerplatform\.com)")
_UNSAFE = re.compile(r"[\s\\;\x00-\x1f\x7f]|\?.*\?")
"""What two readers of an address may understand differently."""
_CODE = re.compile(r"error=(\d{3})\b")


@dataclass(frozen=True, kw_only=True)
class _Service:
    schemes: frozenset[str]
    asks: frozenset[str] = frozenset()
    """What may be set behind the question mark. Nothing that names files, turns off certificates or follows elsewhere."""
    is_anywhere: bool = False
    """Its server may be anybody's."""


def _service(schemes: str, asks: str = "", *, is_anywhere: bool = False) -> _Service:
    return _Service(
        schemes=frozenset(schemes.split()),
        asks=frozenset(asks.split()),
        is_anywhere=is_anywhere,
    )


_SERVICES = {
    "NotifySlack": _service("slack https"),
    "NotifyWorkflows": _service("workflow workflows https", "api-version sp sv sig"),
    "NotifyTelegram": _service("tgram", "topic silent"),
    "NotifyDiscord": _service("discord https"),
    "NotifyPushover": _service("pover", "priority sound expire interval"),
    "NotifyGoogleChat": _service("gchat https", "key token"),
    "NotifyPushBullet": _service("pbul"),
    "NotifyProwl": _service("prowl", "priority"),
    "NotifyNtfy": _service("ntfy ntfys", "mode priority auth", is_anywhere=True),
    "NotifyGotify": _service("gotify gotifys", "priority", is_anywhere=True),
    "NotifyMattermost": _service("mmost mmosts", "channel", is_anywhere=True),
    "NotifyEmail": _service("mailto mailtos", "to from smtp user mode", is_anywhere=True),
}
"""By the name of apprise's class. What runs programs, writes files or posts to any address is not among them."""
_SCHEMES = frozenset().union(*(one.schemes for one in _SERVICES.values()))
_ASKS = frozenset().union(*(one.asks for one in _SERVICES.values()))

_TAKEN = (
    "This address is not taken. Ringback knows Slack, Teams, Telegram, Discord, Pushover, Pushbullet, Prowl, Google Chat, "
    "ntfy, Gotify, Mattermost and e-mail."
)
_WRONG = "This address is not complete, or mistyped. Copy it again as a whole."
_PLAIN = "This server has to be asked over https, so that nobody on the way can read the alerts."
_INSIDE = (
    "This server is inside a private network, which Ringback may not reach. Use its public address."
)


class AppriseChannels:
    def __init__(self, *, public_url: str, inside: bool = False) -> None:
        """`inside`: servers of one's own may be on this machine and in private networks, and asked without encryption."""
        self._public_url, self._inside = public_url, inside
        quiet = logging.getLogger("apprise")  # its words hold topics and addresses
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False

    def checked(self, url: str) -> str:
        url = url.strip()
        self._fit(url)
        return url

    def send(self, url: str, notice: Notice) -> Rang:
        from apprise import Apprise, NotifyFormat  # noqa: PLC0415 - a second of import that only whoever has a channel pays

        try:
            service = self._fit(url)
        except BadChannel as error:
            return Rang(ok=False, words=_as_clause(str(error)))
        one = Apprise(asset=self._asset())
        one.add(service)
        told = one.notify(
            body=f"{notice.words[:_MOST_CHARACTERS]}\n{notice.link}",
            title=notice.title,
            body_format=NotifyFormat.TEXT,
        )
        if told:
            return SENT
        return _refused(type(service).__name__, (line.message for line in told.logs()))

    def _fit(self, url: str) -> "NotifyBase":
        """The service, once nothing speaks against asking it.

        Raises:
            BadChannel: something does.
        """
        from apprise import Apprise  # noqa: PLC0415 - see `send`
        from apprise.plugins.base import NotifyBase  # noqa: PLC0415

        try:
            parts = urlsplit(url)
        except ValueError:
            raise BadChannel(_WRONG) from None
        if parts.scheme not in _SCHEMES:
            raise BadChannel(_TAKEN)
        if _UNSAFE.search(url):
            raise BadChannel(_WRONG)
        _leave_out(parts.query, _ASKS)  # before apprise sees a name of a file
        found = Apprise.instantiate(url, asset=self._asset())
        if not isinstance(found, NotifyBase):
            raise BadChannel(_TAKEN if parts.scheme == "https" else _WRONG)
        name = type(found).__name__
        known = _SERVICES.get(name)
        if known is None or parts.scheme not in known.schemes:
            raise BadChannel(_TAKEN)
        _leave_out(parts.query, known.asks)
        if name == "NotifyWorkflows" and not _TEAMS.fullmatch(str(found.host).lower()):
            raise BadChannel(_TAKEN)
        if known.is_anywhere:
            self._judge(found, name)
        return _strict(found)

    def _judge(self, found: "NotifyBase", name: str) -> None:
        """Anybody's server: encrypted, at a public address, and a mail server at a mail server's port."""
        is_mail = name == "NotifyEmail"
        host = str((getattr(found, "smtp_host", "") if is_mail else "") or found.host or "")
        if self._inside:
            return
        is_plain = getattr(found, "secure_mode", "") == "insecure" if is_mail else not found.secure
        if is_plain and host:
            raise BadChannel(_PLAIN)
        if is_mail and found.port not in _MAIL_PORTS:
            raise BadChannel("A mail server is asked at port 465, 587 or 2525.")
        if name == "NotifyNtfy" and getattr(found, "mode", "") == "cloud":
            return
        try:
            addresses = looked_up(host)
        except (OSError, UnicodeError):
            raise BadChannel(f"There is no server with the name {host}.") from None
        if not all(is_fit(one, inside=False) for one in addresses):
            raise BadChannel(_INSIDE)

    def _asset(self) -> "AppriseAsset":
        from apprise import AppriseAsset  # noqa: PLC0415 - see `send`

        icon = f"{self._public_url}/static/icon-192.png"
        return AppriseAsset(
            app_id="Ringback",
            app_desc="Alerts of Ringback",
            app_url=self._public_url,
            image_url_mask=icon,
            image_url_logo=icon,
            http_redirects=False,
            service_timeout=0,
            language="en",
        )


def _leave_out(query: str, asks: frozenset[str]) -> None:
    for key, _ in parse_qsl(query, keep_blank_values=True):
        if key not in asks:
            raise BadChannel(f"Leave out {key}= behind the question mark; it is not taken here.")


def _strict(found: "NotifyBase") -> "NotifyBase":
    """Whatever the address says of it."""
    found.verify_certificate = True
    found.redirects = False
    found.socket_connect_timeout = found.socket_read_timeout = TIMEOUT_S
    return found


def _refused(name: str, lines: Iterable[str]) -> Rang:
    """Apprise's own words hold addresses; what is kept of them is the code."""
    said = " ".join(lines)
    found = _CODE.search(said)
    code = int(found.group(1)) if found else 0
    if name == "NotifyEmail" and not code:
        words = (
            "the mail server did not take it; check the address, the (app) password and the server"
        )
    elif not code:
        words = "cannot be reached" if "onnection error" in said else "did not take it"
    else:
        words = f"{_meaning(code)} ({code})"
    return Rang(ok=False, words=words)


def _meaning(code: int) -> str:
    match code:
        case 400 | 401 | 403 | 407:
            return "refused; its token or password is not right, or no longer"
        case 404 | 405 | 410:
            return "refused; its address does not exist, or no longer"
        case 413 | 429:
            return "refused; too many alerts for it just now"
        case _ if code >= 500:  # noqa: PLR2004 - HTTP's own bound
            return "has trouble of its own"
        case _:
            return "did not take it"


def _as_clause(words: str) -> str:
    return words[:1].lower() + words[1:].rstrip(".")
