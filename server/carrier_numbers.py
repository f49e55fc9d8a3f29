"""What the carrier says of a business's own number: whose it is, what it can, and where its webhooks go."""

from dataclasses import dataclass
from typing import Protocol

from agent.business import TwilioAccount


@dataclass(frozen=True, kw_only=True)
class OwnNumber:
    """A number of the account."""

    number: str
    texts: bool
    """It can send and take texts."""
    calls: bool
    calls_to: str
    """Where the carrier reports a call; empty: nowhere."""
    texts_to: str
    """Where the carrier brings a text; empty: nowhere."""


class CarrierNumbers(Protocol):
    def find(self, number: str, account: TwilioAccount) -> OwnNumber | None:
        """The number as the account has it; None: it is not one of the account's.

        Args:
            number: E.164.

        Raises:
            DeliveryError: the carrier could not be asked; `permanent` where the account itself is refused.
        """

    def point(self, number: str, account: TwilioAccount, calls_to: str, texts_to: str, status_to: str) -> bool:  # fmt: skip
        """Have the carrier report calls and bring texts to these addresses; False: it is no number of the account.

        Raises:
            DeliveryError: as above.
        """
