"""Every question put to the model, as a file: front matter, then Jinja text."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined


@dataclass(frozen=True, kw_only=True)
class Prompt:
    name: str
    version: int
    purpose: str
    inputs: tuple[str, ...]
    output: str
    sample: dict[str, Any]
    text: str

    def render(self, **inputs: Any) -> str:
        """The prompt with every input filled; a missing or unknown one is an error."""
        if set(inputs) != set(self.inputs):
            raise ValueError(f"{self.name} takes {sorted(self.inputs)}, got {sorted(inputs)}")
        template = Environment(undefined=StrictUndefined, trim_blocks=True)  # noqa: S701 - text for a model, no HTML
        return template.from_string(self.text).render(**inputs).strip()

    @property
    def fingerprint(self) -> str:
        """Changes with every change of the words; kept with each text that came of them."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:8]


@cache
def load(name: str) -> Prompt:
    """Read `prompts/<name>.md`."""
    source = (files(__package__) / f"{name}.md").read_text(encoding="utf-8")
    _, front, text = source.split("---\n", 2)
    fields = yaml.safe_load(front)
    return Prompt(**(fields | {"inputs": tuple(fields["inputs"]), "text": text}))
