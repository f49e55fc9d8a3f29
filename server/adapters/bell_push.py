"""Browsers over Web Push (RFC 8030): encrypted for the browser alone (RFC 8291), signed by this installation (RFC 8292)."""

import base64
import json
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

import httpx2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from pywebpush import WebPusher

from agent.ports import Clock
from server.bell import SENT, BadChannel, Notice, Rang
from server.calendar_reach import is_fit, looked_up
from server.store.push_subscriptions import Subscription

TIMEOUT_S = 4.0
TTL_S = 600
"""How long a push service keeps it for a browser that is away: an alert of an hour ago is no alert."""
_SIGNED_FOR = timedelta(hours=12)
"""Push services take at most a day."""
_MOST_CHARACTERS = 600
_LONGEST = 1000
_AUTH_BYTES = 16
_GONE = {404, 410}


class WebPushBrowsers:
    def __init__(self, *, clock: Clock, public_url: str, inside: bool = False) -> None:
        """`inside`: push services may be on this machine, and asked over http; for an installation that is there alone."""
        self._clock, self._inside = clock, inside
        parts = urlsplit(public_url)
        self._subject = (
            f"https://{parts.hostname}" if parts.scheme == "https" else "mailto:nobody@localhost"
        )
        self._client = httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False)

    def new_key(self) -> str:
        vapid = Vapid02()
        vapid.generate_keys()
        pem: bytes = vapid.private_pem()
        return pem.decode()

    def public_key(self, key: str) -> str:
        point = _vapid(key).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).decode().rstrip("=")

    def check(self, endpoint: str, p256dh: str, auth: str) -> None:
        self._judge(endpoint)
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(p256dh))
            is_complete = len(_bytes(auth)) == _AUTH_BYTES
        except ValueError:
            is_complete = False
        if not is_complete:
            raise BadChannel("This browser did not say how to encrypt for it. Try again.")

    def push(self, to: Subscription, notice: Notice, key: str) -> Rang:
        try:
            parts = self._judge(to.endpoint)
        except BadChannel as error:
            return Rang(ok=False, words=str(error))
        body = {
            "title": notice.title,
            "body": notice.words[:_MOST_CHARACTERS],
            "link": notice.link,
        }
        keys = {"p256dh": to.p256dh, "auth": to.auth}
        pusher = WebPusher({"endpoint": to.endpoint, "keys": keys})
        encrypted = pusher.encode(json.dumps(body, ensure_ascii=False).encode())["body"]
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "sub": self._subject,
            "exp": int((self._clock.now() + _SIGNED_FOR).timestamp()),
        }
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TTL_S),
            "Urgency": "high",
            **_vapid(key).sign(claims),
        }
        try:
            with self._client.stream(
                "POST", to.endpoint, content=encrypted, headers=headers
            ) as got:
                return _meaning(got.status_code)
        except httpx2.TimeoutException:
            return Rang(ok=False, words=f"its push service did not answer in {TIMEOUT_S:.0f} s")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            return Rang(ok=False, words="its push service cannot be reached")

    def _judge(self, endpoint: str) -> SplitResult:
        """The parts of an address that may be asked: over https, where the name has to be proven, at a public address.

        Raises:
            BadChannel: it may not.
        """
        try:
            parts = urlsplit(endpoint)
            host = parts.hostname or ""
            schemes = {"https", "http"} if self._inside else {"https"}
            is_fine = parts.scheme in schemes and bool(host) and not parts.username
            is_fine = is_fine and len(endpoint) <= _LONGEST and parts.port != 0
            addresses = looked_up(host) if is_fine else []
        except (OSError, ValueError):
            raise BadChannel("its push service is not known") from None
        if not is_fine or not all(is_fit(one, inside=self._inside) for one in addresses):
            raise BadChannel("its push service is at an address that may not be asked")
        return parts


def _vapid(key: str) -> Vapid02:
    return Vapid02.from_pem(key.encode())


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _meaning(status: int) -> Rang:
    """What a push service's answer says: https://www.rfc-editor.org/rfc/rfc8030#section-5."""
    if status in _GONE:
        return Rang(ok=False, words="alerts were turned off there; it is removed", gone=True)
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own bounds
        return SENT
    if status in (400, 401, 403):
        words = "refused; turn alerts off and on again in that browser"
    elif status in (413, 429):
        words = "refused; too many alerts for it just now"
    else:
        words = "its push service has trouble"
    return Rang(ok=False, words=f"{words} ({status})")
