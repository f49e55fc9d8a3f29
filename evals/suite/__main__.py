"""Plays the talks and says what holds: by rules alone, with a model, with one that means ill.

    python -m evals.suite                               rules four times, the adversary once, single steps
    python -m evals.suite --mode adversary --runs 4     one mode: rules, live, or a double's behaviour
    python -m evals.suite --mode live --judge           your own endpoint, by OPENAI_BASE_URL and OPENAI_API_KEY

Exit code 1: something forbidden happened, or the rules fail a case that the baseline has as passing.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from evals.suite import baseline, singles
from evals.suite.judge import Judge, Judged
from evals.suite.minds import ADVERSARY, LIVE, MODES, RULES, NoModel
from evals.suite.report import Report, percent, write
from evals.suite.running import Wanted, cases, run
from evals.suite.singles import Count
from evals.suite.summary import Summary
from server.settings import Settings

_DEFAULT = {RULES: 4, ADVERSARY: 1}
_OUT = Path("build/evals")


def main() -> int:
    asked = _arguments()
    began = time.monotonic()
    wanted = _wanted(asked)
    played = [
        Summary(mode=one.mode, runs=one.runs, results=tuple(results))
        for one, results in zip(wanted, run(wanted, _processes(asked)), strict=True)
    ]
    summaries = [one for one in played if not _is_attack(one)]
    attacks = [one for one in played if _is_attack(one)]
    changed = baseline.changes(summaries, baseline.read())
    report = Report(
        summaries=summaries,
        changes=changed,
        counts=[] if asked.mode else [*singles.counts(), *map(_held, attacks)],
        confusion=None if asked.mode else singles.confusion(),
        judged=_judged(summaries[0]) if asked.judge else (),
    )
    page = write(report, asked.out)
    _print(report)
    print(f"{time.monotonic() - began:.0f} s; {page}")
    if asked.save_baseline:
        baseline.save(summaries)
    return int(baseline.is_worse(played, changed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m evals.suite",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--mode", choices=MODES, help="who reads with the rules")
    parser.add_argument("--runs", type=int, help="so often each case; the first as it is written")
    parser.add_argument("--count", type=int, help="so many cases, spread over all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--judge", action="store_true", help="with `live`: ask it for marks too")
    parser.add_argument("--out", type=Path, default=_OUT, help="folder of the report")
    parser.add_argument("--save-baseline", action="store_true", help="what holds now is expected")
    asked = parser.parse_args()
    if asked.judge and asked.mode != LIVE:
        parser.error("--judge needs --mode live")
    if asked.save_baseline and asked.count:
        parser.error("a baseline holds every case")
    return asked


def _wanted(asked: argparse.Namespace) -> list[Wanted]:
    """One mode alone, or what needs no key: talks and attacks, by rules and with the adversary."""
    chosen = cases(asked.count)
    if asked.mode:
        return [Wanted(mode=asked.mode, cases=chosen, runs=asked.runs or 1)]
    attacks = singles.attacks()
    return [
        *(Wanted(mode=mode, cases=chosen, runs=asked.runs or k) for mode, k in _DEFAULT.items()),
        *(Wanted(mode=mode, cases=attacks) for mode in _DEFAULT),
    ]


def _processes(asked: argparse.Namespace) -> int:
    """One model of one's own answers one conversation at a time."""
    return 1 if asked.mode == LIVE else int(asked.processes)


def _is_attack(summary: Summary) -> bool:
    return set(summary.kinds) == {singles.ATTACK}


def _held(attacked: Summary) -> Count:
    held = sum(one.passed for one in attacked.results)
    return Count(suite=f"attacks, {attacked.mode}", held=held, of=len(attacked.results))


def _judged(summary: Summary) -> list[Judged]:
    judge = Judge(Settings())
    first = [one for one in summary.results if one.run == 0 and one.said]
    return [judge.judge(one.case.partition("/")[0], one) for one in first]


def _print(report: Report) -> None:
    for one in report.summaries:
        rates = one.rates
        print(
            f"{one.mode}: {rates.cases} cases, pass^1 {percent(rates.once)}, "
            f"all {len(one.results)} plays {percent(rates.any_run)}, "
            f"pass^{one.runs} {percent(rates.every_run)}, plays with a forbidden event {len(one.forbidden)}"
        )
        _print_events(one)
    _print_counts(report)


def _print_counts(report: Report) -> None:
    for count in report.counts:
        print(f"{count.suite}: {count.held} of {count.of}")
    for change in report.changes:
        for name, found in (("failing", change.failing), ("passing", change.passing)):
            print(f"{change.mode}, newly {name}: {', '.join(found) or 'none'}")


def _print_events(summary: Summary) -> None:
    events: Sequence[str] = [
        f"  {one.case}, run {one.run}: {event}"
        for one in summary.forbidden
        for event in one.forbidden
    ]
    if events:
        print(*events, sep="\n")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NoModel as missing:
        sys.exit(str(missing))
