"""What more than one step says: a fixed phrase, a person's task with the truth about it, what is remembered of a visit."""

from collections.abc import Sequence
from datetime import datetime

from agent.model import Appointment, Evidence, Intent, Reason, TaskKind
from agent.rules import callbacks, hours
from agent.rules.phrases import phrase, visit_phrase
from agent.state import Changes, Json, Turn, line, task


def say(turn: Turn, name: str, **facts: object) -> str:
    """A phrase in the caller's language."""
    return phrase(name, turn.profile, turn.moment, turn.understood.language, **facts)


def say_of(turn: Turn, name: str, visit: Appointment) -> str:
    """A phrase about one visit."""
    return visit_phrase(name, turn.profile, visit, turn.moment, turn.understood.language)


def said(turn: Turn, words: str, memory: Json, evidence: Sequence[Evidence] = ()) -> Changes:
    """One fixed line in place of any draft, and what to remember."""
    return {
        "lines": [*without_draft(turn), line(words, evidence=evidence, fixed=True)],
        "memory": memory,
    }


def person(
    turn: Turn, words: str, what: str, due: datetime | None = None, **facts: object
) -> Changes:
    """A person will do it: a task that is due, and the truth about it.

    Args:
        due: with offset; None: as soon as somebody is there.
    """
    wish = turn.understood.callback
    due = due or hours.due(turn.profile, turn.moment)
    memory = forgotten(turn)
    if wish:
        memory["callback"] = callbacks.span_words(wish)
    return said(turn, say(turn, words, **facts), memory) | {
        "tasks": [*turn.tasks, task(TaskKind.CALLBACK, f"{what}: {turn.asked}", due)],
        "reason": Reason.CALLBACK_REQUEST,
    }


def talk(turn: Turn) -> Json:
    """What this conversation has said of a visit so far."""
    return dict(turn.memory.get("visit") or {})


def remembered(turn: Turn, **values: object) -> Json:
    return turn.memory | {"visit": values, "clarified": 0}


def forgotten(turn: Turn) -> Json:
    return {key: value for key, value in turn.memory.items() if key != "visit"}


def without_draft(turn: Turn) -> list[Json]:
    """A model's draft would speak of the visit without evidence; only answered facts stay."""
    asked = {Intent.QUESTION, Intent.PRICE_REQUEST} & set(turn.understood.intents)
    return turn.lines if asked else [one for one in turn.lines if one["fixed"]]
