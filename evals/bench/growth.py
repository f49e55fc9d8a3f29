"""What a turn costs, and what is kept in memory, when many threads are stored; and in a long thread."""

import random
from contextlib import ExitStack
from dataclasses import dataclass

from evals.bench.filling import Copies, settle
from evals.bench.report import Report
from evals.bench.shop import QUESTION, Bench, Run, Shop, joined
from evals.bench.start import aim_memory, first_answer, say_memory
from evals.bench.turns import say_turns

_AT_ONCE = 16
_FIRST = 17_203_000_000
_TEXTS_EACH = 6
_YEAR_S = 365 * 86_400
_GROWTH, _LONG = 1.2, 1.3
_SHORT_TEXTS, _LONG_TEXTS = 2, 30
_BLOCKS = 4


@dataclass(frozen=True, kw_only=True)
class Compared:
    name: str
    shop: Shop
    callers: list[str]
    """Each asks once."""


def measure(report: Report, bench: Bench) -> None:
    sizes, turns = ((1_000, 10_000), 96) if bench.quick else ((1_000, 10_000, 100_000), 240)
    report.section(
        f"Growth: callers among so many stored threads of {_TEXTS_EACH} texts (of one year), one question each, {_AT_ONCE} at once"
    )
    with ExitStack() as stack:
        compared = []
        for size in sizes:
            shop = stack.enter_context(bench.shop(f"growth-{size}"))
            template = _conversation(shop, _TEXTS_EACH)
            copies = Copies(template=template, first=_FIRST, how_many=size, span_s=_YEAR_S)
            stored = _fill(shop, copies)
            if size == sizes[-1]:
                _say_start(report, shop, size)
            callers = random.Random(size).sample(stored, turns)  # noqa: S311 - the same draw every time
            compared.append(Compared(name=f"{size:,} threads", shop=shop, callers=callers))
        cpu_ms = _in_turn(report, compared)
        say_memory(
            report, f"memory at {sizes[-1]:,} threads, after turns", compared[-1].shop.meter()
        )
    what = f"CPU per turn at {sizes[-1]:,} threads against {sizes[0]:,}"
    report.aim(what, "times", cpu_ms[-1] / cpu_ms[0], _GROWTH)


def measure_history(report: Report, bench: Bench) -> None:
    turns = 96 if bench.quick else 240
    report.section(
        f"History: the same question after {_SHORT_TEXTS} and after {_LONG_TEXTS} earlier texts, {_AT_ONCE} at once"
    )
    with bench.shop("history") as shop:
        compared = []
        for texts in (_SHORT_TEXTS, _LONG_TEXTS):
            template, first = _conversation(shop, texts), _FIRST + texts * 1000
            callers = _fill(shop, Copies(template=template, first=first, how_many=turns))
            compared.append(Compared(name=f"after {texts} texts", shop=shop, callers=callers))
        short, long = _in_turn(report, compared)
    what = f"CPU per turn after {_LONG_TEXTS} texts against {_SHORT_TEXTS}"
    report.aim(what, "times", long / short, _LONG)


def _in_turn(report: Report, compared: list[Compared]) -> list[float]:
    """The machine's other work changes; so they are measured a block each in turn. CPU ms of each."""
    blocks: list[list[Run]] = [[] for _ in compared]
    for place in range(_BLOCKS):
        for one, runs in zip(compared, blocks, strict=True):
            runs.append(one.shop.turns(one.callers[place::_BLOCKS], _AT_ONCE))
    found = [joined(runs) for runs in blocks]
    for one, run in zip(compared, found, strict=True):
        say_turns(report, one.name, run)
    return [run.cpu_ms for run in found]


def _conversation(shop: Shop, texts: int) -> str:
    """A caller with so many texts, half of them replies, through the product."""
    caller = shop.strangers(1)[0]
    shop.talk([(caller, [QUESTION] * (texts // 2))], 1, reports=True)
    return caller


def _fill(shop: Shop, copies: Copies) -> list[str]:
    """The copies are made while the server is down; then it is warm again."""
    shop.stop()
    copies.write(shop.product.database())
    settle(shop.product.database())
    shop.product.start_server()
    shop.turns(shop.strangers(_AT_ONCE), _AT_ONCE)
    return copies.callers


def _say_start(report: Report, shop: Shop, size: int) -> None:
    shop.restart()
    ready_mb = say_memory(report, f"memory at ready, {size:,} threads", shop.meter())
    aim_memory(report, ready_mb, first_answer(report, shop), f", {size:,} threads")
    shop.turns(shop.strangers(_AT_ONCE), _AT_ONCE)
