"""What the agent needs from the world, as roles; `server.wiring` says who plays them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.business import Business, TwilioAccount
from agent.model import (
    Booking,
    CalendarAddress,
    CalendarChanges,
    Offers,
    OutgoingText,
    Passage,
    Situation,
    StaffCall,
    StoredEvent,
    Thought,
    When,
)


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, with UTC offset."""


class Knowledge(Protocol):
    def search(self, business: str, question: str, limit: int) -> Sequence[Passage]:
        """The best passages of this business alone, best first, `score` filled."""


class Embedder(Protocol):
    def embed(self, texts: list[str]) -> NDArray[np.float32]:
        """One row a text, each of length 1 and as long as every other."""


class Mind(Protocol):
    def read(self, situation: Situation) -> Thought:
        """One reading of one turn; a failure is an outcome, and the rules' own reading then stands alone."""


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


class Calendar(Protocol):
    """Calendar objects, raw; `agent.rules.busy` says what they mean. Every method raises CalendarError."""

    def objects(self, at: CalendarAddress, start: datetime, end: datetime) -> Sequence[str]:
        """Every object, as iCalendar text, that may have an instance in [start, end); too many is fine, too few is not.

        Recurring objects come whole, not expanded: each text is one VCALENDAR with all overrides.
        """

    def changes(self, at: CalendarAddress, token: str | None) -> CalendarChanges:
        """What was written and removed since `token` was given; everything when it is None, or unknown by now."""

    def get(self, at: CalendarAddress, name: str) -> StoredEvent | None:
        """One object by name, or None when there is none."""

    def put(self, at: CalendarAddress, name: str, text: str, etag: str | None = None) -> bool:
        """Store an object: a new one (`etag` None), or in place of the one with this etag.

        Returns:
            False when the name is taken, or the object is not the one with this etag any more.

        Raises:
            CalendarError: `unknown` when it may be stored all the same; read it back.

        """

    def remove(self, at: CalendarAddress, name: str, etag: str) -> bool:
        """Delete the object with this etag; True also when it was gone, False when it has changed."""


class Diary(Protocol):
    """The business's free times and appointments, for one caller at a time; failures are outcomes, not errors."""

    def offer(
        self,
        business: Business,
        caller: str,
        service: str,
        wish: When | None,
        moves: str | None = None,
    ) -> Offers:
        """Find free times near to the wish and keep them for this caller, in place of what was offered before.

        Args:
            moves: the booked visit that is to take one of them; its own time does not stand in its way.
        """

    def book(self, business: Business, caller: str, hold: str) -> Booking:
        """Write what was offered into the calendar, also when the hold has run out but the time is free.

        A hold that moves a visit moves its event. Asked again about the same hold, it finishes what it began
        and says the same.
        """

    def cancel(self, business: Business, caller: str, visit: str) -> Booking:
        """Take a booked visit of this caller out of the calendar; asked again, it says the same."""

    def release(self, business: Business, caller: str) -> None:
        """Give up what is on offer to this caller."""


class Lines(Protocol):
    def line_type(self, number: str, account: TwilioAccount) -> str | None:
        """What kind of line a phone has, in the carrier's word: "mobile", "landline", "fixedVoip"...

        Args:
            number: E.164.
            account: who pays for the question.

        Returns:
            None when the carrier does not know, or does not say so in time; never an error.
        """


class Ringer(Protocol):
    def ring(self, call: StaffCall) -> str:
        """Begin to ring a phone of the staff and return the carrier's id of the call.

        Raises:
            DeliveryError: the carrier did not take it.
        """


class Bell(Protocol):
    def ring(self, business: str, staff: str, words: str, link: str) -> Sequence[str]:
        """Reach one person by every browser and channel of theirs; what happened, one line each, in words for the log.

        Empty: they have none. It never raises: a channel in trouble is one of the lines.
        """


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What the steps of one turn may use."""

    knowledge: Knowledge
    diary: Diary
    mind: Mind | None
    """None: no model is configured, and the rules answer alone."""
    embedder: Embedder | None = None
    """None: texts are read by their letters and words alone."""
