"""Plays a script with a model on the virtual clock, one line of replies and state for each of the caller's texts."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from agent.ports import Mind
from evals.playing import Stage
from evals.recording.weights import MODEL
from server.settings import Settings
from server.wiring import mind

Line = dict[str, Any]
Script = Mapping[str, Any]

TIMEOUT_S = 600.0
_SCRIPTS = files("evals.recording") / "scripts"


def names() -> list[str]:
    """The scripts, in order."""
    return sorted(one.name.removesuffix(".yaml") for one in _SCRIPTS.iterdir())


def read(name: str) -> Script:
    script: Script = yaml.safe_load((_SCRIPTS / f"{name}.yaml").read_text(encoding="utf-8"))
    return script


def model_at(base_url: str) -> Mind | None:
    """The product's own adapter, waiting as long as one thread needs."""
    settings = Settings(
        openai_api_key="none",
        openai_base_url=base_url,
        model=MODEL,
        model_timeout_s=TIMEOUT_S,
        model_turn_s=TIMEOUT_S,
    )
    return mind(settings)


class Player:
    """Plays scripts, each on a database of its own.

    Passages are found by words alone: an embedder's figures differ by processor, and so would the prompts.
    """

    def __init__(self, folder: Path) -> None:
        self._stage = Stage(folder, embedder="lexical")

    def play(self, script: Script, mind: Mind | None) -> Iterator[Line]:
        """What was said and stood after each of the script's texts."""
        with self._stage.scene(script, mind) as scene:
            for turn in script["turns"]:
                yield scene.rehearsal.play(dict(turn), None)


def differing(wanted: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """What a script says of its end and the state does not show; a list is compared one by one."""
    return [
        f"{key} is {state[key]!r}, not {value!r}"
        for key, value in wanted.items()
        if not _fits(value, state[key])
    ]


def _fits(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, Mapping):
        return all(_fits(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return len(wanted) == len(found) and all(map(_fits, wanted, found))
    return bool(wanted == found)
