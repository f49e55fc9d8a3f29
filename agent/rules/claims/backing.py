"""Does the evidence hold what a statement says: its values, its hours, its words?"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from agent.rules.claims.comparing import same
from agent.rules.claims.competition import is_beyond, segments_of, value_held
from agent.rules.claims.ground import Ground, Missing, ideas_of, kind_of, overlap, values_of
from agent.rules.claims.priced import follows
from agent.rules.claims.rows import Piece, Row
from agent.rules.claims.schedule import unheld_times
from agent.rules.claims.value import Value
from agent.rules.claims.wording import is_implied, unheld_words

_TIMED = ("date", "time")


_ALL_IN = re.compile(
    r"\b(?:all[ -]in|all included|all[ -]inclusive|in total|flat|everything included|nothing (?:else|more)|todo incluido|en total|no (?:other|hidden|more) \w+)\b"
)


def missing(statement: Sequence[Piece], ground: Ground) -> Missing:
    """What no row holds for what is spoken of; empty: all is held."""
    ground = replace(ground, beside=tuple(values_of(statement)))
    lacks: Missing = []
    for piece in statement:
        held = [one for one in piece.values if _is_held(one, piece, statement, ground)]
        lacks += [(one.span, kind_of(one, piece)) for one in piece.values if one not in held]
        lacks += unheld_words(piece, statement, ground, has_value=bool(held))
    return lacks + unheld_times(statement, ground) + _more_to_pay(statement, ground)


def _more_to_pay(statement: Sequence[Piece], ground: Ground) -> Missing:
    """Prices said to be all, where the row that has them says that something comes on top."""
    text = " ".join(piece.text for piece in statement)
    if not _ALL_IN.search(text) or "extra" in ideas_of(statement):
        return []
    return [
        (one.span, one.kind)
        for one in values_of(statement)
        if one.kind == "price"
        and any(
            _has_extra(row) and any(same(one, held, ground.now, text) for held in row.values)
            for row in ground.rows
        )
    ]


def _has_extra(row: Row) -> bool:
    return "extra" in row.ideas or any(one.denied and "include" in one.ideas for one in row.pieces)


def _is_held(value: Value, piece: Piece, statement: Sequence[Piece], ground: Ground) -> bool:
    """Stated, asked for, or calculated; days and times are judged together, elsewhere."""
    if value.kind in _TIMED or _was_asked(value, ground):
        return True
    if value_held(value, piece, statement, ground):
        return True
    is_stated = any(
        one.kind == value.kind and one.key == value.key for row in ground.rows for one in row.values
    )
    if value.kind == "length":
        return _is_sum(value, statement, ground)
    return follows(value, piece, statement, ground, is_stated=is_stated)


def _is_sum(value: Value, statement: Sequence[Piece], ground: Ground) -> bool:
    """What several things take together."""
    about = ideas_of(statement) | ground.asked_ideas
    stated = [
        one.key[1]
        for row in ground.rows
        for segment in segments_of(row, "length")
        for one in segment.values
        if one.kind == "length"
        and isinstance(one.key, tuple)
        and isinstance(value.key, tuple)
        and one.key[0] == value.key[0]
        and overlap(about, segment.own)
    ]
    sums = {float(str(one)) + float(str(two)) for one, two in combinations(stated, 2)}
    return isinstance(value.key, tuple) and value.key[1] in sums


def _was_asked(value: Value, ground: Ground) -> bool:
    """A count, an age or a size that the caller has given."""
    if value.bound == "open":
        return False
    if value.kind == "number" and is_beyond(value, ground):
        return False
    said = [*ground.asked_values, *ground.told]
    return value.kind in ("number", "length", "address") and any(
        one.kind == value.kind and same(value, one, ground.now) for one in said
    )


def answers(ground: Ground, *, denies: bool) -> bool:
    """A bare yes or no: some row speaks of what was asked, and does not deny it; true where nothing is asked."""
    asked = ground.asked_ideas
    if not asked:
        return True
    telling = asked - {"open"}
    pieces = [piece for row in ground.rows for piece in row.pieces if overlap(piece.ideas, telling)]
    if pieces:
        return denies or not all(piece.denied for piece in pieces)
    return any(is_implied(idea, ground) for idea in asked)
