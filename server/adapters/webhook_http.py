"""Webhooks over HTTP: one POST to an address that was looked up and found fit; redirects are not followed."""

import ssl
from collections.abc import Mapping

import httpx2

from server.adapters.time_limit import within
from server.calendar_reach import FitTransport, Resolve, Unreachable, is_loopback, looked_up, split
from server.webhooks import TIMEOUT_S, NotTold

_MOST_BYTES = 4096
_LONGEST = 1000


class HttpPoster:
    def __init__(
        self, *, inside: bool, resolve: Resolve | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        """`inside`: this machine and private networks may be told as well, and over http."""
        self._inside, self._timeout_s = inside, timeout_s
        self._resolve = resolve or looked_up

    def check(self, url: str) -> None:
        parts = split(url)
        if parts is None or parts.scheme not in ("https", "http") or len(url) > _LONGEST:
            raise NotTold(
                "That is no address. It begins with https:// and has the name of a server."
            )
        if parts.username or parts.password:
            raise NotTold("Leave the user and the password out: the signature proves who sends.")
        if parts.scheme == "http" and not (self._inside or is_loopback(parts.hostname)):
            raise NotTold("Use an address with https: what is sent holds callers' numbers.")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.check(url)
        try:
            return within(self._timeout_s, lambda: self._post(url, body, headers))
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise NotTold(f"No answer within {self._timeout_s:.0f} seconds.") from error
        except Unreachable as error:
            raise NotTold(str(error)) from error
        except httpx2.ConnectError as error:
            raise NotTold(_why_not(error)) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise NotTold("The server broke the connection, or its name leads nowhere.") from error

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        transport = FitTransport(
            inside=self._inside, resolve=self._resolve, allowed_by="RINGBACK_PRIVATE_WEBHOOKS"
        )
        with (
            httpx2.Client(
                transport=transport,
                timeout=self._timeout_s,
                follow_redirects=False,
                trust_env=False,
            ) as client,
            client.stream("POST", url, content=body, headers=dict(headers)) as answered,
        ):
            read = 0
            for chunk in answered.iter_raw():  # what it says is not kept; an end lets it finish
                read += len(chunk)
                if read >= _MOST_BYTES:
                    break
            return int(answered.status_code)


def _why_not(error: BaseException | None) -> str:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return "The server's certificate is not valid. Whoever runs it has to mend that."
        error = error.__cause__ or error.__context__
    return "The server cannot be reached. Check the address."
