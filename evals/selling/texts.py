"""The lines that the judge of what sells is made of, written out, and their fingerprint.

In `sells.txt` and `tells.txt` a line is a pattern: `[one|other|]` is one of these, `{name}` one of `slots.toml`.
A line that begins with `# ` names the family of those under it.
"""

import hashlib
import json
import re
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.data import rule_data
from agent.model import Intent
from agent.rules import features, marketing, selling

HERE = Path(__file__).parent
CALLERS = HERE.parent / "training"
"""What callers wrote, and the texts that they answered: none of them sells, but for spam and the few in which a rule finds a push."""

EACH = 8
"""Texts written out of a pattern, at most."""
_EVERY = 4
"""Of so many callers' texts one is taken."""

_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One text, and what is known of it."""

    text: str
    sells: bool
    family: str
    """Of one sort: `friends`, `hurry`."""
    pattern: str
    """Out of which it was written; texts of one pattern are alike."""


def read_lines() -> list[Line]:
    """Every text once, in a fixed order."""
    told: dict[str, Line] = {}
    for line in (*_written("sells"), *_written("tells"), *_of_callers()):
        told.setdefault(line.text, line)
    return list(told.values())


def fingerprint() -> str:
    """Of all that the weights were made from."""
    code = (Path(selling.__file__), Path(features.__file__))
    sources = [*sorted(HERE.glob("*.t*")), *sorted(CALLERS.glob("*.jsonl")), *code]
    digest = hashlib.sha256(repr(rule_data(marketing.RULES)["push"]).encode())
    for path in sources:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _written(kind: str) -> Iterator[Line]:
    slots = tomllib.loads((HERE / "slots.toml").read_text(encoding="utf-8"))
    family = ""
    for pattern in (HERE / f"{kind}.txt").read_text(encoding="utf-8").splitlines():
        if pattern.startswith("# "):
            family = pattern[2:]
            continue
        for turn in range(EACH):
            text = _dressed(_one_of(pattern, turn, slots), turn)
            yield Line(text=text, sells=kind == "sells", family=family, pattern=pattern)


def _one_of(pattern: str, turn: int, slots: Mapping[str, list[str]]) -> str:
    """The pattern written out; each turn another way."""
    at = 0

    def pick(choices: list[str]) -> str:
        nonlocal at
        at += 1
        return choices[zlib.crc32(f"{pattern} {turn} {at}".encode()) % len(choices)]

    chosen = _CHOICE.sub(lambda found: pick(found[1].split("|")), pattern)
    filled = _SLOT.sub(lambda found: pick(slots[found[1]]), chosen)
    return " ".join(filled.replace(" ,", ",").split())


def _dressed(text: str, turn: int) -> str:
    """As phones type: some without capitals, some without marks, some with one more."""
    match zlib.crc32(f"{text} {turn}".encode()) % 8:
        case 0:
            return text.lower()
        case 1:
            return text.rstrip(".!")
        case 2 | 3:
            return f"{text.rstrip('.')}!" if text[-1].isalnum() or text.endswith(".") else text
    return text


def _of_callers() -> Iterator[Line]:
    for path in sorted(CALLERS.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            if Intent.SPAM_OR_VENDOR in row["intents"]:
                continue
            if row["prior"] and not marketing.rules_found(row["prior"]):
                yield Line(text=row["prior"], sells=False, family="priors", pattern=row["prior"])
            if number % _EVERY == 0:
                yield Line(text=row["text"], sells=False, family="callers", pattern=row["text"])
