"""When is a business open, in its own wall time?"""

from datetime import date, datetime, timedelta

from agent.business import Business
from agent.rules.busy import Span
from agent.rules.openings import opening_hours

_SEARCH_DAYS = 14


def is_open(business: Business, now: datetime) -> bool:
    yesterday = now.astimezone(business.zone).date() - timedelta(days=1)
    return any(span.start <= now < span.end for span in _spans(business, yesterday, 2))


def next_opening(business: Business, now: datetime) -> datetime | None:
    """The first opening after now, with the business's offset; None within two weeks."""
    yesterday = now.astimezone(business.zone).date() - timedelta(days=1)
    ahead = (
        span.start for span in _spans(business, yesterday, _SEARCH_DAYS + 1) if span.start > now
    )
    return next((start.astimezone(business.zone) for start in ahead), None)


def due(business: Business, now: datetime) -> datetime | None:
    """When a person owes an answer: now in opening hours, else at the next opening."""
    return now if is_open(business, now) else next_opening(business, now)


def expect(business: Business, now: datetime) -> str:
    """When a person can be expected, in words that stay true: "soon", "tomorrow at 8 AM"."""
    if is_open(business, now):
        return "soon"
    opening = next_opening(business, now)
    if opening is None:
        return "as soon as we open"
    local = now.astimezone(business.zone)
    days = (opening.date() - local.date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, opening.strftime("%A"))
    return f"{day} at {clock_words(opening)}"


def clock_words(moment: datetime) -> str:
    """9 AM, 3:42 PM: as people of the business would write it."""
    hour = moment.strftime("%I").lstrip("0")
    minutes = "" if moment.minute == 0 else moment.strftime(":%M")
    return f"{hour}{minutes} {moment.strftime('%p')}"


def _spans(business: Business, first: date, days: int) -> list[Span]:
    """When the business is open, by its hours, closures and holidays: the same as for bookings."""
    hours = opening_hours(business)
    return [span for ahead in range(days) for span in hours.spans(first + timedelta(days=ahead))]
