"""What time brings about: silence that falls due, work that lost its job, rows that nobody needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from agent.ports import Clock
from server.delivery import line_of
from server.engine import Engine
from server.jobs import Jobs
from server.rounds import Rounds, Work
from server.silence import Silences
from server.store import (
    audit,
    document_drafts,
    failed_logins,
    invitations,
    questions,
    texts,
    threads,
)
from server.turns import Turns

EVERY_S = 15.0
AT_ONCE = 200
"""Rows of one pass; the next pass takes the next ones."""
STRANDED_AFTER = timedelta(minutes=2)
QUESTIONS_KEPT = timedelta(days=180)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Housekeeping:
    """Every worker does it; each act is one transaction under a thread's lock and has no effect twice."""

    database: sa.Engine
    clock: Clock
    jobs: Jobs
    engine: Engine
    turns: Turns
    silences: Silences
    kept: timedelta
    """How long the engine's rows of finished jobs stay."""

    def rounds(self, *also: Work) -> Rounds:
        """Beginning with what another version left behind.

        Args:
            also: more works, as short as these.
        """
        return Rounds(
            name="housekeeping",
            first=(lambda now: self.restore(now, timedelta(0)),),
            works=(
                self.restore,
                self.follow_up,
                self.forget_finished_jobs,
                self.forget_old_questions,
                self.forget_old_drafts,
                self.forget_old_traces,
                *also,
            ),
            clock=self.clock,
            every_s=EVERY_S,
            at_once=AT_ONCE,
        )

    def follow_up(self, now: datetime) -> int:
        """Look at every thread on which something may have fallen due; returns how many."""
        with self.database.connect() as connection:
            due = threads.to_look_at(connection, now, AT_ONCE)
        for name in due:
            with self.database.begin() as connection:
                self.silences.look(connection, name, now)
        return len(due)

    def restore(self, now: datetime, after: timedelta = STRANDED_AFTER) -> int:
        """Enqueue anew what has been unanswered or unsent for so long and has no job any more; returns how many.

        A turn that took its process down again and again is left to a person.
        """
        with self.database.connect() as connection:
            stranded = texts.stranded(connection, now - after, AT_ONCE)
        restored = 0
        for row in stranded:
            state = self.engine.state_of(*_jobs_of(row))
            if state == "alive":
                continue
            restored += 1
            with self.database.begin() as connection:
                if state == "failed" and row.turn and row.thread and row.is_callers:
                    self.turns.give_up(connection, row.thread, row.turn, now)
                else:
                    self._enqueue(connection, row, now)
        if restored:
            log.warning("housekeeping.restored", jobs=restored)
        return restored

    def forget_finished_jobs(self, now: datetime) -> int:
        return self.engine.forget(now - self.kept, AT_ONCE * 5)

    def forget_old_questions(self, now: datetime) -> int:
        with self.database.begin() as connection:
            return questions.forget(connection, now - QUESTIONS_KEPT, AT_ONCE)

    def forget_old_drafts(self, now: datetime) -> int:
        with self.database.begin() as connection:
            return document_drafts.forget(connection, now)

    def forget_old_traces(self, now: datetime) -> int:
        """Tries to sign in, links that are long over, and the log of more than a year ago."""
        with self.database.begin() as connection:
            failed_logins.forget(connection, now - failed_logins.KEPT)
            invitations.forget(connection, now - invitations.KEPT)
            audit.forget(connection, now - audit.KEPT)
        return 0

    def _enqueue(self, connection: sa.Connection, row: texts.TextRow, now: datetime) -> None:
        again = f"{now:%d%H%M%S}"
        if row.thread is None:
            return
        if row.is_callers:
            self.jobs.turn(connection, row.thread, row.turn or row.key, row.seq, 0, again)
        else:
            self.jobs.deliver(connection, line_of(row), row.key, row.seq, 0, again)


def _jobs_of(row: texts.TextRow) -> list[str]:
    """The jobs that may be about a text: its turn also sends what it wrote."""
    turn = f"turn:{row.turn or row.key}"
    return [turn] if row.is_callers else [f"deliver:{row.key}", turn]
