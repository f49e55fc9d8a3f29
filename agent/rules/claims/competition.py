"""Is a value of a statement in the evidence, and does no other value there suit what is spoken of better?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent.rules.claims.comparing import in_range, same, same_day
from agent.rules.claims.ground import Ground, ideas_of, overlap, values_of
from agent.rules.claims.rows import Piece, Row
from agent.rules.claims.value import Value, fold
from agent.rules.claims.words import alike, words

_DAY = 24 * 60
_FREE_OF_CONTEXT = ("phone", "link", "address")
_ROLES = {
    "before": re.compile(r"\b(?:before|until|till|prior to|by|antes de|hasta)\b"),
    "after": re.compile(r"\b(?:after|once|beyond|past|thereafter|despues de|luego de|a partir de)\b"),
    "outside": re.compile(r"\b(?:outside|elsewhere|beyond|fuera|afuera|otherwise)\b"),
    "inside": re.compile(r"\b(?:inside|within|dentro|in)\b"),
}  # fmt: skip
_OPPOSITE = {"before": "after", "after": "before", "outside": "inside", "inside": "outside"}
TOGETHER = re.compile(
    r"\b(?:together|both|combo|bundle|the pair|the (?:two|three)|juntos|juntas|ambos|ambas)\b"
)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """The part of a row that stands around one value of a kind."""

    kind: str
    pieces: tuple[Piece, ...]
    row: Row
    own: frozenset[str]
    """Ideas of its own words and of the heading before a colon."""
    lent: frozenset[str]
    """Ideas of what begins the row, of its title and of what it points back to."""

    @property
    def values(self) -> list[Value]:
        return values_of(self.pieces)

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces)


def value_held(value: Value, piece: Piece, statement: Sequence[Piece], ground: Ground) -> bool:
    """Some row has the value for what is spoken of, and none has another value for it that suits better."""
    text = " ".join(one.text for one in statement)
    around = next(one for one in _cut_by(statement, value.kind) if piece in one)
    others = [one for one in ground.beside if one.kind == value.kind and one.key != value.key]
    holders: list[Segment] = []
    rivals: list[Segment] = []
    for segment in _in_rows(ground, value.kind):
        if _has(value, segment, ground, text):
            holders.append(segment)
        elif _is_rival(value, segment) and not any(
            _has(one, segment, ground, text) for one in others
        ):
            rivals.append(segment)
    if any(_is_repeated(piece, one) for one in holders):
        return True
    fitting = [one for one in holders if _suits(value, around, one, ground)]
    if not fitting:
        return not holders and value.kind == "name" and _is_written(value, ground)
    if value.kind in _FREE_OF_CONTEXT and not rivals:
        return True
    rivals = [one for one in rivals if _suits(value, around, one, ground)]
    if TOGETHER.search(text) and any(TOGETHER.search(one.text) for one in fitting):
        return True
    return _wins(value, around, statement, fitting, rivals, ground)


def _is_rival(value: Value, segment: Segment) -> bool:
    """The segment has another value that could stand in its place: hours are no rival of years."""
    if any(one.key == value.key for one in segment.values if one.kind == value.kind):
        return False
    if value.kind != "length":
        return segment.kind == value.kind
    return any(
        one.kind == "length" and _is_short(one) == _is_short(value) for one in segment.values
    )


def _is_short(length: Value) -> bool:
    """Less than a day."""
    return (
        isinstance(length.key, tuple)
        and length.key[0] == "min"
        and float(str(length.key[1])) < _DAY
    )


def _is_repeated(piece: Piece, segment: Segment) -> bool:
    """The piece stands in the row as it is."""
    said = piece.text.strip(" .,;:")
    return any(said == held.text.strip(" .,;:") for held in segment.pieces)


def _wins(
    value: Value,
    around: Sequence[Piece],
    statement: Sequence[Piece],
    holders: Sequence[Segment],
    rivals: Sequence[Segment],
    ground: Ground,
) -> bool:
    names = _names_in(statement) if value.kind == "name" else frozenset()
    sizes = _sizes(around, ground)
    so_far = statement[: statement.index(around[-1]) + 1]
    wholes = (ideas_of(around), ideas_of(so_far), ground.asked_ideas)
    best, against = [0.0, 0.0], [0.0, 0.0]
    for ideas in wholes:
        own = ideas - names
        best = max((_score(own, one, value, around, sizes) for one in holders), default=[0.0, 0.0])
        against = max(
            (_score(own, one, value, around, sizes) for one in rivals), default=[0.0, 0.0]
        )
        if best != against:
            return best > against
    said_too = [one for one in ground.beside if one.key != value.key]
    beside = any(
        same(one, held, ground.now) for one in said_too for row in holders for held in row.values
    )
    return beside or not rivals or value.kind not in ("price", "percent") or best[0] > 0


def _score(
    own: frozenset[str],
    segment: Segment,
    value: Value,
    around: Sequence[Piece],
    sizes: Sequence[Value],
) -> list[float]:
    """How much is shared with the segment itself, then with what leads it; counts that agree are words, too."""
    shared = overlap(own, segment.own)
    numbers = {
        one.key
        for one in values_of(around)
        if one.kind in ("number", "length", "time", "percent") and one.kind != value.kind
    }
    shared += len(numbers & {one.key for one in segment.values})
    if sizes and limits(segment.pieces):
        shared += 1
    return [shared, shared + overlap(own, segment.lent - segment.own)]


def _suits(value: Value, around: Sequence[Piece], segment: Segment, ground: Ground) -> bool:
    """Days, sizes, and "before" or "after" do not shut the segment out."""
    if value.kind in _FREE_OF_CONTEXT:
        return True
    if value.kind == "name":
        return _on_day(around, segment.row.pieces, ground)
    here = next(at for at, piece in enumerate(around) if value in piece.values)
    text = " ".join(piece.text for piece in around[: here + 1])
    said = {role for role, shape in _ROLES.items() if shape.search(text)}
    held = {role for role, shape in _ROLES.items() if shape.search(segment.text)}
    crossed = any(
        _OPPOSITE[role] in held and role not in held and _OPPOSITE[role] not in said
        for role in said
    )
    return (
        not crossed
        and _on_day(around, segment.pieces, ground)
        and _fits(around, segment.pieces, ground)
    )


def _is_written(value: Value, ground: Ground) -> bool:
    """A name of one word may be written small; of several it must stand as it is."""
    said = str(value.key)
    heard = words(said)[0]
    texts = [fold(row.text) for row in ground.rows]
    if any(re.search(rf"\b{re.escape(said)}\b", text) for text in texts):
        return True
    known = frozenset().union(*(row.ideas | row.around for row in ground.rows))
    return len(heard) == 1 and any(alike(heard[0].idea, one) for one in known)


def _has(value: Value, segment: Segment, ground: Ground, text: str) -> bool:
    held = [one for one in segment.values if one.kind == segment.kind]
    return any(same(value, one, ground.now, text) for one in held) or in_range(
        value, held, segment.row.text
    )


def _in_rows(ground: Ground, kind: str) -> Iterable[Segment]:
    kinds = ("price", "number") if kind == "price" else (kind,)
    for row in ground.rows:
        for one in kinds:
            yield from segments_of(row, one)
    if kind == "number":
        for row in ground.rows:
            yield from segments_of(row, "price")
            yield from segments_of(row, "address")


@lru_cache(maxsize=4096)
def segments_of(row: Row, kind: str) -> tuple[Segment, ...]:
    """The row cut so that each part has its own value of the kind."""
    head = _heading(row)
    found = []
    for one in _cut_by(row.pieces, kind):
        if not any(value.kind == kind for value in values_of(one)):
            continue
        lent = row.around | row.asked_above | row.pieces[0].ideas
        found.append(
            Segment(kind=kind, pieces=tuple(one), row=row, own=ideas_of(one) | head, lent=lent)
        )
    return tuple(found)


def _heading(row: Row) -> frozenset[str]:
    """Ideas of what stands before the first colon."""
    for at, piece in enumerate(row.pieces[:3]):
        if piece.text.lstrip().startswith(":"):
            return ideas_of(row.pieces[:at])
    first = row.pieces[0]
    colon = first.text.find(":")
    return frozenset(word.idea for word in first.words if word.start < first.start + colon)


def _names_in(pieces: Sequence[Piece]) -> frozenset[str]:
    spans = [(one, value) for one in pieces for value in one.values if value.kind == "name"]
    return frozenset(
        word.idea
        for piece, value in spans
        for word in piece.words
        if value.start <= word.start < value.end
    )


def _cut_by(pieces: Sequence[Piece], kind: str) -> list[list[Piece]]:
    found: list[list[Piece]] = []
    for piece in pieces:
        has = any(value.kind == kind for value in piece.values)
        if kind == "name" and not piece.ideas - _names_in([piece]):
            has = False
        if found and not (has and any(one.kind == kind for one in values_of(found[-1]))):
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def is_beyond(size: Value, ground: Ground) -> bool:
    """A limit of what is asked about shuts the count out: "at least 12 people"."""
    about = [
        one
        for row in ground.rows
        for one in segments_of(row, "number")
        if any(limit.bound == "from" for limit in limits(one.pieces))
        and overlap(ground.asked_ideas, one.own)
    ]
    return bool(about) and not any(
        _within(size, limit) for one in about for limit in limits(one.pieces)
    )


def limits(segment: Sequence[Piece]) -> list[Value]:
    return [one for one in values_of(segment) if one.kind == "number" and one.bound]


def _sizes(part: Sequence[Piece], ground: Ground) -> list[Value]:
    return [one for one in values_of(part) if one.kind == "number"] or [
        one for one in ground.asked_values if one.kind == "number"
    ]


def _on_day(part: Sequence[Piece], segment: Sequence[Piece], ground: Ground) -> bool:
    """The days beside a value do not shut out the day that is spoken of."""
    held_days = [one for one in values_of(segment) if one.kind == "date"]
    days = [one for one in values_of(part) if one.kind == "date"] or ground.days
    pairs = [(said.key, held.key) for said in days for held in held_days]
    return not pairs or any(same_day(said, held, ground.now) for said, held in pairs)


def _fits(part: Sequence[Piece], segment: Sequence[Piece], ground: Ground) -> bool:
    """The limits beside a value ("under 50 lb") let in the size that is spoken of."""
    return all(_within(size, limit) for size in _sizes(part, ground) for limit in limits(segment))


def _within(size: Value, limit: Value) -> bool:
    if size.bound and size.key == limit.key:
        return size.bound == limit.bound
    amount, most = float(str(size.key)), float(str(limit.key))
    return amount <= most if limit.bound == "to" else amount >= most
