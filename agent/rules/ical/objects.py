"""One calendar object: the instances of its VEVENTs near a window, and what in it cannot be read."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from zoneinfo import ZoneInfo

from agent.rules.ical.events import Event, Instance, Tell, event_of
from agent.rules.ical.lines import Component, read
from agent.rules.ical.series import Series
from agent.rules.ical.times import Calendar, calendar

_KEPT, _KEPT_CHARACTERS = 2048, 10_000
"""Objects that stay read, and how long each may be: every offer asks about the same ones."""


@dataclass(frozen=True, kw_only=True)
class CalendarObject:
    """What one text says, as far as busy times need it."""

    uids: Sequence[Sequence[Event]]
    """The events of each UID; those without one stand alone."""
    calendar: Calendar
    problems: Sequence[str]
    """What cannot be read."""


def instances(
    text: str, low: datetime, high: datetime, home: ZoneInfo, tell: Tell
) -> Iterator[Instance]:
    """At least every instance that touches [low, high) (UTC).

    Args:
        home: the zone of floating times and whole days.
        tell: takes what cannot be read; the rest is given all the same.
    """
    found = _kept(text, home) if len(text) <= _KEPT_CHARACTERS else read_object(text, home)
    for problem in found.problems:
        tell(problem)
    for events in found.uids:
        try:
            yield from _instances(events, found.calendar, low, high, tell)
        except OverflowError:
            tell("a time lies beyond the calendar")


def read_object(text: str, home: ZoneInfo) -> CalendarObject:
    problems: list[str] = []
    root, is_whole = read(text)
    if not root.parts:
        problems.append("this is no calendar object")
    elif not is_whole:
        problems.append("the object breaks off")
    reader = calendar(root, home)
    uids = _by_uid(root, reader, problems.append)
    return CalendarObject(uids=uids, calendar=reader, problems=problems)


_kept = lru_cache(maxsize=_KEPT)(read_object)


def _by_uid(root: Component, reader: Calendar, tell: Tell) -> Sequence[Sequence[Event]]:
    found: dict[str | int, list[Event]] = defaultdict(list)
    for place, part in enumerate(root.walk("VEVENT")):
        uid = part.value("UID")
        try:
            found[uid or place].append(event_of(part, reader, tell))
        except (ValueError, OverflowError) as error:
            tell(f"event {uid!r}: {error}")
    return list(found.values())


def _instances(
    events: Sequence[Event], reader: Calendar, low: datetime, high: datetime, tell: Tell
) -> Iterator[Instance]:
    overrides = list(chain.from_iterable(map(_newest, _same_instance(events))))
    mains = _newest([one for one in events if one.replaces is None])
    if not mains:
        yield from (one.itself for one in overrides)
    for main in mains:
        if overrides or main.has_others:
            yield from Series(main=main, overrides=overrides, calendar=reader, tell=tell).instances(
                low, high
            )
        else:
            yield main.itself


def _same_instance(events: Sequence[Event]) -> Iterator[list[Event]]:
    found: dict[datetime, list[Event]] = defaultdict(list)
    for one in events:
        if one.replaces:
            found[one.replaces.utc].append(one)
    return iter(found.values())


def _newest(events: Sequence[Event]) -> list[Event]:
    """Those of the highest SEQUENCE; several where it does not tell."""
    highest = max((one.sequence for one in events), default=0)
    return [one for one in events if one.sequence == highest]
