"""What statements are compared with, and how what is missing is named."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from agent.rules.claims.rows import Piece, Row
from agent.rules.claims.value import Value
from agent.rules.claims.words import Word, alike

Missing = list[tuple[str, str]]
"""(span, kind) of what no row holds."""
_KINDS = {"length": "time", "number": "policy"}


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What statements are compared with."""

    rows: Sequence[Row]
    """What the business says."""
    asked: Sequence[Piece] = ()
    """The caller's question."""
    beside: Sequence[Value] = ()
    """All values of the sentence."""
    told: Sequence[Value] = ()
    """Values that the caller has given before."""
    now: datetime | None = None

    @cached_property
    def days(self) -> list[Value]:
        """The days asked about: they are meant where a statement names none."""
        return [one for one in self.asked_values if one.kind == "date"]

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


def overlap(own: frozenset[str], ideas: frozenset[str]) -> int:
    return sum(any(alike(idea, one) for one in own) for idea in ideas)


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
