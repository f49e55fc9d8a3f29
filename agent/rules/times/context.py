"""What the words around a day or a time make of it: a bound, history, something the caller rules out."""

import re
from dataclasses import replace
from typing import Literal

from agent.rules.times.clauses import without_other_matters
from agent.rules.times.scan import Piece, Scan
from agent.rules.times.words import said_after, said_before

_LIST = re.compile(
    r"[CDP]++(?:(?: *, *| +)(?:(?:at|on|el) )?[CDP]++)*+(?: *, *| +)(?:and|or|nor|y|o|ni|&) *(?:(?:at|on|el|los) )?[CDP]++"
)
_PHRASE = re.compile(r"[CDP]++(?: +(?:(?:at|on|around|a las?|in the) +)?[CDP]++)*+")
"""A day with its time, or one of both."""
_ENDS = re.compile(r"\s*(?:$|[.!?;,\n]|(?:so|but|pero|asi que)\b)")
_BOUNDS: tuple[Literal["from", "until"], ...] = ("from", "until")


def wanted(scan: Scan) -> list[Piece]:
    """The pieces in order, without history and what is ruled out; a weekday beside its date is one piece."""
    scan.drop(r"H+[ ,]*(?:at |around |about |on |a )?[CP]+(?: *[CP]+)*", "H")
    scan.drop(r"[CP]+[ ,]*(?:on )?H+", "H")
    pieces: list[Piece] = []
    for piece in sorted(scan.pieces, key=lambda one: one.start):
        before, after = scan.said[: piece.start], scan.said[piece.end :]
        if said_before("since", before) or _has_happened(piece, before, after):
            continue
        if pieces and (day := _same_day(pieces[-1], piece, scan)):
            pieces[-1] = day
        else:
            pieces.append(
                _bounded(piece, before, after, scan.text[piece.start : piece.end].lower())
            )
    return _without_refused(pieces, scan.said)


def _without_refused(pieces: list[Piece], said: str) -> list[Piece]:
    lists, phrases = ([match.span() for match in one.finditer(said)] for one in (_LIST, _PHRASE))
    refused = [one for one in pieces if _is_ruled_out(one, said, _around(one, lists))]
    kept = [one for one in pieces if one not in refused]
    return without_other_matters(kept, said, [_around(one, phrases) for one in refused])


def _has_happened(piece: Piece, before: str, after: str) -> bool:
    """It broke monday, it stopped at 3; of a date only "on" tells, since callers also name visits that are to come."""
    told = (
        said_before("happened", before) if not re.search(r"\babout +(?:the )?$", before) else None
    )
    if piece.day is None or not (piece.weekday or piece.parts):
        return bool(told and re.search(r"\b(?:on|at|around|about|el|a|las)\s*(?:the )?$", before))
    return bool(told or said_after("happened_after", after))


def _bounded(piece: Piece, before: str, after: str, words: str) -> Piece:
    if piece.day and piece.day_end:
        return _by_end(piece, before, words)
    if piece.clock_end:
        return piece
    for bound in _BOUNDS:
        lead, tail = said_before(bound, before), said_after(f"{bound}_after", after)
        if lead or tail:
            start = lead.start() if lead else piece.start
            return replace(
                piece, bound=bound, start=start, end=piece.end + (tail.end() if tail else 0)
            )
    return piece


def _by_end(piece: Piece, before: str, words: str) -> Piece:
    """By the end of the month; "before next week" is before its first day."""
    lead = said_before("until", before)
    if lead is None:
        return piece
    begins = lead[0].startswith(("before", "b4", "antes")) and "end" not in words.split()
    last = piece.day if begins else piece.day_end
    return replace(piece, day=last, day_end=None, bound="until", start=lead.start())


def _same_day(one: Piece, two: Piece, scan: Scan) -> Piece | None:
    """Friday, Dec 4: of two neighbours that name one day, the more exact."""
    link = scan.said[one.end : two.start]
    if not (one.day and two.day) or not re.fullmatch(r"[ ,.(]*(?:the |on |el |is )?", link):
        return None
    if one.weekday == two.weekday and one.day != two.day:
        return None
    if "," in link and two.weekday and one.day.weekday() != two.day.weekday():
        return None
    exact = one if two.weekday else two
    return replace(
        exact,
        start=one.start,
        end=two.end,
        parts=one.parts or two.parts,
        bound=one.bound or exact.bound,
    )


def _is_ruled_out(piece: Piece, said: str, listed: tuple[int, int]) -> bool:
    """The caller does not want it, or the list of days or times that it stands in: "not monday or friday"."""
    if piece.bound:
        return False
    start, end = listed
    if said_after("denied_after", said[end:]):
        return True
    alone = said_before("denied", said[: piece.start])
    return bool(alone or (_ENDS.match(said, end) and said_before("denied", said[:start])))


def _around(piece: Piece, places: list[tuple[int, int]]) -> tuple[int, int]:
    """The one of the places that holds the piece; its own where none does."""
    return next((one for one in places if one[0] <= piece.start < one[1]), (piece.start, piece.end))
