"""What these texts ask is told: each question from the profile or the owner's words; what has no answer goes to a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.business import Service
from agent.model import Asked, Evidence, Intent, Passage, Reading, Reason, TaskKind, Urgency
from agent.rules import answering, language, own_facts, services, which
from agent.rules.excerpt import SEGMENTS, asks_price
from agent.rules.questions import are_too_many
from agent.rules.reading import read
from agent.saying import say
from agent.state import Changes, Json, Turn, line, merged, task


def told_facts(turn: Turn) -> Changes:
    """Everything that can be told to the questions of a turn, in one text; nothing, where a person is told of an urgency anyway."""
    about = _talked_about(turn)
    known = _told_once([_answered(turn, one, about) for one in turn.asked_for])
    told = [one for one in known if one.words]
    unclear = next((one for one in known if one.alike and not one.words), None)
    open_ones = [one for one in known if not one.words and one is not unclear]
    if not told and unclear is None:
        return {} if turn.understood.urgency is not Urgency.ROUTINE else _ask_a_person(turn)
    lines = [
        line(one.words, evidence=one.evidence, fixed=False) | {"asks": one.question} for one in told
    ]
    memory = turn.memory | {"clarified": 0} | _about(told)
    changes: Changes = {}
    if open_ones or are_too_many(turn.asked):
        lines.append(line(say(turn, "rest_unanswerable"), fixed=True))
        changes = to_a_person(turn, [one.question for one in open_ones] or [turn.asked])
    if unclear:
        words = say(turn, "which_answer", options=_either(turn, unclear.alike))
        lines.append(line(words, fixed=True))
        memory |= {"which": which.kept(unclear.question, unclear.alike, words)}
    outcome = [_outcome(one, answered=one not in open_ones) for one in known]
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


def _answered(turn: Turn, asked: Asked, about: Service | None) -> _Told:
    """The profile's own hours, address and prices where it is asked for them; else the owner's words."""
    several = len(turn.asked_for) > 1
    found = answering.answer(asked.words, asked.passages, 1 if several else SEGMENTS)
    reading = _read_alone(turn, asked.words) if several else turn.understood
    known = own_facts.facts(turn.profile, reading, asked.words, turn.moment, about=about)
    told = _Told(question=asked.words, passage=found.passage, score=_best(asked))
    foreign = bool(found.words) and language.read(found.words) != reading.language
    if known and (not found.words or foreign or _names_a_day(reading)):
        words = " ".join(one.text for one in known)
        return replace(told, words=words, evidence=tuple(known), passage=None)
    prices = [one for one in known if "$" in one.text and "$" not in found.words]
    if prices and asks_price(asked.words):  # an entry without a price is about something else
        words = " ".join(one.text for one in prices)
        return replace(told, words=words, evidence=tuple(prices), passage=None)
    words = " ".join([found.words, *(one.text for one in prices)]).strip()
    return replace(told, words=words, evidence=(*found.evidence, *prices), alike=found.alike)


def _read_alone(turn: Turn, question: str) -> Reading:
    """One of several questions, without what the others say."""
    now = turn.local
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
    others = which.kept(last.question, entries, last.words, asks=False) if last.alike else None
    return {"about": about, "which": others}


def to_a_person(turn: Turn, questions: Sequence[str]) -> Changes:
    """Each is a task of its own."""
    owed = [task(TaskKind.QUESTION, one) for one in questions]
    return {"tasks": [*turn.tasks, *owed], "reason": Reason.UNANSWERABLE}


def _either(turn: Turn, entries: tuple[Passage, ...]) -> str:
    """A, B or C."""
    *others, last = answering.labels(entries)
    return f"{', '.join(others)} {say(turn, 'or')} {last}"


def _outcome(one: _Told, *, answered: bool) -> Json:
    """Kept of each question, so that the owner sees what callers ask."""
    return {
        "question": one.question,
        "reply": one.words,
        "passage": one.passage.id if one.passage else None,
        "score": one.score,
        "answered": answered,
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


def _ask_a_person(turn: Turn) -> Changes:
    """The whole text goes along, and what we asked back before: all that helps the person who answers it."""
    before = turn.memory.get("which") or {}
    was_asked = before.get("asks") and which.pending(before, turn.last_text)
    note = f"{before['question']} / {turn.asked}" if was_asked else turn.asked
    changes = to_a_person(turn, [note])
    changes["lines"] = [*turn.lines, line(say(turn, "unanswerable"), fixed=True)]
    changes["answered"] = [
        _outcome(_Told(question=one.words, score=_best(one)), answered=False)
        for one in turn.asked_for
    ]
    return changes


def _best(asked: Asked) -> float:
    return asked.passages[0].score if asked.passages else 0.0


def outcome_of_draft(turn: Turn, words: str, passages: Sequence[str]) -> list[Json]:
    """What became of the questions that a model's draft answers."""
    first = next(iter(passages), None)
    return [
        _outcome(_Told(question=one.words, words=words, score=_best(one)), answered=True)
        | {"passage": first}
        for one in turn.asked_for
    ]
