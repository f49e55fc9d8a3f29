"""Calendar in memory: the twin that rehearsals book in."""

from collections import defaultdict
from datetime import datetime
from itertools import count

from agent.model import CalendarAddress, StoredEvent


class MemoryCalendar:
    """Keeps what is put, as it is put; knows calendars by business and id, never by URL."""

    def __init__(self) -> None:
        self._calendars: defaultdict[tuple[str, str], dict[str, StoredEvent]] = defaultdict(dict)
        self._versions = count(1)

    def objects(self, at: CalendarAddress, start: datetime, end: datetime) -> list[str]:
        """All of them: too many is fine."""
        return [event.text for event in self._kept(at).values()]

    def get(self, at: CalendarAddress, name: str) -> StoredEvent | None:
        return self._kept(at).get(name)

    def put(self, at: CalendarAddress, name: str, text: str, etag: str | None = None) -> bool:
        if self._etag(at, name) != etag:
            return False
        version = f'"{next(self._versions)}"'
        self._kept(at)[name] = StoredEvent(name=name, etag=version, text=text)
        return True

    def remove(self, at: CalendarAddress, name: str, etag: str) -> bool:
        if self._etag(at, name) not in (None, etag):
            return False
        self._kept(at).pop(name, None)
        return True

    def _kept(self, at: CalendarAddress) -> dict[str, StoredEvent]:
        return self._calendars[at.business, at.calendar]

    def _etag(self, at: CalendarAddress, name: str) -> str | None:
        event = self._kept(at).get(name)
        return event.etag if event else None
