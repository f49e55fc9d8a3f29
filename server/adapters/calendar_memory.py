"""Calendar in memory: the twin that rehearsals book in."""

from collections import defaultdict
from datetime import datetime
from itertools import count
from uuid import uuid4

from agent.model import CalendarAddress, CalendarChanges, StoredEvent


class MemoryCalendar:
    """Keeps what is put, as it is put; knows calendars by business and id, never by URL."""

    def __init__(self) -> None:
        self._calendars: defaultdict[tuple[str, str], dict[str, StoredEvent]] = defaultdict(dict)
        self._versions = count(1)
        self._touched: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._life = uuid4().hex  # tokens of another calendar in memory are none of ours

    def objects(self, at: CalendarAddress, start: datetime, end: datetime) -> list[str]:
        """All of them: too many is fine."""
        return [event.text for event in self._kept(at).values()]

    def changes(self, at: CalendarAddress, token: str | None) -> CalendarChanges:
        touched = dict(
            self._touched[at.business, at.calendar]
        )  # before `kept`: too old a token is fine
        kept = dict(self._kept(at))
        following = f"{self._life}:{max(touched.values(), default=0)}"
        life, _, since = (token or "").partition(":")
        if life != self._life:
            return CalendarChanges(token=following, whole=True, objects=tuple(kept.values()))
        names = [name for name, version in touched.items() if version > int(since)]
        return CalendarChanges(
            token=following,
            whole=False,
            objects=tuple(kept[name] for name in names if name in kept),
            gone=tuple(name for name in names if name not in kept),
        )

    def get(self, at: CalendarAddress, name: str) -> StoredEvent | None:
        return self._kept(at).get(name)

    def put(self, at: CalendarAddress, name: str, text: str, etag: str | None = None) -> bool:
        if self._etag(at, name) != etag:
            return False
        version = next(self._versions)
        self._kept(at)[name] = StoredEvent(name=name, etag=f'"{version}"', text=text)
        self._touched[at.business, at.calendar][name] = version
        return True

    def remove(self, at: CalendarAddress, name: str, etag: str) -> bool:
        if self._etag(at, name) not in (None, etag):
            return False
        if self._kept(at).pop(name, None):
            self._touched[at.business, at.calendar][name] = next(self._versions)
        return True

    def _kept(self, at: CalendarAddress) -> dict[str, StoredEvent]:
        return self._calendars[at.business, at.calendar]

    def _etag(self, at: CalendarAddress, name: str) -> str | None:
        event = self._kept(at).get(name)
        return event.etag if event else None
