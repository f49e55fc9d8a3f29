"""What was asked of a model, in words and figures for pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from agent.business import Business
from server import model_health
from server.settings import Settings
from server.store import model_calls
from server.store.model_calls import Spent
from server.suggesting import SUGGESTS
from server.wiring import House

_MILLION = 1_000_000
_CENT, _LEAST = 0.01, 0.0001


@dataclass(frozen=True, kw_only=True)
class Prices:
    """USD for a million tokens; both 0: costs are not shown."""

    read: float
    written: float

    @property
    def are_set(self) -> bool:
        return bool(self.read or self.written)

    def cost(self, spent: Spent) -> float:
        """USD."""
        return (spent.tokens_in * self.read + spent.tokens_out * self.written) / _MILLION

    def words(self, spent: Spent) -> str:
        """$1.20, or $0.0042 where it is less than a cent; empty: no prices are set."""
        if not self.are_set:
            return ""
        cost = self.cost(spent)
        if 0 < cost < _LEAST:
            return f"less than ${_LEAST}"
        return f"${cost:,.4f}" if 0 < cost < _CENT else f"${cost:,.2f}"


def prices(settings: Settings) -> Prices:
    return Prices(read=settings.model_price_in, written=settings.model_price_out)


def trouble(connection: sa.Connection, house: House, business: Business) -> str:
    """Why the rules answer alone just now; empty: they need not, or no model is configured."""
    if house.ports.mind is None:
        return ""
    limit = house.settings.model_tokens_per_day
    return model_health.trouble(connection, business, limit, house.clock.now())


def how(why: dict[str, Any]) -> str:
    """Who has read the texts that a reply answers."""
    asked = str(why.get("model") or "")
    _, _, fault = asked.partition("failed: ")
    if fault:
        return f"The model was out: {fault}. The rules answered."
    return "With the model." if asked else "By the rules."


def prompt_words(label: str) -> str:
    """`understand 2 a1b2c3d4` -> Prompt understand, version 2 (a1b2c3d4)."""
    match label.split():
        case [name, version, fingerprint]:
            return f"Prompt {name}, version {version} ({fingerprint})"
        case _:
            return f"Prompt {label}"


def of_turn(spent: Spent, rates: Prices) -> str:
    """What one reply took."""
    figures = [
        counted(spent.calls, "call"),
        f"{spent.tokens_in:,} tokens read and {spent.tokens_out:,} written",
        f"{spent.took_ms / 1000:.1f} s",
        rates.words(spent),
    ]
    return f"{', '.join(filter(None, figures))}."


def of_thread(by_turn: Mapping[str, Spent], rates: Prices) -> str:
    """What a whole conversation took; empty: no model was asked."""
    if not by_turn:
        return ""
    whole = model_calls.together(by_turn.values())
    suggested = sum(turn.startswith(SUGGESTS) for turn in by_turn)
    turns = len(by_turn) - suggested
    figures = [
        counted(turns, "turn") if turns else "",
        counted(suggested, "suggestion") if suggested else "",
        counted(whole.calls, "call"),
        f"{whole.tokens_in + whole.tokens_out:,} tokens",
        rates.words(whole),
    ]
    return f"With the model: {', '.join(filter(None, figures))}"


def counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
