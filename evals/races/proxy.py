"""The network's bad edge: some writes are answered with an error, or not at all, whether or not they were done."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from evals.races.site import Site

_PATIENCE_S = 30
_NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade"}


class Fault(StrEnum):
    REFUSED = "500, nothing done"
    DONE_AND_REFUSED = "500, and done"
    LOST = "cut off before it was done"
    DONE_AND_LOST = "cut off, and done"


class Proxy(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, server: tuple[str, int], share: float, seed: int) -> None:
        """`share` of the writes goes wrong, in every way alike; reads go wrong a tenth as often."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.server = server
        self.done: Counter[str] = Counter()
        self._share, self._chance, self._lock = share, random.Random(seed), threading.Lock()  # noqa: S311 - chance, no secret

    def fault(self, method: str) -> Fault | None:
        """What befalls the next request."""
        share = self._share if method in ("PUT", "DELETE") else self._share / 10
        with self._lock:
            if self._chance.random() >= share:
                return None
            chosen = self._chance.choice(list(Fault))
            self.done[f"{method} {chosen}"] += 1
            return chosen


@contextmanager
def faulty(site: Site, share: float, seed: int) -> Iterator[tuple[Site, Proxy]]:
    """The same calendars behind a proxy."""
    parts = urlsplit(site.home)
    proxy = Proxy((parts.hostname or "", parts.port or 0), share, seed)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield site.behind(proxy.server_port), proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> object:
        if name.startswith("do_"):
            return self._pass_on
        raise AttributeError(name)

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.fault(self.command)
        if fault is Fault.LOST:
            self.close_connection = True
            return
        if fault is Fault.REFUSED:
            self._answer(500, {}, b"")
            return
        status, headers, answer = self._ask(body)
        if fault is Fault.DONE_AND_LOST:
            self.close_connection = True
        elif fault is Fault.DONE_AND_REFUSED:
            self._answer(500, {}, b"")
        else:
            self._answer(status, headers, answer)

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        host, port = self.server.server
        connection = HTTPConnection(host, port, timeout=_PATIENCE_S)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _NOT_PASSED_ON}
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _NOT_PASSED_ON | {"date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass
