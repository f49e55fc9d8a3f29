"""Twilio's official client: at Twilio's address or another one, for the installation's account or a business's own."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

_AT_ONCE = 32
"""Connections kept open, one for each request under way: a new one costs a TLS handshake, some 20 ms of CPU."""


KeptToken = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class TwilioAccounts:
    """Who pays: the installation, or a business with an account of its own."""

    account_sid: str
    """The installation's."""
    auth_token: str
    named_secret: Callable[[str], str]
    """Gives the token of a business's own account by its environment variable."""
    kept_token: KeptToken | None = None
    """Gives the token of an account that was typed in here, by the account's id; empty: none was."""

    def client(self, http: TwilioHttpClient, sid: str | None, token_env: str | None) -> Client:
        """A client of one account (None: the installation's); our token serves our subaccounts."""
        if sid is None:
            return Client(self.account_sid, self.auth_token, http_client=http)
        if token_env is not None:
            return Client(sid, self.named_secret(token_env), http_client=http)
        if kept := self.kept_token(sid) if self.kept_token else "":
            return Client(sid, kept, http_client=http)
        return Client(self.account_sid, self.auth_token, sid, http_client=http)


def connect(api_url: str, timeout_s: float) -> TwilioHttpClient:
    """Where requests go: Twilio itself, or `api_url` when it is not empty (simulator, test double)."""
    return _Elsewhere(api_url, timeout_s) if api_url else _KeptOpen(timeout_s)


class _KeptOpen(TwilioHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Twilio's client with room for every request under way; it keeps few connections on a small machine."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout=timeout_s)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=_AT_ONCE))


class _Elsewhere(_KeptOpen):
    """Twilio's client with every request sent to another host."""

    def __init__(self, url: str, timeout_s: float) -> None:
        super().__init__(timeout_s)
        self._target = urlsplit(url)

    def request(  # type: ignore[no-untyped-def]  # the signature is twilio's own
        self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=False
    ) -> Response:  # fmt: skip
        asked = urlsplit(url)
        there = urlunsplit((self._target.scheme, self._target.netloc, asked.path, asked.query, ""))
        return super().request(method, there, params, data, headers, auth, timeout, allow_redirects)
