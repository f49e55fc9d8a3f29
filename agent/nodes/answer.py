"""Fifth step: say what the business has written, or that a person will be asked."""

from agent.model import Evidence, Intent, Passage, Reason, TaskKind, Urgency
from agent.ports import Ports
from agent.rules.phrases import phrase
from agent.rules.segments import segments
from agent.rules.sentences import sentences
from agent.state import Changes, Turn, line, task

WORTH_SAYING = 0.5
"""The calibrated passage score from which the owner's words are given as the answer."""
CLARIFICATIONS = 2
"""Failed questions back to the caller before a person is asked."""
_SEGMENTS = 2

_FACTS = {Intent.QUESTION, Intent.PRICE_REQUEST, Intent.STATUS_OF_TECHNICIAN}
_FOR_BOOK = {
    Intent.BOOK,
    Intent.RESCHEDULE,
    Intent.CANCEL_APPOINTMENT,
    Intent.CHOOSE_SLOT,
    Intent.REQUEST_CALLBACK,
}
_COURTESY = {
    Intent.ARE_YOU_A_BOT: "bot",
    Intent.WRONG_NUMBER: "wrong_number",
    Intent.DECLINE: "decline",
    Intent.GREETING: "greeting",
    Intent.THANKS: "thanks",
    Intent.GOODBYE: "goodbye",
    Intent.CONFIRM: "nothing_open",
    Intent.CHITCHAT: "greeting",
    Intent.LANGUAGE_SPANISH: "greeting",
}


def answer(turn: Turn, ports: Ports) -> Changes:
    reading = turn.understood
    wanted = set(reading.intents)
    if Intent.SPAM_OR_VENDOR in wanted:
        return {}
    if reading.draft and reading.draft.text.strip():
        return {"lines": [line(reading.draft.text, evidence=_cited(turn), fixed=False)]}
    if wanted & _FACTS and reading.choice is None:
        return _fact(turn)
    if wanted & _FOR_BOOK:
        return {}
    if turn.texts and all(text["media"] and not text["body"] for text in turn.texts):
        return _fixed(turn, "photo")
    if courtesy := next((name for intent, name in _COURTESY.items() if intent in wanted), None):
        return _fixed(turn, courtesy) | {"memory": turn.memory | {"clarified": 0}}
    if reading.choice is not None:
        return _fixed(turn, "nothing_open")
    return _description(turn)


def best_passage(passages: list[Passage]) -> Passage | None:
    """The passage worth saying, or None: then a person is asked."""
    return passages[0] if passages and passages[0].score >= WORTH_SAYING else None


def cut_to_fit(text: str) -> str:
    """The first sentences of the owner's words that fit two segments; at least one."""
    kept: list[str] = []
    for sentence in sentences(text):
        if kept and segments(" ".join([*kept, sentence])) > _SEGMENTS:
            break
        kept.append(sentence)
    return " ".join(kept)


def _fact(turn: Turn) -> Changes:
    passage = best_passage(turn.found)
    if passage is None:
        return _ask_a_person(turn)
    evidence = Evidence(id=passage.id, kind="passage", text=f"{passage.heading}\n{passage.text}")
    return {
        "lines": [line(cut_to_fit(passage.text), evidence=[evidence], fixed=False)],
        "memory": turn.memory | {"clarified": 0},
    }


def _ask_a_person(turn: Turn) -> Changes:
    return _fixed(turn, "unanswerable") | {
        "tasks": [*turn.tasks, task(TaskKind.QUESTION, turn.asked)],
        "reason": Reason.UNANSWERABLE,
    }


def _description(turn: Turn) -> Changes:
    """A statement that asks for nothing by name: the shop's words if they fit well, else ask back, twice at most."""
    if turn.understood.urgency is not Urgency.ROUTINE:
        return {}
    if best_passage(turn.found):
        return _fact(turn)
    clarified = int(turn.memory.get("clarified", 0))
    if clarified >= CLARIFICATIONS:
        return {"reason": Reason.UNCLEAR}
    return _fixed(turn, "unclear") | {"memory": turn.memory | {"clarified": clarified + 1}}


def _fixed(turn: Turn, name: str) -> Changes:
    words = phrase(name, turn.profile, turn.moment, turn.understood.language)
    return {"lines": [*turn.lines, line(words, fixed=True)]}


def _cited(turn: Turn) -> list[Evidence]:
    cited = set(turn.understood.draft.passage_ids if turn.understood.draft else ())
    return [
        Evidence(id=passage.id, kind="passage", text=f"{passage.heading}\n{passage.text}")
        for passage in turn.found
        if passage.id in cited
    ]
