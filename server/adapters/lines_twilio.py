"""Lines over Twilio's Lookup v2, with the official client."""

from collections.abc import Callable
from threading import BoundedSemaphore

import structlog
from twilio.base.exceptions import TwilioRestException
from twilio.rest import lookups  # noqa: F401  # else the first question pays for it out of its 300 ms

from agent.business import TwilioAccount
from server.adapters.time_limit import within
from server.adapters.twilio_accounts import KeptToken, TwilioAccounts, connect

LIMIT_S = 0.3
"""For a whole question: a first text does not wait longer to be spared a landline."""
AT_ONCE = 16
"""An answer that drips in keeps its thread; so many such threads, and no more is asked."""
_NOT_HERE = 60601
"""Canada needs Twilio's approval: https://www.twilio.com/docs/api/errors/60601"""

log = structlog.get_logger()


class TwilioLines:
    """Asks for the line type; whatever goes wrong, it is not known."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        api_url: str,
        named_secret: Callable[[str], str],
        limit_s: float = LIMIT_S,
        kept_token: KeptToken | None = None,
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
        self._room = BoundedSemaphore(AT_ONCE)

    def line_type(self, number: str, account: TwilioAccount) -> str | None:
        if not self._room.acquire(blocking=False):
            log.warning("lines.not_known", why="too many questions are waiting")
            return None
        try:
            return within(self._limit_s, lambda: self._ask(number, account))
        except Exception as error:  # noqa: BLE001 - a first text does not fail on a courtesy
            _tell(error)
            return None

    def _ask(self, number: str, account: TwilioAccount) -> str | None:
        try:
            client = self._accounts.client(self._http, account.account_sid, account.auth_token_env)
            phone = client.lookups.v2.phone_numbers(number)
            found = phone.fetch(fields="line_type_intelligence").line_type_intelligence or {}
        finally:
            self._room.release()
        if code := found.get("error_code"):
            log.info("lines.not_known", code=code)
        kind = found.get("type")
        return kind if isinstance(kind, str) else None


def _tell(error: Exception) -> None:
    """Without the error's words: they hold the number."""
    code = error.code if isinstance(error, TwilioRestException) else None
    level = log.info if code == _NOT_HERE else log.warning
    level("lines.not_known", why=type(error).__name__, code=code)
