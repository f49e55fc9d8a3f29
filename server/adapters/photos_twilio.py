"""PhotoSource over Twilio's media addresses, which ask for the account's login and lead on to a file store."""

import re
import time
from collections.abc import Callable
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

import httpx2

from agent.business import TwilioAccount
from server.adapters.twilio_accounts import KeptToken
from server.calendar_reach import is_fit, looked_up
from server.photos import NotFetched, TooLarge

MOST_BYTES = 10_000_000
TIMEOUT_S = httpx2.Timeout(5.0)
"""To connect, and between one piece and the next."""
PATIENCE_S = 20.0
"""For all of it: a source that drips is left."""
_REDIRECTS = 3
_REDIRECTING = {301, 302, 303, 307, 308}
_TWILIO = re.compile(r"api(\.[a-z0-9-]+){0,2}\.twilio\.com")
_PASSING = {401, 403, 404, 408, 409, 425, 429}
"""Beside 5xx: the file is not there yet, or the owner has to mend the login."""
_SERVER_ERROR = 500

Login = tuple[str, str]


class TwilioPhotos:
    """Asks the carrier alone; the address in a webhook is not believed where it leads elsewhere."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        api_url: str,
        named_secret: Callable[[str], str],
        kept_token: KeptToken | None = None,
    ) -> None:
        """`api_url` as for TwilioCarrier; private addresses are reached only where it is one itself."""
        self._login = (account_sid, auth_token)
        self._named_secret = named_secret
        self._kept_token = kept_token
        self._elsewhere = urlsplit(api_url) if api_url else None
        self._client = httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False)

    def fetch(self, url: str, account: TwilioAccount) -> bytes:
        until = time.monotonic() + PATIENCE_S
        login: Login | None = self._login_of(account)
        url = self._at_carrier(url)
        try:
            for _ in range(_REDIRECTS + 1):
                _be_patient(until)
                found = self._ask(url, login, until)
                if isinstance(found, bytes):
                    return found
                url, login = self._onward(url, found), None
        except httpx2.TimeoutException as error:
            raise NotFetched("the carrier takes too long") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise NotFetched("the carrier cannot be reached") from error
        raise NotFetched("the carrier leads in circles")

    def _ask(self, url: str, login: Login | None, until: float) -> bytes | str:
        """The file, or where it is said to be."""
        headers = {"Accept-Encoding": "identity"}
        with self._client.stream("GET", url, auth=login, headers=headers) as got:
            if got.status_code in _REDIRECTING and "location" in got.headers:
                return str(got.headers["location"])
            if not got.is_success:
                passing = got.status_code in _PASSING or got.status_code >= _SERVER_ERROR
                words = f"the carrier answers with error {got.status_code}"
                raise NotFetched(words, permanent=not passing)
            return _read(got, until)

    def _login_of(self, account: TwilioAccount) -> Login:
        """As TwilioCarrier signs in: the installation's token serves its subaccounts."""
        if account.account_sid and account.auth_token_env:
            return account.account_sid, self._named_secret(account.auth_token_env)
        if account.account_sid and self._kept_token:
            kept = self._kept_token(account.account_sid)
            return (account.account_sid, kept) if kept else self._login
        return self._login

    def _at_carrier(self, url: str) -> str:
        """The address to ask first, and with the login.

        Raises:
            NotFetched: it is none of the carrier's.
        """
        parts, elsewhere = _parts(url), self._elsewhere
        if elsewhere and _origin(parts) == _origin(elsewhere):
            return url
        if parts.scheme != "https" or not _TWILIO.fullmatch(parts.netloc):
            raise NotFetched("its address is not the carrier's", permanent=True)
        if elsewhere:
            there = (elsewhere.scheme, elsewhere.netloc, parts.path, parts.query, "")
            return urlunsplit(there)
        return url

    def _onward(self, url: str, target: str) -> str:
        """Where the carrier leads: over https to a public address, or also on this machine where the carrier is.

        Raises:
            NotFetched: somewhere else.
        """
        onward = urljoin(url, target)
        parts = _parts(onward)
        inside = self._elsewhere is not None and not _is_fit(self._elsewhere, inside=False)
        schemes = {"https", "http"} if inside else {"https"}
        if parts.scheme not in schemes or not _is_fit(parts, inside=inside):
            raise NotFetched(
                "the carrier leads to an address that may not be asked", permanent=True
            )
        return onward


def _read(got: httpx2.Response, until: float) -> bytes:
    content = bytearray()
    for chunk in got.iter_raw():
        content += chunk
        if len(content) > MOST_BYTES:
            limit = f"{MOST_BYTES // 1_000_000} MB"
            raise TooLarge(
                f"A file of more than {limit} came with this text; it is not shown here."
            )
        _be_patient(until)
    return bytes(content)


def _be_patient(until: float) -> None:
    if time.monotonic() > until:
        raise NotFetched("the carrier takes too long")


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise NotFetched("its address is not the carrier's", permanent=True) from error


def _origin(parts: SplitResult) -> tuple[str, str]:
    return parts.scheme, parts.netloc


def _is_fit(parts: SplitResult, *, inside: bool) -> bool:
    """By the addresses that the host has now; what answers there over https has to prove the name."""
    return all(is_fit(address, inside=inside) for address in looked_up(parts.hostname or ""))
