"""How the days and times of a text belong together: one wish, several, a span, a correction."""

import re
from dataclasses import dataclass, replace
from datetime import date

from agent.rules.times.scan import Clock, Piece, Scan
from agent.rules.times.words import around, said_in

_LIST = re.compile(r"[\s,]*(?:or|o|and|y|&|/|,|either)\b[^\n]*|[\s,&/]+")
_TO = re.compile(r"\s*(?:-+|to|thru|through|a|al|and)\s*(?:the |el )?")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One wish, put together from pieces."""

    day: Piece | None = None
    day_end: date | None = None
    clock: Piece | None = None
    clock_end: Clock | None = None
    part: Piece | None = None
    joined: bool = False
    """Said in one breath with the wish before: "or", "and", a comma."""
    corrected: bool = False
    """Part of it has been replaced, so what follows replaces more of it."""


def wishes(pieces: list[Piece], scan: Scan) -> list[Wish]:
    """The wishes in the order said; a correction takes the place of what it corrects."""
    found: list[Wish] = []
    for place, piece in enumerate(pieces):
        link = scan.said[pieces[place - 1].end : piece.start] if place else ""
        last = found[-1] if found else Wish()
        if new := _corrected(last, piece, link, scan.said[: piece.start]):
            found[-1] = new
        elif _fits(last, piece) and not said_in("or", link) and "/" not in link:
            found[-1:] = [_with(last, piece)]
        elif new := _ended(last, piece, link) or _one_more_part(last, piece):
            found[-1] = new
        else:
            found.append(_next(last, piece, joined=bool(_LIST.fullmatch(link))))
    return _shared(found)


def is_moved(before: str) -> bool:
    """What stands here is where a visit is moved to: "move my 3pm to"."""
    to = r"\b(?:to|for|a|al|para)\s+(?:the |el |las )?$"
    return bool(re.search(rf"\b{around('moved')}\w*\b[^.?!\n]*{to}", before))


def _corrected(last: Wish, piece: Piece, link: str, before: str) -> Wish | None:
    """The last wish as the caller corrects it, or None where this is no correction."""
    if _fits(last, piece):
        return None
    another = said_in("or", link)
    if said_in("corrected", link) or "*" in link or (last.corrected and not another):
        return replace(_with(last, piece), corrected=True)
    if is_moved(before) or (said_in("asked_anew", link) and not another):
        kept = Wish() if piece.day else last
        return replace(_with(kept, piece), corrected=True)
    return None


def _fits(wish: Wish, piece: Piece) -> bool:
    if piece.day:
        return wish.day is None
    if piece.clock:
        return wish.clock is None
    return wish.part is None


def _with(wish: Wish, piece: Piece) -> Wish:
    """The wish with the piece in its place; a day may bring a time along ("in 2 hours", "tonight")."""
    if piece.day:
        wish = replace(wish, day=piece, day_end=None)
    if piece.clock:
        wish = replace(wish, clock=piece, clock_end=None)
    return replace(wish, part=piece) if piece.parts else wish


def _ended(wish: Wish, piece: Piece, link: str) -> Wish | None:
    """The wish as a span that ends with the piece: "monday to wednesday", "after 1 but before 3"."""
    until, to = piece.bound == "until", bool(_TO.fullmatch(link))
    if piece.day and wish.day and not (wish.day_end or wish.day.day_end):
        return replace(wish, day_end=piece.day) if until or to else None
    clock = wish.clock
    if not (piece.clock and clock) or wish.clock_end or clock.clock_end or clock.bound == "until":
        return None
    return replace(wish, clock_end=piece.clock) if until or (to and clock.bound == "from") else None


def _one_more_part(wish: Wish, piece: Piece) -> Wish | None:
    """Morning or afternoon: either will do."""
    if not piece.parts or piece.day or wish.part is None or wish.clock:
        return None
    return replace(wish, part=replace(wish.part, parts=(*wish.part.parts, *piece.parts)))


def _next(last: Wish, piece: Piece, *, joined: bool) -> Wish:
    """A further wish; a time without a day is on the day said before."""
    if piece.day:
        return _with(Wish(joined=joined), piece)
    return _with(Wish(day=last.day, day_end=last.day_end, joined=joined), piece)


def _shared(found: list[Wish]) -> list[Wish]:
    """Thursday or friday after 3: both days are after 3; "9 or 10 tomorrow": both times are tomorrow's."""
    for place in range(len(found) - 2, -1, -1):
        this, that = found[place], found[place + 1]
        if that.joined and not (this.clock or this.part) and (that.clock or that.part):
            found[place] = replace(this, clock=that.clock, clock_end=that.clock_end, part=that.part)
        elif that.joined and that.clock and that.day and this.clock and not this.day:
            found[place] = replace(this, day=that.day, part=this.part or that.part)
    return found
