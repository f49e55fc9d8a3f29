"""A time that a person sets by hand: which rules of booking it breaks, and who has nothing else to do then."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import product
from zoneinfo import ZoneInfo

from agent.business import Business, Service
from agent.rules.availability import Rules, rules_of
from agent.rules.busy import busy
from agent.rules.openings import opening_hours

_DAY = timedelta(days=1)


class Breach(StrEnum):
    """A rule that a time breaks; the agent would not offer it, a person may."""

    TOO_SOON = "too soon"  # inside the notice that the business wants
    TOO_FAR = "too far"  # beyond the days that are open for booking
    CLOSED = "closed"  # by hours, closures and holidays of the business
    OFF_DUTY = "off duty"  # the business is open, whoever would go does not work then
    FULL = "full"  # as many visits as the business wants on a day


def moment(day: str, clock: str, zone: ZoneInfo) -> datetime | None:
    """A date and a wall time as a form has them; None: no such moment, also where the clocks leap over it.

    The earlier one where the clocks are set back.
    """
    try:
        local = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), tzinfo=zone)
    except ValueError:
        return None
    there = local.astimezone(UTC).astimezone(zone)
    return local if there.replace(tzinfo=None) == local.replace(tzinfo=None) else None


def ways(service: Service, calendar: str = "", first: Sequence[str] = ()) -> list[tuple[str, ...]]:
    """The sets of calendars that can serve, in the order of the profile.

    Args:
        calendar: one that is to be among them; empty: any.
        first: the set to begin with, if it can serve.
    """
    groups = service.need or (service.calendars,)
    able = [way for way in product(*groups) if len(set(way)) == len(way)]
    wanted = [way for way in able if not calendar or calendar in way]
    return sorted(wanted, key=lambda way: way != tuple(first))


def breaches(
    business: Business, service: Service, way: Sequence[str], start: datetime, now: datetime
) -> list[Breach]:
    """What the hours, the notice and the horizon say against a start; the calendars are not asked."""
    rules, found = rules_of(business, service), list[Breach]()
    end = start + rules.duration
    if start < now + timedelta(minutes=rules.min_notice_min):
        found.append(Breach.TOO_SOON)
    if _local_day(start, rules) > _local_day(now, rules) + timedelta(days=rules.horizon_days):
        found.append(Breach.TOO_FAR)
    if not all(rules.openings(name).covers(start, end) for name in way):
        is_open = opening_hours(business).covers(start, end)
        found.append(Breach.OFF_DUTY if is_open else Breach.CLOSED)
    return found


def unoccupied(rules: Rules, objects: Mapping[str, Sequence[str]], start: datetime) -> set[str]:
    """Who has nothing in the calendar from the buffer before to the buffer after; one that could not be read has."""
    begins, ends = start - rules.before, start + rules.duration + rules.after
    return {
        name
        for name, resource in rules.resources.items()
        if all(
            calendar in objects and not _meets(objects[calendar], begins, ends, rules)
            for calendar in resource.calendars
        )
    }


def is_full(
    rules: Rules, objects: Mapping[str, Sequence[str]], way: Sequence[str], start: datetime
) -> bool:
    """One of these calendars has as many visits on that day as the business wants."""
    if rules.max_per_day is None:
        return False
    return any(_visits_on_day(rules, objects, name, start) >= rules.max_per_day for name in way)


def _visits_on_day(
    rules: Rules, objects: Mapping[str, Sequence[str]], name: str, start: datetime
) -> int:
    calendars = rules.resources[name].calendars
    texts = [text for calendar in calendars for text in objects.get(calendar, ())]
    found = busy(texts, start - _DAY, start + _DAY, rules.zone, rules.policy)
    day = _local_day(start, rules)
    return sum(_local_day(at, rules) == day for at in found.appointments)


def _meets(texts: Sequence[str], start: datetime, end: datetime, rules: Rules) -> bool:
    spans = busy(texts, start - _DAY, end + _DAY, rules.zone, rules.policy).spans
    return any(span.start < end and start < span.end for span in spans)


def _local_day(moment: datetime, rules: Rules) -> date:
    return moment.astimezone(rules.zone).date()
