"""What a text asks, one question at a time: people put two or three into one text."""

import re

from agent.model import Intent
from agent.rules.intents import shown
from agent.rules.sentences import typed
from agent.rules.visit_talk import is_question

MOST = 3
"""Questions of one text that are answered; the rest goes along with the last."""
_ANY = r"(?:you|u|ya|yall|ur|your|i|we|they|he|she|it|there|the|this|that|my|our|any|parking|walk)"
_BEGINS = (
    r"(?:(?:how|what|whats|what's|when|where|wheres|where's|which|who|why)\b"
    rf"|(?:do|does|did|is|are|r|can|could|will|would|should|am) {_ANY}\b"
    r"|(?:cu[aá]nt[oa]s?|cu[aá]ndo|d[oó]nde|a qu[eé] hora|tienen|aceptan|abren|hacen|hay|est[aá]n|venden|ofrecen|puedo|se puede|any)\b)"
)
_JOINT = r"(?:[,;&]|\b(?:and|also|plus|n|y|tambi[eé]n)\b)"
_NEXT = re.compile(rf"{_JOINT}(?:\s*{_JOINT})*\s+(?={_BEGINS})", re.IGNORECASE)
_FIRST = re.compile(
    rf"[¿¡]?(?:(?:{_JOINT}|hi|hey|hello|ok|okay|k|oh|well|so|btw|hola|great|quick (?:thing|question)|one more thing)\s*)*{_BEGINS}",
    re.IGNORECASE,
)

_TO_COME = re.compile(
    r"\b(?:can|could|would|will|when|are|is) (?:you|u|ya|yall|he|she|they|someone|somebody|anyone|anybody|sm1)\b"
    r"|\b(?:can|could|may|might) (?:i|we) (?:get|have|book|schedule|come|see|make|set|reserve|bring)\b"
    r"|\b(?:soon\w*|earliest|opening|openings|available|availability|slots?|free)\b|\b(?:puede|pueden|podria)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(rf"(?<![.?!\s])\s*\n+(?=[a-z])(?!{_FIRST.pattern})")
"""A sentence that goes on in the next text of a burst."""


def questions(text: str) -> list[str]:
    """The questions of a text in order, each fit to be looked up alone; the whole text where none shows.

    A story around them is left out: it hides what is asked.
    """
    whole = _GOES_ON.sub(" ", text)
    found = [part for one in typed(whole) if _asks(one) for part in _parts(one)]
    if not found:
        return [text]
    return [*found[: MOST - 1], " ".join(found[MOST - 1 :])] if len(found) > MOST else found


def are_too_many(text: str) -> bool:
    """More than are answered in one text: a person sees to the rest."""
    whole = _GOES_ON.sub(" ", text)
    return sum(len(_parts(one)) for one in typed(whole) if _asks(one)) > MOST


def asks(text: str) -> bool:
    """It is put as a question, with its mark or by how it begins."""
    return any(is_question(one) or _FIRST.match(one) is not None for one in typed(text))


def asks_of_facts(text: str) -> bool:
    """A question which no visit answers: not "can you come", "can I get a time"."""
    return asks(text) and not _TO_COME.search(text)


def _asks(sentence: str) -> bool:
    return (
        is_question(sentence)
        or _FIRST.match(sentence) is not None
        or Intent.PRICE_REQUEST in shown(sentence)
    )


def _parts(sentence: str) -> list[str]:
    """One question each; what leads to one ("for a first visit, how long ...") stays before it."""
    parts: list[str] = []
    begin = 0
    for joint in _NEXT.finditer(sentence):
        piece = sentence[begin : joint.start()]
        if _FIRST.match(piece) or _NEXT.search(piece):
            parts.append(piece.strip())
            begin = joint.end()
    return [*parts, sentence[begin:].strip()]
