"""What the control API takes: calls, texts, scripts, faults and webhooks to be played."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from server.demo.simulator.faults import (
    OF_LOOKUPS,
    OF_REST,
    OF_WEBHOOKS,
    WITH_CODE,
    FaultKind,
)
from server.demo.simulator.scripts import Action


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class CallWish(Wish):
    sender: str = Field(alias="from")
    recipient: str = Field(alias="to")
    forwarded_from: str | None = None
    stir_verstat: str | None = None
    """What the caller's carrier vouches for: TN-Validation-Passed-A, No-TN-Validation..."""
    answer: Literal["no-answer", "answered", "busy", "hangup"] | None = None
    """What all staff handsets do; None: each its own script."""
    screen: str | None = None
    """Key pressed when the answered handset is asked for one."""
    ring_s: float | None = None
    talk_s: float = 0.1
    hang_up_after_s: float | None = None
    voicemail_s: int | None = None
    voicemail_words: str = ""
    """What the caller says in it, as a transcription tells."""
    digits: str = ""
    """Keys the caller presses at a `<Gather>`."""


class MediaWish(Wish):
    type: str = "image/jpeg"
    url: str | None = None


class TextWish(Wish):
    sender: str = Field(alias="from")
    recipient: str = Field(alias="to")
    body: str = ""
    media: list[MediaWish] = Field(default_factory=list[MediaWish])
    message_sid: str | None = None
    wait: bool = True


class ReactionWish(Wish):
    action: Action
    digits: str = ""
    after_s: float = 0.0


class StaffWish(Wish):
    phone: str
    script: Action | ReactionWish | list[ReactionWish]


class LineWish(Wish):
    phone: str
    type: str
    """As look-ups name it: mobile, landline, fixedVoip, nonFixedVoip, tollFree..."""


class NumberWish(Wish):
    phone: str
    texts: bool = True
    """It was bought for texts too."""
    points_elsewhere: bool = False
    """Its webhooks lead to nobody."""


class Match(Wish):
    recipient: str | None = Field(default=None, alias="to")
    sender: str | None = Field(default=None, alias="from")
    body_contains: str | None = None
    path: str | None = None
    """Of a webhook, or of look-ups; None: texts."""


class FaultWish(Wish):
    match: Match = Field(default_factory=Match)
    kind: FaultKind
    times: int = 1
    delay_s: float | None = None
    code: int = 0
    status: int | None = Field(default=None, ge=400, le=599)

    @model_validator(mode="after")
    def check_code(self) -> "FaultWish":
        if bool(self.code) != (self.kind in WITH_CODE):
            raise ValueError(f"a code goes with {', '.join(sorted(WITH_CODE))}, and with them only")
        if self.status and self.kind != "refuse":
            raise ValueError("an HTTP status goes with refuse only")
        return self

    @model_validator(mode="after")
    def check_path(self) -> "FaultWish":
        path = self.match.path
        if (self.kind in OF_WEBHOOKS) != (path is not None and path not in OF_REST):
            raise ValueError(f"a webhook's path goes with {', '.join(sorted(OF_WEBHOOKS))}")
        if path in OF_REST and self.kind not in OF_LOOKUPS:
            raise ValueError(f"look-ups know {', '.join(sorted(OF_LOOKUPS))}")
        return self


class WebhookWish(Wish):
    path: str
    params: dict[str, str]
    sign: bool = True
    base_url: str | None = None
    signed_for: str | None = None
    """The full address to sign for, when it is not the one posted to."""
