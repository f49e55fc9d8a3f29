"""A text on which the rules of dates and times take turns, and what they find in it."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from agent.rules.normal import pattern
from agent.rules.times.words import folded


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A time of day as said."""

    hour: int
    minute: int = 0
    half: Literal["am", "pm", "24"] | None = None
    """Which half of the day: said, told by the number itself ("24"), or open (None)."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one rule read from its words: a day, a clock time or parts of a day, each perhaps with an end."""

    day: date | None = None
    day_end: date | None = None
    weekday: bool = False
    """The day is only named by its weekday, so that a date beside it says more."""
    clock: Clock | None = None
    clock_end: Clock | None = None
    parts: tuple[str, ...] = ()
    bound: Literal["", "from", "until"] = ""


@dataclass(frozen=True, kw_only=True)
class Piece(Found):
    """Something found, with its place in the text."""

    start: int
    end: int


Build = Callable[[re.Match[str]], Found | None]


class Scan:
    """A text and what was found in it; what one rule has read is masked for the next.

    Masks are capitals, which a folded text has not: D day, C clock, P part of a day, H history, X nothing.
    """

    def __init__(self, text: str) -> None:
        self.text = unicodedata.normalize("NFC", text)
        self.said = folded(self.text)
        self.pieces: list[Piece] = []

    def take(self, source: str, build: Build) -> None:
        """Read every match of a pattern, from its group `t` on where it has one.

        A builder returns None to leave the words to other rules; its ValueError says that they only look like a time.
        """
        for match in list(pattern(source).finditer(self.said)):
            try:
                found = build(match)
            except (ValueError, OverflowError):
                self._mask(match.start(), match.end(), "X")
                continue
            if found:
                told = "t" if match.re.groupindex.get("t") and match["t"] else 0
                self.add(found, match.start(told), match.end())

    def add(self, found: Found, start: int, end: int) -> None:
        self._mask(start, end, "D" if found.day else "C" if found.clock else "P")
        self.pieces.append(Piece(**vars(found), start=start, end=end))

    def drop(self, source: str, sign: Literal["X", "H"]) -> None:
        """Mask what is no wish."""
        for match in list(pattern(source).finditer(self.said)):
            self._mask(match.start(), match.end(), sign)

    def piece_at(self, place: int) -> Piece | None:
        """What was found in the words that hold this place."""
        return next((one for one in self.pieces if one.start <= place < one.end), None)

    def _mask(self, start: int, end: int, sign: str) -> None:
        self.said = self.said[:start] + sign * (end - start) + self.said[end:]
        self.pieces = [one for one in self.pieces if one.end <= start or one.start >= end]
