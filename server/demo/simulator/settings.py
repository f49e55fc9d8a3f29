"""What the simulated carrier knows about the account it serves."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BusinessNumber:
    """A number that belongs to the account: callers dial it, texts come from it."""

    phone: str
    """E.164."""
    name: str
    slug: str


@dataclass(frozen=True, kw_only=True)
class StaffPhone:
    """A handset of somebody who works there; it rings and gets alert texts."""

    phone: str
    name: str


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings:
    """The account, its numbers, and how fast and how stubborn the carrier is."""

    account_sid: str
    auth_token: str
    webhook_base_url: str
    """Public address of the product; every webhook goes there and is signed for it."""
    numbers: tuple[BusinessNumber, ...] = ()
    staff: tuple[StaffPhone, ...] = ()
    ring_s: float | None = None
    """How long an unanswered ring lasts; None: as long as the TwiML or the REST call says."""
    delivery_delay_s: float = 0.3
    """Gap between queued, sent and delivered."""
    transcription_delay_s: float = 0.3
    """How long after a voicemail its words come."""
    retries: int = 3
    """How often a failing webhook is tried again (`#rc=3&rp=all`)."""
    webhook_timeout_s: float = 15.0
    """Time for one attempt of one webhook."""
    advanced_opt_out: bool = False
    """Twilio's Advanced Opt-Out: webhooks carry OptOutType, and HELP is answered by the carrier."""

    def owns(self, phone: str) -> bool:
        return any(number.phone == phone for number in self.numbers)

    def webhook_url(self, path: str) -> str:
        return self.webhook_base_url.rstrip("/") + path
