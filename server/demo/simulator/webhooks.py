"""Signing webhooks as Twilio does, delivering them, and trying again."""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import httpx2
from twilio.request_validator import RequestValidator

from server.demo.simulator.settings import SimulatorSettings

FIRST_BACKOFF_S = 0.25
LOG_LIMIT = 50_000
PARALLEL = 128
KEPT_OPEN = 8
SUCCESS = range(200, 300)
FIRST_SERVER_ERROR = 500


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one attempt got; status None: nobody answered."""

    status: int | None
    body: str = ""
    cause: str = ""

    @property
    def good(self) -> bool:
        return self.status in SUCCESS

    @property
    def worth_retrying(self) -> bool:
        return self.status is None or self.status >= FIRST_SERVER_ERROR

    @property
    def trouble(self) -> str | None:
        """What went wrong, in words for a person."""
        if self.good:
            return None
        if self.worth_retrying:
            return f"The business's phone system did not answer ({self.status or self.cause})."
        return f"The business's phone system refused this ({self.status})."


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One webhook as logged, after its last attempt."""

    url: str
    params: Mapping[str, str]
    answer: Answer
    attempts: int
    duration_ms: float
    at: float
    """Epoch seconds of the first attempt."""

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def as_json(self) -> dict[str, object]:
        return {
            "path": self.path,
            "url": self.url,
            "params": dict(self.params),
            "status": self.answer.status,
            "attempts": self.attempts,
            "duration_ms": round(self.duration_ms, 1),
            "at": self.at,
            "trouble": self.answer.trouble,
            "body": self.answer.body,
        }


class Webhooks:
    def __init__(self, read_settings: Callable[[], SimulatorSettings]) -> None:
        self._read_settings = read_settings
        self._room = asyncio.Semaphore(PARALLEL)
        # The bare transport: no proxies, redirects or cookies, and twice as fast as a client.
        self._http = httpx2.AsyncHTTPTransport(
            trust_env=False,
            limits=httpx2.Limits(max_connections=PARALLEL, max_keepalive_connections=KEPT_OPEN),
        )
        self.log: deque[Delivery] = deque(maxlen=LOG_LIMIT)

    async def deliver(
        self,
        url: str,
        params: Mapping[str, str],
        *,
        sign: bool = True,
        signed_for: str | None = None,
        on_trouble: Callable[[Answer], None] = lambda answer: None,
    ) -> Delivery:
        """Post one webhook until it is taken or the retries are used up.

        Args:
            url: where to; a fragment is for the carrier and is neither sent nor signed.
            params: the form fields.
            sign: False leaves a signature that no validator accepts.
            signed_for: sign for this address instead, as when the product stands behind a proxy.
            on_trouble: told about every attempt that will be repeated.
        """
        target = url.partition("#")[0]
        headers = self._headers(signed_for or target, params, sign=sign)
        content = urlencode(params).encode()
        started_at, started = time.time(), time.perf_counter()
        attempts, answer = 1, await self._post(target, content, headers)
        while answer.worth_retrying and attempts <= self._read_settings().retries:
            on_trouble(answer)
            await asyncio.sleep(FIRST_BACKOFF_S * 2 ** (attempts - 1))
            attempts, answer = attempts + 1, await self._post(target, content, headers)
        delivery = Delivery(
            url=target,
            params=params,
            answer=answer,
            attempts=attempts,
            duration_ms=(time.perf_counter() - started) * 1000,
            at=started_at,
        )
        self.log.append(delivery)
        return delivery

    def note_lost(self, url: str, params: Mapping[str, str], why: str) -> Delivery:
        """Log a webhook that was not brought, or not yet."""
        delivery = Delivery(
            url=url.partition("#")[0],
            params=params,
            answer=Answer(status=None, cause=why),
            attempts=0,
            duration_ms=0.0,
            at=time.time(),
        )
        self.log.append(delivery)
        return delivery

    async def close(self) -> None:
        await self._http.aclose()

    def _headers(self, url: str, params: Mapping[str, str], *, sign: bool) -> dict[str, str]:
        validator = RequestValidator(self._read_settings().auth_token)
        signature = validator.compute_signature(url, dict(params)) if sign else "forged"
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": signature,
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
        }

    async def _post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        timeout = httpx2.Timeout(self._read_settings().webhook_timeout_s).as_dict()
        try:
            request = httpx2.Request(
                "POST", url, content=content, headers=headers, extensions={"timeout": timeout}
            )
            async with self._room:
                response = await self._http.handle_async_request(request)
                await response.aread()
        except httpx2.TimeoutException:
            return Answer(status=None, cause="took too long")
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return Answer(status=None, cause="no connection")
        return Answer(status=response.status_code, body=response.text)
