"""News for the open phone pages."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Literal

EventKind = Literal["message", "call", "settings", "reset"]
Event = tuple[EventKind, Mapping[str, object]]


class Bus:
    """Hands every event to every open page; a page that cannot keep up is cut off."""

    def __init__(self, backlog: int = 2_000) -> None:
        self._backlog = backlog
        self._pages: set[asyncio.Queue[Event | None]] = set()

    def publish(self, kind: EventKind, read: Callable[[], Mapping[str, object]]) -> None:
        """Send one event; `read` is only called when somebody is looking."""
        if not self._pages:
            return
        event = (kind, read())
        for page in list(self._pages):
            if page.qsize() < self._backlog:
                page.put_nowait(event)
            else:
                self._pages.discard(page)
                page.put_nowait(None)

    async def follow(self, heartbeat_s: float = 15.0) -> AsyncIterator[Event | None]:
        """Events as they come; None when nothing happened for a while."""
        page: asyncio.Queue[Event | None] = asyncio.Queue()
        self._pages.add(page)
        try:
            while page in self._pages or not page.empty():
                try:
                    yield await asyncio.wait_for(page.get(), heartbeat_s)
                except TimeoutError:
                    yield None
        finally:
            self._pages.discard(page)
