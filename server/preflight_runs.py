"""Pre-flights in the background: one after another in a process, behind the turns of live callers."""

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from agent.errors import BadInput, RingbackError
from agent.ports import Mind
from server import model_health, preflight, preflight_changes
from server.preflight import ENOUGH_S, ENOUGH_WITH_MODEL_S, Found
from server.preflight_changes import Change, ModelChange, Wanted
from server.store import businesses, preflights
from server.store.preflights import PreflightRow, State

if TYPE_CHECKING:
    from server.wiring import Tools

POLL_S = 5.0
"""How often a process looks whether another one has begun a pre-flight; its own it takes up at once."""
_TOLD_EVERY_S = 0.5
_PAUSE_MAX_S = 0.5
GONE = "The server was stopped in the middle of it. Start it again."
BROKEN = "Something of ours went wrong. Nothing has changed. Start it again; if it fails again, tell whoever runs the server."
_NO_MODEL = "No language model is set up."
_NO_AGREEMENT = "The model may not read what your callers write before its provider's agreement is stated in the profile."
_SPENT = "Today's budget for the language model is spent. Compare by the rules alone, or come back tomorrow."

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class PreflightRuns:
    """Begins pre-flights, and does those that wait where this process works.

    It works half of the time at most: after each text it rests as long as that has taken, so that a turn of a live
    caller need not share the interpreter with it for longer than one text.
    """

    tools: "Tools"
    mind: Mind | None
    tokens_per_day: int
    """Of a model, for one business; 0: no limit."""
    _wake: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)

    def begin(self, slug: str, change: Change, what: Sequence[str], by: str) -> str:
        """Let a change be compared in place of what the business has under way; the id to ask for it.

        Args:
            what: the change in an owner's words, one line each.
            by: staff id.

        Raises:
            BadInput: the change is none, or the model that it asks for cannot be asked.
        """
        now = self.tools.clock.now()
        if change.with_model or isinstance(change, ModelChange):
            self._check_model(slug, now)
        wanted = preflight_changes.wanted(self.tools, slug, change, what, by, now)
        row = PreflightRow(
            id=uuid.uuid4().hex,
            business=slug,
            at=now,
            by=by,
            change=wanted.as_json(),
            state=State.WAITING,
            done=0,
            total=0,
            beat_at=None,
            found={},
        )
        with self.tools.database.begin() as connection:
            preflights.add(connection, row)
        self._wake.set()
        return row.id

    def start(self) -> None:
        threading.Thread(target=self._run, name="preflights", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()

    def look(self, now: datetime) -> bool:
        """Clear away what is over, and do the one that has waited longest; False: none waited."""
        with self.tools.database.begin() as connection:
            preflights.bury(connection, now - preflights.SILENT_FOR, GONE)
            preflights.forget(connection, now - preflights.KEPT_FOR)
            row = preflights.take_next(connection, now)
        if row is None:
            return False
        self._do(row)
        return True

    def _run(self) -> None:
        if (
            self.tools.database.dialect.name == "sqlite"
        ):  # one process has the file: what runs is a dead one's
            with self.tools.database.begin() as connection:
                preflights.bury(connection, self.tools.clock.now(), GONE)
        while not self._stop.is_set():
            self._wake.clear()
            try:
                worked = self.look(self.tools.clock.now())
            except Exception:  # the next look tries again
                log.exception("preflights.failed")
                worked = False
            if not worked:
                self._wake.wait(POLL_S)

    def _do(self, row: PreflightRow) -> None:
        state, found = State.FAILED, dict[str, Any](why=BROKEN)
        try:
            done = self._compared(row)
            if done is not None:
                state, found = State.DONE, done.as_json()
            elif self._stop.is_set():
                found = {"why": GONE}
        except RingbackError as error:
            found = {"why": str(error)}
        except Exception:  # the owner is told, and the thread goes on with others
            log.exception("preflight.failed", preflight=row.id)
        with self.tools.database.begin() as connection:
            preflights.end(connection, row.id, state, found)

    def _compared(self, row: PreflightRow) -> Found | None:
        tools, wanted = self.tools, Wanted.of(row.change)
        if wanted.base != preflight_changes.base(tools, row.business):
            raise BadInput(preflight_changes.MOVED)
        made = preflight_changes.make(tools, row.business, wanted.change, tools.clock.now())
        comparison = preflight.of_change(tools, row.business, wanted.change, made, self.mind)
        enough_s = ENOUGH_WITH_MODEL_S if comparison.mind else ENOUGH_S
        pace = _Pace(self, row.id, comparison.total)
        return preflight.run(comparison, pace.goes_on, enough_s) if pace.goes_on(0) else None

    def _check_model(self, slug: str, now: datetime) -> None:
        if self.mind is None:
            raise BadInput(_NO_MODEL)
        with self.tools.database.connect() as connection:
            business = businesses.get(connection, slug)
            is_free = business is None or model_health.may_think(
                connection, business, self.tokens_per_day, now
            )
        if not is_free:
            raise BadInput(_SPENT)
        if business and business.privacy.health and not business.privacy.model_agreement:
            raise BadInput(_NO_AGREEMENT)


class _Pace:
    """Says how far a comparison is, and rests between texts."""

    def __init__(self, runs: PreflightRuns, name: str, total: int) -> None:
        self._runs, self._name, self._total = runs, name, total
        self._worked_s = time.thread_time()
        self._next_told = 0.0

    def goes_on(self, done: int) -> bool:
        """False: it was stopped, its row is gone, or the process ends."""
        worked_s = time.thread_time()
        if self._runs._stop.wait(min(worked_s - self._worked_s, _PAUSE_MAX_S)):
            return False
        self._worked_s = worked_s
        if time.monotonic() < self._next_told and done < self._total:
            return True
        self._next_told = time.monotonic() + _TOLD_EVERY_S
        tools = self._runs.tools
        with tools.database.begin() as connection:
            return preflights.beat(connection, self._name, tools.clock.now(), done, self._total)
