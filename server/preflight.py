"""What callers would be told otherwise: the same texts answered as things stand, and as a change would make them."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from agent.business import Business
from agent.ports import Mind
from agent.rules import first_text
from agent.rules.reply_changes import ReplyChange, Said, compare, weight
from server.preflight_cases import Case, MissedCall, missed_calls, of_callers, typical
from server.preflight_changes import Change, Made, ModelChange
from server.preflight_diary import Calendars, Standing
from server.preflight_replay import RememberingMind, Replayed, Side, Source, replay, side
from server.store import businesses
from server.wiring import Tools

FIRST_TEXT, TYPICAL, CALLER = "first_text", "typical", "caller"
ENOUGH_S = 120.0
"""A comparison by the rules alone ends after so long, with what it has."""
ENOUGH_WITH_MODEL_S = 900.0
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One reply that would be another."""

    source: str
    """CALLER, TYPICAL, or FIRST_TEXT: written after a missed call."""
    at: str
    """ISO 8601: when the text came, or the call."""
    caller: str
    """E.164; empty: nobody's."""
    asked: str
    """Empty: a first text."""
    change: ReplyChange
    before: Said
    after: Said
    sources_before: tuple[Source, ...] = ()
    sources_after: tuple[Source, ...] = ()
    times: int = 1
    """How many texts in the same words would get the same other reply."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a comparison found."""

    differences: tuple[Difference, ...] = ()
    """What matters most first."""
    compared: int = 0
    """Texts and first texts that were answered twice."""
    total: int = 0
    """More than `compared` where the time ran out."""
    of_callers: int = 0
    """How many of them were real callers' texts."""
    first_texts: int = 0
    """How many of them were first texts after a missed call."""
    cpu_s: float = 0.0
    model_calls: int = 0

    @property
    def changed(self) -> int:
        return sum(one.times for one in self.differences)

    @property
    def same(self) -> int:
        return self.compared - self.changed

    def as_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = _FOUND.dump_python(self, mode="json")
        return plain

    @staticmethod
    def of(stored: dict[str, Any]) -> "Found":
        return _FOUND.validate_python(stored)


_FOUND: TypeAdapter[Found] = TypeAdapter(Found)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All that is needed to answer twice."""

    before: Side
    after: Side
    cases: Sequence[Case]
    calls: Sequence[MissedCall]
    mind: RememberingMind | None = None

    @property
    def total(self) -> int:
        return len(self.cases) + len(self.calls)


def comparison(
    tools: Tools, slug: str, made: Made, mind: Mind | None = None, *, only_before: bool = False
) -> Comparison:
    """Both sides at one moment: the same texts, clock and calendars; documents that are new are embedded first.

    Args:
        mind: asked by both sides; None: the rules answer alone.
        only_before: the model is asked on the side of today alone.
    """
    now = tools.clock.now()
    tools.library.prepare(slug, made.documents)
    knows = tools.library.trial(slug, {})
    would_know = tools.library.trial(slug, made.documents, made.approved)
    asks = RememberingMind(mind) if mind else None
    with tools.database.connect() as connection:
        held = businesses.get(connection, slug) or made.business
        cases = [*of_callers(connection, slug, now), *typical(held, now)]
        calls = _calls(connection, held, made.business, now)
        oldest = min(case.at for case in cases)
        calendars = Calendars(connection, slug, oldest)
    other = None if only_before else asks
    return Comparison(
        before=side(held, knows, tools.embedder, asks, calendars),
        after=side(made.business, would_know, tools.embedder, other, calendars),
        cases=cases,
        calls=calls,
        mind=asks,
    )


def of_change(tools: Tools, slug: str, change: Change, made: Made, mind: Mind | None) -> Comparison:
    """The comparison that a change asks for."""
    is_of_model = isinstance(change, ModelChange)
    asked = mind if change.with_model or is_of_model else None
    return comparison(tools, slug, made, asked, only_before=is_of_model)


def run(
    of: Comparison,
    goes_on: Callable[[int], bool] = lambda _done: True,
    enough_s: float = ENOUGH_S,
) -> Found | None:
    """Answer every text twice.

    Args:
        goes_on: told how many are done; False ends it.
        enough_s: seconds of the wall clock after which it ends with what it has.

    Returns:
        None: it was ended.
    """
    began, cpu = time.monotonic(), time.thread_time()
    found, done = list[Difference](), 0
    for different in _answered_twice(of):
        found += [different] if different else []
        done += 1
        if not goes_on(done):
            return None
        if time.monotonic() - began > enough_s:
            break
    return Found(
        differences=tuple(sorted(_together(found), key=_first)),
        compared=done,
        total=of.total,
        of_callers=sum(not case.is_typical for case in of.cases[:done]),
        first_texts=max(done - len(of.cases), 0),
        cpu_s=round(time.thread_time() - cpu, 3),
        model_calls=of.mind.calls if of.mind else 0,
    )


def _answered_twice(of: Comparison) -> Iterator[Difference | None]:
    """Of every turn in its order, then of every call; None: both sides say the same."""
    for _, turns in groupby(of.cases, key=lambda case: case.thread):
        standing = Standing()
        for case in turns:
            now = replay(case, of.before, standing)
            then = replay(case, of.after, standing)
            standing = now.after
            yield _difference(case, now, then)
    for call in of.calls:
        yield _first_text(of, call)


def _difference(case: Case, now: Replayed, then: Replayed) -> Difference | None:
    change = compare(now.said, then.said)
    if change is None:
        return None
    return Difference(
        source=TYPICAL if case.is_typical else CALLER,
        at=case.at.isoformat(),
        caller=case.caller,
        asked=case.asked,
        change=change,
        before=now.said,
        after=then.said,
        sources_before=now.sources,
        sources_after=then.sources,
    )


def _first_text(of: Comparison, call: MissedCall) -> Difference | None:
    """Without the caller's name and when somebody is free again: both sides would have the same."""
    before, after = (
        Said(
            reply=first_text.render(
                one.business, call.at, language=call.language, told_as=call.told_as
            )
        )
        for one in (of.before, of.after)
    )
    change = compare(before, after)
    if change is None:
        return None
    return Difference(
        source=FIRST_TEXT,
        at=call.at.isoformat(),
        caller=call.caller,
        asked="",
        change=change,
        before=before,
        after=after,
    )


def _together(found: Sequence[Difference]) -> list[Difference]:
    """The same words with the same two replies count as one; a caller's stands for a typical one."""
    same: dict[tuple[str, str, str, str], list[Difference]] = {}
    for one in found:
        words = " ".join(_WORD.findall(one.asked.lower()))
        key = (str(one.source == FIRST_TEXT), words, one.before.reply, one.after.reply)
        same.setdefault(key, []).append(one)
    return [replace(many[0], times=len(many)) for many in same.values()]


def _first(one: Difference) -> tuple[tuple[int, int], bool, int, str]:
    """Sorts: what matters, callers' own texts before typical ones, most often asked, then by words."""
    return weight(one.change), one.source == TYPICAL, -one.times, one.asked


def _calls(
    connection: sa.Connection, before: Business, after: Business, now: datetime
) -> list[MissedCall]:
    """None where the profile stays: first texts are made of it alone."""
    return [] if before == after else missed_calls(connection, (before, after), now)
