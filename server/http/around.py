"""What is around every answer: safe headers, and webhooks counted and timed. Plain ASGI, since a webhook pays for each layer."""

import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import tracing
from server.metrics import Metrics

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_WEBHOOKS = ("/twilio/", "/calls/")


class SafeHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class WatchWebhooks:
    """Count and time webhooks, each in a span of its own; other requests pass."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_WEBHOOKS):
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def with_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with tracing.span("webhook") as note:
            try:
                await self._app(scope, receive, with_status)
            finally:
                path = getattr(scope.get("route"), "path", "other")
                note(path=path, status=status)
                self._metrics.webhook(path, status, time.perf_counter() - began)
