"""The messages and calls the carrier keeps, and how they read as JSON."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Literal

from server.demo.simulator.scripts import CallScript

Direction = Literal["inbound", "outbound-api", "outbound-reply"]
CallDirection = Literal["inbound", "outbound-api", "outbound-dial"]
CallStatus = Literal[
    "queued",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "no-answer",
    "canceled",
    "failed",
]
FINISHED: frozenset[CallStatus] = frozenset(
    {"completed", "busy", "no-answer", "canceled", "failed"}
)


def new_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


@dataclass(kw_only=True)
class NumberSetting:
    """How a number of the account is set up."""

    texts: bool = True
    """Off: it was bought for calls alone."""
    urls: dict[str, str] = field(default_factory=dict)
    """Where its webhooks go, by Twilio's names."""

    @classmethod
    def pointed_at(cls, base_url: str) -> "NumberSetting":
        """All webhooks go to the product; empty: to nobody."""
        ways = {
            "voice_url": "voice",
            "status_callback": "voice/status",
            "sms_url": "sms",
            "sms_fallback_url": "sms",
        }
        base = base_url.rstrip("/")
        return cls(
            urls={name: f"{base}/twilio/{way}" if base else "" for name, way in ways.items()}
        )


@dataclass(frozen=True, kw_only=True)
class Media:
    type: str
    url: str


@dataclass(frozen=True, kw_only=True)
class StatusChange:
    status: str
    at: float


@dataclass(kw_only=True, slots=True, eq=False)
class Message:
    """One text, in either direction. Times are epoch seconds."""

    sid: str
    direction: Direction
    sender: str
    recipient: str
    body: str
    media: tuple[Media, ...] = ()
    status: str = "queued"
    statuses: list[StatusChange] = field(default_factory=list[StatusChange])
    accepted_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    error_code: int | None = None
    trouble: str | None = None
    """Why it did not arrive, in words for a person."""
    by_carrier: bool = False
    """The carrier wrote it itself: a STOP, START or HELP reply."""
    status_callback: str | None = None

    def move_to(self, status: str) -> None:
        self.updated_at = time.time()
        self.status = status
        self.statuses.append(StatusChange(status=status, at=self.updated_at))

    def as_json(self) -> dict[str, object]:
        return {
            "sid": self.sid,
            "direction": self.direction,
            "from": self.sender,
            "to": self.recipient,
            "body": self.body,
            "media": [{"type": media.type, "url": media.url} for media in self.media],
            "status": self.status,
            "statuses": [{"status": change.status, "at": change.at} for change in self.statuses],
            "accepted_at": self.accepted_at,
            "error_code": self.error_code,
            "trouble": self.trouble,
            "by_carrier": self.by_carrier,
        }


@dataclass(kw_only=True, slots=True, eq=False)
class Call:
    """One leg of a call: the caller's, a staff handset's, or an alert call placed by REST."""

    sid: str = field(default_factory=lambda: new_sid("CA"))
    direction: CallDirection
    sender: str
    recipient: str
    status: CallStatus = "queued"
    parent: "Call | None" = None
    forwarded_from: str | None = None
    stir_verstat: str | None = None
    """What the caller's own carrier vouches for, as in `TN-Validation-Passed-A`."""
    live: bool = False
    """A person holds this phone on the page: speech takes time, keys come from the keypad."""
    digits: str = ""
    """Keys a script will press at the first `<Gather>`."""
    script: CallScript = field(default_factory=CallScript)
    base_url: str = ""
    """Where this simulator was reached, for the addresses of recordings."""
    created_at: float = field(default_factory=time.time)
    answered_at: float | None = None
    ended_at: float | None = None
    spoken: list[str] = field(default_factory=list[str])
    """What this party has heard, oldest first."""
    pressed: str = ""
    gathering: bool = False
    recording: bool = False
    bridged: bool = False
    dial_status: str | None = None
    trouble: str | None = None
    legs: list["Call"] = field(default_factory=list["Call"])
    webhooks: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when this party hangs up, or is no longer wanted."""
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)
    declined: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def duration_s(self) -> int:
        """Whole seconds since it was answered, rounded up as carriers bill."""
        if self.answered_at is None:
            return 0
        return max(1, round((self.ended_at or time.time()) - self.answered_at))

    def answer(self) -> None:
        """Once; what comes later changes nothing."""
        if self.answered_at is None and self.status not in FINISHED:
            self.status = "in-progress"
            self.answered_at = time.time()

    def end(self, status: CallStatus) -> None:
        if self.status in FINISHED:
            return
        self.status = status
        self.ended_at = time.time()
        self.gathering = self.recording = False
        self.over.set()

    def as_json(self) -> dict[str, object]:
        return {
            "sid": self.sid,
            "parent_sid": self.parent.sid if self.parent else None,
            "direction": self.direction,
            "from": self.sender,
            "to": self.recipient,
            "forwarded_from": self.forwarded_from,
            "stir_verstat": self.stir_verstat,
            "status": self.status,
            "created_at": self.created_at,
            "answered_at": self.answered_at,
            "ended_at": self.ended_at,
            "duration_s": self.duration_s,
            "spoken": self.spoken,
            "pressed": self.pressed,
            "gathering": self.gathering,
            "recording": self.recording,
            "bridged": self.bridged,
            "dial_status": self.dial_status,
            "trouble": self.trouble,
            "legs": [leg.as_json() for leg in self.legs],
            "webhooks": self.webhooks,
        }
