"""The texts that the trained reader is made of, and their fingerprint."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.rules import features

HERE = Path(__file__).parent

Row = Mapping[str, Any]
"""A line of JSON: text, prior, industry, intents, urgency, opt_out."""


def read_texts() -> Iterator[dict[str, Any]]:
    """Every text once, with its `writer`."""
    told = set()
    for path in sorted(HERE.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            key = (row["text"].lower(), row["prior"])
            if key not in told:
                told.add(key)
                yield row | {"writer": path.stem}


def fingerprint() -> str:
    """Of all that the weights were made from."""
    sources = [*sorted(HERE.glob("*.jsonl")), Path(features.__file__)]
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.read_bytes())
    return digest.hexdigest()
