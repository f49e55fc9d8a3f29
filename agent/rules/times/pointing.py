"""Words that point back at a day or a time: "that day", "the same hour", "after that"."""

import re
from collections.abc import Callable
from functools import partial

from agent.rules.times.clauses import clause_at, tells_of_another_matter
from agent.rules.times.scan import Found, Piece, Scan
from agent.rules.times.words import around, one_of, value_of


def find_that_day(scan: Scan) -> None:
    """Take "that day" where the day was named for another matter; else it only says again what was said."""
    part = rf"(?P<part>{one_of('part_words')}|manana)"
    scan.take(
        rf"\b(?:that|es[ea])(?: +(?:same|very|mism[oa]))? +(?:day|dia|{part})\b",
        partial(_that_day, scan),
    )


def find_after_that(scan: Scan) -> None:
    """Take "school ends 2:30 so after that" as what is meant: after 2:30."""
    scan.take(
        r"\b(?:(?P<after>after|despues de)|before|antes de) +(?:that|then|es[eo])\b(?! +(?:day|week|date|dia|one|time|it|i)\b)",
        partial(_after_that, scan),
    )


def find_same_time(scan: Scan, last_said: Callable[[], list[Piece]]) -> None:
    """Take "friday at the same hour"; the hour is the last of this text, else the only one of the last text sent.

    Args:
        last_said: what the last text sent says of days and times.
    """
    scan.take(
        rf"\b{around('same_time')}\b",
        partial(_same_time, scan, last_said),
    )


def _that_day(scan: Scan, match: re.Match[str]) -> Found | None:
    named = [one for one in _before(scan, match) if one.day]
    if not named or not tells_of_another_matter(clause_at(named[-1].start, scan.said)):
        return None
    part = " ".join((match["part"] or "").split())
    parts = (value_of("part_words").get(part, "morning"),) if part else ()
    return Found(day=named[-1].day, day_end=named[-1].day_end, parts=parts)


def _after_that(scan: Scan, match: re.Match[str]) -> Found | None:
    named = _before(scan, match)
    if not named or not named[-1].clock or _is_elsewhere(scan, match):
        return None
    scan.pieces.remove(named[-1])
    if match["after"]:
        return Found(clock=named[-1].clock_end or named[-1].clock, bound="from")
    return Found(clock=named[-1].clock, bound="until")


def _is_elsewhere(scan: Scan, match: re.Match[str]) -> bool:
    return tells_of_another_matter(clause_at(match.start(), scan.said))


def _same_time(
    scan: Scan, last_said: Callable[[], list[Piece]], match: re.Match[str]
) -> Found | None:
    """The time alone, without the day or the part of a day that was said with it."""
    if not any(one.day for one in scan.pieces):
        return None
    if match["that"] and any(one.clock for one in scan.pieces):
        return None
    here = [one for one in _before(scan, match) if one.clock]
    named = here[-1:] or _one_time(last_said())
    if not named:
        return None
    said = named[0]
    return Found(clock=said.clock, clock_end=said.clock_end, bound=said.bound)


def _one_time(pieces: list[Piece]) -> list[Piece]:
    """The pieces that name a time, if they all name the same."""
    timed = [one for one in pieces if one.clock]
    return timed if len({(one.clock, one.clock_end) for one in timed}) == 1 else []


def _before(scan: Scan, match: re.Match[str]) -> list[Piece]:
    pieces = sorted(scan.pieces, key=lambda one: one.start)
    return [one for one in pieces if one.end <= match.start()]
