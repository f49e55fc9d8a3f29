"""A calendar as a busy shop's phone writes it, for the bench: thousands of events, some of which repeat."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

_RULES = (
    "FREQ=WEEKLY;BYDAY=MO",
    "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20280601T000000Z",
    "FREQ=DAILY;COUNT=20",
    "FREQ=MONTHLY;BYDAY=2WE",
    "FREQ=YEARLY",
)
_REPEATING = 0.02
_BEFORE, _DAYS = timedelta(days=90), 456
"""Fifteen months, of which three are past."""
_DENVER = (
    "BEGIN:VTIMEZONE\r\nTZID:America/Denver\r\n"
    "BEGIN:DAYLIGHT\r\nTZOFFSETFROM:-0700\r\nTZOFFSETTO:-0600\r\nTZNAME:MDT\r\n"
    "DTSTART:20070311T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\nEND:DAYLIGHT\r\n"
    "BEGIN:STANDARD\r\nTZOFFSETFROM:-0600\r\nTZOFFSETTO:-0700\r\nTZNAME:MST\r\n"
    "DTSTART:20071104T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\nEND:STANDARD\r\n"
    "END:VTIMEZONE"
)


def events(how_many: int, name: str, now: datetime) -> Iterator[str]:
    """So many VEVENTs with their zone by its name; the same for the same calendar name."""
    chance = random.Random(name)  # noqa: S311 - the same draw every time
    for place in range(how_many):
        day = now - _BEFORE + timedelta(days=chance.randrange(_DAYS))
        start = day.replace(
            hour=chance.randrange(8, 18), minute=chance.choice((0, 15, 30, 45)), second=0
        )
        end = start + timedelta(minutes=chance.choice((30, 45, 60, 90)))
        rule = [f"RRULE:{chance.choice(_RULES)}"] if chance.random() < _REPEATING else list[str]()
        yield event(f"{name}-{place:05d}", start, end, *rule)


def event(uid: str, start: datetime, end: datetime, *lines: str) -> str:
    """One event as a phone writes it."""
    parts = [
        "BEGIN:VEVENT",
        f"UID:{uid}-5c2e-4d1b-9f60",
        "DTSTAMP:20261101T000000Z",
        "CREATED:20261101T000000Z",
        f"DTSTART;TZID=America/Denver:{start:%Y%m%dT%H%M%S}",
        f"DTEND;TZID=America/Denver:{end:%Y%m%dT%H%M%S}",
        *lines,
        f"SUMMARY:Job {uid} for somebody at some street",
        "DESCRIPTION:Gate code and what else the owner wants to remember.",
        "SEQUENCE:0",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT15M",
        "DESCRIPTION:Reminder",
        "END:VALARM",
        "END:VEVENT",
    ]
    return "\r\n".join(parts)


def calendar(*vevents: str) -> str:
    """An object, or a whole collection, of these events."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Apple Inc.//iOS 26.0//EN", _DENVER]
    return "\r\n".join([*head, *vevents, "END:VCALENDAR", ""])
