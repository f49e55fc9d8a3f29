"""What the agent needs from the world, as roles; `server.wiring` says who plays them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent.model import OutgoingText, Passage, Reading, Situation


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, with UTC offset."""


class Knowledge(Protocol):
    def search(self, business: str, question: str, limit: int) -> Sequence[Passage]:
        """The best passages of this business alone, best first, `score` filled."""


class Mind(Protocol):
    def read(self, situation: Situation) -> Reading:
        """One reading of one turn, by one model call.

        Raises:
            ModelError: no usable reading; the rules' own reading then stands alone.

        """


class Carrier(Protocol):
    def send(self, text: OutgoingText) -> str:
        """Hand one text to the carrier and return its id.

        Raises:
            DeliveryError: not taken; `permanent` says whether to retry, `unknown` whether to look first.

        """

    def find(self, text: OutgoingText, since: datetime) -> Sequence[str]:
        """The carrier's ids of texts with these numbers and words that it took since then.

        Raises:
            DeliveryError: the carrier could not be asked.

        """


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What the steps of one turn may use."""

    knowledge: Knowledge
    mind: Mind | None
    """None: no model is configured, and the rules answer alone."""
