"""Tells without reading that a plain single event lies elsewhere: a calendar may hold thousands of them."""

import re
from datetime import date
from functools import lru_cache

from agent.rules.ical.lines import unfolded

_TELLING = re.compile(
    r"\n(RRULE|RDATE|DURATION|DTSTART|DTEND|X-APPLE-TRAVEL|X-APPT-BUFFER)([^\n]*)"
)
_DAY = re.compile(r":(\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:T\d{6}Z?)?\s*")
_SOON = re.compile(r"[^:]*:\s*\d{1,3}\s*")
"""Minutes of a buffer that a day on either side is enough for."""
_KEPT, _KEPT_CHARACTERS = 4096, 10_000
"""Texts whose days are remembered, and how long each may be: every offer asks about the same ones."""


def lies_elsewhere(text: str, first: date, last: date) -> bool:
    """Nothing in this object can touch the days from first to last (with two to spare); when in doubt, no."""
    found = _kept(text) if len(text) <= _KEPT_CHARACTERS else _days(text)
    return found is not None and (found[1] < f"{first:%Y%m%d}" or found[0] > f"{last:%Y%m%d}")


def _days(text: str) -> tuple[str, str] | None:
    """The first and the last day that it names; None: there may be more to it."""
    text = unfolded(text).upper()
    events = text[text.find("BEGIN:VEVENT") : text.rfind("END:VEVENT")]
    begun, ended = events.count("BEGIN:VEVENT"), text.count("END:VEVENT")
    if begun != ended or begun + ended != text.count("VEVENT"):
        return None
    days = []
    for name, rest in _TELLING.findall(events):
        if name == "X-APPT-BUFFER":
            if not _SOON.fullmatch(rest):
                return None
            continue
        day = rest and _DAY.search(rest)
        if not name.startswith("DT") or not day or day.end() != len(rest):
            return None
        days.append(day[1])
    return (min(days), max(days)) if days else None


_kept = lru_cache(maxsize=_KEPT)(_days)
