"""What an escalation does at its times: climb on, ring phones, browsers and channels."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.errors import DeliveryError
from agent.model import StaffCall
from agent.ports import Bell, Clock, Ringer
from server.escalations import Escalations
from server.outbox import link_to
from server.rounds import Rounds
from server.store import businesses, threads
from server.store import escalations as store
from server.store.escalations import EscalationRow, StepRow, StepState, Way

EVERY_S, AT_ONCE = 2.0, 100
"""How often it is looked, and after how much that was due at once again."""
RING_S = 25
"""A phone of the staff rings so long, unless the business says otherwise: most voicemails take over then."""
HEARD_WITHIN = timedelta(seconds=60)
"""A step of which nothing was heard for so long has come to nothing."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Started:
    step: StepRow
    row: EscalationRow
    business: Business
    link: str


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """Safe beside itself in other processes; nothing reaches out inside a transaction."""

    escalations: Escalations
    database: sa.Engine
    clock: Clock
    ringer: Ringer
    bell: Bell
    at_a_time: int = 8
    """Steps that reach out side by side."""

    def rounds(self) -> tuple[Rounds]:
        return (
            Rounds(
                name="ladder",
                works=(self.look,),
                clock=self.clock,
                every_s=EVERY_S,
                at_once=AT_ONCE,
            ),
        )

    def look(self, now: datetime) -> int:
        """Do what is due; how much that was."""
        with self.database.connect() as connection:
            silent = store.silent_steps(connection, now - HEARD_WITHIN)
            climbing = store.due(connection, now, AT_ONCE)
        for step in silent:
            self._give_up(step)
        for row in climbing:
            self._climb(row.id)
        with self.database.connect() as connection:
            steps = store.due_steps(connection, now, AT_ONCE)
        self._do_all(steps)
        return len(silent) + len(climbing) + len(steps)

    def _do_all(self, steps: list[StepRow]) -> None:
        """A channel in trouble does not hold up the next phone."""
        if self.at_a_time == 1 or len(steps) <= 1:
            for step in steps:
                self._do(step)
            return
        with ThreadPoolExecutor(self.at_a_time) as pool:
            list(pool.map(self._do, steps))

    def next_at(self, thread: str | None = None) -> datetime | None:
        """When there is something to do, of one thread or of all."""
        with self.database.connect() as connection:
            return store.next_moment(connection, thread)

    def _climb(self, name: int) -> None:
        try:
            with self.database.begin() as connection:
                self.escalations.climb(connection, name, self.clock.now())
        except Exception:  # one that cannot climb holds up no other
            log.exception("escalation.failed", escalation=name)

    def _give_up(self, step: StepRow) -> None:
        try:
            self._fail(step.id, "nothing more was heard of it")
        except Exception:  # one that cannot be settled holds up no other
            log.exception("escalation.step_failed", step=step.id, way=step.way)

    def _do(self, step: StepRow) -> None:
        try:
            if started := self._started(step):
                self._ring(started) if step.way == Way.BELL else self._call(started)
        except Exception:  # it is settled when nothing more is heard of it
            log.exception("escalation.step_failed", step=step.id, way=step.way)

    def _started(self, step: StepRow) -> _Started | None:
        """The step is ours now, and no other process's."""
        with self.database.begin() as connection:
            moved = store.move_step(
                connection, step.id, self.clock.now(), StepState.DOING, only_from=(StepState.DUE,)
            )
            row = store.get(connection, step.escalation)
            business = businesses.get(connection, row.business) if row else None
            if not moved or row is None or business is None:
                return None
            return _Started(step=step, row=row, business=business, link=self._link(connection, row))

    def _link(self, connection: sa.Connection, row: EscalationRow) -> str:
        public_url = self.escalations.public_url
        thread = threads.get(connection, row.thread) if row.thread else None
        return link_to(public_url, thread) if thread else f"{public_url}/business/on-call"

    def _call(self, started: _Started) -> None:
        person = started.business.person(started.step.staff)
        if person is None or person.phone is None:
            self._fail(started.step.id, "has no phone any more")
            return
        call = StaffCall(
            step=started.step.id,
            sender=started.business.phone,
            to=person.phone,
            ring_s=started.business.calls.ring_s or RING_S,
            account_sid=started.business.twilio.account_sid,
            auth_token_env=started.business.twilio.auth_token_env,
        )
        try:
            sid = self.ringer.ring(call)
        except DeliveryError as error:
            if not error.unknown:
                self._fail(started.step.id, f"could not be called: {error}")
            return
        with self.database.begin() as connection:
            store.note_step(connection, started.step.id, self.clock.now(), sid=sid)

    def _ring(self, started: _Started) -> None:
        row, step = started.row, started.step
        lines = self.bell.ring(started.business.slug, step.staff, row.words, started.link)
        with self.database.begin() as connection:
            store.move_step(
                connection,
                step.id,
                self.clock.now(),
                StepState.DONE,
                only_from=(StepState.DOING,),
                detail="; ".join(lines),
            )

    def _fail(self, step: int, how: str) -> None:
        with self.database.begin() as connection:
            self.escalations.call_ended(connection, step, how, self.clock.now())


class NoBell:
    """Nobody has a browser or a channel."""

    def ring(self, business: str, staff: str, words: str, link: str) -> list[str]:
        return []
