"""Mind over any OpenAI-compatible server: one request a turn where all is well, and an end in time where it is not."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Semaphore
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam
from pydantic import ValidationError

from agent.model import ModelCall, Situation, Thought
from server.adapters.mind_openai_answer import LONGEST, Answered, Message, Unusable, reading
from server.adapters.mind_openai_breaker import Breaker
from server.adapters.mind_openai_dialect import Dialect
from server.adapters.mind_openai_prompt import Question, question
from server.adapters.time_limit import within

AT_ONCE = 12
"""Turns of one process that wait for a model together, half of those that run: the others go on while it hangs."""
TRIES = 3
"""Requests of one turn, at most, beside those by which the server's dialect is learned."""
_PLACE_S = 1.0
"""So long a turn waits for a place."""
_SHORTEST_TRY_S = 0.5
_PAUSE_S = 0.3
_BYTES = 8 * LONGEST
_MOST_TOKENS = 10_000_000
"""Of one call; a server that counts more does not count."""
_REPAIR = "That was no usable answer. Answer with the one JSON object alone, with every field."
_AZURE, _AZURE_VERSION = ".openai.azure.com", "2024-10-21"
_UNKNOWN_TO_SERVER = {400, 422}


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Who is asked."""

    key: str
    url: str
    """Base URL; empty: OpenAI's own. Azure is known by its name."""
    model: str
    try_s: float
    """Seconds for one request."""
    turn_s: float
    """Seconds for all requests of one turn, pauses included."""


class _Failed(Exception):
    """One request that gave no reading.

    Args:
        again: asking once more can help.
        of_server: whoever had asked, it would have failed; not for what this text or answer says.
    """

    def __init__(
        self,
        why: str,
        *,
        again: bool,
        wait_s: float = 0.0,
        repair: bool = False,
        of_server: bool = True,
    ) -> None:
        super().__init__(why)
        self.again, self.of_server = again, of_server
        self.wait_s = wait_s
        self.repair = repair


@dataclass
class _Asking:
    """The requests of one turn."""

    question: Question
    ends_at: float
    messages: list[ChatCompletionMessageParam]
    calls: list[ModelCall] = field(default_factory=list)


class OpenAiMind:
    """Errors are outcomes; what one server takes and whether it is well is remembered by the process."""

    def __init__(self, provider: Provider, clock: Callable[[], float] = time.monotonic) -> None:
        self._provider = provider
        self._clock = clock
        self._client = _client(provider)
        self._dialect = Dialect()
        self._breaker = Breaker()
        self._places = Semaphore(AT_ONCE)

    def read(self, situation: Situation) -> Thought:
        if not self._places.acquire(timeout=_PLACE_S):
            return Thought(failed="it is busy with others")
        try:
            return self._read(situation)
        finally:
            self._places.release()

    def _read(self, situation: Situation) -> Thought:
        if not self._breaker.allows(self._clock()):
            return Thought(failed="it rests after failures")
        asked = question(situation)
        ends_at = self._clock() + self._provider.turn_s
        asking = _Asking(question=asked, ends_at=ends_at, messages=list(asked.messages))
        try:
            thought = self._asked(asking)
        except _Failed as failed:
            if failed.of_server:
                self._breaker.failed(self._clock(), failed.wait_s)
            else:
                self._breaker.worked()
            return Thought(calls=tuple(asking.calls), failed=str(failed))
        self._breaker.worked()
        return thought

    def _asked(self, asking: _Asking) -> Thought:
        """Ask until there is a reading, the time is over, or asking again cannot help."""
        for left in reversed(range(TRIES)):
            try:
                return self._try(asking)
            except _Failed as failed:
                soonest = self._clock() + max(failed.wait_s, _PAUSE_S)
                too_late = soonest + _SHORTEST_TRY_S > asking.ends_at
                if not failed.again or not left or too_late:
                    raise
                if failed.repair:
                    asking.messages.append({"role": "user", "content": _REPAIR})
                time.sleep(soonest - self._clock())
        raise AssertionError("the last try returns or raises")

    def _try(self, asking: _Asking) -> Thought:
        began = self._clock()
        seconds = min(self._provider.try_s, asking.ends_at - began)
        used: Mapping[str, Any] = {}
        ended = "answered"
        try:
            answer = self._request(asking.messages, began + seconds)
            used = answer.used
            self._dialect.worked()
            found = reading(_content(answer), asking.question)
        except Unusable as fault:
            ended = str(fault)
            raise _Failed(
                ended, again=asking.messages[-1]["content"] != _REPAIR, repair=True, of_server=False
            ) from fault
        except _Failed as failed:
            ended = str(failed)
            raise
        finally:
            asking.calls.append(self._call(asking, used, began, ended))
        return Thought(reading=found, calls=tuple(asking.calls))

    def _call(
        self, asking: _Asking, used: Mapping[str, Any], began: float, ended: str
    ) -> ModelCall:
        return ModelCall(
            model=self._provider.model,
            prompt=asking.question.label,
            tokens_in=_count(used.get("prompt_tokens")),
            tokens_out=_count(used.get("completion_tokens")),
            took_ms=round((self._clock() - began) * 1000),
            ended=ended,
        )

    def _request(self, messages: list[ChatCompletionMessageParam], ends_at: float) -> Answered:
        """One answer; a server that knows less than OpenAI's is asked again at once with less."""
        while True:
            parameters = self._dialect.parameters()
            try:
                return self._sent(messages, parameters, ends_at)
            except openai.APIStatusError as error:
                learns = error.status_code in _UNKNOWN_TO_SERVER
                if learns and self._dialect.learn(_refusal(error), parameters):
                    continue
                raise _status(error) from error
            except (openai.APITimeoutError, TimeoutError, httpx2.TimeoutException) as error:
                raise _Failed("no answer in time", again=True) from error
            except (openai.OpenAIError, httpx2.HTTPError) as error:
                raise _Failed("no connection", again=True) from error

    def _sent(
        self,
        messages: list[ChatCompletionMessageParam],
        parameters: dict[str, Any],
        ends_at: float,
    ) -> Answered:
        """The answer; a client's own time-outs are for one byte, so that one which trickles in is given up here."""
        left = max(_SHORTEST_TRY_S, ends_at - self._clock())
        body = within(left, lambda: self._body(messages, parameters, left))
        try:
            return Answered.model_validate_json(body)
        except ValidationError as error:
            raise _Failed("no answer from the server", again=True) from error

    def _body(
        self, messages: list[ChatCompletionMessageParam], parameters: dict[str, Any], left: float
    ) -> bytes:
        ends_at = self._clock() + left
        with self._client.chat.completions.with_streaming_response.create(
            model=self._provider.model,
            messages=messages,
            timeout=left,
            extra_body=parameters,  # as they are: the client would walk through the schema each time
        ) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if self._clock() > ends_at:
                    raise _Failed("no answer in time", again=True)
                if len(body) > _BYTES:
                    raise _Failed("too long an answer", again=False)
        return bytes(body)


def _client(provider: Provider) -> openai.OpenAI:
    host = urlsplit(provider.url).hostname or ""
    if host.endswith(_AZURE) and not urlsplit(provider.url).path.startswith("/openai/v1"):
        return openai.AzureOpenAI(
            api_key=provider.key,
            azure_endpoint=provider.url,
            azure_deployment=provider.model,
            api_version=_AZURE_VERSION,
            max_retries=0,
        )
    return openai.OpenAI(api_key=provider.key, base_url=provider.url or None, max_retries=0)


def _content(answer: Answered) -> str:
    """The words of the first choice.

    Raises:
        Unusable: refused, empty, or an error in place of an answer.
    """
    if answer.error:
        raise _Failed(f"an error in the answer: {ascii(answer.error)[:80]}", again=True)
    message = answer.choices[0].message if answer.choices else Message()
    if message.refusal:
        raise _Failed("it refused", again=False, of_server=False)
    if not message.content or not message.content.strip():
        raise Unusable("an empty answer")
    return message.content


def _status(error: openai.APIStatusError) -> _Failed:
    """Too much asked and faults of the server pass; a wrong key or name does not."""
    status = error.status_code
    passes = status in (408, 409, 429) or status >= 500  # noqa: PLR2004 - HTTP's classes
    asked_for = error.response.headers.get("retry-after", "")
    try:
        wait_s = max(0.0, float(asked_for))
    except ValueError:
        wait_s = 0.0
    of_server = status not in _UNKNOWN_TO_SERVER
    return _Failed(
        f"status {status}", again=passes, wait_s=wait_s if passes else 0.0, of_server=of_server
    )


def _refusal(error: openai.APIStatusError) -> str:
    """What the server says of its refusal, without what it repeats of the request."""
    told = error.body if isinstance(error.body, dict) else {}
    details = told.get("detail")
    rows = [row for row in details if isinstance(row, dict)] if isinstance(details, list) else []
    named = [*(told.get(name) for name in ("param", "code", "message")), details]
    words = [one for one in named if isinstance(one, str)]
    return " ".join([*words, *(f"{row.get('loc')} {row.get('msg')}" for row in rows)])


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value <= _MOST_TOKENS else 0
