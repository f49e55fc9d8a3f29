"""Whether the agent is paused, as staff read it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from server.store import pauses


@dataclass(frozen=True, kw_only=True)
class Paused:
    who: str
    since: str


def paused(connection: sa.Connection, business: Business, now: datetime) -> Paused | None:
    """None: the agent answers."""
    held = pauses.of(connection, business.slug)
    if held is None:
        return None
    person = business.person(held.by)
    local, today = held.at.astimezone(business.zone), now.astimezone(business.zone).date()
    day = "" if local.date() == today else f"{local:%b %-d}, "
    return Paused(who=person.name if person else held.by, since=f"{day}{local:%-I:%M %p}")
