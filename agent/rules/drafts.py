"""What of a model's draft may be said: only what stands in the words that it leans on, and was found for the question."""

from collections.abc import Sequence

from agent.model import Asked, Draft, Evidence
from agent.rules import answering, grounding
from agent.rules.courtesy import courteous
from agent.rules.normal import words_only
from agent.rules.sentences import sentences
from agent.rules.stems import telling

_LISTED = "-*•"
"""A row of a list says nothing without the list's title."""
_POLAR = {"yes", "no", "yep", "nope", "si"}


def held(draft: Draft, asked: Asked) -> str:
    """The draft without its kind words, if every other sentence of it is held; else nothing."""
    told = [one for one in sentences(draft.text) if not courteous(one)]
    fits = _fits(draft.evidence, asked) and all(_is_held(one, draft, asked.words) for one in told)
    return " ".join(told) if fits else ""


def _fits(cited: Sequence[Evidence], asked: Asked) -> bool:
    """What the draft leans on was found for the question, not only shown."""
    ids = {one.id for one in cited if one.kind == "passage"}
    found = [one for one in asked.passages if one.id in ids]
    return answering.is_answered(found) if ids else bool(cited)


def _is_held(sentence: str, draft: Draft, question: str) -> bool:
    """It tells something, in the words of what it leans on; a yes or no is of what was asked."""
    if sentence[0] in _LISTED or sentence[-1] == "?" or not telling(sentence):
        return False
    backing = telling(" ".join(one.text for one in draft.evidence))
    is_polar = bool({*words_only(sentence).split()[:1]} & _POLAR)
    if is_polar and not telling(question) <= backing:
        return False
    return grounding.held(sentence, draft.evidence)
