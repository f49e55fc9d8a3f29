"""An OpenAI-compatible server at the network's edge: says what it is told to, as late or as broken as it is told to."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def reading(**fields):
    """What a model returns, with everything routine."""
    return {
        "urgency": "routine",
        "urgency_reason": None,
        "opt_out": False,
        "intents": ["question"],
        "language": "en",
        "draft": None,
        "passage_ids": [],
    } | fields


class ModelDouble:
    def __init__(self, answer=None, delay_s=0.0, status=200):
        """`answer`: a reading, a text to return as it is, or a function of the request."""
        self.answer = reading() if answer is None else answer
        self.delay_s, self.status = delay_s, status
        self.asked: list[dict[str, Any]] = []
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                double.asked.append(request)
                time.sleep(double.delay_s)
                body = json.dumps(double.completion(request)).encode()
                self.send_response(double.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):  # the caller would not wait
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def completion(self, request):
        said = self.answer(request) if callable(self.answer) else self.answer
        content = said if isinstance(said, str) else json.dumps(said)
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": request["model"],
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }  # fmt: skip

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
