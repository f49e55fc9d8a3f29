"""What happened at a business, kept for the systems that want to be told: in the very transaction in which it did."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from agent.business import Business
from server.store import businesses
from server.store.engine import insert
from server.store.tables import thread, webhook_delivery, webhook_endpoint, webhook_event

VERSION = 1
"""Of the bodies: it grows when a field changes its meaning, not when one is added."""


class Kind(StrEnum):
    CALL_MISSED = "call.missed"
    THREAD_REPLIED = "thread.replied"
    THREAD_DONE = "thread.done"
    APPOINTMENT_BOOKED = "appointment.booked"
    APPOINTMENT_MOVED = "appointment.moved"
    APPOINTMENT_CANCELLED = "appointment.cancelled"
    CALLBACK_REQUESTED = "callback.requested"
    CALLER_OPTED_OUT = "caller.opted_out"
    ESCALATION_RAISED = "escalation.raised"
    ESCALATION_ACCEPTED = "escalation.accepted"
    TASK_CREATED = "task.created"
    TASK_DONE = "task.done"


TEST = "webhook.test"
"""What the owner's button sends."""


class State(StrEnum):
    WAITING = "waiting"  # to be tried at its time
    DELIVERED = "delivered"
    FAILED = "failed"  # given up; it can be sent again by hand


@dataclass(frozen=True, kw_only=True)
class Happened:
    """What an event says, before it is written down."""

    kind: str
    at: datetime
    body: Mapping[str, Any]
    """Flat; a datetime is written as local time of the business with its offset."""
    words: Mapping[str, Any]
    """More of the same that a person has written: left out where health is spoken of."""


def wants(connection: sa.Connection, business: str, kind: Kind) -> bool:
    """Somebody wants to be told: worth finding out more."""
    return bool(_wanting(connection, business, kind))


def emit(
    connection: sa.Connection,
    business: str,
    kind: Kind,
    at: datetime,
    body: Mapping[str, Any],
    of: str | None = None,
    words: Mapping[str, Any] | None = None,
) -> None:
    """Keep what happened for every system that wants it; nothing where none does.

    Args:
        of: the thread whose caller it is about.
        words: fields that a person has written; a business in health keeps them to itself.
    """
    if wanting := _wanting(connection, business, kind):
        happened = Happened(kind=kind, at=at, body=body, words=words or {})
        _keep(connection, business, happened, of, wanting)


def send_test(connection: sa.Connection, business: str, endpoint: str, at: datetime) -> None:
    """An event that nothing caused, for one endpoint."""
    body = {"note": "This is a test. Nothing has happened."}
    happened = Happened(kind=TEST, at=at, body=body, words={})
    _keep(connection, business, happened, None, [endpoint])


def forget(connection: sa.Connection, before: datetime, limit: int) -> int:
    """Old events and their deliveries; what is still to be tried stays."""
    waits = sa.exists().where(
        webhook_delivery.c.event == webhook_event.c.id, webhook_delivery.c.next_at.is_not(None)
    )
    old = sa.select(webhook_event.c.id).where(webhook_event.c.at < before, ~waits).limit(limit)
    gone = sa.delete(webhook_event).where(webhook_event.c.id.in_(old.scalar_subquery()))
    return connection.execute(gone).rowcount


def forget_thread(connection: sa.Connection, name: str) -> int:
    """Of an erased caller: what was told of them, and what was still to be told."""
    return connection.execute(
        sa.delete(webhook_event).where(webhook_event.c.thread == name)
    ).rowcount


def _wanting(connection: sa.Connection, business: str, kind: str) -> list[str]:
    on = (webhook_endpoint.c.business == business, webhook_endpoint.c.off_at.is_(None))
    query = sa.select(webhook_endpoint.c.id, webhook_endpoint.c.events).where(*on)
    return [row.id for row in connection.execute(query) if not row.events or kind in row.events]


def _keep(
    connection: sa.Connection,
    slug: str,
    happened: Happened,
    of: str | None,
    endpoints: list[str],
) -> None:
    business = businesses.get(connection, slug)
    if business is None:
        return
    name = f"evt_{secrets.token_hex(12)}"
    row = insert(connection, webhook_event).values(
        id=name,
        business=slug,
        thread=of,
        kind=happened.kind,
        at=happened.at,
        body=_envelope(business, happened, _about(connection, business, of)),
    )
    connection.execute(row)
    due = {"event": name, "state": State.WAITING, "tries": 0, "next_at": happened.at}
    connection.execute(
        sa.insert(webhook_delivery), [due | {"endpoint": endpoint} for endpoint in endpoints]
    )


def _envelope(business: Business, happened: Happened, about: Mapping[str, Any]) -> dict[str, Any]:
    said = {} if business.privacy.health else happened.words
    data = {"business": business.slug, **about, **happened.body, **said}
    return {
        "type": happened.kind,
        "version": VERSION,
        "timestamp": _local(business, happened.at),
        "data": {
            name: _local(business, value) if isinstance(value, datetime) else value
            for name, value in data.items()
        },
    }


def _about(connection: sa.Connection, business: Business, of: str | None) -> dict[str, Any]:
    """Whose it is: the number, and the name where the caller has given one and no health is spoken of."""
    if of is None:
        return {}
    row = connection.execute(
        sa.select(thread.c.caller, thread.c.memory).where(thread.c.id == of)
    ).one_or_none()
    if row is None:
        return {"caller": of.partition(":")[2]}
    name = "" if business.privacy.health else str(row.memory.get("details", {}).get("name", ""))
    return {"caller": row.caller, "name": name}


def _local(business: Business, at: datetime) -> str:
    return at.astimezone(business.zone).isoformat(timespec="seconds")
