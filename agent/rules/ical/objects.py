"""One calendar object: the instances of its VEVENTs near a window, and what in it cannot be read."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from agent.rules.ical.events import Event, Instance, Tell, event_of, placed
from agent.rules.ical.lines import Component, read
from agent.rules.ical.series import Series
from agent.rules.ical.times import Calendar, calendar


def instances(
    text: str, low: datetime, high: datetime, home: ZoneInfo, tell: Tell
) -> Iterator[Instance]:
    """At least every instance that touches [low, high) (UTC).

    Args:
        home: the zone of floating times and whole days.
        tell: takes what cannot be read; the rest is given all the same.
    """
    root, is_whole = read(text)
    if not root.parts:
        tell("this is no calendar object")
    elif not is_whole:
        tell("the object breaks off")
    reader = calendar(root, home)
    for events in _by_uid(root, reader, tell):
        try:
            yield from _instances(events, reader, low, high, tell)
        except OverflowError:
            tell("a time lies beyond the calendar")


def _by_uid(root: Component, reader: Calendar, tell: Tell) -> Iterator[Sequence[Event]]:
    """Events without a UID stand alone."""
    found: dict[str, list[Event]] = defaultdict(list)
    for place, part in enumerate(root.walk("VEVENT")):
        uid = part.value("UID")
        try:
            found[uid or str(place)].append(event_of(part, reader, tell))
        except (ValueError, OverflowError) as error:
            tell(f"event {uid!r}: {error}")
    return iter(found.values())


def _instances(
    events: Sequence[Event], reader: Calendar, low: datetime, high: datetime, tell: Tell
) -> Iterator[Instance]:
    overrides = list(chain.from_iterable(map(_newest, _same_instance(events))))
    mains = _newest([one for one in events if one.replaces is None])
    if not mains:
        yield from (placed(one, one.start) for one in overrides)
    for main in mains:
        if overrides or main.has_others:
            yield from Series(main=main, overrides=overrides, calendar=reader, tell=tell).instances(
                low, high
            )
        else:
            yield placed(main, main.start)


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
