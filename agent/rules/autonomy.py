"""How freely a reply of the agent leaves: what it is about, and what the owner allows for that."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from agent.business import Autonomous, Business, Topic
from agent.model import Intent, Reason, TextKind
from agent.rules.phone import masked

TOPICS: tuple[Topic, ...] = ("answers", "prices", "booking", "changes", "other")
_CARE: tuple[Autonomous, ...] = ("send", "wait", "suggest")
"""From the freest to the most careful."""
_ABOUT: dict[Intent, Topic] = {
    Intent.QUESTION: "answers",
    Intent.STATUS_OF_TECHNICIAN: "answers",
    Intent.PRICE_REQUEST: "prices",
    Intent.BOOK: "booking",
    Intent.CHOOSE_SLOT: "booking",
    Intent.RESCHEDULE: "changes",
    Intent.CANCEL_APPOINTMENT: "changes",
}
_MONEY = re.compile(r"[$€£]\s?\d|\d\s?(?:dollars|dólares|dolares|USD|€|£)", re.IGNORECASE)
_DANGER = {Reason.EMERGENCY, Reason.URGENT}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a turn wants to say, as far as it matters for who has to agree."""

    words: str
    kinds: Collection[TextKind]
    intents: Collection[Intent]
    visit: bool = False
    """The talk is of a visit that is to be booked."""
    moves: bool = False
    """The talk is of a visit that stands."""
    reason: str = ""
    """Why a person is needed; empty: not needed."""
    acted: bool = False
    """A calendar was written to: the caller has to know."""
    hands_over: bool = False
    opted_out: bool = False


def level(business: Business, said: Said) -> Autonomous:
    """The most careful of what the owner wants for all that the reply touches; fixed lines and facts leave at once.

    Shadow mode notes what would have been sent, so nothing waits there.
    """
    if _leaves_at_once(said) or business.texting.mode == "shadow":
        return "send"
    wanted = business.autonomy
    levels = {wanted.topics.get(topic, wanted.default) for topic in topics(said)}
    return max(levels, key=_CARE.index)


def topics(said: Said) -> set[Topic]:
    """All that a reply touches; a text that names nothing is about something else."""
    found = {_ABOUT[intent] for intent in said.intents if intent in _ABOUT}
    if _MONEY.search(said.words):
        found.add("prices")
    if said.moves:
        found.add("changes")
    elif said.visit:
        found.add("booking")
    return found or {"other"}


def alert_words(business: Business, caller: str) -> str:
    """For whoever is on duty; no gist, the conversation shows it."""
    return f"{business.name}: {masked(caller)} has texted. The agent's reply waits for you to look at it."


def _leaves_at_once(said: Said) -> bool:
    """Safety, consent, a person who takes over, and what has been done already."""
    is_plain = all(kind is TextKind.REPLY for kind in said.kinds)
    settled = said.acted or said.hands_over or said.opted_out
    return not is_plain or settled or said.reason in _DANGER
