"""Do the times and days of a statement go together as some row says them, for what is spoken of?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from agent.rules.claims.comparing import contradicts_itself, day_held, resolved, same, same_day
from agent.rules.claims.ground import Ground, Missing, ideas_of, overlap
from agent.rules.claims.rows import Piece, Row
from agent.rules.claims.value import Value

_GENERAL = {"open", "morning", "afternoon", "evening"}
_OFFSET = re.compile(r"\W*(before|after|antes|despues)\b")


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Days with their hours, and the words beside them."""

    days: tuple[Value, ...]
    times: tuple[Value, ...]
    ideas: frozenset[str]
    denied: bool = False


def unheld_times(statement: Sequence[Piece], ground: Ground) -> Missing:
    """The days and times of a statement that no row has together, or that another row has otherwise."""
    known = [one for row in ground.rows for one in _of_row(row)]
    known += [one for row in ground.rows for one in _shifted(row, ground.rows)]
    lacks: Missing = []
    for said in hours_in(statement):
        alone = [replace(said, times=(one,)) for one in said.times if not one.bound]
        if contradicts_itself(said.days, ground.now) or not (
            _is_held(said, known, ground)
            or (
                len(alone) == len(said.times) > 1
                and all(_is_held(one, known, ground) for one in alone)
            )
        ):
            lacks += [(one.span, one.kind) for one in said.times or said.days]
    return lacks


def _is_held(said: Hours, known: Sequence[Hours], ground: Ground) -> bool:
    if said.denied and not said.times:
        return _is_closed(said, known, ground)
    wanted = replace(said, days=_telling(said.days, ground.now) or tuple(ground.days))
    optional = not said.days
    open_then = [one for one in known if not one.denied]
    holders = [one for one in open_then if _has(wanted, one, ground.now, optional=optional)]
    if not holders:
        return not said.times and all(_was_asked(day, ground) for day in said.days)
    if _is_excepted(wanted, known, ground):
        return False
    rivals = [
        one
        for one in open_then
        if one not in holders and _is_rival(wanted, one, ground.now, optional=optional)
    ]
    for own in (said.ideas, ground.asked_ideas):
        best = max(overlap(own, one.ideas) for one in holders)
        against = max((overlap(own, one.ideas) for one in rivals), default=0)
        if best != against:
            return best > against
    return True


def _is_closed(said: Hours, known: Sequence[Hours], ground: Ground) -> bool:
    """A row says so, or some row has the open days and no row the day in question."""
    closed = [one for one in known if one.denied]
    if any(_has(said, one, ground.now, optional=False) for one in closed):
        return True
    listed = [one for one in known if not one.denied and one.days]
    about = [one for one in listed if overlap(said.ideas - {"open"}, one.ideas)] or listed
    return bool(about) and not any(
        same_day(day.key, held.key, ground.now)
        for day in said.days
        for one in about
        for held in one.days
    )


def _is_excepted(said: Hours, known: Sequence[Hours], ground: Ground) -> bool:
    """The very day is one on which a row says that nothing goes on."""
    very = [day for day in said.days if not isinstance(day.key, frozenset)]
    return any(
        same_day(day.key, held.key, ground.now)
        for day in very
        for one in known
        if one.denied and not one.times
        for held in one.days
        if not isinstance(held.key, frozenset)
    )


def _was_asked(day: Value, ground: Ground) -> bool:
    """The caller's own day may be said back, also by its weekday."""
    return any(
        one.kind == "date" and same_day(day.key, one.key, ground.now) for one in ground.asked_values
    )


def _telling(days: Sequence[Value], now: datetime | None) -> tuple[Value, ...]:
    """Without the weekday that "today" or "tomorrow" beside it makes plain."""
    near = [
        resolved(one.key, now) for one in days if isinstance(one.key, tuple) and one.key[0] == "in"
    ]
    if not near or now is None:
        return tuple(days)
    return tuple(
        one
        for one in days
        if not (isinstance(one.key, frozenset) and any(d.weekday() in one.key for d in near))  # type: ignore[union-attr]  # near days are dates
    )


def _is_rival(said: Hours, held: Hours, now: datetime | None, *, optional: bool) -> bool:
    """It has other hours for the same days; where only days are said, other days."""
    if not said.times:
        return bool(held.days)
    return bool(held.times) and (
        not held.days or _has(replace(said, times=()), held, now, optional=optional)
    )


def _has(said: Hours, held: Hours, now: datetime | None, *, optional: bool) -> bool:
    """`optional`: the days are those asked about; hours without any day hold for all."""
    days = [] if (optional or said.times) and not held.days and _is_any(said.days) else said.days
    return all(day_held(day, held.days, now) for day in days) and all(
        any(same(time, one, now) for one in held.times) for time in said.times
    )


def _is_any(days: Iterable[Value]) -> bool:
    return all(not isinstance(one.key, tuple) or one.key[0] == "in" for one in days)


def _shifted(row: Row, rows: Sequence[Row]) -> list[Hours]:
    """The hours of another row, moved as far as this one says ("an hour after the kitchen")."""
    found = []
    for piece in row.pieces:
        lengths = [one for one in piece.values if one.kind == "length" and one.key[0] == "min"]  # type: ignore[index]  # a length is a pair
        for length in lengths:
            turn = _OFFSET.match(piece.text[length.end - piece.start :])
            if not turn:
                continue
            minutes = float(str(length.key[1])) * (-1 if turn[1] in ("before", "antes") else 1)  # type: ignore[index]  # a length is a pair
            anchor = {word.idea for word in piece.words if word.start > length.end}
            found += [
                _moved(one, minutes, ideas_of(row.pieces[: row.pieces.index(piece) + 1]))
                for other in rows
                if other is not row
                for one in _of_row(other)
                if one.times and overlap(frozenset(anchor), one.ideas)
            ]
    return found


def _moved(hours: Hours, minutes: float, ideas: frozenset[str]) -> Hours:
    """The last of them, where they are from and to."""
    last = [one for one in hours.times if one.bound == "to"] or hours.times
    times = tuple(
        replace(one, key=_later(one.key, minutes), bound="")
        for one in last
        if isinstance(one.key, tuple)
    )
    return replace(hours, times=times, ideas=ideas)


def _later(clock: tuple[object, ...], minutes: float) -> tuple[int, int, bool]:
    at = int(str(clock[0])) * 60 + int(str(clock[1])) + int(minutes)
    return at // 60 % 24, at % 60, bool(clock[2])


@lru_cache(maxsize=2048)
def _of_row(row: Row) -> tuple[Hours, ...]:
    around = row.around | row.asked_above
    if row.kind in ("slot", "appointment"):
        around |= row.ideas
    return tuple(replace(one, ideas=one.ideas | around) for one in hours_in(row.pieces))


def hours_in(pieces: Sequence[Piece]) -> list[Hours]:
    """Days wait for the hours that follow; hours without days belong to the days before."""
    found: list[Hours] = []
    waiting: list[Piece] = []
    for piece in pieces:
        kinds = {value.kind for value in piece.values}
        if "time" in kinds:
            if any(one.denied != piece.denied for one in waiting):
                found.append(_hours(waiting))
                waiting = []
            hours = _hours([*waiting, piece])
            if not hours.days and found and not waiting:
                hours = replace(hours, days=found[-1].days)
            found.append(hours)
            waiting = []
        elif "date" in kinds:
            if found and found[-1].times and not found[-1].days and not piece.denied:
                found[-1] = replace(found[-1], days=_of(piece, "date"))
            elif waiting and any(one.denied != piece.denied for one in waiting):
                found.append(_hours(waiting))
                waiting = [piece]
            else:
                waiting.append(piece)
    last = [_hours(waiting)] if waiting else []
    every = ideas_of(pieces[:1])
    return [replace(one, ideas=(one.ideas | every) - _GENERAL) for one in [*found, *last]]


def _hours(pieces: Sequence[Piece]) -> Hours:
    return Hours(
        days=tuple(day for piece in pieces for day in _of(piece, "date")),
        times=tuple(time for piece in pieces for time in _of(piece, "time")),
        ideas=ideas_of(pieces),
        denied=any(piece.denied for piece in pieces if _of(piece, "date") or _of(piece, "time")),
    )


def _of(piece: Piece, kind: str) -> tuple[Value, ...]:
    return tuple(value for value in piece.values if value.kind == kind)
