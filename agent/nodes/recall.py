"""Third step: what do these texts ask, and what has the business written that could answer it?"""

from dataclasses import replace

from agent.model import Asked, Intent, Passage
from agent.ports import Ports
from agent.rules import answering, services, visit_talk, which
from agent.rules.intents import shown
from agent.rules.normal import words_only
from agent.rules.questions import questions
from agent.rules.sentences import typed
from agent.rules.services import in_english
from agent.rules.stems import telling
from agent.state import Changes, Json, Turn, merged, plain_json

PASSAGES_A_TURN = 5
_BARE = 3
_POINTS_BACK = {"it", "that", "this", "those", "these", "they"}
_MAY_NAME = {
    Intent.QUESTION,
    Intent.PRICE_REQUEST,
    Intent.CONFIRM,
    Intent.DECLINE,
    Intent.WRONG_NUMBER,
}
"""Beside these a text may say which of several entries was meant; any other wish goes first."""
_GOES_FIRST = {
    Intent.REQUEST_HUMAN,
    Intent.REQUEST_CALLBACK,
    Intent.COMPLAINT,
    Intent.THANKS,
    *visit_talk.CHANGES,
}
_VISIT = {Intent.BOOK, Intent.CHOOSE_SLOT, *visit_talk.CHANGES}


def recall(turn: Turn, ports: Ports) -> Changes:
    if not turn.asked.strip():
        return {}
    if asked := _meant(turn, ports):
        told = merged(turn.understood, {"intents": (Intent.QUESTION,), "choice": None})
        return {"questions": plain_json([asked]), "reading": plain_json(told)}
    about = turn.memory.get("about")
    found = []
    for words in _questions(turn):
        found.append(_asked(turn, ports, words, about))
        about = {"subject": words, "passage": ""}
    return {"questions": plain_json(found)}


def _meant(turn: Turn, ports: Ports) -> Asked | None:
    """The entry that these texts name, of those that fitted the question before alike."""
    before = turn.memory.get("which")
    meant = which.meant(before, turn.last_text, turn.asked)
    if before is None or meant is None or _wants_other(turn, asked=before["asks"]):
        return None
    found = _search(turn, ports, f"{meant.question} {meant.label}")
    chosen = [replace(one, score=1.0) for one in found if one.id == meant.passage]
    return Asked(words=meant.question, passages=tuple(chosen)) if chosen else None


def _wants_other(turn: Turn, *, asked: bool) -> bool:
    """A wish that goes before the entry which the text names; of who was just asked which, only a plain one."""
    wants = set(turn.understood.intents)
    if asked and turn.understood.when is None and not turn.on_offer:
        return bool(wants & _GOES_FIRST)
    return not wants <= _MAY_NAME


def _asked(turn: Turn, ports: Ports, words: str, about: Json | None) -> Asked:
    """The passages for one question; a follow-up is also looked up with what was talked about."""
    found = _search(turn, ports, _with_service(turn, words))
    if about and _follows(words):
        further = _search(turn, ports, f"{words} {about['subject']}")
        if answering.leans(words, found, further, about["passage"]):
            found = further
    return Asked(words=words, passages=tuple(found))


def _search(turn: Turn, ports: Ports, words: str) -> list[Passage]:
    found = ports.knowledge.search(turn.profile.slug, in_english(words), PASSAGES_A_TURN)
    return answering.fitted(words, found)


def _questions(turn: Turn) -> list[str]:
    """What these texts ask of documents; a wish for a time is no such question."""
    if visit_talk.CHANGES & set(turn.understood.intents):
        facts = [one for one in typed(turn.asked) if visit_talk.is_question(one)]
        kept = [one for one in facts if visit_talk.asks_a_fact(one)]
        return kept or ["\n".join(facts) or turn.asked]
    parts = questions(turn.asked)
    facts = [one for one in parts if len(parts) == 1 or not _wants_visit(one)]
    return facts or [turn.asked]


def _wants_visit(words: str) -> bool:
    return bool(_VISIT & shown(words).keys()) and not visit_talk.asks_a_fact(words)


def _follows(words: str) -> bool:
    """It leans on what was said before: "and for two?", "how much is that"."""
    said = words_only(words).split()
    begins = said[:1] == ["and"] or said[1:2] == ["about"]
    return begins or len(said) <= _BARE or bool(_POINTS_BACK & {*said}) or not telling(words)


def _with_service(turn: Turn, words: str) -> str:
    """While times are on offer "how much is it" means the service that they are for."""
    said = words_only(words).split()
    asks = Intent.PRICE_REQUEST in turn.understood.intents
    points_back = _POINTS_BACK & set(said) or len(said) <= _BARE
    if not (asks and points_back and turn.on_offer) or services.named(turn.profile, words):
        return words
    service = turn.profile.service_name(turn.on_offer[0].service)
    return f"{words} {service}" if telling(words) else f"How much is {service}?"
