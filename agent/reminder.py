"""Use case: a visit comes near -> one text before it, or the reason to send none."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.business import Business
from agent.model import Appointment
from agent.rules import quiet_hours
from agent.rules.phrases import visit_phrase

LATEST = timedelta(hours=2)
"""Later than this before the visit it helps nobody."""
_JUST_SAID = timedelta(hours=4)
"""Whoever booked or moved the visit so short before the reminder needs none."""


@dataclass(frozen=True, kw_only=True)
class Text:
    body: str
    basis: dict[str, str]
    """What of the law on sending hours was applied, kept as evidence."""


def is_wanted(business: Business) -> bool:
    return business.texting.reminder.enabled


def due_at(
    business: Business, visit: Appointment, caller: str, changed_at: datetime, now: datetime
) -> datetime | None:
    """When the reminder may leave, now or later; None: never.

    Args:
        changed_at: when the visit was booked or last moved.
    """
    falls_due = visit.start - timedelta(minutes=business.texting.reminder.before_min)
    if not is_wanted(business) or changed_at + _JUST_SAID >= falls_due:
        return None
    lawful = quiet_hours.next_allowed(business, caller, max(falls_due, now))
    return lawful if lawful and lawful <= visit.start - LATEST else None


def text(business: Business, visit: Appointment, caller: str, now: datetime, language: str) -> Text:
    words = visit_phrase("reminder", business, visit, now, language)
    return Text(body=words, basis=quiet_hours.basis(business, caller))
