"""CarrierNumbers over Twilio's IncomingPhoneNumbers, with the official client."""

from collections.abc import Callable
from typing import Any, TypeVar

from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.response import Response

from agent.business import TwilioAccount
from agent.errors import DeliveryError
from server.adapters.time_limit import within
from server.adapters.twilio_accounts import KeptToken, TwilioAccounts, connect
from server.carrier_numbers import OwnNumber

LIMIT_S = 8.0
"""For a whole question: somebody looks at a page that waits."""
_REFUSED = {401, 403}
_LOGIN_REFUSED = (
    "Twilio refuses the account's login. Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
)

T = TypeVar("T")


class TwilioNumbers:
    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        api_url: str,
        named_secret: Callable[[str], str],
        kept_token: KeptToken | None = None,
        limit_s: float = LIMIT_S,
    ) -> None:
        """The arguments of `TwilioCarrier`, and how long a question may take."""
        self._accounts = TwilioAccounts(
            account_sid=account_sid,
            auth_token=auth_token,
            named_secret=named_secret,
            kept_token=kept_token,
        )
        self._http = connect(api_url, limit_s)
        self._limit_s = limit_s

    def find(self, number: str, account: TwilioAccount) -> OwnNumber | None:
        found = self._asked(lambda: self._found(number, account))
        return _own(found) if found else None

    def point(
        self, number: str, account: TwilioAccount, calls_to: str, texts_to: str, status_to: str
    ) -> bool:
        def change() -> bool:
            found = self._found(number, account)
            if found is None:
                return False
            found.update(
                voice_url=calls_to, voice_method="POST", status_callback=status_to,
                status_callback_method="POST", sms_url=texts_to, sms_method="POST",
                sms_fallback_url=texts_to, sms_fallback_method="POST",
            )  # fmt: skip
            return True

        return self._asked(change)

    def _found(self, number: str, account: TwilioAccount) -> Any:
        client = self._accounts.client(self._http, account.account_sid, account.auth_token_env)
        return next(iter(client.incoming_phone_numbers.list(phone_number=number, limit=1)), None)

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return within(self._limit_s, ask)
        except TwilioException as error:
            status = _status(error)
            is_refused = status in _REFUSED
            words = _LOGIN_REFUSED if is_refused else f"Twilio answered with the error {status}."
            raise DeliveryError(words, permanent=is_refused, code=str(status)) from error
        except TimeoutError as error:
            words = f"Twilio did not answer within {self._limit_s:.0f} seconds."
            raise DeliveryError(words, permanent=False) from error
        except (RequestException, ValueError) as error:
            raise DeliveryError("Twilio could not be asked.", permanent=False) from error


def _status(error: TwilioException) -> int:
    """The HTTP status: of a list the client tells it by the whole answer alone."""
    if isinstance(error, TwilioRestException):
        return int(error.status)
    return next((one.status_code for one in error.args if isinstance(one, Response)), 0)


def _own(found: Any) -> OwnNumber:
    can = found.capabilities or {}
    return OwnNumber(
        number=found.phone_number,
        texts=bool(can.get("sms") or can.get("SMS")),
        calls=bool(can.get("voice")),
        calls_to=found.voice_url or "",
        texts_to=found.sms_url or "",
    )
