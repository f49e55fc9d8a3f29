"""What a menu's choice leads to: what it leaves open is asked for in one sentence, what is told then is a task or a question."""

from agent.model import Intent, Reading, Reason, TaskKind, TextKind, Urgency
from agent.rules import hours
from agent.rules.menus import Meaning
from agent.saying import say
from agent.state import Changes, Turn, line, merged, task

_PICKED = {Meaning.BOOK: Intent.BOOK, Meaning.CALLBACK: Intent.REQUEST_CALLBACK}
_ASKS_BACK = {
    Meaning.QUESTION: "ask_question",
    Meaning.INFO: "ask_info",
    Meaning.HOLD: "ask_item",
    Meaning.UNKNOWN: "ask_choice",
}
"""The one sentence that asks for what the number of a menu leaves open."""
_TELLS_NOTHING = {
    Intent.GIVE_DETAILS,
    Intent.CHITCHAT,
    Intent.CONFIRM,
    Intent.PHOTO_REFERENCE,
    Intent.LANGUAGE_SPANISH,
}
"""Heard alone, these are no reason to take the answer to "what would you like to know?" for no question."""
_NO_ITEM = {
    Intent.DECLINE,
    Intent.THANKS,
    Intent.GOODBYE,
    Intent.COMPLAINT,
    Intent.WRONG_NUMBER,
    Intent.REQUEST_HUMAN,
    Intent.REQUEST_CALLBACK,
    Intent.ARE_YOU_A_BOT,
    Intent.PRICE_REQUEST,
}
"""Said instead of the item that we have asked for."""


def led(turn: Turn) -> Changes | None:
    """What follows from a choice that leaves something open, or from the item that was asked for; None: nothing."""
    if turn.understood.urgency is not Urgency.ROUTINE:
        return None
    picked = _picked(turn)
    if len(turn.texts) == 1 and turn.texts[0].get("bare") and picked[0] in _ASKS_BACK:
        return _asked_back(turn, picked[0])
    is_item = not picked and _awaited(turn) is Meaning.HOLD
    tells_item = is_item and not _NO_ITEM & {*turn.understood.intents}
    return _item_held(turn) if Meaning.HOLD in picked or tells_item else None


def as_picked(turn: Turn, reading: Reading) -> Reading:
    """What a choice asks for is heard for certain; what answers our question after one is a question."""
    picked = _picked(turn)
    intents = [_PICKED[one] for one in picked if one in _PICKED]
    asked = not picked and _awaited(turn) in (Meaning.QUESTION, Meaning.INFO)
    if asked and {*reading.intents} <= _TELLS_NOTHING:
        intents = [Intent.QUESTION]
    every = tuple(dict.fromkeys([*intents, *reading.intents]))
    return merged(reading, {"intents": every}) if intents else reading


def _picked(turn: Turn) -> list[Meaning]:
    return [Meaning(text["picked"]) for text in turn.texts if "picked" in text]


def _asked_back(turn: Turn, meaning: Meaning) -> Changes:
    words = say(turn, _ASKS_BACK[meaning])
    return {
        "settled": True,
        "lines": [line(words, fixed=True)],
        "memory": {"menu": {"asked": meaning, "words": words}},
    }


def _item_held(turn: Turn) -> Changes:
    """Whether it is there only a person can see."""
    item = " ".join(text["body"] for text in turn.texts if not text.get("bare"))
    due = hours.due(turn.profile, turn.moment)
    return {
        "tasks": [*turn.tasks, task(TaskKind.OTHER, f"Hold an item: {item}", due)],
        "lines": [line(say(turn, "wish_noted"), TextKind.HAND_OFF, fixed=True)],
        "reason": Reason.OTHER,
    }


def _awaited(turn: Turn) -> Meaning | None:
    """What our last text asked for after a choice; None: nothing."""
    asked = turn.memory.get("menu")
    if not asked or asked["words"] not in (turn.last_text or ""):
        return None
    return Meaning(asked["asked"])
