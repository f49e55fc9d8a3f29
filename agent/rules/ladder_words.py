"""What an escalation says: to staff by text and by phone, and to the caller about what has become of it."""

from datetime import datetime, timedelta

from agent.business import Business
from agent.rules import hours, must_say, packs
from agent.rules.phrases import phrase


def alert(gist: str, number: int | None) -> str:
    """The text to a person on call; `number` None: it is only a test."""
    named = f" (#{number})" if number is not None else ""
    return f"{gist} Reply 1 to take it{named}."


def test_gist(business: Business, by: str) -> str:
    return f"{business.name}: TEST by {by}. Nothing has happened."


def taken_by(business: Business, name: str, number: int | None) -> str:
    """To the others who were alerted."""
    return f"{business.name}: {name} has {f'#{number}' if number is not None else 'the test'}."


def taken(
    business: Business, name: str, now: datetime, language: str, *, calling: bool = False
) -> str:
    """To the caller, once a person has taken the conversation: the first name, and nothing that is not so."""
    return phrase("has_it_and_calls" if calling else "has_it", business, now, language, person=name)


def calling(business: Business, name: str, now: datetime, language: str) -> str:
    """To the caller, who knows already that this person has the message."""
    return phrase("calls_now", business, now, language, person=name)


def nobody(
    business: Business, now: datetime, language: str, *, is_urgent: bool, goes_on: bool
) -> str:
    """To the caller, when a whole round has brought nobody.

    Args:
        goes_on: more rounds follow.
    """
    if not is_urgent:
        return phrase("nobody_took_it", business, now, language)
    tried = phrase("nobody_yet" if goes_on else "nobody_reached", business, now, language)
    danger = (
        must_say.lines(language)["emergency"]
        if packs.is_health(business)
        else phrase("any_danger", business, now, language)
    )
    return f"{tried} {danger} {phrase('emergency_nobody', business, now, language)}"


def first_name(name: str) -> str:
    return name.split(maxsplit=1)[0]


def next_normal(business: Business, now: datetime) -> datetime:
    """When a person who was told of something that is not urgent has had their time: minutes in opening hours count alone."""
    wait = timedelta(minutes=business.alerts.normal_min)
    due = now + wait
    if hours.is_open(business, now) and hours.is_open(business, due):
        return due
    opening = hours.next_opening(business, now)
    return opening + wait if opening else due
