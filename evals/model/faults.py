"""What goes wrong between a model and the product, each fault as the bytes that come instead."""

import json
import socket
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]

_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_PAGE = b"<!doctype html><html><body><h1>%s</h1><hr>nginx</body></html>"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer, and how it leaves."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=_JSON.copy)
    body: bytes = b""
    share: float = 1.0
    """0..1 of the bytes, headers included, that leave before `then`."""
    then: Literal["keep", "reset", "hang"] = "keep"
    """What becomes of the connection; a hang lasts until the caller or the double goes."""
    byte_pause_s: float = 0.0
    """Seconds before each byte of the body; 0: all at once."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A way to fail: the request and its sound completion -> the answer that comes instead."""

    name: str
    answer: Callable[[Json, Json], Answer]


def healthy(completion: Json) -> Answer:
    """The completion as it is."""
    return Answer(body=json.dumps(completion).encode())


def closed_port() -> str:
    """The base URL of a port where nobody listens, so that connections are refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


def _cut(share: float, then: Literal["reset", "hang"]) -> Callable[[Json, Json], Answer]:
    return lambda _, completion: Answer(body=_bytes(completion), share=share, then=then)


def _slow_drip(_: Json, completion: Json) -> Answer:
    return Answer(body=_bytes(completion), byte_pause_s=1.0)


def _status(
    status: int, kind: str, message: str, headers: Mapping[str, str] | None = None
) -> Callable[[Json, Json], Answer]:
    """An error in the provider's own shape."""
    body = _error(kind, message)
    return lambda *_: Answer(status=status, headers=_JSON | dict(headers or {}), body=body)


def _page(status: int, title: bytes) -> Callable[[Json, Json], Answer]:
    """What a proxy or a log-in page says instead."""
    return lambda *_: Answer(status=status, headers=_HTML, body=_PAGE % title)


def _body(body: bytes) -> Callable[[Json, Json], Answer]:
    return lambda *_: Answer(body=body)


def _choice(**changed: Any) -> Callable[[Json, Json], Answer]:
    """The completion with its message's fields changed."""

    def answer(_: Json, completion: Json) -> Answer:
        changed_one = deepcopy(completion)
        changed_one["choices"][0]["message"].update(changed)
        return healthy(changed_one)

    return answer


def _content(change: Callable[[str], str], finish: str = "stop") -> Callable[[Json, Json], Answer]:
    """The completion with its content run through `change`."""

    def answer(_: Json, completion: Json) -> Answer:
        changed = deepcopy(completion)
        choice = changed["choices"][0]
        choice["message"]["content"] = change(choice["message"]["content"])
        choice["finish_reason"] = finish
        return healthy(changed)

    return answer


def _reading(change: Callable[[Json], Json]) -> Callable[[Json, Json], Answer]:
    """The completion with its reading run through `change`; a content that is none counts as {}."""
    return _content(lambda content: json.dumps(change(_read(content))))


def _rejects_format(*refused: str) -> Callable[[Json, Json], Answer]:
    """Refuses these types of `response_format`."""

    def answer(request: Json, completion: Json) -> Answer:
        asked = (request.get("response_format") or {}).get("type")
        if asked not in refused:
            return healthy(completion)
        message = f"Invalid parameter: 'response_format' of type '{asked}' is not supported."
        return _refused("response_format", message, "unsupported_value")

    return answer


def _rejects(*parameters: str) -> Callable[[Json, Json], Answer]:
    """Refuses the first of these parameters that is present."""

    def answer(request: Json, completion: Json) -> Answer:
        found = next((name for name in parameters if name in request), None)
        if found is None:
            return healthy(completion)
        message = f"Unsupported parameter: '{found}' is not supported with this model."
        return _refused(found, message, "unsupported_parameter")

    return answer


def _refused(parameter: str, message: str, code: str) -> Answer:
    body = _error("invalid_request_error", message, param=parameter, code=code)
    return Answer(status=400, body=body)


def _error(kind: str, message: str, **more: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, **more}}).encode()


def _bytes(completion: Json) -> bytes:
    return json.dumps(completion).encode()


def _without(completion: Json, *fields: str) -> Json:
    return {name: value for name, value in completion.items() if name not in fields}


def _read(content: str) -> Json:
    try:
        reading = json.loads(content)
    except ValueError:
        return {}
    return reading if isinstance(reading, dict) else {}


def _mistyped(reading: Json) -> Json:
    """Words where a schema asks for truth, numbers and lists, and fields left out."""
    return _without(reading, "draft", "slot", "keep", "language") | {
        "opt_out": "false",
        "confidence": "very sure",
        "intents": "question",
        "passages": None,
    }


_QUOTA = "Rate limit reached for requests. Please try again later."
_PROSE = "Thanks for reaching out! I would be happy to help you with that."
_GERMAN = "Gerne, wir kümmern uns darum und melden uns bei Ihnen."

FAULTS: dict[str, Fault] = {
    name: Fault(name=name, answer=answer)
    for name, answer in {
        # nothing, or not all, arrives
        "hang": _cut(0, "hang"),
        "hang_mid_body": _cut(0.5, "hang"),
        "slow_drip": _slow_drip,
        "reset_before_answer": _cut(0, "reset"),
        "reset_mid_body": _cut(0.5, "reset"),
        # the provider says no
        "status_401": _status(401, "invalid_request_error", "Incorrect API key provided."),
        "status_404": _status(404, "invalid_request_error", "The model does not exist."),
        "status_429": _status(429, "requests", _QUOTA),
        "status_429_retry_after_1": _status(429, "requests", _QUOTA, {"Retry-After": "1"}),
        "status_429_retry_after_3600": _status(429, "requests", _QUOTA, {"Retry-After": "3600"}),
        "status_500": _status(500, "server_error", "The server had an error. Sorry about that!"),
        "status_502_html": _page(502, b"502 Bad Gateway"),
        "status_503_retry_after_1": _status(
            503, "server_error", "Overloaded.", {"Retry-After": "1"}
        ),
        "rejects_json_schema": _rejects_format("json_schema"),
        "rejects_json_object_too": _rejects_format("json_schema", "json_object"),
        "unsupported_parameter": _rejects("reasoning_effort", "max_completion_tokens"),
        "rejects_temperature": _rejects("temperature"),
        # 200, but no completion
        "html_200": _page(200, b"Sign in to the network"),
        "error_in_200": _body(_error("server_error", "Upstream error: provider overloaded.")),
        "empty_body": _body(b""),
        "broken_body": _body(b'{"id": "chatcmpl-1", "choices": [{"index": 0, "mess'),
        "empty_choices": lambda _, completion: healthy(completion | {"choices": []}),
        "no_usage": lambda _, completion: healthy(_without(completion, "usage")),
        # a completion, but no reading
        "empty_content": _content(lambda _: ""),
        "null_content": _choice(content=None),
        "refusal": _choice(content=None, refusal="I'm sorry, but I can't help with that."),
        "ignores_schema_prose": _content(lambda _: _PROSE),
        "bad_json": _content(lambda content: str(_read(content)) + ","),
        "truncated_json": _content(lambda content: content[: len(content) // 2], "length"),
        # a reading, but dressed up or wrong
        "prose_around": _content(lambda content: f"Here is the reading:\n\n{content}\n\nAll set?"),
        "fenced_json": _content(lambda content: f"```json\n{content}\n```"),
        "wrong_enum": _reading(lambda r: r | {"urgency": "critical", "intents": ["buy_a_pool"]}),
        "wrong_types": _reading(_mistyped),
        "wrong_ids": _reading(
            lambda r: (
                r | {"passages": ["p99"], "slot": "s99", "draft": r.get("draft") or "That is $99."}
            )
        ),
        "wrong_language": _reading(lambda r: r | {"language": "de", "draft": _GERMAN}),
        "huge_content": _reading(lambda r: r | {"draft": "very " * 400_000}),
    }.items()
}
