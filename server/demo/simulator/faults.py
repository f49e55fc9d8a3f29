"""Misbehaviour on order: what a carrier does on a bad day.

Most kinds are whole stories. Three take any `code` of Twilio's error dictionary:

    {"kind": "refuse", "code": 21211}                  the request is refused with that code and its HTTP status
    {"kind": "refuse", "code": 20429, "status": 503}   the same with another HTTP status
    {"kind": "undelivered", "code": 30007}             accepted and sent, then reported undelivered
    {"kind": "failed", "code": 30001}                  accepted, then reported failed before it was sent
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
]
WITH_CODE: frozenset[FaultKind] = frozenset({"refuse", "undelivered", "failed"})


@dataclass(kw_only=True, slots=True)
class Fault:
    """One kind of misbehaviour for texts that match; empty criteria match everything."""

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

    def hits(self, *, recipient: str, sender: str, body: str) -> bool:
        return (
            self.times > 0
            and self.recipient in (None, recipient)
            and self.sender in (None, sender)
            and (self.body_contains is None or self.body_contains in body)
        )


class Faults:
    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def take(self, *, recipient: str, sender: str, body: str) -> Fault | None:
        """The first fault that hits this text; it is used up by one."""
        for fault in self._waiting:
            if fault.hits(recipient=recipient, sender=sender, body=body):
                fault.times -= 1
                self._waiting = [waiting for waiting in self._waiting if waiting.times > 0]
                return fault
        return None

    def clear(self) -> None:
        self._waiting.clear()
