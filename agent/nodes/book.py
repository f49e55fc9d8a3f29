"""Sixth step: a wish for a visit or a call back becomes a task, and is said to be one."""

from agent.model import Intent, Reason, TaskKind
from agent.ports import Ports
from agent.rules import hours
from agent.rules.phrases import phrase
from agent.state import Changes, Turn, line, task

_WISHES = {
    Intent.BOOK: "Wants a visit",
    Intent.RESCHEDULE: "Wants to move a visit",
    Intent.CANCEL_APPOINTMENT: "Wants to cancel a visit",
    Intent.CHOOSE_SLOT: "Chose a time",
    Intent.REQUEST_CALLBACK: "Wants a call back",
}


def book(turn: Turn, ports: Ports) -> Changes:
    wishes = [intent for intent in turn.understood.intents if intent in _WISHES]
    if not wishes:
        return {}
    wish = Intent.REQUEST_CALLBACK if Intent.REQUEST_CALLBACK in wishes else wishes[0]
    name = "callback" if wish is Intent.REQUEST_CALLBACK else "wish"
    words = phrase(name, turn.profile, turn.moment, turn.understood.language)
    due = hours.due(turn.profile, turn.moment)
    return {
        "lines": [*_without_draft(turn), line(words, fixed=True)],
        "tasks": [
            *turn.tasks,
            task(TaskKind.CALLBACK, f"{_WISHES[wish]}: {turn.asked}", due),
        ],
        "reason": Reason.CALLBACK_REQUEST,
    }


def _without_draft(turn: Turn) -> list[dict[str, object]]:
    """A model's draft would speak of the visit without evidence; only answered facts stay."""
    asked = {Intent.QUESTION, Intent.PRICE_REQUEST} & set(turn.understood.intents)
    return turn.lines if asked else [one for one in turn.lines if one["fixed"]]
