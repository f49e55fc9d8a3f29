"""The durable workflows: they name steps and transactions, and call the use cases in between.

A workflow may be begun again from its first line, by a restart or by a newer version of this program: what it did
is known from our own tables (a text taken, answered, begun to be sent), so no effect happens twice.
"""

import time

import sqlalchemy as sa
from dbos import DBOS

from agent.graph import Conversation
from agent.ports import Clock
from agent.state import Json
from server import tracing
from server.delivery import Door
from server.engine import Engine
from server.metrics import Metrics
from server.store.engine import lasting, patiently
from server.turns import Turns, decide

MOST_RECOVERIES = 20
"""A workflow that took its process down so often is left to a person."""


def register(
    engine: Engine,
    database: sa.Engine,
    clock: Clock,
    turns: Turns,
    door: Door,
    conversation: Conversation,
    metrics: Metrics,
) -> None:
    """Name the workflows; before the engine is launched."""

    @engine.transaction("take")
    def take(connection: sa.Connection, thread: str, key: str) -> Json | None:
        return turns.take(connection, thread, key, clock.now())

    @DBOS.workflow(name="turn", max_recovery_attempts=MOST_RECOVERIES)
    def turn(thread: str, key: str, trace: str | None = None) -> None:
        with tracing.span("turn", trace, key=key):
            began = time.perf_counter()
            taken = take(thread, key)
            if taken is None:
                metrics.turn("merged", time.perf_counter() - began)
                return
            decision = patiently(lambda: decide(taken, conversation))
            ticket = lasting(
                database, lambda connection: turns.commit(connection, taken, decision, clock.now())
            )
            took_s = time.perf_counter() - began
            metrics.turn("handed_over" if decision.hands_over else "answered", took_s)
            if ticket:
                with tracing.span("deliver", key=key):
                    door.deliver(ticket)

    @DBOS.workflow(name="deliver", max_recovery_attempts=MOST_RECOVERIES)
    def deliver(thread: str, key: str, trace: str | None = None) -> None:
        with tracing.span("deliver", trace, key=key):
            door.attempt(key)
