"""Plays a script with a model on the virtual clock, one line of replies and state for each of the caller's texts."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from agent.ports import Mind
from evals.recording.weights import MODEL
from server.commands import import_folder
from server.folder import read_folder
from server.rehearsal import Rehearsal
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store.engine import make_engine, migrate
from server.wiring import mind, open_tools, rehearsal_calendar

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
    """The demo business, imported once, and a throw-away database for every script.

    Passages are found by words alone: an embedder's figures differ by processor, and so would the prompts.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._business = read_folder(DEMO_FOLDER).business
        self._tools = open_tools(
            Settings(data_dir=folder / "documents", database_url="", embedder="lexical")
        )
        import_folder(self._tools, DEMO_FOLDER)
        self._played = 0

    def play(self, script: Script, mind: Mind | None) -> Iterator[Line]:
        """What was said and stood after each of the script's texts."""
        rehearsal = self._rehearsal(script, mind)
        rehearsal.set_up(script.get("setup") or {})
        for turn in script["turns"]:
            yield rehearsal.play(dict(turn), None)

    def _rehearsal(self, script: Script, mind: Mind | None) -> Rehearsal:
        self._played += 1
        url = f"sqlite:///{self._folder}/{self._played}.db"
        migrate(url)
        return Rehearsal(
            self._business,
            self._tools.library,
            mind,
            rehearsal_calendar(None),
            make_engine(url),
            datetime.fromisoformat(script["now"]),
            self._tools.embedder,
        )


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
