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
_LIMITS = {
    "not", "no", "never", "dont", "doesnt", "cannot", "cant", "wont", "isnt", "arent", "only", "unless", "except", "without", "until", "nor", "neither",
    "nunca", "solo", "excepto", "sin", "hasta",
}  # fmt: skip
_POLAR = {"yes", "no", "yep", "nope", "si"}


def held(draft: Draft, asked: Asked) -> str:
    """The draft without its kind words, if every other sentence of it is held; else nothing."""
    told = [one for one in sentences(draft.text) if not courteous(one)]
    fits = _fits(draft.evidence, asked) and all(_is_held(one, draft, asked.words) for one in told)
    return " ".join(told) if fits else ""


def _fits(cited: Sequence[Evidence], asked: Asked) -> bool:
    """It leans on what fits the question best, not only on what was shown."""
    ids = {one.id for one in cited if one.kind == "passage"}
    best = asked.passages[:1]
    return answering.is_answered(best) and best[0].id in ids if ids else bool(cited)


def _is_held(sentence: str, draft: Draft, question: str) -> bool:
    """It tells something, in the words of what it leans on; a yes or no is of what was asked."""
    if sentence[0] in _LISTED or sentence[-1] == "?" or not telling(sentence):
        return False
    if {*words_only(sentence).split()[:1]} & _POLAR:
        backing = telling(" ".join(one.text for one in draft.evidence))
        return telling(question) <= backing and grounding.quoted(sentence, draft.evidence)
    return _keeps_limits(sentence, draft.evidence) and grounding.held(sentence, draft.evidence)


def _keeps_limits(sentence: str, backing: Sequence[Evidence]) -> bool:
    """No "not" or "only" of what it leans on, or of the title above that, is lost."""
    own, words = _limits(sentence), telling(sentence)
    for one in backing:
        title, *rest = one.text.split("\n")
        parts = [part for row in rest for part in sentences(row)]
        near = [title, *(part for part in parts if telling(part) & words)]
        if set().union(*map(_limits, near)) - own:
            return False
    return True


def _limits(words: str) -> set[str]:
    return {*words_only(words).split()} & _LIMITS
