"""Carrier over Twilio's REST API, with the official client."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from agent.errors import DeliveryError
from agent.model import OutgoingText
from agent.rules import carrier_errors
from agent.rules.carrier_errors import Handling
from server.adapters.twilio_accounts import KeptToken, TwilioAccounts, connect

_TIMEOUT_S = 10.0
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
        kept_token: KeptToken | None = None,
    ) -> None:
        """`api_url` empty: Twilio itself; else every call goes to that address (simulator, test double).

        `named_secret` gives the token of a business's own account by its environment variable,
        `kept_token` one that was typed in here, by the account's id.
        """
        self._accounts = TwilioAccounts(
            account_sid=account_sid,
            auth_token=auth_token,
            named_secret=named_secret,
            kept_token=kept_token,
        )
        self._http = connect(api_url, _TIMEOUT_S)
        self._public_url = public_url

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
        """A client of the account that owns the sender."""
        return self._accounts.client(self._http, text.account_sid, text.auth_token_env)


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
