"""DBOS on the application's own database: a durable queue, one line for each thread. One engine a process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, SQLAlchemyDatasource

from server import tracing
from server.executors import UNFINISHED, Executors
from server.store.engine import make_engine

VERSION = "8"
"""Of the workflows. Raise it when their steps change: work of another version is begun anew, not replayed."""
TURNS, DELIVERIES = "turns", "deliveries"
_FAILED = ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"]
_TOGETHER = {TURNS: 24, DELIVERIES: 32}
_DELIVERY_POLLS = 2.5
"""Times as long between looks: what waits there is a first text, staff's own or a later try, no answer to a caller."""


@dataclass(frozen=True, kw_only=True)
class DurableJobs:
    """Jobs enqueued by the transaction that needs them."""

    client: DBOSClient

    def turn(
        self,
        connection: sa.Connection,
        thread: str,
        key: str,
        seq: int,
        wait_s: float,
        again: str = "",
    ) -> None:
        name = f"{key}:{again}" if again else key
        self._enqueue(connection, TURNS, "turn", thread, key, name, seq, wait_s)

    def deliver(
        self,
        connection: sa.Connection,
        thread: str,
        key: str,
        seq: int,
        wait_s: float,
        again: str = "",
    ) -> None:
        name = f"{key}:{again}" if again else key
        self._enqueue(connection, DELIVERIES, "deliver", thread, key, name, seq, wait_s)

    def _enqueue(
        self,
        connection: sa.Connection,
        queue: str,
        workflow: str,
        thread: str,
        key: str,
        name: str,
        seq: int,
        wait_s: float,
    ) -> None:
        """Partitioned by thread: one at a time, in order of seq (created_at is too coarse on SQLite)."""
        options: Any = {
            "workflow_name": workflow,
            "queue_name": queue,
            "workflow_id": f"{workflow}:{name}",
            "queue_partition_key": thread,
            "priority": seq,
        }
        if wait_s:
            options["delay_seconds"] = wait_s
        self.client.enqueue_in_transaction(connection, options, thread, key, tracing.current())


def make_client(url: str) -> DBOSClient:
    """For whoever enqueues, looks or deletes without working; the caller destroys it."""
    return DBOSClient(
        system_database_url=url,
        system_database_engine=make_engine(url),
        serializer=DBOSPortableJSONSerializer(),
        application_name="ringback",
        lazy=True,
    )


class Engine:
    """Built, then the workflows are registered, then launched; a process that only enqueues never launches it."""

    def __init__(self, url: str, executors: Executors, poll_s: float, database: sa.Engine) -> None:
        self._url, self._poll_s, self._executors = url, poll_s, executors
        self._is_sqlite = url.startswith("sqlite")
        self._database = database
        self._datasource: SQLAlchemyDatasource | None = None
        self.is_running = False
        self.jobs = DurableJobs(client=make_client(url))

    def configure(self) -> None:
        """Before workflows are registered."""
        DBOS(
            config={
                "name": "ringback",
                "system_database_url": self._url,
                "system_database_engine": make_engine(self._url),
                "application_version": VERSION,
                "executor_id": self._executors.own,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "enable_otlp": False,
            }
        )
        self._datasource = SQLAlchemyDatasource.create(
            self._url, engine=self._database, serializer=DBOSPortableJSONSerializer()
        )

    def transaction(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A function of (connection, ...) as a transaction that commits with its step's checkpoint."""
        datasource = self._datasource
        assert datasource  # noqa: S101 - configured first
        level: Any = "SERIALIZABLE" if self._is_sqlite else "READ COMMITTED"

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            def run(*args: Any) -> Any:
                return function(datasource.sql_session().connection(), *args)

            return datasource.transaction(name=name, isolation_level=level)(run)

        return decorate

    def launch(self) -> None:
        """Start working, beginning with what an earlier run, or an earlier version, left unfinished."""
        DBOS.launch()
        self._executors.adopt_other_versions(self.jobs.client, VERSION)
        for queue, together in _TOGETHER.items():
            slower = _DELIVERY_POLLS if queue == DELIVERIES else 1.0
            DBOS.register_queue(
                queue,
                partition_concurrency=1,
                worker_concurrency=together,
                polling_interval_sec=self._poll_s * slower,
            )
        self._executors.watch(self.jobs.client, VERSION)
        self.is_running = True

    def state_of(self, *jobs: str) -> Literal["alive", "failed", "gone"]:
        """Of jobs and their replacements: will one still run, did one end in an error, or is none there?"""
        flows = self.jobs.client.list_workflows(
            workflow_id_prefix=list(jobs), load_input=False, load_output=False
        )
        later = tuple(f"{job}:" for job in jobs)
        ours = [
            flow.status
            for flow in flows
            if flow.workflow_id in jobs or flow.workflow_id.startswith(later)
        ]
        if any(status in UNFINISHED for status in ours):
            return "alive"
        return "failed" if any(status in _FAILED for status in ours) else "gone"

    def forget(self, before: datetime, limit: int) -> int:
        """Delete the rows of jobs that ended before that moment; returns how many."""
        done = self.jobs.client.list_workflows(
            status=[*_FAILED, "SUCCESS"],
            completed_before=before.isoformat(),
            limit=limit,
            load_input=False,
            load_output=False,
        )
        if done:
            self.jobs.client.delete_workflows([flow.workflow_id for flow in done])
        return len(done)

    def close(self) -> None:
        if self.is_running:
            self.is_running = False
            self._executors.stop()
            DBOS.destroy(workflow_completion_timeout_sec=5)
        self.jobs.client.destroy()
