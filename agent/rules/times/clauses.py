"""Which clauses of a text tell of another matter: work, a wedding, a doctor; their days and times are not wished."""

import re

from agent.rules.normal import pattern
from agent.rules.times.scan import Piece
from agent.rules.times.words import around, said_in

_BARE_DAY = re.compile(r"\s*(?:on |this |el |este )?D+\s*")


Place = tuple[int, int]
"""Where words begin and end."""


def without_other_matters(pieces: list[Piece], said: str, refused: list[Place]) -> list[Piece]:
    """The pieces without those of another matter, where something is wished besides.

    "We leave friday" alone may be all that a caller says of a wish, so it stays where no other day is said.

    Args:
        refused: "tuesday at 3" of "tuesday at 3 won't do"; its day is not meant where another one is wished.
    """
    if len(pieces) <= 1:
        return pieces
    told = [clause for clause in clauses(said) if _gives_way(clause, said)] + refused
    wished = [one for one in pieces if not _within(one, told)]
    dated = [place for place in told if any(one.day and _within(one, [place]) for one in pieces)]
    return [one for one in pieces if one in wished or not _is_replaced(one, wished, dated)]


def tells_of_another_matter(clause: str) -> bool:
    return bool(said_in("other_matter", clause)) and not said_in("wished", clause)


def clause_at(place: int, said: str) -> str:
    """The clause of a text that holds this place."""
    return next((said[start:end] for start, end in clauses(said) if start <= place < end), "")


def clauses(said: str) -> list[Place]:
    """Where the clauses of a text begin and end."""
    spans = [(0, len(said))]
    for found in _breaks().finditer(said):
        start = spans[-1][0]
        if not _leads(said[start : found.start()], found[0], said[found.end() :]):
            spans[-1:] = [(start, found.end()), (found.end(), len(said))]
    return spans


def _leads(words: str, sign: str, rest: str) -> bool:
    """Friday, I have school: one clause, whose day stands in front."""
    if "," not in sign or not _BARE_DAY.fullmatch(words):
        return False
    following = _breaks().split(rest, maxsplit=1)[0] or ""
    return "D" not in following


def _gives_way(clause: Place, said: str) -> bool:
    """What "or" follows is one of several wishes."""
    start, end = clause
    if not (re.search("[CDP]", said[start:end]) and tells_of_another_matter(said[start:end])):
        return False
    return not re.match(rf"\W*{around('or')}\b", said[end:])


def _is_replaced(piece: Piece, wished: list[Piece], dated: list[Place]) -> bool:
    """Another day is wished; of a clause without a day, "I work until 4" holds for the day wished elsewhere."""
    if _within(piece, dated):
        return any(one.day for one in wished)
    if piece.bound:
        return any(one.clock for one in wished)
    return any(one.day or one.clock for one in wished)


def _within(piece: Piece, spans: list[Place]) -> bool:
    return any(start <= piece.start < end for start, end in spans)


def _breaks() -> re.Pattern[str]:
    return pattern(around("clause_breaks"))
