"""Sixth step: say what the business has written, or that a person will be asked."""

from dataclasses import dataclass, replace

from agent.business import Service
from agent.model import (
    Asked,
    Evidence,
    Intent,
    Passage,
    Reading,
    Reason,
    TaskKind,
    TextKind,
    Urgency,
)
from agent.ports import Ports
from agent.rules import advice, answering, grounding, hours, own_facts, services, which
from agent.rules.answering import WORTH_SAYING  # noqa: F401  # also for those who show scores
from agent.rules.excerpt import SEGMENTS
from agent.rules.normal import words_only
from agent.rules.phrases import phrase, visit_phrase
from agent.rules.reading import read
from agent.rules.sentences import sentences
from agent.saying import say
from agent.state import Changes, Json, Turn, line, merged, task

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
_STORY = 10
_BARE = 3


def answer(turn: Turn, ports: Ports) -> Changes:
    reading = turn.understood
    wanted = set(reading.intents)
    if Intent.SPAM_OR_VENDOR in wanted:
        return {"memory": turn.memory | {"vendor": True}}
    has_answer = any(answering.is_answered(one.passages) for one in turn.asked_for)
    if reason := advice.asked(turn.profile, turn.asked, answered=has_answer):
        return _no_advice(turn, reason)
    of_visit = turn.of_visit or turn.seeks
    if of_visit and (reading.choice is not None or not wanted & _FACTS):
        return {}
    if not of_visit and (draft := _held_draft(turn)):
        return {"lines": [draft]}
    if own_facts.asks_enough(turn.asked):
        return _fixed(turn, "enough")
    if (wanted & _FACTS or _asks_beside(turn)) and reading.choice is None:
        return _facts(turn)
    if wanted & _FOR_BOOK or reading.urgency is not Urgency.ROUTINE:
        return {}
    return _other(turn)


def _asks_beside(turn: Turn) -> bool:
    """A question that has an answer stands in a text which wants something else."""
    return any(
        one.words != turn.asked and answering.is_answered(one.passages) for one in turn.asked_for
    )


def _facts(turn: Turn) -> Changes:
    """Each question from the profile or the owner's words; what has no answer goes to a person."""
    if turn.booked_visits and Intent.STATUS_OF_TECHNICIAN in turn.understood.intents:
        return _visit_stands(turn)
    known = _told_once([_answered(turn, one) for one in turn.asked_for])
    told = [one for one in known if one.words]
    unclear = next((one for one in known if one.alike and not one.words), None)
    open_ones = [one for one in known if not one.words and one is not unclear]
    if not told and unclear is None:
        urgent = turn.understood.urgency is not Urgency.ROUTINE
        return (
            {} if urgent else _ask_a_person(turn)
        )  # of an urgency a person is told, with all that was asked
    lines = [line(one.words, evidence=one.evidence, fixed=False) for one in told]
    memory = turn.memory | {"clarified": 0} | _about(told)
    changes: Changes = {}
    if open_ones:
        lines.append(line(say(turn, "rest_unanswerable"), fixed=True))
        changes = _to_a_person(turn, open_ones)
    if unclear:
        words = say(turn, "which_answer", options=_either(turn, unclear.alike))
        lines.append(line(words, fixed=True))
        memory |= {"which": which.kept(unclear.question, unclear.alike, words)}
    outcome = [_outcome(one) for one in known]
    return changes | {"lines": [*turn.lines, *lines], "memory": memory, "answered": outcome}


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What is said to one question."""

    question: str
    words: str = ""
    evidence: tuple[Evidence, ...] = ()
    passage: Passage | None = None
    alike: tuple[Passage, ...] = ()
    """Entries that could be meant; with words, those beside the one that was."""
    score: float = 0.0


def _answered(turn: Turn, asked: Asked) -> _Told:
    """The profile's own hours, address and prices where it is asked for them; else the owner's words."""
    several = len(turn.asked_for) > 1
    found = answering.answer(asked.words, asked.passages, 1 if several else SEGMENTS)
    reading = _read_alone(turn, asked.words) if several else turn.understood
    known = own_facts.facts(
        turn.profile, reading, asked.words, turn.moment, about=_talked_about(turn)
    )
    told = _Told(
        question=asked.words,
        passage=found.passage,
        score=_best(asked),
    )
    if known and (not found.words or _names_a_day(reading)):
        words = " ".join(one.text for one in known)
        return replace(told, words=words, evidence=tuple(known), passage=None)
    prices = [one for one in known if "$" in one.text and "$" not in found.words]
    words = " ".join([found.words, *(one.text for one in prices)]).strip()
    return replace(told, words=words, evidence=(*found.evidence, *prices), alike=found.alike)


def _read_alone(turn: Turn, question: str) -> Reading:
    """One of several questions, without what the others say."""
    now = turn.moment.astimezone(turn.profile.zone)
    alone = read(question, None, now, turn.profile.hours)
    return merged(alone, {"language": turn.understood.language})


def _told_once(known: list[_Told]) -> list[_Told]:
    """Two questions that one entry answers get one answer."""
    said: set[str] = set()
    kept = []
    for one in known:
        if not one.words or one.words not in said:
            kept.append(one)
        said.add(one.words)
    return kept


def _about(told: list[_Told]) -> Json:
    """What was talked about and what else could have been meant, for a text that leans on it."""
    last = next((one for one in reversed(told) if one.passage), None)
    if last is None or last.passage is None:
        return {"which": None}
    about = {"subject": answering.label(last.passage), "passage": last.passage.id}
    entries = (last.passage, *last.alike)
    others = which.kept(last.question, entries, "") if last.alike else None
    return {"about": about, "which": others}


def _to_a_person(turn: Turn, open_ones: list[_Told]) -> Changes:
    owed = [task(TaskKind.QUESTION, one.question) for one in open_ones]
    return {"tasks": [*turn.tasks, *owed], "reason": Reason.UNANSWERABLE}


def _either(turn: Turn, entries: tuple[Passage, ...]) -> str:
    """A, B or C."""
    *others, last = map(answering.label, entries)
    return f"{', '.join(others)} {say(turn, 'or')} {last}"


def _outcome(one: _Told) -> Json:
    """Kept of each question, so that the owner sees what callers ask."""
    return {
        "question": one.question,
        "reply": one.words,
        "passage": one.passage.id if one.passage else None,
        "score": one.score,
        "answered": bool(one.words or one.alike),
    }


def _talked_about(turn: Turn) -> Service | None:
    """The service that is on offer, booked, talked about, or was named last."""
    held = [hold.service for hold in turn.on_offer] + [one.service for one in turn.booked_visits]
    talk = (turn.memory.get("visit") or {}).get("service")
    if known := next((one for one in (talk, *held) if one), None):
        return turn.profile.service(known)
    said = [text.body for text in turn.earlier if text.author == "caller"][::-1]
    named = (services.named(turn.profile, text) for text in said)
    return next((found[0] for found in named if len(found) == 1), None)


def _names_a_day(reading: Reading) -> bool:
    """Whether we are open on a day is told by the calendar of openings, with its closures, not by a document."""
    wish = reading.when
    return bool(wish and wish.date) and Intent.PRICE_REQUEST not in reading.intents


def _no_advice(turn: Turn, reason: Reason) -> Changes:
    return _fixed(turn, "advice", TextKind.HAND_OFF) | {
        "tasks": _owed(turn, TaskKind.QUESTION, turn.asked),
        "reason": reason,
    }


def _ask_a_person(turn: Turn) -> Changes:
    """The whole text goes along, and what we asked back before: all that helps the person who answers it."""
    before = turn.memory.get("which") or {}
    pending = bool(before.get("said")) and before["said"] in (turn.last_text or "")
    note = f"{before['question']} / {turn.asked}" if pending else turn.asked
    return _fixed(turn, "unanswerable") | {
        "tasks": [*turn.tasks, task(TaskKind.QUESTION, note)],
        "reason": Reason.UNANSWERABLE,
        "answered": [
            _outcome(_Told(question=one.words, score=_best(one))) for one in turn.asked_for
        ],
    }


def _best(asked: Asked) -> float:
    return asked.passages[0].score if asked.passages else 0.0


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
    if turn.last_text and "?" not in turn.last_text and bare and not _is_first_answer(turn):
        return {}
    return _fixed(turn, "nothing_open")


def _is_first_answer(turn: Turn) -> bool:
    """Nobody but a template has written to this caller so far."""
    return all(text.author in ("caller", "template") for text in turn.earlier)


def _description(turn: Turn) -> Changes:
    """A text that asks for nothing by name: a bare subject is answered, a story is asked back about; the second time a person is asked to read along, then takes over."""
    if len(turn.asked.split()) <= _SHORT and answering.is_answered(turn.found):
        return _facts(turn)
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
