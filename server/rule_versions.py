"""Which rules are in force: the versions of the rule files, for the record."""

import hashlib
from functools import cache
from importlib.resources import files

from agent.data import rule_data

_LENGTH = 16


@cache
def rule_versions() -> dict[str, str]:
    """By the file's name: its date and the beginning of its sha256."""
    found = {}
    for file in sorted(files("agent.data").iterdir(), key=lambda one: one.name):
        name, _, ending = file.name.rpartition(".")
        if ending in ("toml", "npz"):
            dated = str(rule_data(name).get("version", "")) if ending == "toml" else ""
            digest = hashlib.sha256(file.read_bytes()).hexdigest()[:_LENGTH]
            found[file.name] = f"{dated} {digest}".strip()
    return found


@cache
def rules_in_force() -> str:
    """One word for all of them together; another file or another version is another word."""
    told = "\n".join(f"{name} {version}" for name, version in rule_versions().items())
    return hashlib.sha256(told.encode()).hexdigest()[:_LENGTH]
