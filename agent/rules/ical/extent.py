"""From when to when a calendar object has anything to say, so that those of a window are found among thousands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agent.rules.ical.events import Event, Tell
from agent.rules.ical.objects import read_object
from agent.rules.ical.series import Series
from agent.rules.ical.times import Calendar
from agent.rules.ical.zones import moved

_ANYWHERE = ZoneInfo("UTC")
_PAD = timedelta(days=4)
"""More than floating times, whole days and all that is measured by them differ from zone to zone."""


@dataclass(frozen=True, kw_only=True)
class Extent:
    """No instance reaches beyond it, in whatever zone its floating times are read; in UTC."""

    begins: datetime
    ends: datetime | None
    """None: it goes on."""


ALWAYS = Extent(begins=datetime.min.replace(tzinfo=UTC), ends=None)


def extent(text: str) -> Extent | None:
    """How far the events of an object reach; None when it has none (a task, a note).

    What cannot be read in full reaches from ever to ever, so that whoever looks at any day is told.
    """
    found = read_object(text, _ANYWHERE)
    problems = list(found.problems)
    try:
        limits = [
            one for events in found.uids for one in _limits(events, found.calendar, problems.append)
        ]
    except OverflowError:
        return ALWAYS
    if problems:
        return ALWAYS
    if not limits:
        return None
    ends = [end for _, end in limits if end is not None]
    return Extent(
        begins=moved(min(begin for begin, _ in limits), -_PAD),
        ends=moved(max(ends), _PAD) if len(ends) == len(limits) else None,
    )


def _limits(
    events: Sequence[Event], reader: Calendar, tell: Tell
) -> Iterator[tuple[datetime, datetime | None]]:
    """Of every event that bears a UID, older versions too: which counts may depend on the zone."""
    overrides = [one for one in events if one.replaces]
    mains = [one for one in events if one.replaces is None]
    for main in mains:
        if overrides or main.has_others:
            yield Series(main=main, overrides=overrides, calendar=reader, tell=tell).limits()
        else:
            yield main.itself.start, main.itself.end
    if not mains:
        yield from ((one.itself.start, one.itself.end) for one in overrides)
