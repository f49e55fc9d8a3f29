"""Every question put to the model, as a file: front matter, then one block a message, in Jinja.

    === system
    === example plumbing hvac      a pair of chat turns for these industries; `any`: for all
    === user

An example's two sides are parted by a line `---`.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml
from jinja2 import Environment, StrictUndefined, Template

_BLOCK = re.compile(r"^=== (system|example|user)(?: (.+))?\n", re.MULTILINE)
_EVERY = "any"


class Message(NamedTuple):
    role: str
    """`system`, `user` or `assistant`."""
    content: str


@dataclass(frozen=True, kw_only=True)
class Block:
    role: str
    industries: tuple[str, ...]
    """Of an example."""
    text: str


@dataclass(frozen=True, kw_only=True)
class Prompt:
    name: str
    version: int
    purpose: str
    inputs: tuple[str, ...]
    output: str
    sample: dict[str, Any]
    blocks: tuple[Block, ...]
    fingerprint: str
    """Changes with every change of the words."""

    @property
    def label(self) -> str:
        """Name, version and fingerprint: kept with each text that came of it."""
        return f"{self.name} {self.version} {self.fingerprint}"

    def messages(self, **inputs: Any) -> list[Message]:
        """The messages with every input filled; a missing or unknown one is an error.

        Of the examples, those for all and for the input `industry` are shown.
        """
        if set(inputs) != set(self.inputs):
            raise ValueError(f"{self.name} takes {sorted(self.inputs)}, got {sorted(inputs)}")
        made: list[Message] = []
        for block in self.blocks:
            if block.role != "example":
                made.append(Message(block.role, _template(block.text).render(**inputs).strip()))
            elif {inputs.get("industry"), _EVERY} & {*block.industries}:
                asked, answered = block.text.split("\n---\n")
                made += [Message("user", asked.strip()), Message("assistant", answered.strip())]
        return made


@cache
def load(name: str) -> Prompt:
    """Read `prompts/<name>.md`."""
    source = (files(__package__) / f"{name}.md").read_text(encoding="utf-8")
    _, front, text = source.split("---\n", 2)
    fields = yaml.safe_load(front)
    return Prompt(
        **(fields | {"inputs": tuple(fields["inputs"])}),
        blocks=tuple(_blocks(text)),
        fingerprint=hashlib.sha256(text.encode()).hexdigest()[:8],
    )


def _blocks(text: str) -> Sequence[Block]:
    _, *parts = _BLOCK.split(text)
    every = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return [
        Block(role=role, industries=tuple((named or "").split()), text=words)
        for role, named, words in every
    ]


@cache
def _template(text: str) -> Template:
    language = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - text for a model, no HTML
    return language.from_string(text)
