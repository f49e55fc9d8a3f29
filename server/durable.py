"""The agent's ports as durable steps: a turn begun again after a crash asks, books and pays nothing twice."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from dbos import DBOS
from pydantic import TypeAdapter

from agent.business import Business
from agent.model import Booking, Offers, Situation, Thought, When
from agent.ports import Clock, Diary, Mind, Ports
from agent.state import Json
from server import tracing
from server.metrics import ModelEnd, Signs


@dataclass(frozen=True, kw_only=True)
class DurableMind:
    """A model whose every call is a step: a crash after it does not ask, or pay, again."""

    mind: Mind
    signs: Signs
    clock: Clock

    def read(self, situation: Situation) -> Thought:
        def understand() -> Json:
            began = time.perf_counter()
            with tracing.span("model"):
                thought = self.mind.read(situation)
            if thought.failed:
                self.signs.model.failed(self.clock.now())
            else:
                self.signs.model.worked()
            ended: ModelEnd = "failed" if thought.failed else "answered"
            self.signs.metrics.model_call(ended, time.perf_counter() - began)
            plain: Json = _THOUGHT.dump_python(thought, mode="json")
            return plain

        return _THOUGHT.validate_python(DBOS.run_step({"name": "understand"}, understand))


@dataclass(frozen=True, kw_only=True)
class DurableDiary:
    """A diary whose every act is a step: a crash between booking and telling does not book, or offer, again."""

    diary: Diary

    def offer(
        self,
        business: Business,
        caller: str,
        service: str,
        wish: When | None,
        moves: str | None = None,
    ) -> Offers:
        def offer() -> Json:
            with tracing.span("calendar"):
                offers = self.diary.offer(business, caller, service, wish, moves)
            found: Json = _OFFERS.dump_python(offers, mode="json")
            return found

        return _OFFERS.validate_python(DBOS.run_step({"name": "offer"}, offer))

    def book(self, business: Business, caller: str, hold: str) -> Booking:
        return self._ended("book", lambda: self.diary.book(business, caller, hold))

    def cancel(self, business: Business, caller: str, visit: str) -> Booking:
        return self._ended("cancel", lambda: self.diary.cancel(business, caller, visit))

    def release(self, business: Business, caller: str) -> None:
        DBOS.run_step({"name": "release"}, self.diary.release, business, caller)

    def _ended(self, name: str, act: Callable[[], Booking]) -> Booking:
        def step() -> Json:
            with tracing.span("calendar"):
                booking = act()
            ended: Json = _BOOKING.dump_python(booking, mode="json")
            return ended

        return _BOOKING.validate_python(DBOS.run_step({"name": name}, step))


_OFFERS = TypeAdapter(Offers)
_BOOKING = TypeAdapter(Booking)
_THOUGHT = TypeAdapter(Thought)


def durable(ports: Ports, signs: Signs, clock: Clock) -> Ports:
    """The same ports, each call of which is its own durable step; reading the documents again costs nothing and needs none."""
    return Ports(
        knowledge=ports.knowledge,
        diary=DurableDiary(diary=ports.diary),
        mind=DurableMind(mind=ports.mind, signs=signs, clock=clock) if ports.mind else None,
        embedder=ports.embedder,
    )
