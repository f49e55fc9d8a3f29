"""The log of one race: each attempt as it was asked and answered, line by line, so that a killed process leaves it whole."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ENDED_BADLY = "raised"
"""The end of an attempt from which an error escaped."""


class Deed(StrEnum):
    OFFER = "offer"
    BOOK = "book"
    CANCEL = "cancel"
    SETTLE = "settle"  # what was left half done
    CLEAR = "clear"  # the calendar that a visit has left


CALLERS_DEEDS = (Deed.BOOK, Deed.CANCEL)


@dataclass(frozen=True, kw_only=True)
class Line:
    """What happened to one attempt."""

    event: str
    """`asked`, then `told`."""
    deed: str
    caller: str
    row: str
    at: float
    """Of the machine's monotonic clock."""
    end: str = ""
    visit: str = ""
    """Its id, as told."""
    start: str = ""
    """The visit's time as told, ISO 8601."""
    seconds: float = 0.0
    looks: Mapping[str, float]
    """When the attempt's last look at each calendar began."""
    wrote: float = 0.0
    """When the attempt's last writing was answered."""
    why: str = ""
    """Of an error, or the product's own warning."""


def read_log(path: Path) -> list[Line]:
    """A last line that was cut off does not count."""
    lines = []
    for words in path.read_text().splitlines() if path.exists() else ():
        try:
            lines.append(Line(**json.loads(words)))
        except ValueError:
            continue
    return lines


def unanswered(lines: Iterable[Line]) -> list[Line]:
    """The last question of each attempt that was never answered."""
    waiting: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], Line] = {}
    for line in lines:
        key = (line.deed, line.row)
        if line.event == "asked":
            last[key] = line
        if line.deed in CALLERS_DEEDS:
            waiting[key] += 1 if line.event == "asked" else -1
    return [last[key] for key, count in waiting.items() if count > 0]
