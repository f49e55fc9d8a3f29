"""What a verb may use of the conversation it belongs to."""

from collections.abc import Mapping
from typing import Protocol, Self

from server.demo.simulator.carrier import Carrier
from server.demo.simulator.records import Call
from server.demo.simulator.twiml import Ending, Page


class Line(Protocol):
    carrier: Carrier
    call: Call

    def on(self, call: Call) -> Self:
        """The same carrier leading another leg."""

    async def follow(self, page: Page) -> Ending:
        """Fetch and carry out documents until one ends.

        Raises:
            HungUpError: the party left.
        """

    async def post(self, url: str, extra: Mapping[str, str]) -> str | None:
        """Post a callback of this call; the body of the answer, None when it failed."""
