"""What people on the phone will do, when no person is at the page."""

from dataclasses import dataclass
from typing import Literal

Action = Literal[
    "manual",  # a person presses Answer or Decline on the page
    "answer",
    "decline",
    "ignore",
]


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """What a handset does with one ring."""

    action: Action = "manual"
    digits: str = ""
    """Keys pressed once it is asked for some."""
    after_s: float = 0.0
    """Rings this long first."""


@dataclass(frozen=True, kw_only=True)
class CallScript:
    """What a scripted caller does; without `staff` every handset follows its own script."""

    staff: Reaction | None = None
    ring_s: float | None = None
    """Overrides the settings' and the TwiML's ring time for this call."""
    talk_s: float = 0.1
    """How long a bridged conversation lasts when both sides are scripted."""
    hang_up_after_s: float | None = None
    voicemail_s: int | None = None
    """Length of the message left at a `<Record>`; None: hangs up at the beep."""
    voicemail_words: str = ""
    """What a transcription understands of it; empty: nothing."""
