"""Calendars in plain words: whose, where, and whether they can be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from agent.business import WEEKDAYS, Business, CalendarSource
from server import calendar_providers
from server.calendar_mirror import MirrorState
from server.http import glance
from server.store.appointments import AppointmentRow

_FEW = 5
"""Visits that are named; the others are counted."""


@dataclass(frozen=True, kw_only=True)
class State:
    mark: Literal["works", "problem", "unknown"]
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One calendar in the list."""

    id: str
    name: str
    """With the person whose it is."""
    days: str
    where: str
    is_ours: bool
    provider: str
    """Of the other server, for connecting it again."""
    state: State


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """Visits that are booked ahead in one calendar."""

    count: int
    few: tuple[str, ...]


def rows(
    business: Business,
    states: Mapping[str, MirrorState],
    checked: Mapping[str, State],
    now: datetime,
) -> list[Row]:
    """`checked` is what was asked just now; it is newer than `states`."""
    return [
        Row(
            id=source.id,
            name=line.name,
            days=_days(source),
            where=where(source),
            is_ours=source.url is None,
            provider=provider_of(source),
            state=checked.get(source.id) or _state(business, source, states.get(source.id), now),
        )
        for source, line in zip(business.calendars, glance.calendars(business), strict=True)
    ]


def where(source: CalendarSource) -> str:
    if source.url is None:
        return "Kept by Ringback"
    host = host_of(source.url)
    return f"At {host}, as {source.username}" if source.username else f"At {host}"


def provider_of(source: CalendarSource) -> str:
    known = calendar_providers.of_host(host_of(source.url or ""))
    return known.id if known else "other"


def host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def broken(business: Business, calendar: str, words: str) -> State:
    """What the calendar's error says, without the names that stand beside it anyway."""
    plain = words.removeprefix(f"Calendar {calendar!r} of {business.slug!r}: ")
    return State(mark="problem", words=plain[:1].upper() + plain[1:])


def ahead(business: Business, visits: list[AppointmentRow]) -> Ahead:
    few = [
        f"{row.start.astimezone(business.zone).strftime('%a, %b %-d, %-I:%M %p')}: {business.service_name(row.service)}"
        for row in visits[:_FEW]
    ]
    return Ahead(count=len(visits), few=tuple(few))


def _state(
    business: Business, source: CalendarSource, kept: MirrorState | None, now: datetime
) -> State:
    if kept and kept.problem:
        return broken(business, source.id, kept.problem)
    if kept is None or kept.read_at is None:
        return State(mark="unknown")
    moment = kept.read_at.astimezone(business.zone)
    is_today = moment.date() == now.astimezone(business.zone).date()
    day = "today" if is_today else moment.strftime("%a, %b %-d")
    events = "1 event" if kept.events == 1 else f"{kept.events} events"
    return State(mark="works", words=f"Last read {day}, {moment.strftime('%-I:%M %p')}: {events}.")


def _days(source: CalendarSource) -> str:
    days = [day.title() for day in WEEKDAYS if day in source.days]
    return "Every day" if len(days) == len(WEEKDAYS) else ", ".join(days) or "No days"
