"""Sixth step: say what the business has written, or that a person will be asked."""

from agent.model import (
    Intent,
    Reason,
    TaskKind,
    TextKind,
    Urgency,
)
from agent.ports import Ports
from agent.rules import advice, answering, drafts, hours, own_facts, visit_talk
from agent.rules.normal import words_only
from agent.rules.phrases import phrase, visit_phrase
from agent.rules.questions import asks, asks_of_facts
from agent.state import Changes, Json, Turn, line, merged, plain_json, task
from agent.telling import outcome_of_draft, told_facts

CLARIFICATIONS = 2
"""Failed questions back to the caller before a person is asked."""
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
_CLOSES = {Intent.THANKS, Intent.GOODBYE, Intent.DECLINE}
_YES_NO = {Intent.CONFIRM, Intent.DECLINE}
_NODS = {
    "yes",
    "ok",
    "okay",
    "k",
    "kk",
    "great",
    "cool",
    "perfect",
    "awesome",
    "sounds good",
    "got it",
}
"""After a statement these need no answer."""
_WISHES = {Intent.BOOK, Intent.RESCHEDULE}
_ANSWERS_NOTHING = {Intent.CONFIRM, Intent.DECLINE, Intent.CHITCHAT, Intent.GIVE_DETAILS}
_STORY = 10
_BARE = 3


def answer(turn: Turn, ports: Ports) -> Changes:
    reading = turn.understood
    wanted = set(reading.intents)
    has_answer = any(answering.is_answered(one.passages) for one in turn.asked_for)
    if Intent.SPAM_OR_VENDOR in wanted:
        return _from_vendor(turn, has_answer=has_answer)
    if reason := advice.asked(turn.profile, turn.asked, answered=has_answer):
        return _no_advice(turn, reason)
    of_visit = turn.of_visit or turn.seeks
    if of_visit and (reading.choice is not None or not wanted & _FACTS):
        return {}
    if not of_visit and (draft := _held_draft(turn)):
        return draft
    if own_facts.asks_enough(turn.asked):
        return _fixed(turn, "enough")
    if reading.choice is None and (told := _facts(turn, has_answer=has_answer)) is not None:
        return told
    if wanted & _FOR_BOOK or reading.urgency is not Urgency.ROUTINE:
        return {}
    return _other(turn)


def _facts(turn: Turn, *, has_answer: bool) -> Changes | None:
    """What is told to a question; None: nothing is asked of facts."""
    if _asks_about_visits(turn):
        return _instead_of_booking(turn)
    wanted = set(turn.understood.intents)
    if not (wanted & _FACTS or _asks_beside(turn) or _plainly_asks(turn, has_answer=has_answer)):
        return None
    own = turn.booked_visits and Intent.STATUS_OF_TECHNICIAN in wanted
    return _visit_stands(turn) if own else told_facts(turn)


def _from_vendor(turn: Turn, *, has_answer: bool) -> Changes:
    """Who sells is not answered; a short question, or one that has an answer, is a caller's."""
    is_short = len(turn.asked.split()) <= _STORY
    if turn.memory.get("vendor") or not (asks(turn.asked) and (is_short or has_answer)):
        return {"memory": turn.memory | {"vendor": True}}
    return told_facts(turn)


def _instead_of_booking(turn: Turn) -> Changes:
    """A question about visits is no wish for one: "how far ahead should I book?"."""
    kept = [one for one in turn.understood.intents if one not in _WISHES]
    reading = merged(turn.understood, {"intents": (*kept, Intent.QUESTION)})
    told = told_facts(turn)
    told["reading"] = plain_json(reading)
    return told


def _asks_about_visits(turn: Turn) -> bool:
    reading = turn.understood
    if not set(reading.intents) & _WISHES or turn.seeks or turn.on_offer or reading.when:
        return False
    whole = len(turn.asked_for) == 1 and turn.asked_for[0].words == turn.asked
    return whole and asks_of_facts(turn.asked) and answering.is_answered(turn.found)


def _plainly_asks(turn: Turn, *, has_answer: bool) -> bool:
    """Put as a question, and nothing else is heard in it; a courtesy in it counts less than an answer that there is."""
    wanted = set(turn.understood.intents)
    other = wanted - {Intent.LANGUAGE_SPANISH, *(_ANSWERS_NOTHING if has_answer else ())}
    return not other and turn.understood.urgency is Urgency.ROUTINE and asks(turn.asked)


def _asks_beside(turn: Turn) -> bool:
    """A question with an answer, or plainly one of facts, stands in a text which wants something else."""
    return any(
        answering.is_answered(one.passages) or visit_talk.asks_a_fact(one.words)
        for one in turn.asked_for
        if one.words != turn.asked
    )


def _no_advice(turn: Turn, reason: Reason) -> Changes:
    return _fixed(turn, "advice", TextKind.HAND_OFF) | {
        "tasks": _owed(turn, TaskKind.QUESTION, turn.asked),
        "reason": reason,
    }


def _other(turn: Turn) -> Changes:
    """Texts that ask for nothing: photos, courtesies, details, descriptions."""
    if turn.texts and all(text["media"] and not text["body"] for text in turn.texts):
        return _fixed(turn, "photo")
    if _is_story(turn):
        return _description(turn)
    if (courtesy := _answered_courtesy(turn)) is not None:
        return courtesy
    if turn.understood.choice is not None:
        return _fixed(turn, "nothing_open")
    if own_facts.outside_area(turn.profile, turn.understood):
        return _outside(turn)
    if _tells_more(turn):
        return _fixed(turn, "noted") | _clear(turn)
    return _description(turn)


def _answered_courtesy(turn: Turn) -> Changes | None:
    """What follows a thank-you, a yes, a greeting and the like; None: the text is something else."""
    found = set(turn.understood.intents)
    closes = found & _CLOSES and found <= _CLOSES | {Intent.CONFIRM}
    if Intent.CONFIRM in found and not closes:
        return _agreed(turn)
    if closes or (found and (found <= set(_COURTESY) or found & _WHOLE)):
        return _courteous(turn)
    return None


def _is_story(turn: Turn) -> bool:
    """A yes or a no that goes on and on says something else."""
    found = set(turn.understood.intents)
    long = len(turn.asked.split()) > _STORY
    return long and bool(found & _YES_NO) and not found & {Intent.THANKS, Intent.GOODBYE}


def _outside(turn: Turn) -> Changes:
    """A ZIP that we do not serve: said at once; of a visit that stands a person decides."""
    known = own_facts.facts(turn.profile, turn.understood, turn.asked, turn.moment)
    words = line(" ".join(one.text for one in known), evidence=known, fixed=False)
    told: Changes = {"lines": [*turn.lines, words], **_clear(turn)}
    if not turn.booked_visits:
        return told
    note = f"Has a visit, but is outside the area: {turn.asked}"
    return told | {"tasks": _owed(turn, TaskKind.REVIEW, note), "reason": Reason.OTHER}


def _tells_more(turn: Turn) -> bool:
    """Details, or more words to details and to a question of ours."""
    asked = turn.memory.get("clarified") or turn.memory.get("details")
    return bool(turn.understood.details) or bool(
        asked and set(turn.understood.intents) == {Intent.GIVE_DETAILS}
    )


def _courteous(turn: Turn) -> Changes:
    name = next(words for intent, words in _COURTESY.items() if intent in turn.understood.intents)
    if name == "greeting" and turn.last_text and Intent.GREETING not in turn.understood.intents:
        name = "small_talk"
    return _fixed(turn, name) | _clear(turn)


def _agreed(turn: Turn) -> Changes:
    """A yes when nothing is on offer: of a caller who has a visit, to a person, or to nothing that we asked."""
    if turn.booked_visits:
        asked = turn.last_text and ("?" in turn.last_text or "YES" in turn.last_text)
        return {} if words_only(turn.asked) in _NODS and not asked else _visit_stands(turn)
    if int(turn.memory.get("clarified", 0)) >= CLARIFICATIONS:
        return {"reason": Reason.UNCLEAR}
    bare = len(turn.asked.split()) <= _BARE
    is_nod = bare and "?" not in turn.asked and not _is_first_answer(turn)
    if turn.last_text and "?" not in turn.last_text and is_nod:
        return {}
    return _fixed(turn, "nothing_open")


def _is_first_answer(turn: Turn) -> bool:
    """Nobody but a template has written to this caller so far."""
    return all(text.author in ("caller", "template") for text in turn.earlier)


def _description(turn: Turn) -> Changes:
    """A text that asks for nothing by name: a bare subject is answered, a story is asked back about; the second time a person is asked to read along, then takes over."""
    if len(turn.asked.split()) <= _SHORT and answering.is_answered(turn.found):
        return told_facts(turn)
    clarified = int(turn.memory.get("clarified", 0))
    if clarified >= CLARIFICATIONS:
        return {"reason": Reason.UNCLEAR}
    memory = turn.memory | {"clarified": clarified + 1}
    if clarified:
        return _fixed(turn, "still_unclear") | {
            "memory": memory,
            "tasks": _owed(turn, TaskKind.QUESTION, f"Not understood: {turn.asked}"),
            "reason": Reason.UNANSWERABLE,
        }
    return _fixed(turn, "unclear") | {"memory": memory}


def _visit_stands(turn: Turn) -> Changes:
    """A yes from a caller who has a visit."""
    visit, language = turn.booked_visits[0], turn.understood.language
    words = visit_phrase("visit_stands", turn.profile, visit, turn.moment, language)
    return {"lines": [*turn.lines, line(words, fixed=True)]}


def _fixed(turn: Turn, name: str, kind: TextKind = TextKind.REPLY) -> Changes:
    words = phrase(name, turn.profile, turn.moment, turn.understood.language)
    return {"lines": [*turn.lines, line(words, kind, fixed=True)]}


def _clear(turn: Turn) -> Changes:
    """The text was understood: what was not before no longer counts."""
    return {"memory": turn.memory | {"clarified": 0}}


def _owed(turn: Turn, kind: TaskKind, note: str) -> list[Json]:
    """The turn's tasks and one more, due as soon as somebody is there."""
    return [*turn.tasks, task(kind, note, hours.due(turn.profile, turn.moment))]


def _held_draft(turn: Turn) -> Changes | None:
    """A model's answer to the one question of a turn, as far as it holds; else the owner's own words serve."""
    draft = turn.understood.draft
    if draft is None or len(turn.asked_for) != 1 or not _FACTS & {*turn.understood.intents}:
        return None
    [asked] = turn.asked_for
    words = drafts.held(draft, asked)
    if not words:
        return None
    said = line(words, evidence=draft.evidence, fixed=False) | {"asks": asked.words}
    ids = [one.id for one in draft.evidence]
    return {"lines": [said], "answered": outcome_of_draft(turn, words, ids)}
