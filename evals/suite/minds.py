"""Who reads with the rules: nobody, the user's own model, or a double that behaves as it is named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from pydantic import SecretStr

from agent.ports import Mind
from evals.model.behaviours import BEHAVIOURS, adversary
from evals.model.double import ModelDouble
from evals.model.faults import FAULTS
from server.settings import Settings
from server.wiring import mind

RULES, LIVE, ADVERSARY = "rules", "live", "adversary"
MODES = (RULES, LIVE, *BEHAVIOURS)
Minds = Callable[[str, int], Mind | None]
"""The mind of one run of a case, by the case's name and the run."""

_FAULT_SHARE = 0.15
_SLOW = {"hang", "hang_mid_body", "slow_drip"}
_QUICK = sorted(FAULTS.keys() - _SLOW)
"""The slow ones are tried elsewhere: each costs a whole time-out."""
_TRY_S, _TURN_S = 5.0, 10.0


class NoModel(Exception):
    """No endpoint is configured; the message says how to set one."""


@contextmanager
def minds(mode: str) -> Iterator[Minds]:
    """Minds of one mode; a double listens as long as the context lasts.

    Raises:
        NoModel: `live` without an endpoint.
    """
    if mode == RULES:
        yield lambda _name, _run: None
    elif mode == LIVE:
        found = mind(Settings())
        if found is None:
            raise NoModel("Set OPENAI_BASE_URL or OPENAI_API_KEY: no model is configured.")
        yield lambda _name, _run: found
    else:
        yield from _doubles(mode)


def _doubles(mode: str) -> Iterator[Minds]:
    """One double for all; what it is and how it fails is settled anew for every run."""
    director = _Director()
    with ModelDouble(lambda asked: director.behaves(asked), faults=director.fails) as double:  # noqa: PLW0108 - it changes between runs
        settings = Settings(
            openai_base_url=double.url,
            openai_api_key=SecretStr("double"),
            model="double",
            model_timeout_s=_TRY_S,
            model_turn_s=_TURN_S,
        )

        def of(name: str, run: int) -> Mind | None:
            director.direct(mode, name, run)
            return mind(settings)

        yield of


class _Director:
    """Says how the double behaves in the run that is being played."""

    def direct(self, mode: str, name: str, run: int) -> None:
        chance = Random(f"{name}-{run}-model")  # noqa: S311 - chance that can be repeated, no secret
        seed = chance.randrange(1 << 30)
        self.behaves = adversary(seed) if mode == ADVERSARY else BEHAVIOURS[mode]
        self._chance, self._fails = chance, run > 0

    def fails(self, _number: int) -> str | None:
        """A fault on a call now and then; the run as it is written has none."""
        if not self._fails or self._chance.random() >= _FAULT_SHARE:
            return None
        return self._chance.choice(_QUICK)
