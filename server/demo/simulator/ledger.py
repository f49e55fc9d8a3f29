"""Every message the carrier accepted, found by its sid, its sender and its recipient."""

from collections import OrderedDict, deque
from collections.abc import Iterator

from server.demo.simulator.records import Message

Key = tuple[str | None, str | None]
"""(recipient, sender); None stands for anybody."""


class Ledger:
    """Keeps the newest `limit` messages; every look-up starts at its own short list."""

    def __init__(self, limit: int = 200_000) -> None:
        self._limit = limit
        self._by_sid: OrderedDict[str, Message] = OrderedDict()
        self._by_pair: dict[Key, deque[Message]] = {}

    def add(self, message: Message) -> None:
        self._by_sid[message.sid] = message
        for key in _keys(message):
            self._by_pair.setdefault(key, deque()).append(message)
        if len(self._by_sid) > self._limit:
            self._forget_oldest()

    def get(self, sid: str) -> Message | None:
        return self._by_sid.get(sid)

    def newest_first(
        self, *, recipient: str | None = None, sender: str | None = None, since: float = 0.0
    ) -> Iterator[Message]:
        """Messages of that pair accepted at or after `since` (epoch seconds)."""
        for message in reversed(self._by_pair.get((recipient, sender), ())):
            if message.accepted_at < since:
                return
            yield message

    def clear(self) -> None:
        self._by_sid.clear()
        self._by_pair.clear()

    def _forget_oldest(self) -> None:
        _, oldest = self._by_sid.popitem(last=False)
        for key in _keys(oldest):
            pair = self._by_pair[key]
            pair.popleft()
            if not pair:
                del self._by_pair[key]


def _keys(message: Message) -> tuple[Key, ...]:
    to, sender = message.recipient, message.sender
    return (to, sender), (to, None), (None, sender), (None, None)
