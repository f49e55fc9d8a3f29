"""Use case: a person claims, answers or releases a thread."""

from dataclasses import dataclass

from agent.state import AGENT


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """Who speaks on a thread from now on, and the marker that the thread shows."""

    owner: str
    """A staff id, or `agent`."""
    marker: str
    """`claimed` or `released`."""


def claim(staff_id: str) -> Ownership:
    """Typing a reply claims a thread; the agent stops at once, also in the middle of a turn."""
    return Ownership(owner=staff_id, marker="claimed")


def release() -> Ownership:
    """The agent may speak again; what happened before the marker causes no new hand-off."""
    return Ownership(owner=AGENT, marker="released")
