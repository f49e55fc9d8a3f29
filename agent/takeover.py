"""Use case: a person claims, answers, hands on, gives back or closes a thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.model import Intent, OptOut, Urgency
from agent.rules import intents, opt_out, urgency
from agent.state import AGENT, NOBODY, Json

_FOR_PEOPLE = {
    Intent.REQUEST_HUMAN,
    Intent.REQUEST_CALLBACK,
    Intent.COMPLAINT,
    Intent.SPAM_OR_VENDOR,
}
_ASKS = {
    Intent.QUESTION,
    Intent.PRICE_REQUEST,
    Intent.BOOK,
    Intent.RESCHEDULE,
    Intent.CANCEL_APPOINTMENT,
    Intent.STATUS_OF_TECHNICIAN,
    Intent.ARE_YOU_A_BOT,
}
_OF_THE_STRETCH = {"clarified", "menu", "warned", "which"}
"""What the agent keeps of a talk in which it was not understood, warned or asked back; it counts anew after a person."""


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """Who speaks on a thread from now on, and the marker that the thread shows."""

    owner: str
    """A staff id, or `agent`."""
    marker: str
    """`claimed`, `unclaimed`, `handed on`, `released`, `resolved` or `reopened`."""
    why: str | None = None
    """To whom it was handed, or what came of it."""


def claim(staff_id: str) -> Ownership:
    """Typing a reply claims a thread; the agent stops at once, also in the middle of a turn."""
    return Ownership(owner=staff_id, marker="claimed")


def hand_on(staff_id: str) -> Ownership:
    """A colleague has the thread from now on."""
    return Ownership(owner=staff_id, marker="handed on", why=staff_id)


def unclaim() -> Ownership:
    """The text by which a person had claimed the thread was taken back: it asks for people again."""
    return Ownership(owner=NOBODY, marker="unclaimed")


def release() -> Ownership:
    """The agent may speak again; what happened before the marker causes no new hand-off."""
    return Ownership(owner=AGENT, marker="released")


def resolve(outcome: str | None) -> Ownership:
    """The episode is over; if the caller writes again, the agent answers."""
    return Ownership(owner=AGENT, marker="resolved", why=outcome)


def reopen(staff_id: str) -> Ownership:
    """A closed thread is open again; whoever opened it has it."""
    return Ownership(owner=staff_id, marker="reopened")


def goes_back(bodies: Sequence[str]) -> list[int]:
    """The places of the waiting texts that the agent answers when it gets a thread back.

    A thread is given back by someone who has read it: what asks for a person or tells of danger has had one,
    and what asks for nothing needs no answer.
    """
    return [place for place, body in enumerate(bodies) if not is_settled(body) and _asks(body)]


def is_settled(body: str) -> bool:
    """Said before a person gave the thread back, this text was for that person: it brings no other."""
    found = set(intents.shown(body))
    return (
        urgency.read(body).urgency is not Urgency.ROUTINE
        or opt_out.read(body).meaning is not OptOut.NONE
        or bool(found & _FOR_PEOPLE)
    )


def memory_after(memory: Json) -> Json:
    """What the agent still knows of a caller when it gets the thread back."""
    return {name: kept for name, kept in memory.items() if name not in _OF_THE_STRETCH}


def history_after(history: Sequence[Json], released_at: datetime | None) -> list[Json]:
    """Earlier texts without those that a person has seen to.

    Args:
        history: as `Text`, oldest first, `at` in ISO 8601 with offset.
        released_at: when a person last gave the thread back; None: never.
    """
    if released_at is None:
        return list(history)
    return [
        text
        for text in history
        if text["author"] != "caller"
        or datetime.fromisoformat(text["at"]) > released_at
        or not is_settled(text["body"])
    ]


def _asks(body: str) -> bool:
    return "?" in body or bool(set(intents.shown(body)) & _ASKS)
