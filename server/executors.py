"""Which processes work on one database: each beats, and takes over the work of those that no longer do."""

import threading
import time
import uuid
from datetime import timedelta

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSClient
from dbos._dbos import _get_dbos_instance
from dbos._utils import INTERNAL_QUEUE_NAME

from server.store.engine import insert
from server.store.tables import executor

BEAT_S = 1.0
BEAT_ALONE_S = 5.0
"""On SQLite one process owns the file: the beat only tells that it works."""
STRAYS_EVERY_S = 4.0
DEAD_AFTER = timedelta(seconds=5)
FORGOTTEN_AFTER = timedelta(days=1)
UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]

log = structlog.get_logger()


class Executors:
    """The open-source engine recovers only what its own name left; the rest is done here."""

    def __init__(self, database: sa.Engine, name: str, *, alone: bool) -> None:
        """`alone`: no other process can use the database, so the name stays from one run to the next."""
        self.own = name or ("local" if alone else uuid.uuid4().hex)
        self._database, self._alone = database, alone
        self._stop = threading.Event()
        self._idle: set[str] = set()
        self._next_look = 0.0

    def watch(self, client: DBOSClient, version: str) -> None:
        """Beat and look after the others until stopped, in a thread."""
        watch = threading.Thread(
            target=self._watch, args=(client, version), name="executors", daemon=True
        )
        watch.start()

    def stop(self) -> None:
        self._stop.set()
        try:
            with self._database.begin() as connection:
                connection.execute(sa.delete(executor).where(executor.c.id == self.own))
        except sa.exc.SQLAlchemyError as failure:
            log.warning("executors.no_goodbye", error=str(failure))

    def adopt_other_versions(self, client: DBOSClient, version: str) -> int:
        """Forget unfinished jobs that another version of this program began and nobody works on.

        Their texts are still unanswered or unsent in our own tables, where `restore` finds them: work is begun
        anew with this version's steps, not replayed with another's.
        """
        working = set() if self._alone else self._beating()
        old = [
            flow.workflow_id
            for flow in client.list_workflows(
                status=UNFINISHED, load_input=False, load_output=False
            )
            if flow.app_version not in (None, version) and flow.executor_id not in working
        ]
        if old:
            client.delete_workflows(old)
            log.info("executors.adopted", jobs=len(old), version=version)
        return len(old)

    def _watch(self, client: DBOSClient, version: str) -> None:
        while True:
            try:
                self._beat()
                self._take_up_strays()
                if not self._alone and (dead := self._dead()):
                    DBOS._recover_pending_workflows(dead)
                    self.adopt_other_versions(client, version)
            except Exception as failure:  # noqa: BLE001 - a beat that stops for ever would hand our work to others
                log.warning("executors.watch_failed", error=str(failure))
            if self._stop.wait(BEAT_ALONE_S if self._alone else BEAT_S):
                return

    def _beat(self) -> None:
        now = sa.func.now()
        with self._database.begin() as connection:
            if not self._alone:
                long_gone = executor.c.beat_at < sa.func.now() - FORGOTTEN_AFTER
                connection.execute(sa.delete(executor).where(long_gone))
            row = insert(connection, executor).values(id=self.own, beat_at=now)
            beat = row.on_conflict_do_update(index_elements=["id"], set_={"beat_at": now})
            connection.execute(beat)

    def _take_up_strays(self) -> None:
        """Jobs that this process claimed and does not run: the database went away between the two.

        Seen idle twice, some seconds apart: a job that is just being started is not one.
        """
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + STRAYS_EVERY_S
        mine = DBOS.list_workflows(
            status="PENDING", executor_id=self.own, load_input=False, load_output=False
        )
        engine = _get_dbos_instance()
        idle = {flow.workflow_id for flow in mine} - set(engine._active_workflows_set.activeList())
        for stray in idle & self._idle:
            engine._sys_db.reenqueue_for_recovery(stray, [self.own], INTERNAL_QUEUE_NAME)
            log.warning("executors.took_up_stray", job=stray)
        self._idle = idle

    def _dead(self) -> list[str]:
        """Executors that own running work and have not beaten lately, by the database's clock."""
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        owners = {flow.executor_id for flow in pending if flow.executor_id}
        return sorted(owners - self._beating()) if owners - {self.own} else []

    def _beating(self) -> set[str]:
        recent = sa.select(executor.c.id).where(executor.c.beat_at > sa.func.now() - DEAD_AFTER)
        with self._database.connect() as connection:
            return set(connection.scalars(recent))
