"""Fifth step: say what the business has written, or that a person will be asked."""

from agent.model import Evidence, Intent, Passage, Reason, TaskKind, Urgency
from agent.ports import Ports
from agent.rules import grounding
from agent.rules.normal import normal
from agent.rules.phrases import phrase, visit_phrase
from agent.rules.segments import segments
from agent.rules.sentences import sentences
from agent.state import Changes, Json, Turn, line, task

WORTH_SAYING = 0.5
"""The calibrated passage score from which the owner's words are given as the answer."""
CLARIFICATIONS = 2
"""Failed questions back to the caller before a person is asked."""
_SEGMENTS = 2
_SHORT = 4
"""Words of a text that names a subject and nothing more ("hours saturday"); a longer one tells a story."""

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
_WHOLE = {Intent.ARE_YOU_A_BOT, Intent.WRONG_NUMBER}
"""Courtesies that answer a text whatever else is in it."""
_FEW_WORDS = 3


def answer(turn: Turn, ports: Ports) -> Changes:
    reading = turn.understood
    wanted = set(reading.intents)
    if Intent.SPAM_OR_VENDOR in wanted:
        return {}
    if draft := _held_draft(turn):
        return {"lines": [draft]}
    if wanted & _FACTS and reading.choice is None:
        return _fact(turn)
    if wanted & _FOR_BOOK or reading.urgency is not Urgency.ROUTINE:
        return {}
    return _other(turn)


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


def _other(turn: Turn) -> Changes:
    """Texts that ask for nothing: photos, courtesies, descriptions."""
    if turn.texts and all(text["media"] and not text["body"] for text in turn.texts):
        return _fixed(turn, "photo")
    if turn.booked_visits and Intent.CONFIRM in turn.understood.intents:
        return _visit_stands(turn)
    if courtesy := _courtesy(turn):
        return _fixed(turn, courtesy) | {"memory": turn.memory | {"clarified": 0}}
    if turn.understood.choice is not None:
        return _fixed(turn, "nothing_open")
    return _description(turn)


def _courtesy(turn: Turn) -> str | None:
    """The phrase for a text that is nothing but a greeting, a thank-you or the like."""
    found = [intent for intent in _COURTESY if intent in turn.understood.intents]
    if not found:
        return None
    spans = [hit.span for hit in turn.understood.fired if hit.rule in found]
    left = normal(turn.asked)
    for span in spans:
        left = left.replace(span, " ")
    is_all = len(left.split()) <= _FEW_WORDS or _WHOLE & set(found)
    return _COURTESY[found[0]] if is_all else None


def _description(turn: Turn) -> Changes:
    """A text that asks for nothing by name: a bare subject is answered, a story is asked back about, twice at most."""
    if len(turn.asked.split()) <= _SHORT and best_passage(turn.found):
        return _fact(turn)
    clarified = int(turn.memory.get("clarified", 0))
    if clarified >= CLARIFICATIONS:
        return {"reason": Reason.UNCLEAR}
    return _fixed(turn, "unclear") | {"memory": turn.memory | {"clarified": clarified + 1}}


def _visit_stands(turn: Turn) -> Changes:
    """A yes from a caller who has a visit."""
    visit, language = turn.booked_visits[0], turn.understood.language
    words = visit_phrase("visit_stands", turn.profile, visit, turn.moment, language)
    return {"lines": [*turn.lines, line(words, fixed=True)]}


def _fixed(turn: Turn, name: str) -> Changes:
    words = phrase(name, turn.profile, turn.moment, turn.understood.language)
    return {"lines": [*turn.lines, line(words, fixed=True)]}


def _held_draft(turn: Turn) -> Json | None:
    """A model's draft if every sentence of it stands in the passages it cites; else the owner's own words serve."""
    draft = turn.understood.draft
    if draft is None or not draft.text.strip():
        return None
    cited = [
        Evidence(id=passage.id, kind="passage", text=f"{passage.heading}\n{passage.text}")
        for passage in turn.found
        if passage.id in draft.passage_ids
    ]
    held = all(grounding.held(sentence, cited) for sentence in sentences(draft.text))
    return line(draft.text, evidence=cited, fixed=False) if held else None
