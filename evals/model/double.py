"""An OpenAI-compatible server that reads as it is told to, as late or as broken as it is told to."""

import contextlib
import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from evals.model.asked import Asked, content_of, parse
from evals.model.behaviours import honest
from evals.model.faults import FAULTS, Answer, Fault, Json, healthy

Said = Mapping[str, Any] | str
Behaviour = Said | Callable[[Asked], Said]
Named = Fault | str | None
Faults = Named | Mapping[int, Named] | Sequence[Named] | Callable[[int], Named]

_CHARACTERS_A_TOKEN = 4
_STOP_POLL_S = 0.02
_STOPPED_WITHIN_S = 2.0
_READ_BEFORE_RESET_S = 0.02
_CLOSE_WITH_RESET = struct.pack("ii", 1, 0)
_MODEL = "double"
_MODELS = Answer(
    body=json.dumps(
        {
            "object": "list",
            "data": [{"id": _MODEL, "object": "model", "created": 1, "owned_by": "evals"}],
        }
    ).encode()
)
_NOT_FOUND = Answer(status=404, body=b'{"error": {"message": "There is no such path."}}')


class ModelDouble:
    """Listens from `with` to the end of it; every request and its time are kept.

    `behaviour`: a function of what was asked, or a reading or text that is returned as it is.
    `faults`: one for every call; or a list, one a call and then none; or by the call's number,
    from 1, as a mapping or a function. None: that call is healthy. `seed` marks the completions.
    """

    def __init__(
        self,
        behaviour: Behaviour = honest,
        *,
        faults: Faults = (),
        delay_s: float = 0.0,
        seed: int = 0,
        port: int = 0,
    ) -> None:
        self.behaviour, self._fault_of = behaviour, _schedule(faults)
        self.delay_s, self._seed = delay_s, seed
        self._arriving = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.double = self
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.stopping = threading.Event()
        self.asked: list[Json] = []
        """The requests, in the order they came."""
        self.times: list[float] = []
        """When each came, in seconds of `time.monotonic`."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def calls(self) -> int:
        return len(self.asked)

    def answer(self, request: Json) -> Answer:
        """Keep `request`, wait the delay, and say what leaves."""
        with self._arriving:
            self.asked.append(request)
            self.times.append(time.monotonic())
            number = len(self.asked)
        self.stopping.wait(self.delay_s)
        completion = _completion(request, self._said(request), f"{self._seed}-{number}")
        fault = self._fault_of(number)
        return fault.answer(request, completion) if fault else healthy(completion)

    def _said(self, request: Json) -> str:
        said = self.behaviour(parse(request)) if callable(self.behaviour) else self.behaviour
        return said if isinstance(said, str) else json.dumps(said)

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=_STOP_POLL_S)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Knows its open connections, so that it can end them."""

    daemon_threads = True
    request_queue_size = 128
    double: ModelDouble

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._talking: dict[threading.Thread, Any] = {}
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._talking[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            del self._talking[threading.current_thread()]

    def hang_up(self) -> None:
        for thread, connection in list(self._talking.items()):
            with contextlib.suppress(OSError):  # it has just ended by itself
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(_STOPPED_WITHIN_S)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a caller that would not wait is no error
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._leave(_MODELS if self.path.endswith("/models") else _NOT_FOUND)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.path.endswith("/chat/completions"):
            return self._leave(_NOT_FOUND)
        return self._leave(self.server.double.answer(json.loads(body)))

    def _leave(self, answer: Answer) -> None:
        head, stopping = _head(answer), self.server.double.stopping
        if stopping.is_set():
            self.close_connection = True
            return
        if answer.byte_pause_s:
            self._drip(head, answer)
        else:
            whole = head + answer.body
            self.wfile.write(whole[: int(len(whole) * answer.share)])
        if answer.then == "hang":
            stopping.wait()
        if answer.then == "reset":
            stopping.wait(_READ_BEFORE_RESET_S)
            self._reset()
        self.close_connection = self.close_connection or answer.then != "keep"

    def _drip(self, head: bytes, answer: Answer) -> None:
        self.wfile.write(head)
        for byte in answer.body:
            if self.server.double.stopping.wait(answer.byte_pause_s):
                return
            self.wfile.write(bytes([byte]))

    def _reset(self) -> None:
        """Close as a crash does: the kernel sends RST, and nothing is said goodbye to."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Nothing: a double is silent."""


def _head(answer: Answer) -> bytes:
    headers = {**answer.headers, "Content-Length": len(answer.body)}
    first = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"
    lines = [first, *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def _schedule(faults: Faults) -> Callable[[int], Fault | None]:
    """The fault of a call by its number, from 1."""
    if callable(faults):
        chosen = faults
        return lambda number: _fault(chosen(number))
    if faults is None or isinstance(faults, Fault | str):
        always = _fault(faults)
        return lambda _: always
    numbered = faults if isinstance(faults, Mapping) else dict(enumerate(faults, 1))
    by_call = {number: _fault(named) for number, named in numbered.items()}
    return by_call.get


def _fault(named: Named) -> Fault | None:
    return FAULTS[named] if isinstance(named, str) else named


def _completion(request: Json, content: str, mark: str) -> Json:
    shown = sum(len(content_of(message)) for message in request.get("messages") or [])
    tokens_in, tokens_out = shown // _CHARACTERS_A_TOKEN, len(content) // _CHARACTERS_A_TOKEN
    return {
        "id": f"chatcmpl-{mark}",
        "object": "chat.completion",
        "created": 1,
        "model": request.get("model", _MODEL),
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": content, "refusal": None},
            }
        ],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        },
    }
