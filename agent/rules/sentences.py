"""Cut a text into sentences: as a guard keeps or removes them, and as people type them."""

import re

_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z0-9\"'(¿¡$])|\n+")
_TYPED_END = re.compile(r"(?<=[.!?])\s+|\n+")
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


def typed(text: str) -> list[str]:
    """The sentences of a text as people type them on phones, capitals or not."""
    return [one.strip() for one in _TYPED_END.split(text) if one.strip()]
