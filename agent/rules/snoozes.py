"""Until when a conversation can be put out of the way, in the business's own wall time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from agent.business import Business
from agent.errors import BadInput
from agent.rules import hours

Choice = Literal["hour", "afternoon", "tomorrow", "monday", "chosen"]

LONGEST = timedelta(days=366)
_AFTERNOON, _MORNING = time(15), time(9)
_WEEK_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Snooze:
    choice: Choice
    until: datetime
    """With the business's offset."""
    words: str
    """As the menu says it."""


def offered(business: Business, now: datetime) -> list[Snooze]:
    """The choices that make sense now, soonest first as the menu lists them."""
    return list(_offered(business, now))


def until(business: Business, choice: str, chosen: str, now: datetime) -> datetime:
    """When the conversation comes back.

    Args:
        chosen: `2026-11-23T14:30`, wall time of the business; read where the choice is `chosen`.

    Raises:
        BadInput: no such choice, no time, or one that is over or too far off.
    """
    if choice != "chosen":
        found = next((one.until for one in offered(business, now) if one.choice == choice), None)
        if found is None:
            raise BadInput("Choose until when it should be out of the way.")
        return found
    return _chosen(business, chosen, now)


def _chosen(business: Business, chosen: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(chosen).replace(tzinfo=business.zone)
    except ValueError:
        raise BadInput("Choose a day and a time.") from None
    if at <= now:
        raise BadInput("That time is over. Choose a later one.")
    if at - now > LONGEST:
        raise BadInput("That is more than a year off. Choose an earlier time.")
    return at


def _offered(business: Business, now: datetime) -> Iterator[Snooze]:
    local = now.astimezone(business.zone)
    hour = (now.astimezone(UTC) + timedelta(hours=1)).astimezone(business.zone)
    yield Snooze(choice="hour", until=hour, words="1 hour")
    afternoon = datetime.combine(local.date(), _AFTERNOON, business.zone)
    if now < afternoon:
        at = hours.clock_words(afternoon)
        yield Snooze(choice="afternoon", until=afternoon, words=f"This afternoon ({at})")
    morning = _opening(business, local, 1)
    yield Snooze(
        choice="tomorrow", until=morning, words=_said(business, morning, now, "Tomorrow morning")
    )
    monday = _opening(business, local, _WEEK_DAYS - local.weekday())
    if monday != morning:
        yield Snooze(choice="monday", until=monday, words=_said(business, monday, now, "Monday"))


def _opening(business: Business, local: datetime, days: int) -> datetime:
    """The first opening on or after the day that many days ahead; 9 AM where there are no hours."""
    midnight = datetime.combine(local.date() + timedelta(days=days), time(0), business.zone)
    opening = hours.next_opening(business, midnight - timedelta(seconds=1))
    return opening or datetime.combine(midnight.date(), _MORNING, business.zone)


def _said(business: Business, at: datetime, now: datetime, words: str) -> str:
    """With the clock where the opening is on the day that was meant; else with its own day."""
    days = (at.date() - now.astimezone(business.zone).date()).days
    meant = days == 1 if words.startswith("Tomorrow") else at.weekday() == 0
    ahead = hours.ahead(business, at, now)
    return f"{words} ({hours.clock_words(at)})" if meant else f"Next opening ({ahead})"
