"""When is a calendar busy: iCalendar objects as times that nothing else may touch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from agent.rules.ical.events import Event, Instance
from agent.rules.ical.lines import Component, Property
from agent.rules.ical.objects import instances
from agent.rules.ical.skim import lies_elsewhere

Choice = Literal["busy", "free"]

_FREE_IN_OUTLOOK = {"FREE", "WORKINGELSEWHERE"}
_SPARE = timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class Span:
    """Half-open, in UTC: what ends when another begins does not meet it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What the owner lets count."""

    tentative: Choice = "busy"
    all_day: Choice = "busy"
    owner_emails: tuple[str, ...] = ()
    """Whose declined invitations are free."""


@dataclass(frozen=True, kw_only=True)
class Busy:
    spans: tuple[Span, ...] = ()
    """In order; none touches the next."""
    appointments: tuple[datetime, ...] = ()
    """Starts (UTC) of what we booked ourselves, whether or not it blocks, for the daily limit."""
    unreadable: tuple[str, ...] = ()
    """Why, one for each object that cannot be read in full; what can be read of it is in `spans`."""


def busy(
    objects: Iterable[str], start: datetime, end: datetime, zone: ZoneInfo, policy: Policy
) -> Busy:
    """What stands in a calendar from start to end, with travel and buffers.

    Args:
        objects: iCalendar text, each with all overrides of its series; recurrence is expanded here.
        start: aware, as `end`.
        zone: the business's, for whole days and floating times.
    """
    first, last = (start - _SPARE).date(), (end + _SPARE).date()
    spans: list[Span] = []
    appointments: list[datetime] = []
    unreadable: list[str] = []
    for text in objects:
        if lies_elsewhere(text, first, last):
            continue
        problems: list[str] = []
        for one in instances(text, start, end, zone, problems.append):
            appointments += _appointments(one, start, end)
            if blocks(one.event, policy):
                spans += _within(one, start, end)
        if problems:
            unreadable.append("; ".join(dict.fromkeys(problems)))
    starts = tuple(sorted(appointments))
    return Busy(spans=merged(spans), appointments=starts, unreadable=tuple(unreadable))


def _within(one: Instance, start: datetime, end: datetime) -> list[Span]:
    takes_time = max(one.start, start) < min(one.end, end)
    return [Span(start=one.start, end=one.end)] if takes_time else []


def _appointments(one: Instance, start: datetime, end: datetime) -> list[datetime]:
    part = one.event.part
    counts = bool(part.every("X-APPT-ID")) and not _is_cancelled(part)
    return [one.begins] if counts and start <= one.begins < end else []


def blocks(event: Event, policy: Policy) -> bool:
    """Whether an event takes its time at all."""
    part = event.part
    outlook = part.value("X-MICROSOFT-CDO-BUSYSTATUS").upper()
    status = part.value("STATUS").upper()
    if _is_cancelled(part) or outlook in _FREE_IN_OUTLOOK:
        return False
    if part.value("TRANSP").upper() == "TRANSPARENT" or _is_declined(part, policy.owner_emails):
        return False
    if policy.tentative == "free" and "TENTATIVE" in (status, outlook):
        return False
    return policy.all_day == "busy" or not event.start.is_date


def _is_cancelled(part: Component) -> bool:
    return part.value("STATUS").upper() == "CANCELLED"


def _is_declined(part: Component, owner_emails: Sequence[str]) -> bool:
    owners = {email.strip().casefold() for email in owner_emails}
    return any(
        (attendee.param("PARTSTAT") or "").upper() == "DECLINED" and _emails(attendee) & owners
        for attendee in part.every("ATTENDEE")
    )


def _emails(attendee: Property) -> set[str]:
    """Its address, and the one that it names where the address is no mailbox."""
    written = (attendee.value, attendee.param("EMAIL") or "")
    return {address.strip().casefold().removeprefix("mailto:") for address in written}


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same times in order, with those that touch or overlap made one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if joined and span.start <= joined[-1].end:
            end = max(joined[-1].end, span.end)
            joined[-1] = Span(start=joined[-1].start, end=end)
        else:
            joined.append(span)
    return tuple(joined)
