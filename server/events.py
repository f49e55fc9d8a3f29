"""The events that a business's other systems are told of: what each means, and how it looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.store.webhook_events import VERSION, Kind, emit, send_test, wants

__all__ = ["CATALOGUE", "Kind", "Told", "emit", "sample", "send_test", "wants"]

_CALLER = {"caller": "+13035550101", "name": "Dana Reyes"}
_AT = "2026-03-02T14:03:11-07:00"
_VISIT = {
    "appointment": "0b1f6c1e-6a2e-5f0e-9a54-1f6f4b6f2a11",
    "service": "drain-cleaning",
    "service_name": "Drain cleaning",
    "start": "2026-03-04T09:00:00-07:00",
    "duration_min": 60,
    "calendar": "van-1",
    "by": "agent",
}
_TASK = {
    "task": 412,
    "kind": "callback",
    "due_at": "2026-03-02T17:00:00-07:00",
    "note": "Wants a call back about the water heater.",
}
_ESCALATION = {"escalation": 77, "reason": "emergency", "urgent": True}


@dataclass(frozen=True, kw_only=True)
class Told:
    """One kind of event."""

    title: str
    """As its owner reads it."""
    words: str
    """When it is sent, for whoever connects a system."""
    data: Mapping[str, Any]
    """What it says, beside the business, the caller and the name, with sample values."""


CATALOGUE: dict[Kind, Told] = {
    Kind.CALL_MISSED: Told(
        title="A call was missed",
        words="A call was missed; `decision` says whether the caller gets a text.",
        data={"call": "CA1", "reason": "no answer", "decision": "first text", "called_at": _AT},
    ),
    Kind.THREAD_REPLIED: Told(
        title="A caller wrote back: a lead",
        words="A caller wrote for the first time since their missed call: a lead.",
        data={"text": "Yes, my sink is clogged", "photos": 0},
    ),
    Kind.THREAD_DONE: Told(
        title="A conversation is over",
        words="A conversation is over; `outcome` is what a person said came of it, or null.",
        data={"outcome": "booked", "by": "mia"},
    ),
    Kind.APPOINTMENT_BOOKED: Told(
        title="A visit was booked", words="A visit stands in the calendar.", data=_VISIT
    ),
    Kind.APPOINTMENT_MOVED: Told(
        title="A visit was moved", words="A visit has another time or place.", data=_VISIT
    ),
    Kind.APPOINTMENT_CANCELLED: Told(
        title="A visit was called off", words="A visit was called off.", data=_VISIT
    ),
    Kind.CALLBACK_REQUESTED: Told(
        title="A caller wants to be phoned", words="A caller wants to be phoned.", data=_TASK
    ),
    Kind.CALLER_OPTED_OUT: Told(
        title="A caller wants no more texts",
        words="A caller wants no more texts. Stop yours too.",
        data={"how": "text"},
    ),
    Kind.ESCALATION_RAISED: Told(
        title="A person is needed now",
        words="A person is needed; `reason` says why, and people on call are being tried.",
        data=_ESCALATION | {"words": "water through the ceiling"},
    ),
    Kind.ESCALATION_ACCEPTED: Told(
        title="Somebody took it",
        words="Somebody took it; `by` is the person's id.",
        data=_ESCALATION | {"by": "mia"},
    ),
    Kind.TASK_CREATED: Told(
        title="Something is owed to a caller", words="Something is owed to a caller.", data=_TASK
    ),
    Kind.TASK_DONE: Told(
        title="It was done", words="It was done; `by` is who did it.", data=_TASK | {"by": "mia"}
    ),
}


def sample(kind: Kind, business: str) -> dict[str, Any]:
    """A body of that kind, as it would be sent."""
    data = {"business": business, **_CALLER, **CATALOGUE[kind].data}
    return {"type": kind.value, "version": VERSION, "timestamp": _AT, "data": data}
