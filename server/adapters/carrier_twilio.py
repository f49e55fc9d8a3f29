"""Carrier over Twilio's REST API, with the official client."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from agent.errors import DeliveryError
from agent.model import OutgoingText
from agent.rules import carrier_errors
from agent.rules.carrier_errors import Handling

_TIMEOUT_S = 10.0
_AT_ONCE = 32
"""Connections kept open, one for each text under way: a new one costs a TLS handshake, some 20 ms of CPU."""
_PASSING = {Handling.PASSING, Handling.PASSING_SLOWER}
_SERVER_ERROR, _TOO_MANY = 500, 429
_CLOCK_SKEW = timedelta(seconds=60)


class TwilioCarrier:
    """Sends from the business's number; tells permanent from passing failures as in Twilio's error list."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        api_url: str,
        public_url: str,
        named_secret: Callable[[str], str],
    ) -> None:
        """`api_url` empty: Twilio itself; else every call goes to that address (simulator, test double).

        `named_secret` gives the token of a business's own account by its environment variable.
        """
        self._account_sid, self._auth_token = account_sid, auth_token
        self._http = _Elsewhere(api_url) if api_url else _KeptOpen()
        self._public_url, self._named_secret = public_url, named_secret

    def send(self, text: OutgoingText) -> str:
        report_to = f"{self._public_url}/twilio/sms/status?key={quote(text.key, safe='')}"
        options = {} if text.validity_s is None else {"validity_period": text.validity_s}
        try:
            message = self._client(text).messages.create(
                to=text.to,
                from_=text.sender,
                body=text.body,
                status_callback=report_to,
                **options,
            )
        except (TwilioException, requests.RequestException) as error:
            raise _translated(error) from error
        return str(message.sid)

    def find(self, text: OutgoingText, since: datetime) -> list[str]:
        try:
            sent = self._client(text).messages.list(
                to=text.to, from_=text.sender, date_sent_after=since - _CLOCK_SKEW, limit=50
            )
        except (TwilioException, requests.RequestException) as error:
            raise _translated(error) from error
        return [str(message.sid) for message in sent if message.body == text.body]

    def _client(self, text: OutgoingText) -> Client:
        """A client of the account that owns the sender; the installation's token serves its subaccounts."""
        if text.account_sid is None:
            return Client(self._account_sid, self._auth_token, http_client=self._http)
        if text.auth_token_env is None:
            return Client(
                self._account_sid, self._auth_token, text.account_sid, http_client=self._http
            )
        token = self._named_secret(text.auth_token_env)
        return Client(text.account_sid, token, http_client=self._http)


class _KeptOpen(TwilioHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Twilio's client with room for every text under way; it keeps few connections on a small machine."""

    def __init__(self) -> None:
        super().__init__(timeout=_TIMEOUT_S)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=_AT_ONCE))


class _Elsewhere(_KeptOpen):
    """Twilio's client with every request sent to another host."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._target = urlsplit(url)

    def request(  # type: ignore[no-untyped-def]  # the signature is twilio's own
        self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=False
    ) -> Response:  # fmt: skip
        asked = urlsplit(url)
        there = urlunsplit((self._target.scheme, self._target.netloc, asked.path, asked.query, ""))
        return super().request(method, there, params, data, headers, auth, timeout, allow_redirects)


def _translated(error: Exception) -> DeliveryError:
    if isinstance(error, requests.ConnectTimeout | requests.ConnectionError) and _refused(error):
        return DeliveryError("the carrier cannot be reached", permanent=False)
    if not isinstance(error, TwilioRestException):
        return DeliveryError(f"the carrier did not answer: {error}", permanent=False, unknown=True)
    code = str(error.code) if error.code else None
    words = carrier_errors.words(code, str(error.msg))
    if error.status >= _SERVER_ERROR:
        return DeliveryError(words, permanent=False, code=code, unknown=True)
    passing = error.status == _TOO_MANY or _may_pass(code)
    return DeliveryError(words, permanent=not passing, code=code)


def _may_pass(code: str | None) -> bool:
    known = carrier_errors.read(code)
    return known is not None and known.handling in _PASSING


def _refused(error: Exception) -> bool:
    """The connection was never made, so nothing can have been taken."""
    return "NewConnectionError" in repr(error) or isinstance(error, requests.ConnectTimeout)
