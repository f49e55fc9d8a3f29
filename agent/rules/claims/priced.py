"""Which prices of a statement follow from stated ones, with counts that were said."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from agent.rules.claims.competition import TOGETHER, Segment, segments_of
from agent.rules.claims.ground import Ground, ideas_of, overlap, values_of
from agent.rules.claims.rows import Piece, Row
from agent.rules.claims.sums import Priced, counts_in, derived
from agent.rules.claims.value import Value
from agent.rules.claims.words import words

_EACH = re.compile(r"^\W*(?:each|every|cada)\b")
_SHARED_OUT = re.compile(r"[\x00\s]*(?:(?:each|apiece|cada un[oa])\b|(?:an?|per|por) (\w+))")
_ITEMS = 4
"""Prices in one sum."""


def follows(
    value: Value, piece: Piece, part: Sequence[Piece], ground: Ground, *, is_stated: bool
) -> bool:
    """The price is the sum, the difference, a multiple or a share of stated ones.

    Args:
        is_stated: some row has the amount, if for something else; then only what is named counts.
    """
    if value.kind != "price" or not isinstance(value.key, float) or not value.key:
        return False
    leading = [one for one in part[: part.index(piece)] if not _prices(one)]
    own = (piece.ideas | ideas_of(leading)) or ideas_of(part)
    known = _priced(own, part, ground, bound=value.bound)
    said, asked = _counts(part, ground)
    if any(_below_minimum(ground.rows[one.place], said | asked) for one in known):
        return value.key in _at_minimum(known, ground)
    if not value.bound and _has_bundle(known, ground) and len(known) > 1 and not is_stated:
        return value.key in _bundles(known, ground)
    if value.bound != "delta" and any(round(one, 2) == value.key for one in _totals(known, said)):
        return True
    shared_out = _is_shared_out(
        value, piece, ideas_of(part[: part.index(piece)]) | ground.asked_ideas
    )
    if is_stated or (any((one.count or 1) > 1 for one in known) and not shared_out):
        return False
    text = " ".join(one.text for one in part)
    held = [one for row in ground.rows for one in row.values]
    shares = [float(str(one.key)) for one in held if one.kind == "percent"]
    row_counts = counts_in([one for one in held if one.kind in ("number", "length")], "")
    is_saving = value.bound == "delta"
    found = derived(value.key, text, known, shares, said, asked, row_counts, is_saving=is_saving)
    return found is not None


def _has_bundle(known: Sequence[Priced], ground: Ground) -> bool:
    """A row beside has a price or a saving for several together, so that a plain sum is not what is paid."""
    return bool(_bundle_values(known, ground))


def _bundle_values(known: Sequence[Priced], ground: Ground) -> list[Value]:
    evidences = {ground.rows[one.place].place for one in known}
    return [
        value
        for row in ground.rows
        if row.place in evidences
        for segment in segments_of(row, "price")
        for piece in segment.pieces
        if TOGETHER.search(piece.text)
        for value in piece.values
        if value.kind == "price"
    ]


def _bundles(known: Sequence[Priced], ground: Ground) -> set[float]:
    """Sums less what is saved on several together."""
    saved = [float(str(one.key)) for one in _bundle_values(known, ground) if one.bound == "delta"]
    return {total - one for total in _totals(known) for one in saved}


def _totals(known: Sequence[Priced], counts: frozenset[float] = frozenset()) -> Iterator[float]:
    """What is named, each as often as was said, together; the lot as often as a count that is left."""
    for size in range(1, min(_ITEMS, len(known)) + 1):
        for chosen in combinations(known, size):
            if any(one.named for one in known if one not in chosen):
                continue
            total = sum(one.amount * (one.count or 1) for one in chosen)
            if any(one.further and not one.count for one in known):
                yield sum(one.amount for one in chosen) if size > 1 else 0.0
            elif size > 1 or any(one.count for one in chosen):
                yield total
            if size > 1 and not any(one.count or one.further for one in chosen):
                yield from (total * count for count in counts)


def _counts(part: Sequence[Piece], ground: Ground) -> tuple[frozenset[float], frozenset[float]]:
    """How many, as the statement says beyond the evidence's own counts; and as the question does."""
    held = [one for row in ground.rows for one in row.values if one.kind == "number"]
    held_counts = {one.key for one in held}
    asked = counts_in(ground.asked_values, " ".join(piece.text for piece in ground.asked))
    limits = [float(str(one.key)) for one in held if one.bound == "to"]
    asked |= {one - most for one in asked for most in limits if one > most}
    own = [one for one in values_of(part) if one.key not in held_counts or one.key in asked]
    return counts_in(own, " ".join(piece.text for piece in part)), asked


def _below_minimum(row: Row, counts: frozenset[float]) -> bool:
    """The row counts no fewer than so many: "ten-vent minimum"."""
    least = _minimum(row)
    return bool(least and counts) and max(counts) < least


def _minimum(row: Row) -> float:
    found = [
        count
        for piece in row.pieces
        if "minimum" in piece.text and not any(value.kind == "length" for value in piece.values)
        for count in counts_in(piece.values, "")
    ]
    return min(found, default=0.0)


def _at_minimum(known: Sequence[Priced], ground: Ground) -> set[float]:
    return {round(one.amount * _minimum(ground.rows[one.place]), 2) for one in known}


def _priced(
    own: frozenset[str], part: Sequence[Piece], ground: Ground, *, bound: str
) -> list[Priced]:
    """The stated prices for what the statement or the question names; and for one more of the same."""
    wider = own | ideas_of(part) | ground.asked_ideas
    spoken = {one.key for one in [*values_of(part), *ground.asked_values] if one.kind == "number"}
    all_segments = [
        (place, segment)
        for place, row in enumerate(ground.rows)
        for segment in segments_of(row, "price")
    ]
    counted = {one.own for _, one in all_segments if _numbers(one) & spoken}
    near = [
        (place, one)
        for place, one in all_segments
        if (not one.own or overlap(wider, one.own | one.lent) or _by_the_hour(one, part))
        and not (one.own in counted and _numbers(one) and not _numbers(one) & spoken)
    ]
    evidences = {one.row.place for _, one in near}
    near += [
        both
        for both in all_segments
        if both not in near and both[1].row.place in evidences and "second" in both[1].own
    ]
    return [
        Priced(
            amount=value.key,
            per=value.per or ("each" if _EACH.search(segment.text) else ""),
            named=overlap(own, segment.own) * 2 > len(segment.own),
            further=_is_further(segment),
            place=place,
            count=_count_of(segment, value, [*part, *ground.asked], ground),
        )
        for place, segment in near
        for value in segment.values
        if value.kind == "price"
        and value.key
        and isinstance(value.key, float)
        and value.bound in ("", bound)
    ]


def _count_of(
    segment: Segment, value: Value, said: Sequence[Piece], ground: Ground
) -> float | None:
    """How many of the segment's things are spoken of: "two children" where a child costs so much."""
    if any(one.kind == "number" and one.bound for one in segment.values):
        return None
    if value.per not in ("", "each", "person") and "hour" in value.per:
        return None
    for piece in said:
        for number in piece.values:
            if number.kind != "number" or number.key in _numbers(segment):
                continue
            after = [word for word in piece.words if word.start >= number.end][:1]
            if any(overlap(frozenset({word.idea}), segment.own) for word in after):
                return _beyond(float(str(number.key)), segment, after[0].idea, ground)
    return None


def _is_shared_out(value: Value, piece: Piece, about: frozenset[str]) -> bool:
    """It is the price of one of several: "each", "a class"."""
    match = _SHARED_OUT.match(piece.text[value.end - piece.start :])
    if not match or value.per == "each":
        return value.per == "each"
    counted = [word.idea for word in words(match[1] or "")[0]]
    return not match[1] or bool(about & set(counted))


def _beyond(count: float, segment: Segment, named: str, ground: Ground) -> float | None:
    """How many are paid one by one, where the first ones come with another price."""
    if not _is_further(segment) or named in ("extra", "second"):
        return count
    covered = [
        float(str(one.key))
        for row in ground.rows
        if row.place == segment.row.place
        for one in row.values
        if one.kind == "number" and one.bound == "to"
    ]
    left = count - max(covered, default=1.0)
    return left if left > 0 else None


def _is_further(segment: Segment) -> bool:
    """The price of one more: "each extra quart", "the second unit"."""
    priced = [piece for piece in segment.pieces if _prices(piece)]
    ideas, text = ideas_of(priced), " ".join(piece.text for piece in priced)
    counted = any(value.per for value in values_of(priced)) or "each" in text
    return (
        "second" in ideas
        or "further" in text
        or "past the" in text
        or ("extra" in ideas and counted)
    )


def _prices(piece: Piece) -> bool:
    return any(value.kind == "price" for value in piece.values)


def _numbers(segment: Segment) -> set[object]:
    return {one.key for one in segment.values if one.kind == "number" and not one.bound}


def _by_the_hour(segment: Segment, part: Sequence[Piece]) -> bool:
    lasting = any(value.kind == "length" for value in values_of(part))
    return lasting and any("hour" in value.per for value in segment.values)
