"""When something that a person owes falls due, in words and in the hours of the business."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from agent.business import Business
from agent.rules import hours

GRACE = timedelta(minutes=15)
"""Until then what was promised for a time counts as kept, and nobody is alarmed."""
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MONDAY = 0


def is_late(due: datetime | None, now: datetime) -> bool:
    return due is not None and now >= due + GRACE


def words(business: Business, due: datetime | None, now: datetime) -> str:
    """As in "today at 3 PM", "due now", "overdue by 20 min"; without a time it is simply to do."""
    if due is None:
        return "no set time"
    if due > now:
        return hours.ahead(business, due, now)
    return f"overdue by {length(now - due)}" if is_late(due, now) else "due now"


def length(late: timedelta) -> str:
    """20 min, 3 h, 2 days: as exact as anybody needs it."""
    if late < _HOUR:
        return f"{late // timedelta(minutes=1)} min"
    if late < 2 * _DAY:
        return f"{late // _HOUR} h"
    return f"{late // _DAY} days"


def choices(business: Business, now: datetime) -> Mapping[str, tuple[str, datetime]]:
    """Name -> (words, moment): times that people put things off to; only those that lie ahead and differ."""
    local = now.astimezone(business.zone)
    tomorrow = hours.due(business, _midnight(local + _DAY))
    monday = hours.due(business, _midnight(local + _DAY * ((_MONDAY - local.weekday()) % 7 or 7)))
    found: dict[str, tuple[str, datetime]] = {"hour": ("In an hour", now + _HOUR)}
    afternoon = local.replace(hour=15, minute=0, second=0, microsecond=0)
    if now + _HOUR < afternoon and hours.is_open(business, afternoon):
        found["afternoon"] = ("This afternoon at 3 PM", afternoon)
    if tomorrow:
        found["opening"] = (_said(business, tomorrow, now), tomorrow)
    if monday and monday != tomorrow:
        found["monday"] = (_said(business, monday, now), monday)
    return found


def _said(business: Business, moment: datetime, now: datetime) -> str:
    words = hours.ahead(business, moment, now)
    return f"{words[0].upper()}{words[1:]}, when you open"


def _midnight(local: datetime) -> datetime:
    return datetime.combine(local.date(), time(), tzinfo=local.tzinfo)
