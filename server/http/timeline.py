"""What staff see of one thread beside what was said: who has it, what is booked, what a person has to know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from agent.business import Business
from agent.rules.phrases import slot_words
from agent.rules.summary import Owed, Summary, summary
from agent.state import AGENT, NOBODY
from server.store import appointments, threads


def visits(
    connection: sa.Connection, thread: threads.ThreadRow, business: Business, now: datetime
) -> list[str]:
    """What this caller has booked and is still to come, in words."""
    return [
        f"{business.service_name(row.service)}, {slot_words(row.start.astimezone(business.zone))} ({row.calendar})"
        for row in appointments.visits(connection, thread.id, now)
    ]


def needs_a_person(thread: threads.ThreadRow, owed: int) -> bool:
    """The agent does not speak on it, or somebody owes its caller something now."""
    return thread.owner != AGENT or owed > 0


def handed_over(
    thread: threads.ThreadRow,
    business: Business,
    owed: Sequence[Any],
    visits: Sequence[str],
    said: str,
) -> Summary:
    """What a person has to know of a thread before taking it over.

    Args:
        owed: the open tasks, oldest first.
        visits: what is booked, in words.
        said: the caller's last words.
    """
    kept = thread.memory
    return summary(
        phone=thread.caller,
        details=kept.get("details", {}),
        kept=kept.get("kept", []),
        said=said,
        about=_talked_about(kept, business),
        reason=thread.reason or "",
        danger=next(reversed(kept.get("warned", [])), ""),
        owed=[_owed(one, business.zone) for one in owed],
        callback=kept.get("callback", {}),
        visits=visits,
        opted_out=thread.opted_out_at is not None,
    )


def _owed(one: Any, zone: ZoneInfo) -> Owed:
    due = one.due_at.astimezone(zone) if one.due_at else None
    return Owed(kind=one.kind, note=one.note, due=due)


def _talked_about(kept: dict[str, Any], business: Business) -> str:
    """The service that is wished for; else what was last answered."""
    service = (kept.get("visit") or {}).get("service")
    if service:
        return business.service_name(service)
    return str((kept.get("about") or {}).get("subject", ""))


def owner_words(owner: str, business: Business) -> str:
    """Who speaks on a thread, in words."""
    if owner == AGENT:
        return "Agent"
    if owner == NOBODY:
        return "Needs a person"
    person = business.person(owner)
    return person.name if person else owner
