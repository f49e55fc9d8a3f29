"""Ringer over Twilio's Calls resource, with the official client."""

from collections.abc import Callable

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException

from agent.errors import DeliveryError
from agent.model import StaffCall
from agent.rules import carrier_errors
from server.adapters.twilio_accounts import KeptToken, TwilioAccounts, connect

_TIMEOUT_S = 10.0
_SERVER_ERROR, _TOO_MANY = 500, 429


class TwilioRinger:
    """Rings a phone of the staff; what it hears and presses comes by webhook.

    No machine detection: only a person presses 1, a voicemail greeting does not.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        api_url: str,
        public_url: str,
        named_secret: Callable[[str], str],
        kept_token: KeptToken | None = None,
    ) -> None:
        """The arguments of `TwilioCarrier`."""
        self._accounts = TwilioAccounts(
            account_sid=account_sid,
            auth_token=auth_token,
            named_secret=named_secret,
            kept_token=kept_token,
        )
        self._http = connect(api_url, _TIMEOUT_S)
        self._voice = f"{public_url}/twilio/voice"

    def ring(self, call: StaffCall) -> str:
        client = self._accounts.client(self._http, call.account_sid, call.auth_token_env)
        try:
            placed = client.calls.create(
                to=call.to,
                from_=call.sender,
                url=f"{self._voice}/alert?step={call.step}",
                status_callback=f"{self._voice}/status?step={call.step}",
                status_callback_event=["completed"],
                timeout=call.ring_s,
            )
        except (TwilioException, requests.RequestException) as error:
            raise _translated(error) from error
        return str(placed.sid)


def _translated(error: Exception) -> DeliveryError:
    if isinstance(error, TwilioRestException):
        code = str(error.code) if error.code else None
        words = carrier_errors.words(code, str(error.msg))
        is_theirs = error.status >= _SERVER_ERROR
        passing = is_theirs or error.status == _TOO_MANY
        return DeliveryError(words, permanent=not passing, code=code, unknown=is_theirs)
    never_made = isinstance(error, requests.ConnectionError) and "NewConnectionError" in repr(error)
    if never_made or isinstance(error, requests.ConnectTimeout):
        return DeliveryError("the carrier cannot be reached", permanent=False)
    return DeliveryError("the carrier did not answer", permanent=False, unknown=True)
