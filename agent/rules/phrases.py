"""The agent's own fixed phrases, filled with the business's facts."""

from datetime import datetime

from agent.business import Business
from agent.data import rule_data
from agent.rules import hours
from agent.rules.phone import spoken


def phrase(name: str, business: Business, now: datetime, language: str = "en") -> str:
    """The phrase in the caller's language where we have it, else in English."""
    phrases = rule_data("phrases")
    template: str = phrases.get(language, phrases["en"])[name]
    closed = not hours.is_open(business, now)
    return template.format(
        business=business.name,
        phone=spoken(business.phone),
        when=f" after we open {hours.expect(business, now)}" if closed else "",
    )
