"""Plays one case and keeps what it left behind: its steps, its texts, its visits, what a model was asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from structlog.testing import capture_logs

from agent.business import Business
from agent.model import TextKind
from agent.ports import Mind
from evals.playing import Case, Scene, Stage, Step
from server.rehearsal import CALLER
from server.store import model_calls, threads
from server.store.appointments import AppointmentRow
from server.store.model_calls import Spent
from server.store.tables import appointment, consent, text
from server.store.texts import TextRow

_BROKE = "turn.failed"
_NEVER_LEFT = ("queued", "dropped", "failed")


@dataclass(frozen=True, kw_only=True)
class Record:
    """One played case."""

    case: Case
    business: Business
    steps: tuple[Step, ...]
    texts: tuple[TextRow, ...]
    """Of the caller, and to the caller; oldest first."""
    visits: tuple[AppointmentRow, ...]
    """Every time that was ever offered or booked."""
    claims: tuple[tuple[datetime, bool], ...]
    """When a person took the thread (True) or gave it back."""
    opt_outs: tuple[datetime, ...]
    """As the product noted them."""
    opt_ins: tuple[datetime, ...]
    spent: tuple[Spent | None, ...]
    """On a model, turn by turn; None: it was not asked."""
    faults: tuple[str, ...]
    """Turns that broke: a person was told, but the fault is ours."""

    @property
    def callers(self) -> list[TextRow]:
        return [row for row in self.texts if row.is_callers]

    @property
    def left(self) -> list[TextRow]:
        """What has really gone to the caller."""
        return [row for row in self.texts if not row.is_callers and row.status not in _NEVER_LEFT]

    @property
    def agents(self) -> list[TextRow]:
        """What has gone to the caller and no person wrote."""
        return [row for row in self.left if row.kind != TextKind.STAFF]


def when_left(row: TextRow) -> datetime:
    return row.sending_at or row.at


def record(stage: Stage, case: Case, mind: Mind | None) -> Record:
    """Play a case to its end on a database of its own."""
    with stage.scene(case, mind) as scene, capture_logs() as logged:
        steps = tuple(scene.steps(case["turns"]))
        faults = tuple(f"turn {one['turn']}" for one in logged if one["event"] == _BROKE)
        with scene.database.connect() as connection:
            return _read(connection, case, scene, steps, faults)


def _read(
    connection: sa.Connection,
    case: Case,
    scene: Scene,
    steps: tuple[Step, ...],
    faults: tuple[str, ...],
) -> Record:
    thread = threads.thread_id(scene.business.slug, CALLER)
    spent = model_calls.by_turn(connection, thread)
    rows = _rows(connection, thread)
    turns = dict.fromkeys(row.turn for row in rows if row.is_callers and row.turn)
    visits = connection.execute(sa.select(appointment).where(appointment.c.thread == thread))
    marks = threads.markers(connection, thread)
    changes = list(connection.execute(sa.select(consent).order_by(consent.c.id)))
    return Record(
        case=case,
        business=scene.business,
        steps=steps,
        texts=rows,
        visits=tuple(AppointmentRow(**_known(row)) for row in visits),
        claims=tuple(
            (mark.at, mark.what == "claimed")
            for mark in marks
            if mark.what in ("claimed", "released")
        ),
        opt_outs=tuple(row.at for row in changes if row.change == "opt_out"),
        opt_ins=tuple(row.at for row in changes if row.change == "opt_in"),
        spent=tuple(spent.get(turn) for turn in turns),
        faults=faults,
    )


def _rows(connection: sa.Connection, thread: str) -> tuple[TextRow, ...]:
    between = sa.or_(text.c.kind.is_(None), text.c.kind != TextKind.ALERT)
    rows = connection.execute(
        sa.select(text).where(text.c.thread == thread, between).order_by(text.c.seq)
    )
    return tuple(TextRow(**row._mapping) for row in rows)


def _known(row: Any) -> dict[str, Any]:
    return {
        key: value
        for key, value in row._mapping.items()
        if key in AppointmentRow.__dataclass_fields__
    }
