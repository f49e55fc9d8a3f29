"""The durable workflows: they name steps and transactions, and call the use cases in between.

A workflow may be begun again from its first line, by a restart or by a newer version of this program: what it did
is known from our own tables (a text taken, answered, begun to be sent), so no effect happens twice.
"""

import time
from dataclasses import replace

import sqlalchemy as sa
import structlog
from dbos import DBOS

from agent import inbound
from agent.graph import Conversation
from agent.inbound import Decision
from agent.ports import Clock
from agent.state import Json
from server import tracing
from server.delivery import Door, Ticket
from server.engine import Engine
from server.metrics import Metrics
from server.store.engine import is_away, lasting, patiently
from server.turns import Turns, as_turn, decide

log = structlog.get_logger()

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
            decision, ticket = _kept(turns, database, clock, taken, decision)
            took_s = time.perf_counter() - began
            metrics.turn("handed_over" if decision.hands_over else "answered", took_s)
            if ticket:
                with tracing.span("deliver", key=key):
                    door.deliver(ticket)

    @DBOS.workflow(name="deliver", max_recovery_attempts=MOST_RECOVERIES)
    def deliver(thread: str, key: str, trace: str | None = None) -> None:
        with tracing.span("deliver", trace, key=key):
            door.attempt(key)


def _kept(
    turns: Turns, database: sa.Engine, clock: Clock, taken: Json, decision: Decision
) -> tuple[Decision, Ticket | None]:
    """Commit what was decided; where that cannot be stored, a person answers: it must not become silence."""

    def commit(one: Decision) -> Ticket | None:
        return lasting(
            database, lambda connection: turns.commit(connection, taken, one, clock.now())
        )

    try:
        return decision, commit(decision)
    except Exception as error:  # the outermost edge of a turn
        if is_away(error):
            raise
        log.exception("turn.not_kept", turn=taken["key"])
        lost = replace(inbound.at_a_loss(as_turn(taken)), calls=decision.calls)
        return lost, commit(lost)
