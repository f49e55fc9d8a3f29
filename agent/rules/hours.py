"""When is a business open, in its own wall time?"""

from datetime import date, datetime, time, timedelta

from agent.business import WEEKDAYS, Business

_SEARCH_DAYS = 14


def is_open(business: Business, now: datetime) -> bool:
    local = now.astimezone(business.zone)
    return any(start <= local < end for start, end in _near(business, local.date()))


def next_opening(business: Business, now: datetime) -> datetime | None:
    """The first opening after now, with the business's offset; None within two weeks."""
    local = now.astimezone(business.zone)
    for ahead in range(-1, _SEARCH_DAYS):
        for start, _ in _spans(business, local.date() + timedelta(days=ahead)):
            if start > local:
                return start
    return None


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


def _near(business: Business, day: date) -> list[tuple[datetime, datetime]]:
    return _spans(business, day - timedelta(days=1)) + _spans(business, day)


def _spans(business: Business, day: date) -> list[tuple[datetime, datetime]]:
    closure = next((closed for closed in business.closures if closed.date == day), None)
    spans = closure.hours if closure else business.hours.get(WEEKDAYS[day.weekday()], ())
    return sorted(_span(business, day, span) for span in spans)


def _span(business: Business, day: date, span: str) -> tuple[datetime, datetime]:
    start, end = span.split("-")
    past_midnight = end == "24:00" or end <= start
    last_day = day + timedelta(days=1) if past_midnight else day
    return (
        _at(business, day, time.fromisoformat(start)),
        _at(business, last_day, time() if end == "24:00" else time.fromisoformat(end)),
    )


def _at(business: Business, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=business.zone)
