"""The durable workflows: they name steps and transactions, and call the use cases in between."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, SQLAlchemyDatasource, error
from pydantic import TypeAdapter

from agent import inbound
from agent.business import Business
from agent.graph import Conversation
from agent.model import Booking, Offers, Passage, Reading, Situation, When
from agent.ports import Clock, Diary, Knowledge, Mind, Ports
from agent.state import Json, plain_json
from server.delivery import PAUSES_S, Door
from server.store.engine import insert, make_engine
from server.store.tables import executor
from server.turns import Turns, decide

VERSION = "2"
"""Of the workflows below. Raise it when their steps change, so that work in flight meets the code it began with."""
TURNS, DELIVERIES = "turns", "deliveries"
BEAT_S = 1.0
DEAD_AFTER = timedelta(seconds=5)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class DurableJobs:
    """Jobs enqueued by the transaction that needs them."""

    client: DBOSClient

    def turn(
        self, connection: sa.Connection, thread: str, key: str, seq: int, wait_s: float
    ) -> None:
        self._enqueue(connection, TURNS, "turn", thread, key, seq, wait_s)

    def deliver(
        self, connection: sa.Connection, thread: str, key: str, seq: int, wait_s: float
    ) -> None:
        self._enqueue(connection, DELIVERIES, "deliver", thread, key, seq, wait_s)

    def _enqueue(
        self,
        connection: sa.Connection,
        queue: str,
        workflow: str,
        thread: str,
        key: str,
        seq: int,
        wait_s: float,
    ) -> None:
        """Partitioned by thread: one at a time, in order of seq (created_at is too coarse on SQLite)."""
        options: Any = {
            "workflow_name": workflow,
            "queue_name": queue,
            "workflow_id": f"{workflow}:{key}",
            "queue_partition_key": thread,
            "priority": seq,
        }
        if wait_s:
            options["delay_seconds"] = wait_s
        self.client.enqueue_in_transaction(connection, options, thread, key)


@dataclass(frozen=True, kw_only=True)
class DurableKnowledge:
    """Knowledge whose every search is a step: a replay finds what the first run found."""

    knowledge: Knowledge

    def search(self, business: str, question: str, limit: int) -> list[Passage]:
        def recall() -> list[Json]:
            found: list[Json] = plain_json(list(self.knowledge.search(business, question, limit)))
            return found

        return _PASSAGES.validate_python(DBOS.run_step({"name": "recall"}, recall))


@dataclass(frozen=True, kw_only=True)
class DurableMind:
    """A model whose every call is a step: a crash after it does not ask, or pay, again."""

    mind: Mind

    def read(self, situation: Situation) -> Reading:
        def understand() -> Json:
            reading: Json = plain_json(self.mind.read(situation))
            return reading

        return _READING.validate_python(DBOS.run_step({"name": "understand"}, understand))


@dataclass(frozen=True, kw_only=True)
class DurableDiary:
    """A diary whose every act is a step: a crash between booking and telling does not book, or offer, again."""

    diary: Diary

    def offer(self, business: Business, caller: str, service: str, wish: When | None) -> Offers:
        def offer() -> Json:
            found: Json = _OFFERS.dump_python(
                self.diary.offer(business, caller, service, wish), mode="json"
            )
            return found

        return _OFFERS.validate_python(DBOS.run_step({"name": "offer"}, offer))

    def book(self, business: Business, caller: str, hold: str) -> Booking:
        def book() -> Json:
            made: Json = _BOOKING.dump_python(self.diary.book(business, caller, hold), mode="json")
            return made

        return _BOOKING.validate_python(DBOS.run_step({"name": "book"}, book))

    def release(self, business: Business, caller: str) -> None:
        DBOS.run_step({"name": "release"}, self.diary.release, business, caller)


_OFFERS = TypeAdapter(Offers)
_BOOKING = TypeAdapter(Booking)
_PASSAGES = TypeAdapter(list[Passage])
_READING = TypeAdapter(Reading)


def durable(ports: Ports) -> Ports:
    """The same ports, each call of which is its own durable step."""
    return Ports(
        knowledge=DurableKnowledge(knowledge=ports.knowledge),
        diary=DurableDiary(diary=ports.diary),
        mind=DurableMind(mind=ports.mind) if ports.mind else None,
    )


class Engine:
    """DBOS on the application's own database; one per process."""

    def __init__(
        self, url: str, executor_id: str, poll_s: float, clock: Clock, engine: sa.Engine
    ) -> None:
        self._url, self._poll_s, self._clock, self._engine = url, poll_s, clock, engine
        self._is_sqlite = url.startswith("sqlite")
        # On SQLite one process owns the file, so its name stays and it recovers its own work at the next start.
        self._executor_id = executor_id or ("local" if self._is_sqlite else uuid.uuid4().hex)
        self._stop = threading.Event()
        self._started = time.monotonic()
        DBOS(
            config={
                "name": "ringback",
                "system_database_url": url,
                "system_database_engine": make_engine(url),
                "application_version": VERSION,
                "executor_id": self._executor_id,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "enable_otlp": False,
            }
        )
        self._datasource = SQLAlchemyDatasource.create(
            url, engine=engine, serializer=DBOSPortableJSONSerializer()
        )
        self.jobs = DurableJobs(
            client=DBOSClient(
                system_database_url=url,
                system_database_engine=make_engine(url),
                serializer=DBOSPortableJSONSerializer(),
                application_name="ringback",
                lazy=True,
            )
        )

    def register(self, turns: Turns, door: Door, conversation: Conversation) -> None:
        """Name the workflows and their steps; before `launch`."""
        self._register_turn(turns, conversation)
        self._register_deliver(door)

    def _register_turn(self, turns: Turns, conversation: Conversation) -> None:
        clock = self._clock

        @self._transaction("take")
        def take(connection: sa.Connection, thread: str, key: str) -> Json | None:
            return turns.take(connection, thread, key, clock.now())

        @self._transaction("commit")
        def commit(connection: sa.Connection, taken: Json, decided: Json) -> None:
            turns.commit(connection, taken, inbound.Decision(**decided), clock.now())

        @DBOS.workflow(name="turn", max_recovery_attempts=20)
        def turn(thread: str, key: str) -> str:
            taken = take(thread, key)
            if taken is None:
                return "merged"
            decision = decide(taken, conversation, passing=error.DBOSException)
            commit(taken, vars(decision))
            return "answered"

    def _register_deliver(self, door: Door) -> None:
        clock = self._clock

        @self._transaction("open")
        def open_door(connection: sa.Connection, key: str, tries: int) -> Json | None:
            return door.open(connection, key, tries, clock.now())

        @self._transaction("record")
        def record(connection: sa.Connection, key: str, result: Json) -> None:
            door.record(connection, key, result, clock.now())

        @DBOS.workflow(name="deliver", max_recovery_attempts=20)
        def deliver(thread: str, key: str) -> str:
            result: Json = {}
            for tries, pause_s in enumerate((*PAUSES_S, 0.0)):
                ticket = open_door(key, tries)
                if ticket is None:
                    return "dropped"
                result = DBOS.run_step({"name": "send"}, door.send, ticket)
                if result["sid"] or not result["again"]:
                    break
                DBOS.sleep(pause_s)
            record(key, result)
            return "sent" if result["sid"] else "failed"

    def launch(self) -> None:
        """Start working, beginning with what an earlier run of this process left unfinished."""
        DBOS.launch()
        for queue, together in ((TURNS, 16), (DELIVERIES, 32)):
            DBOS.register_queue(
                queue,
                partition_concurrency=1,
                worker_concurrency=together,
                polling_interval_sec=self._poll_s,
            )
        if not self._is_sqlite:
            threading.Thread(target=self._watch, name="reaper", daemon=True).start()

    def close(self) -> None:
        self._stop.set()
        DBOS.destroy(workflow_completion_timeout_sec=5)
        self.jobs.client.destroy()

    def _transaction(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A function of (connection, ...) as a transaction that commits with its step's checkpoint."""
        level: Any = "SERIALIZABLE" if self._is_sqlite else "READ COMMITTED"

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            def run(*args: Any) -> Any:
                return function(self._datasource.sql_session().connection(), *args)

            named = self._datasource.transaction(name=name, isolation_level=level)
            return named(run)

        return decorate

    def _watch(self) -> None:
        """Beat, and take over the work of processes that stopped beating (PostgreSQL: several processes)."""
        while True:
            try:
                self._beat()
                if dead := self._dead():
                    DBOS._recover_pending_workflows(dead)
            except Exception as failure:  # noqa: BLE001 - a beat that stops for ever would hand our work to others
                log.warning("engine.watch_failed", error=str(failure))
            if self._stop.wait(BEAT_S):
                return

    def _beat(self) -> None:
        now = sa.func.now()
        with self._engine.begin() as connection:
            row = insert(connection, executor).values(id=self._executor_id, beat_at=now)
            beat = row.on_conflict_do_update(index_elements=["id"], set_={"beat_at": now})
            connection.execute(beat)

    def _dead(self) -> list[str]:
        """Executors that own running work and have not beaten lately, by the database's clock."""
        with self._engine.connect() as connection:
            alive = set(
                connection.scalars(
                    sa.select(executor.c.id).where(executor.c.beat_at > sa.func.now() - DEAD_AFTER)
                )
            )
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        owners = {flow.executor_id for flow in pending if flow.executor_id}
        return sorted(owners - alive)
