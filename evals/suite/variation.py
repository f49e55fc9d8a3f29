"""One case, told in another way: other wordings, pauses and bursts, the same for the same seed."""

import re
from collections.abc import Mapping
from random import Random
from typing import Any

from evals.playing import is_quick

Case = Mapping[str, Any]

_PAUSE_S = (20, 600)
_SPLIT_SHARE = 0.25
_BURST_S = 2
_BOUNDARY = re.compile(r"(?<=\w{3}[.?!,]) +(?=\S)")


def varied(name: str, case: Case, run: int) -> Case:
    """The case as it is played in a run: as it is written in run 0, else varied by `Random(f"{name}-{run}")`."""
    if run == 0:
        return case
    chance = Random(f"{name}-{run}")  # noqa: S311 - chance that can be repeated, no secret
    turns = list(case["turns"])
    quick_next = [is_quick(turn) for turn in turns[1:]] + [False]
    told = [
        part
        for turn, alone in zip(turns, (not quick for quick in quick_next), strict=True)
        for part in _told(turn, chance, splits=alone and not is_quick(turn))
    ]
    return {**case, "turns": told}


def _told(turn: Case, chance: Random, *, splits: bool) -> list[Case]:
    """The turn with another wording and pause, perhaps in two texts; its claims stay with the last."""
    pause_s = chance.randint(*_PAUSE_S)
    is_split = chance.random() < _SPLIT_SHARE
    told = dict(turn) if "wait_s" in turn else {"delay_s": pause_s, **turn}
    if "caller" not in told:
        return [told]
    told["caller"] = chance.choice([turn["caller"], *turn.get("or", [])])
    boundaries = list(_BOUNDARY.finditer(told["caller"])) if splits and is_split else []
    if not boundaries:
        return [told]
    cut = chance.choice(boundaries)
    first = {"caller": told["caller"][: cut.start()], "delay_s": told["delay_s"]}
    return [first, told | {"caller": told["caller"][cut.end() :], "delay_s": _BURST_S}]
