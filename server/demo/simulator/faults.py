"""Misbehaviour on order: what a carrier does on a bad day.

Most kinds are whole stories. Three take any `code` of Twilio's error dictionary:

    {"kind": "refuse", "code": 21211}                  the request is refused with that code and its HTTP status
    {"kind": "refuse", "code": 20429, "status": 503}   the same with another HTTP status
    {"kind": "undelivered", "code": 30007}             accepted and sent, then reported undelivered
    {"kind": "failed", "code": 30001}                  accepted, then reported failed before it was sent

Look-ups, and questions about our own numbers, take those that refuse or hang, webhooks have kinds of their own; all are matched by their path:

    {"kind": "hang", "delay_s": 2, "match": {"path": "/v2/PhoneNumbers"}}      look-ups are slow
    {"kind": "500", "match": {"path": "/IncomingPhoneNumbers"}}                our own numbers cannot be asked about
    {"kind": "lost", "match": {"path": "/twilio/voice/dialed"}}                this webhook never arrives
    {"kind": "swapped", "match": {"path": "/twilio/voice/dialed"}}             it arrives after the one that follows it
"""

from dataclasses import dataclass
from typing import Literal

FaultKind = Literal[
    "500",  # the request fails, nothing is accepted
    "429",  # too many requests, nothing is accepted
    "hang",  # no answer for `delay_s`, nothing is accepted
    "accept_then_drop",  # accepted, but the answer never arrives
    "21610",  # refused as opted out
    "refuse",  # refused with `code` and the HTTP `status`, nothing is accepted
    "30006",  # accepted, then undelivered: landline
    "30003",  # accepted, then undelivered: handset unreachable
    "undelivered",  # accepted and sent, then undelivered with `code`
    "failed",  # accepted, then failed with `code`
    "late_status",  # reports come `delay_s` late
    "reordered_status",  # delivered is reported before sent
    "duplicate_status",  # every report comes twice
    "lost",  # a webhook never arrives, nor do its retries
    "doubled",  # a webhook arrives twice, one after the other
    "delayed",  # a webhook arrives `delay_s` late, and what follows from its answer with it
    "swapped",  # a webhook arrives after the next one about the same call or text; its answer leads nowhere
]
OF_WEBHOOKS: frozenset[FaultKind] = frozenset({"lost", "doubled", "delayed", "swapped"})
LOOKUP_PATH = "/v2/PhoneNumbers"
NUMBERS_PATH = "/IncomingPhoneNumbers"
OF_REST = frozenset({LOOKUP_PATH, NUMBERS_PATH})
"""What else is asked of the carrier, beside texts and calls."""
OF_LOOKUPS: frozenset[FaultKind] = frozenset({"500", "429", "hang", "refuse"})
WITH_CODE: frozenset[FaultKind] = frozenset({"refuse", "undelivered", "failed"})


@dataclass(kw_only=True, slots=True)
class Fault:
    """One kind of misbehaviour for what matches; empty criteria match everything."""

    kind: FaultKind
    times: int = 1
    delay_s: float | None = None
    code: int = 0
    """Twilio's error code, for the kinds that take any."""
    status: int | None = None
    """The HTTP status of a refusal; None: the one that goes with the code."""
    recipient: str | None = None
    sender: str | None = None
    body_contains: str | None = None
    path: str | None = None
    """Of the webhook or the look-up that it is for; None: it is for texts."""

    def hits(self, *, recipient: str, sender: str, body: str, path: str | None) -> bool:
        return (
            self.times > 0
            and self.path == path
            and self.recipient in (None, recipient)
            and self.sender in (None, sender)
            and (self.body_contains is None or self.body_contains in body)
        )


class Faults:
    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def take(
        self, *, recipient: str, sender: str = "", body: str = "", path: str | None = None
    ) -> Fault | None:
        """The first fault that hits this text, webhook or look-up; it is used up by one."""
        for fault in self._waiting:
            if fault.hits(recipient=recipient, sender=sender, body=body, path=path):
                fault.times -= 1
                self._waiting = [waiting for waiting in self._waiting if waiting.times > 0]
                return fault
        return None

    def clear(self) -> None:
        self._waiting.clear()
