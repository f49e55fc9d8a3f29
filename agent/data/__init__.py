"""Rule data: keywords, patterns and packs as dated files, each read once."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def rule_data(name: str) -> dict[str, Any]:
    """The parsed `agent/data/<name>.toml`; treat it as read-only."""
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))
