"""Does one row of the evidence hold what a statement says: its values, its words, and whether it is so?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from agent.rules.claims.comparing import contradicts_itself, day_held, in_range, same, same_day
from agent.rules.claims.rows import Piece, Row
from agent.rules.claims.sums import Priced, counts_in, derived
from agent.rules.claims.values import Value
from agent.rules.claims.words import Word, alike, words

Missing = list[tuple[str, str]]
"""(span, kind) of what no row holds."""

_KINDS = {"length": "time", "number": "policy"}
_ONLY = re.compile(r"\b(?:only|solo|solamente|unicamente)\b")
_PART = {"morning": (0, 12), "afternoon": (12, 18), "evening": (16, 24)}
_EACH = re.compile(r"^\W*(?:each|every|cada)\b")
_EVERY = re.compile(
    r"\b(?:any|every|all|always|everyone|anyone|no matter|cualquier\w*|todos|todas|siempre)\b"
)
_ALL_IN = re.compile(
    r"\b(?:all[ -]in|all included|all[ -]inclusive|in total|flat|everything included|nothing (?:else|more)|todo incluido|en total|no (?:other|hidden|more) \w+)\b"
)
_GRAVE = {
    "warranty", "include", "refund", "deposit", "discount", "financing", "insurance", "license", "fee", "zallday",
    "samezday", "nextzday", "walkin", "deducted", "extra", "require", "allow", "emergency", "bonded", "double", "outside", "reopen",
}  # fmt: skip
"""Ideas that nobody may add to a sentence, however much of it is true."""
_ENOUGH = 2
"""Backed words in a piece that carry one which only rewords."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What statements are compared with."""

    rows: Sequence[Row]
    """What the business says."""
    asked: Sequence[Piece] = ()
    """The caller's question."""
    before: Sequence[Piece] = ()
    """What the same sentence has said so far."""
    beside: Sequence[Value] = ()
    """All values of the sentence."""
    now: datetime | None = None

    @cached_property
    def days(self) -> list[Value]:
        """The days that are spoken of where a clause names none."""
        said = [one for one in values_of(self.before) if one.kind == "date"]
        return said or [one for one in self.asked_values if one.kind == "date"]

    @cached_property
    def asked_ideas(self) -> frozenset[str]:
        return ideas_of(self.asked)

    @cached_property
    def asked_values(self) -> list[Value]:
        return values_of(self.asked)


def ideas_of(pieces: Iterable[Piece]) -> frozenset[str]:
    return frozenset().union(*(piece.ideas for piece in pieces))


def values_of(pieces: Iterable[Piece]) -> list[Value]:
    return [value for piece in pieces for value in piece.values]


def missing(statement: Sequence[Piece], ground: Ground) -> Missing:
    """What the best row does not hold, or several rows for parts of the statement; empty: all is held."""
    if not ground.beside:
        ground = replace(ground, beside=tuple(values_of(statement)))
    whole = _least(statement, ground)
    if not whole:
        return []
    for cut in range(len(statement) - 1, 0, -1):
        left, right = statement[:cut], statement[cut:]
        if not _least(left, ground) and not missing(right, replace(ground, before=left)):
            return []
    return whole


def answers(ground: Ground, *, denies: bool) -> bool:
    """A bare yes or no: some row speaks of most of what was asked, and says the same; true where nothing is asked."""
    asked = ground.asked_ideas
    if not asked:
        return True
    return any(
        _overlap(row.ideas | row.around, asked) * 2 >= len(asked)
        and any(
            piece.denied == denies and (_overlap(piece.ideas, asked) or not piece.ideas)
            for piece in row.pieces
        )
        for row in ground.rows
    )


def _least(part: Sequence[Piece], ground: Ground) -> Missing:
    best = [(one.span, kind_of(one, piece)) for piece in part for one in piece.values]
    best = best or [(one.said, kind_of_word(one)) for piece in part for one in piece.words][:1]
    counted = _calculated(part, ground)
    rows = [*ground.rows, *([_joined(counted[1])] if counted[1] else [])]
    for at, row in enumerate(rows):
        lacks = _lacks(part, row, ground, counted[0])
        if not lacks:
            return []
        if at == 0 or len(lacks) < len(best):
            best = lacks
    return best


def _calculated(part: Sequence[Piece], ground: Ground) -> tuple[frozenset[Value], list[Row]]:
    """The prices of the statement that follow from stated ones, with counts that were said, and the rows they come from."""
    text = " ".join(piece.text for piece in part)
    held = [one for row in ground.rows for one in row.values]
    prices = [
        value
        for value in values_of(part)
        if value.kind == "price"
        and isinstance(value.key, float)
        and not any(same(value, one, ground.now, text) for one in held)
    ]
    if not prices:
        return frozenset(), []
    known = _priced(part, ground)
    asked_text = " ".join(piece.text for piece in ground.asked)
    held_counts = {one.key for one in held if one.kind == "number"}
    asked = counts_in(ground.asked_values, asked_text)
    stated = counts_in(
        [one for one in values_of(part) if one.key not in held_counts or one.key in asked], text
    )
    limits = {float(str(one.key)) for one in held if one.kind == "number" and one.bound == "to"}
    asked |= {count - limit for count in asked for limit in limits if count > limit}
    row_counts = counts_in([one for one in held if one.kind in ("number", "length")], "")
    shares = [float(str(one.key)) for one in held if one.kind == "percent"]
    found: set[Value] = set()
    sources: list[Row] = []
    for value in prices:
        amount = float(str(value.key))
        places = derived(
            amount, text, known, shares, stated, asked, row_counts, is_saving=value.bound == "delta"
        )
        if places is None or any(_below_minimum(ground.rows[at], stated | asked) for at in places):
            return frozenset(), []
        found.add(value)
        sources += [ground.rows[place] for place in places]
    spoken = stated | asked
    found |= {
        one
        for one in values_of(part)
        if one.kind in ("number", "length") and counts_in([one], "") & spoken
    }
    return frozenset(found), sources


def _below_minimum(row: Row, counts: frozenset[float]) -> bool:
    """The row counts no fewer than so many: "ten-vent minimum"."""
    least = [
        count
        for piece in row.pieces
        if "minimum" in piece.text
        for count in counts_in(piece.values, "")
        if not any(value.kind == "length" for value in piece.values)
    ]
    return bool(least and counts) and max(counts) < min(least)


def _priced(part: Sequence[Piece], ground: Ground) -> list[Priced]:
    """The stated prices for what the statement or the question names; and for one more of the same."""
    own = ideas_of(part)
    wider = own | ground.asked_ideas | ideas_of(ground.before)
    spoken = {one.key for one in [*values_of(part), *ground.asked_values] if one.kind == "number"}
    segments = [
        (place, row, segment)
        for place, row in enumerate(ground.rows)
        for segment in _segments(row, "price")
    ]
    counted = {_segment_ideas(one, row) for _, row, one in segments if _numbers(one) & spoken}
    near = [
        (place, row, segment)
        for place, row, segment in segments
        for ideas in (_segment_ideas(segment, row),)
        if (not ideas or _overlap(wider, ideas) or _by_the_hour(segment, part))
        and not (ideas in counted and _numbers(segment) and not _numbers(segment) & spoken)
    ]
    places = {row.place for _, row, _ in near}
    near += [
        one
        for one in segments
        if one not in near and one[1].place in places and "second" in ideas_of(one[2])
    ]
    return [
        Priced(
            amount=value.key,
            per=value.per or ("each" if _EACH.search(_text(segment)) else ""),
            named=_is_named(own, segment, row),
            further=_is_further(segment),
            place=place,
        )
        for place, row, segment in near
        for value in values_of(segment)
        if value.kind == "price" and value.key and isinstance(value.key, float) and not value.bound
    ]


def _is_further(segment: Sequence[Piece]) -> bool:
    """The price of one more: "each extra quart", "the second unit"."""
    priced = [piece for piece in segment if any(value.kind == "price" for value in piece.values)]
    ideas, text = ideas_of(priced), " ".join(piece.text for piece in priced)
    counted = any(value.per for value in values_of(priced)) or "each" in text
    return "second" in ideas or "further" in text or ("extra" in ideas and counted)


def _text(pieces: Sequence[Piece]) -> str:
    return " ".join(piece.text for piece in pieces)


def _is_named(own: frozenset[str], segment: Sequence[Piece], row: Row) -> bool:
    ideas = ideas_of(segment) or _segment_ideas(segment, row)
    return _overlap(own, ideas) * 2 >= len(ideas) > 0


def _numbers(segment: Sequence[Piece]) -> set[object]:
    return {one.key for one in values_of(segment) if one.kind == "number" and not one.bound}


def _by_the_hour(segment: Sequence[Piece], part: Sequence[Piece]) -> bool:
    lasting = any(value.kind == "length" for value in values_of(part))
    return lasting and any("hour" in value.per for value in values_of(segment))


def _joined(rows: Sequence[Row]) -> Row:
    first = rows[0]
    pieces = tuple(dict.fromkeys(piece for row in rows for piece in row.pieces))
    around = frozenset().union(*(row.around for row in rows))
    return replace(first, pieces=pieces, around=around)


def _lacks(part: Sequence[Piece], row: Row, ground: Ground, counted: frozenset[Value]) -> Missing:
    lacks: Missing = []
    text = " ".join(piece.text for piece in part)
    held = {
        value
        for piece in part
        for value in piece.values
        if value in counted or _value_held(value, piece, part, row, ground, text)
    }
    if any(value.kind in ("price", "percent") for value in held):
        held |= {value for value in values_of(part) if _was_asked(value, row, ground)}
    for piece in part:
        lacks += [(one.span, kind_of(one, piece)) for one in piece.values if one not in held]
        lacks += _unheld_words(piece, row, ground, held)
    if lacks:
        return lacks
    if not _agrees(part, row, ground):
        return [(text.replace("\x00", "").strip(), _kind(part))]
    if _ALL_IN.search(text) and _has_more(part, row):
        return [(one.span, one.kind) for one in values_of(part) if one.kind == "price"]
    if not _days_agree(part, row, ground):
        timed = [one for one in values_of(part) if one.kind in ("time", "date")]
        return [(one.span, one.kind) for one in timed] or [(text.strip(), "date")]
    return []


def _has_more(part: Sequence[Piece], row: Row) -> bool:
    """The row's price is not all that is paid, and the statement does not say so."""
    priced = any(value.kind == "price" for value in values_of(part))
    return priced and "extra" in row.ideas and "extra" not in ideas_of(part)


def _was_asked(value: Value, row: Row, ground: Ground) -> bool:
    """A count, an age or a size that the caller has given; a day, where the row's price is for all days."""
    if value.kind == "date":
        dated = any(one.kind == "date" for one in row.values)
        return not dated and any(one.key == value.key for one in ground.asked_values)
    return value.kind in ("number", "length") and any(
        one.kind == value.kind and one.key == value.key for one in ground.asked_values
    )


def _value_held(
    value: Value, piece: Piece, part: Sequence[Piece], row: Row, ground: Ground, text: str
) -> bool:
    """The row has the value, and no neighbour's value suits what is spoken of better."""
    dated = any(one.kind == "date" for one in row.values)
    if value.kind == "date" or (value.kind == "time" and dated):
        return any(same(value, one, ground.now, text) for one in row.values)
    segments = _segments(row, value.kind)
    holders = [one for one in segments if _has(value, one, row, ground, text)]
    holders = [one for one in holders if _on_day(part, one, ground)]
    if not holders:
        return value.kind == "name" and _is_written(value, row)
    rivals = [
        (segment, other)
        for other in ground.rows
        if other.place == row.place
        for segment in _segments(other, value.kind)
        if not _has(value, segment, other, ground, text)
        and _on_day(part, segment, ground)
        and _fits(part, segment, ground)
    ]
    alone = not any(one.kind == value.kind and one.key != value.key for one in ground.beside)
    limited = alone or any(_limits(one) for one, _ in rivals)
    if limited and not any(_fits(part, one, ground) for one in holders):
        return False
    said_too = [one for one in ground.beside if one.key != value.key]
    rivals = [
        (segment, other)
        for segment, other in rivals
        if not any(
            _has(one, segment, other, ground, text) for one in said_too if one.kind == value.kind
        )
    ]
    names = _names_in([*part, *row.pieces]) if value.kind == "name" else frozenset()
    segment_said = next(one for one in _cut_by(part, value.kind) if piece in one)
    for own in (ideas_of(segment_said), ideas_of(part), ground.asked_ideas):
        best = max(_score(own - names, one, row, value, part, ground) for one in holders)
        against = max(
            (_score(own - names, segment, other, value, part, ground) for segment, other in rivals),
            default=(0, 0, 0.0),
        )
        if best[0] or against[0]:
            return best > against
    beside = any(same(one, held, ground.now, text) for one in said_too for held in row.values)
    return beside or not (value.kind == "price" and rivals and ground.asked_ideas)


def _is_written(value: Value, row: Row) -> bool:
    """A name of one word may be written small; of several it must stand as it is."""
    said = str(value.key)
    heard = words(said)[0]
    known = row.ideas | row.around
    if len(heard) == 1 and any(alike(heard[0].idea, one) for one in known):
        return True
    return bool(re.search(rf"\b{re.escape(said)}\b", " ".join(piece.text for piece in row.pieces)))


def _has(value: Value, segment: Sequence[Piece], row: Row, ground: Ground, text: str) -> bool:
    held = values_of(segment)
    return any(same(value, one, ground.now, text) for one in held) or in_range(
        value, held, row.text
    )


def _segments(row: Row, kind: str) -> list[list[Piece]]:
    """The pieces of a row, cut so that each part has its own value of the kind."""
    return [
        one
        for one in _cut_by(row.pieces, kind)
        if any(value.kind == kind for value in values_of(one))
    ]


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


def _segment_ideas(segment: Sequence[Piece], row: Row) -> frozenset[str]:
    """Its own words, and those with which the row begins."""
    return ideas_of(segment) | row.pieces[0].ideas or row.around


def _overlap(own: frozenset[str], ideas: frozenset[str]) -> int:
    return sum(any(alike(idea, one) for one in own) for idea in ideas)


def _score(
    own: frozenset[str],
    segment: Sequence[Piece],
    row: Row,
    value: Value,
    part: Sequence[Piece],
    ground: Ground,
) -> tuple[int, int, float]:
    """How much of the segment is spoken of; a limit that holds for what is asked counts as a word."""
    ideas = _segment_ideas(segment, row)
    shared = _overlap(own, ideas)
    if shared and _limits(segment) and _sizes(part, ground):
        shared += 1
    counts = {
        one.key
        for one in values_of(part)
        if one.kind in ("number", "length") and one.kind != value.kind
    }
    shared += len(counts & {one.key for one in values_of(segment)})
    return shared, _overlap(own, ideas_of(segment)), shared / max(1, len(ideas))


def _limits(segment: Sequence[Piece]) -> list[Value]:
    return [one for one in values_of(segment) if one.kind == "number" and one.bound]


def _sizes(part: Sequence[Piece], ground: Ground) -> list[Value]:
    return [one for one in values_of(part) if one.kind == "number"] or [
        one for one in ground.asked_values if one.kind == "number"
    ]


def _on_day(part: Sequence[Piece], segment: Sequence[Piece], ground: Ground) -> bool:
    """The days beside a value do not shut out the day that is spoken of."""
    held_days = [one for one in values_of(segment) if one.kind == "date"]
    days = [one for one in values_of(part) if one.kind == "date"]
    days = days or ground.days
    pairs = [(said.key, held.key) for said in days for held in held_days]
    return not pairs or any(same_day(said, held, ground.now) for said, held in pairs)


def _fits(part: Sequence[Piece], segment: Sequence[Piece], ground: Ground) -> bool:
    """The limits beside a value ("under 50 lb") let in the size that is spoken of."""
    return all(_within(size, limit) for size in _sizes(part, ground) for limit in _limits(segment))


def _within(size: Value, limit: Value) -> bool:
    if size.bound and size.key == limit.key:
        return size.bound == limit.bound
    amount, most = float(str(size.key)), float(str(limit.key))
    return amount <= most if limit.bound == "to" else amount >= most


def _unheld_words(piece: Piece, row: Row, ground: Ground, held: set[Value]) -> Missing:
    """The words that the row does not hold; one that only rewords is let go where enough else is held."""
    lacking = [
        word for word in piece.words if not _word_held(word.idea, piece, row, has_value=bool(held))
    ]
    if (
        len(lacking) != 1
        or _is_grave(lacking[0], piece, ground)
        or _is_denied(lacking[0].idea, piece, ground)
    ):
        return [(word.said, kind_of_word(word)) for word in lacking]
    backed = len(piece.words) - 1
    valued = [one for one in piece.values if one in held and one.kind != "price"]
    lent = backed >= _ENOUGH or (valued and not any(one.kind == "price" for one in piece.values))
    named = any(one.kind == "name" and lacking[0].idea in str(one.key) for one in piece.values)
    return [] if lent and not named else [(lacking[0].said, kind_of_word(lacking[0]))]


def _is_grave(lacking: Word, piece: Piece, ground: Ground) -> bool:
    """It speaks of what costs money or binds: then every word counts, unless it is the caller's own."""
    return bool(piece.ideas & _GRAVE) and not (piece.values and lacking.idea in ground.asked_ideas)


def _is_denied(idea: str, piece: Piece, ground: Ground) -> bool:
    """Somewhere in the evidence the word is said with the contrary."""
    return any(
        one.denied != piece.denied and any(alike(idea, other) for other in one.ideas)
        for row in ground.rows
        for one in row.pieces
    )


def _word_held(idea: str, piece: Piece, row: Row, *, has_value: bool) -> bool:
    for held in row.pieces:
        if any(alike(idea, one) for one in held.ideas) and held.denied == piece.denied:
            return True
    if any(alike(idea, one) for one in row.around):
        return True
    if has_value and piece.values and any(alike(idea, one) for one in row.asked_above):
        return True
    return _implied(idea, row)


def _implied(idea: str, row: Row) -> bool:
    """Words that a value says along: who opens 8 to 5 is open; who names a price charges it."""
    kinds = {value.kind for value in row.values}
    if idea == "open":
        return "time" in kinds and "open" not in row.ideas
    if idea == "zallday":
        return any(value.key == ("min", 1440.0) for value in row.values)
    if idea == "discount":
        return bool(kinds & {"percent"}) or any(value.bound == "delta" for value in row.values)
    if idea in ("fee", "pay"):
        return any(value.kind == "price" and value.key for value in row.values)
    if idea == "warranty":
        return "include" in row.ideas and "length" in kinds
    if idea in ("phone", "email", "website"):
        return bool(kinds & {"phone", "link"})
    if idea in _PART and "time" in kinds:
        low, high = _PART[idea]
        hours = [
            one.key[0] for one in row.values if one.kind == "time" and isinstance(one.key, tuple)
        ]
        return any(low <= int(str(hour)) < high for hour in hours)
    return False


def _agrees(part: Sequence[Piece], row: Row, ground: Ground) -> bool:
    """What is said is so in the row, and not only under a limit that the statement leaves out."""
    subject, values = ideas_of(part), values_of(part)
    for piece in part:
        touched = [held for held in row.pieces if _touches(piece, held, ground)]
        spoken = bool(piece.words or piece.values)
        if spoken and touched and all(held.denied != piece.denied for held in touched):
            return False
        if spoken and piece.denied and not any(held.denied for held in row.pieces):
            return False
        if any(_limited(held, part, subject) or _widened(held, part) for held in touched):
            return False
    if values and not subject and ground.asked_ideas and not _stand_alone(values):
        return bool(_overlap(ground.asked_ideas, row.ideas | row.around | row.asked_above))
    return True


def _stand_alone(values: Sequence[Value]) -> bool:
    return bool(
        {value.kind for value in values} & {"time", "date", "address", "phone", "link", "name"}
    )


def _touches(piece: Piece, held: Piece, ground: Ground) -> bool:
    if any(alike(one, other) for one in piece.ideas for other in held.ideas):
        return True
    return any(
        same(value, one, ground.now, piece.text) for value in piece.values for one in held.values
    )


def _limited(held: Piece, part: Sequence[Piece], subject: frozenset[str]) -> bool:
    """The row says "only ..." and the statement does not say of what."""
    only = _ONLY.search(held.text)
    if not only or any(_ONLY.search(piece.text) for piece in part):
        return False
    after = {word.idea for word in held.words if word.start >= held.start + only.end()}
    focus = after or held.ideas
    return bool(focus) and not focus & subject


def _widened(held: Piece, part: Sequence[Piece]) -> bool:
    """The row has a limit ("over $3,000"), and the statement says "any"."""
    said = {one.key for one in values_of(part)}
    bounds = [
        one
        for one in held.values
        if one.bound in ("from", "to") and one.kind in ("price", "number", "length")
    ]
    return any(_EVERY.search(piece.text) for piece in part) and any(
        one.key not in said for one in bounds
    )


def _days_agree(part: Sequence[Piece], row: Row, ground: Ground) -> bool:
    """Times go with the days beside which the row says them."""
    held = _groups(row.pieces)
    priced = any(value.kind == "price" for value in values_of(part))
    for said, times in _groups(part):
        if contradicts_itself(said, ground.now):
            return False
        lent = priced and not times
        days = [day for day in said if not (lent and _was_asked(day, row, ground))]
        if not days and not times:
            continue
        wanted = days or (ground.days if times else [])
        if not any(
            _in_group(wanted, times, group, ground.now, optional=not days) for group in held
        ):
            return False
    return True


Group = tuple[list[Value], list[Value]]


def _in_group(
    days: Sequence[Value],
    times: Sequence[Value],
    group: Group,
    now: datetime | None,
    *,
    optional: bool,
) -> bool:
    """`optional`: the days are those asked about; hours without any day hold for all."""
    held_days, held_times = group
    if optional and not held_days:
        days = []
    days_held = all(day_held(day, held_days, now) for day in days)
    return days_held and all(any(same(time, one, now) for one in held_times) for time in times)


def _groups(pieces: Sequence[Piece]) -> list[Group]:
    """Days with their hours: days wait for the hours that follow, hours without days belong to the days before."""
    found: list[Group] = []
    waiting: list[Value] = []
    for piece in pieces:
        days = [value for value in piece.values if value.kind == "date"]
        times = [value for value in piece.values if value.kind == "time"]
        if times:
            before = found[-1][0] if found and not days and not waiting else []
            found.append(([*waiting, *days, *before], times))
            waiting = []
        elif days and found and found[-1][1] and not found[-1][0]:
            found[-1][0].extend(days)
        else:
            waiting.extend(days)
    return [*found, (waiting, [])] if waiting else found


def kind_of(value: Value, piece: Piece) -> str:
    if value.kind == "length" and "warranty" in piece.ideas:
        return "guarantee"
    if value.kind == "number" and isinstance(value.key, float) and value.key >= 10_000:  # noqa: PLR2004 - a ZIP code
        return "address"
    return _KINDS.get(value.kind, value.kind)


def kind_of_word(word: Word) -> str:
    if word.idea == "warranty":
        return "guarantee"
    return "availability" if word.idea == "zallday" else "policy"


def _kind(part: Sequence[Piece]) -> str:
    found = [kind_of(value, piece) for piece in part for value in piece.values]
    found += [kind_of_word(word) for piece in part for word in piece.words]
    return found[0] if found else "policy"
