"""The replies that staff keep, filled in for one caller."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from agent.business import Business
from agent.rules import canned
from agent.rules.filling import first_name as as_first_name
from agent.rules.phone import spoken
from agent.rules.phrases import slot_words
from server.store import appointments, threads
from server.threads import first_name
from server.wiring import House


@dataclass(frozen=True, kw_only=True)
class Picked:
    """One reply, ready to be put into the box."""

    name: str
    body: str
    missing: tuple[str, ...]
    """What is still to be filled in."""


def filled(
    connection: sa.Connection,
    business: Business,
    thread: threads.ThreadRow,
    staff: str,
    house: House,
) -> list[Picked]:
    """All of the business's replies, with what is known of this caller."""
    if not business.canned_replies:
        return []
    values = _values(connection, business, thread, staff, house)
    bodies = [(one.name, canned.fill(one.text, values)) for one in business.canned_replies]
    return [
        Picked(name=name, body=body, missing=tuple(canned.unfilled(body))) for name, body in bodies
    ]


def _values(
    connection: sa.Connection,
    business: Business,
    thread: threads.ThreadRow,
    staff: str,
    house: House,
) -> Mapping[str, str]:
    ahead = appointments.visits(connection, thread.id, house.clock.now())
    visit = ahead[0] if ahead else None
    wished = (thread.memory.get("visit") or {}).get("service")
    service = visit.service if visit else wished
    return {
        "first_name": as_first_name(thread.name),
        "business": business.name,
        "me": first_name(business, staff),
        "phone": spoken(business.phone),
        "service": business.service_name(service) if service else "",
        "time": slot_words(visit.start.astimezone(business.zone)) if visit else "",
    }
