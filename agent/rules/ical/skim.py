"""Tells without reading that a plain single event lies elsewhere: a calendar may hold thousands of them."""

import re
from datetime import date

from agent.rules.ical.lines import unfolded

_TELLING = re.compile(
    r"^(RRULE|RDATE|DURATION|DTSTART|DTEND|X-APPLE-TRAVEL|X-APPT-BUFFER)([^\n]*)", re.M | re.I
)
_DAY = re.compile(r":(\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:T\d{6}Z?)?\s*")
_SOON = re.compile(r"[^:]*:\s*\d{1,3}\s*")
"""Minutes of a buffer that a day on either side is enough for."""


def lies_elsewhere(text: str, first: date, last: date) -> bool:
    """Nothing in this object can touch the days from first to last (with two to spare); when in doubt, no."""
    if text.count("BEGIN:VEVENT") != text.count("END:VEVENT"):
        return False
    events = unfolded(text[text.find("BEGIN:VEVENT") : text.rfind("END:VEVENT")])
    days = []
    for name, rest in _TELLING.findall(events):
        if name.upper() == "X-APPT-BUFFER":
            if not _SOON.fullmatch(rest):
                return False
            continue
        day = rest and _DAY.search(rest)
        if not name.upper().startswith("DT") or not day or day.end() != len(rest):
            return False
        days.append(day[1])
    return bool(days) and (max(days) < f"{first:%Y%m%d}" or min(days) > f"{last:%Y%m%d}")
