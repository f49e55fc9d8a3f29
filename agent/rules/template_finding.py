"""What a rule says of a template."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one rule says of a template."""

    rule: str
    ok: bool
    words: str
    """The reason and the mend; where all is well, what was seen."""
    blocks: bool = False
    """It may not be saved: law or carriers forbid it, or it would break."""


def finding(rule: str, wrong: str, well: str, *, blocks: bool = False) -> Finding:
    return Finding(rule=rule, ok=not wrong, words=wrong or well, blocks=bool(wrong) and blocks)


def listed(words: Iterable[str]) -> str:
    return ", ".join(f'"{one}"' for one in words)
