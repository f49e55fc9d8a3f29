"""The figures of one mode: how often cases pass, what it costs, how long it takes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, quantiles

from evals.suite.result import Result, Turned


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Shares of cases, 0..1."""

    cases: int
    once: float
    """pass^1: run 0, as the cases are written."""
    any_run: float
    """Mean over all runs."""
    every_run: float
    """pass^k: cases of which all runs pass."""


@dataclass(frozen=True, kw_only=True)
class Took:
    """Of one turn, in milliseconds."""

    wall_p50: float
    wall_p95: float
    cpu_p50: float
    cpu_p95: float


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a model was asked; all 0 without one."""

    calls_a_turn: float
    tokens_in_a_turn: float
    tokens_out_a_turn: float
    tokens_a_conversation: float


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One mode's results and their figures."""

    mode: str
    runs: int
    results: tuple[Result, ...]

    @property
    def rates(self) -> Rates:
        return rates(self.results)

    @property
    def kinds(self) -> dict[str, Rates]:
        found = sorted({one.kind for one in self.results})
        return {kind: rates([one for one in self.results if one.kind == kind]) for kind in found}

    @property
    def forbidden(self) -> list[Result]:
        return [one for one in self.results if one.forbidden]

    @property
    def failed(self) -> list[Result]:
        """The forbidden events first."""
        return sorted(
            (one for one in self.results if not one.passed), key=lambda one: not one.forbidden
        )

    @property
    def turns(self) -> list[Turned]:
        return [turn for one in self.results for turn in one.turns]

    @property
    def took(self) -> Took:
        wall = _quantiles(turn.wall_s for turn in self.turns)
        cpu = _quantiles(turn.cpu_s for turn in self.turns)
        return Took(wall_p50=wall[0], wall_p95=wall[1], cpu_p50=cpu[0], cpu_p95=cpu[1])

    @property
    def cost(self) -> Cost:
        tokens = [
            sum(turn.tokens_in + turn.tokens_out for turn in one.turns) for one in self.results
        ]
        return Cost(
            calls_a_turn=_mean(turn.calls for turn in self.turns),
            tokens_in_a_turn=_mean(turn.tokens_in for turn in self.turns),
            tokens_out_a_turn=_mean(turn.tokens_out for turn in self.turns),
            tokens_a_conversation=_mean(tokens),
        )

    @property
    def tokens_by_turn(self) -> list[float]:
        """Mean prompt tokens of the first turn, the second..."""
        longest = max((len(one.turns) for one in self.results), default=0)
        return [
            _mean(one.turns[at].tokens_in for one in self.results if len(one.turns) > at)
            for at in range(longest)
        ]


def rates(results: Sequence[Result]) -> Rates:
    by_case: dict[str, list[Result]] = defaultdict(list)
    for one in results:
        by_case[one.case].append(one)
    return Rates(
        cases=len(by_case),
        once=_mean(one.passed for one in results if one.run == 0),
        any_run=_mean(one.passed for one in results),
        every_run=_mean(all(one.passed for one in runs) for runs in by_case.values()),
    )


def _mean(numbers: Iterable[float]) -> float:
    found = list(numbers)
    return fmean(found) if found else 0.0


def _quantiles(seconds: Iterable[float]) -> tuple[float, float]:
    """p50 and p95, in milliseconds."""
    found = [one * 1000 for one in seconds]
    if len(found) < 2:  # noqa: PLR2004 - of one number there are no quantiles
        return (found[0], found[0]) if found else (0.0, 0.0)
    cuts = quantiles(found, n=20, method="inclusive")
    return cuts[9], cuts[18]
