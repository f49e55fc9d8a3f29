"""The agent's own fixed phrases, filled with the business's facts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from agent.business import Business
from agent.data import rule_data
from agent.model import Appointment, Hold
from agent.rules import hours, packs
from agent.rules.phone import spoken


def phrase(
    name: str, business: Business, now: datetime, language: str = "en", **facts: object
) -> str:
    """The phrase in the caller's language where we have it, else in English.

    Args:
        facts: what the phrase says beside the business's own: a slot, a service.
    """
    closed = not hours.is_open(business, now)
    template: str = words_of(language)[name]
    return template.format(
        business=business.name,
        phone=spoken(business.phone),
        when=f" after we open {hours.expect(business, now)}" if closed else "",
        **facts,
    )


def in_danger(
    business: Business, danger: str | None, now: datetime, language: str = "en", *, reached: bool
) -> str:
    """What a caller in danger is told before anything else.

    Args:
        danger: what the rules of urgency named.
        reached: somebody on call has a phone, and is alerted.
    """
    safety = packs.safety_line(business.industry, danger)
    told = phrase("emergency", business, now, language) if reached else ""
    parts = [safety or "", told, phrase("emergency_nobody", business, now, language)]
    return " ".join(part for part in parts if part)


def slot_words(start: datetime, language: str = "en") -> str:
    """A time as it is offered: "Thu Nov 12 at 9:00 AM"; `start` in the business's zone."""
    words = words_of(language)["times"]
    order: str = words["order"]
    return order.format(
        day=words["days"][start.weekday()],
        month=words["months"][start.month - 1],
        number=start.day,
        at=words["at"],
        clock=start.strftime("%I:%M %p").lstrip("0"),
    )


def visit_phrase(
    name: str, business: Business, visit: Appointment, now: datetime, language: str = "en"
) -> str:
    """A phrase about one visit: its service and its time."""
    return phrase(
        name,
        business,
        now,
        language,
        service=service_words(business, visit.service, language),
        slot=slot_words(visit.start.astimezone(business.zone), language),
    )


def slot_list(holds: Iterable[Hold], language: str = "en") -> str:
    """Numbered times, one a line."""
    return "\n".join(f"{hold.place}) {slot_words(hold.start, language)}" for hold in holds)


def service_words(business: Business, service: str, language: str = "en") -> str:
    """What a caller reads of a service; in health a text never names it (45 CFR 164.502: the minimum necessary)."""
    if business.privacy.health:
        return str(words_of(language)["unnamed_visit"])
    return business.service_name(service)


def words_of(language: str) -> dict[str, Any]:
    """Every phrase of a language, and how it writes days and months; English where we have none."""
    phrases = rule_data("phrases")
    chosen: dict[str, Any] = phrases.get(language, phrases["en"])
    return chosen
