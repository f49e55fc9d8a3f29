"""What is kept of one play: whether it holds, why not, what was said and what it took."""

from dataclasses import dataclass

from agent.model import TextKind
from evals.suite.claims import unmet_after_turn, unmet_at_end
from evals.suite.forbidden import forbidden
from evals.suite.record import Record
from evals.suite.sayable import Sayable


@dataclass(frozen=True, kw_only=True)
class Turned:
    """What one turn took."""

    wall_s: float
    cpu_s: float
    calls: int
    """Of a model."""
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """One play of one case."""

    case: str
    kind: str
    run: int
    forbidden: tuple[str, ...]
    unmet: tuple[str, ...]
    """What the case claims and what did not hold."""
    said: tuple[tuple[str, str], ...]
    """Who and what, in order: `caller`, `agent`, `staff`."""
    turns: tuple[Turned, ...]

    @property
    def passed(self) -> bool:
        return not self.forbidden and not self.unmet


def result(name: str, run: int, played: Record, ground: Sayable) -> Result:
    """Score one play by its end, its claims and what must never happen."""
    return Result(
        case=name,
        kind=played.case.get("kind", "other"),
        run=run,
        forbidden=tuple(forbidden(played, ground)),
        unmet=tuple(_unmet(played)),
        said=tuple(_said(played)),
        turns=tuple(_turns(played)),
    )


def broken(name: str, kind: str, run: int, why: str) -> Result:
    """A play that ended in an error."""
    return Result(case=name, kind=kind, run=run, forbidden=(why,), unmet=(), said=(), turns=())


def _unmet(played: Record) -> list[str]:
    steps = played.steps
    unmet = [
        claim
        for step in steps
        for claim in unmet_after_turn(step.turn, step.replies, step.alerts, step.state)
    ]
    sent = [reply for step in steps for reply in step.replies]
    end = played.case.get("end") or {}
    return unmet + unmet_at_end(end, steps[-1].replies, sent, steps[-1].state)


def _said(played: Record) -> list[tuple[str, str]]:
    left = {row.seq for row in played.left}
    return [(_who(row.kind), row.body) for row in played.texts if row.is_callers or row.seq in left]


def _who(kind: str | None) -> str:
    if kind is None:
        return "caller"
    return "staff" if kind == TextKind.STAFF else "agent"


def _turns(played: Record) -> list[Turned]:
    """Times of each answered step beside what its turn asked of a model."""
    steps = [step for step in played.steps if "caller" in step.turn]
    spent = [*played.spent, *[None] * len(steps)]
    return [
        Turned(
            wall_s=step.wall_s,
            cpu_s=step.cpu_s,
            calls=one.calls if one else 0,
            tokens_in=one.tokens_in if one else 0,
            tokens_out=one.tokens_out if one else 0,
        )
        for step, one in zip(steps, spent, strict=False)
    ]
