"""Rule data: keywords, patterns, packs and the weights of the trained reader, as files, each read once."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NAME = re.compile(r"\{([a-z_]+)\}")


@cache
def rule_data(name: str) -> dict[str, Any]:
    """The parsed `agent/data/<name>.toml`; treat it as read-only.

    Where a file has a table `any_of`, each `{name}` in its strings stands for that alternation.
    """
    read = tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))
    named: dict[str, str] = {}
    for key, words in read.pop("any_of", {}).items():
        named[key] = f"(?:{_written_out(words, named)})"
    return {key: _written_out(value, named) for key, value in read.items()} if named else read


def _written_out(value: Any, named: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _NAME.sub(lambda found: named[found[1]], value)
    if isinstance(value, list):
        return [_written_out(one, named) for one in value]
    if isinstance(value, dict):
        return {key: _written_out(one, named) for key, one in value.items()}
    return value


@cache
def weights(name: str) -> dict[str, NDArray[Any]]:
    """The arrays of `agent/data/<name>.npz`; treat them as read-only."""
    with (files(__package__) / f"{name}.npz").open("rb") as stored:
        return dict(np.load(stored))
