"""The yardstick of a turn: DBOS alone, doing what a durable turn and delivery cannot do without.

A turn is enqueued in a transaction; `turn` is an empty transaction, an empty step, and a transaction that
enqueues `deliver`; `deliver` is an empty transaction, an empty step and an empty transaction. Queues partitioned
by thread, 16 turns and 32 deliveries at once, looked at every 0.1 s, portable JSON. This definition stays as it
is, whatever the product's own workflows become.

Told what to do by JSON lines on stdin; answers each with one on stdout.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, SQLAlchemyDatasource

from evals.bench.plain_engine import plain_engine

_POLL_S = 0.1
_DONE_S = 120.0


class BareEngine:
    def __init__(self, url: str) -> None:
        self._engine = plain_engine(url)
        self._level: Any = "SERIALIZABLE" if url.startswith("sqlite") else "READ COMMITTED"
        self._seq = count(1)
        self._done: dict[str, threading.Event] = {}
        DBOS(
            config={
                "name": "bare",
                "system_database_url": url,
                "system_database_engine": plain_engine(url),
                "application_version": "1",
                "executor_id": "bare",
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "enable_otlp": False,
            }
        )
        self._datasource = SQLAlchemyDatasource.create(
            url, engine=self._engine, serializer=DBOSPortableJSONSerializer()
        )
        self._client = DBOSClient(
            system_database_url=url,
            system_database_engine=plain_engine(url),
            serializer=DBOSPortableJSONSerializer(),
            application_name="bare",
            lazy=True,
        )
        self._register()

    def launch(self) -> None:
        DBOS.launch()
        for queue, together in (("turns", 16), ("deliveries", 32)):
            DBOS.register_queue(
                queue,
                partition_concurrency=1,
                worker_concurrency=together,
                polling_interval_sec=_POLL_S,
            )

    def run(self, turns: int, at_once: int, settle_s: float = 0.0) -> dict[str, Any]:
        """Each turn on a thread of its own; so many wait at once for their delivery's end."""
        began = time.monotonic()
        with ThreadPoolExecutor(at_once) as pool:
            done_ms = list(pool.map(self._turn, [f"{next(self._seq)}" for _ in range(turns)]))
        wall_s = time.monotonic() - began
        time.sleep(settle_s)
        return {"wall_s": wall_s, "webhook_ms": [], "reply_ms": done_ms, "taken": turns}

    def close(self) -> None:
        DBOS.destroy(workflow_completion_timeout_sec=5)
        self._client.destroy()

    def _turn(self, key: str) -> float:
        began, event = time.monotonic(), threading.Event()
        self._done[key] = event
        with self._engine.begin() as connection:
            self._enqueue(connection, "turns", "turn", key)
        if not event.wait(_DONE_S):
            raise TimeoutError(f"turn {key} was not delivered")
        return (time.monotonic() - began) * 1000

    def _enqueue(self, connection: sa.Connection, queue: str, workflow: str, key: str) -> None:
        options: Any = {
            "workflow_name": workflow,
            "queue_name": queue,
            "workflow_id": f"{workflow}:{key}",
            "queue_partition_key": f"thread:{key}",
            "priority": int(key),
        }
        self._client.enqueue_in_transaction(connection, options, f"thread:{key}", key)

    def _register(self) -> None:
        @self._transaction("take")
        def take(key: str) -> None:
            pass

        @self._transaction("commit")
        def commit(key: str) -> None:
            connection = self._datasource.sql_session().connection()
            self._enqueue(connection, "deliveries", "deliver", key)

        @DBOS.workflow(name="turn", max_recovery_attempts=20)
        def turn(thread: str, key: str) -> str:
            take(key)
            DBOS.run_step({"name": "read"}, _nothing)
            commit(key)
            return "answered"

        @self._transaction("open")
        def open_door(key: str) -> None:
            pass

        @self._transaction("record")
        def record(key: str) -> None:
            pass

        @DBOS.workflow(name="deliver", max_recovery_attempts=20)
        def deliver(thread: str, key: str) -> str:
            open_door(key)
            DBOS.run_step({"name": "send"}, _nothing)
            record(key)
            self._done.pop(key).set()
            return "sent"

    def _transaction(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._datasource.transaction(name=name, isolation_level=self._level)


def _nothing() -> None:
    pass


def main() -> None:
    engine = BareEngine(sys.argv[1])
    engine.launch()
    _tell({"ready": True})
    for line in sys.stdin:
        _tell(engine.run(**json.loads(line)))
    engine.close()


def _tell(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
