"""Cut a text into the sentences that a guard keeps or removes."""

import re

_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z0-9\"'(¿¡$])|\n+")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Ave|Blvd|No|vs|approx|a\.m|p\.m|e\.g|i\.e)\.$", re.IGNORECASE)  # fmt: skip


def sentences(text: str) -> list[str]:
    """The sentences in order; joined by spaces they say what the text says."""
    found: list[str] = []
    for piece in _END.split(text):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {piece}"
        elif piece and piece.strip():
            found.append(piece.strip())
    return found
