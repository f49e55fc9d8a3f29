"""A test question: what the agent would text to a caller who asks it. Nothing is sent or kept."""

from dataclasses import dataclass
from datetime import datetime

from agent.business import Business
from agent.model import OptOut, Passage, Urgency
from agent.nodes.answer import WORTH_SAYING
from agent.rules.phrases import phrase
from knowledge.library import Library
from server import explain

_FITS = ((0.8, "Fits well"), (WORTH_SAYING, "Fits"), (0.25, "Fits a little, not enough to say"))
"""Least score and its words, best first."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A passage that was looked at for the answer."""

    passage: Passage
    score: float
    fit: str
    """The score in words."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    question: str
    reply: str
    """What the caller would be texted, word for word."""
    handed_off: bool
    """A person would be asked; the reply says so."""
    left_out: tuple[str, ...]
    """The owner's sentences that are never texted, since they sell."""
    first: str
    """What comes before any answer to such a text; empty for plain questions."""
    found: tuple[Found, ...]


def ask(library: Library, business: Business, question: str, now: datetime) -> Trial:
    answered = explain.answer(library, business.slug, {"question": question})
    passages = _passages(library, business.slug, answered["passages"])
    reply, left_out = _guarded(question, answered["reply"], passages)
    read = explain.reading({"text": question})
    return Trial(
        question=question,
        reply=reply or phrase("unanswerable", business, now, read["language"]),
        handed_off=not reply,
        left_out=left_out,
        first=_first(read["urgency"], read["opt_out"]),
        found=tuple(
            Found(passage=passage, score=score, fit=_fit(score)) for passage, score in passages
        ),
    )


def _passages(
    library: Library, business: str, shown: list[dict[str, object]]
) -> list[tuple[Passage, float]]:
    """The passages with their words and scores, best first."""
    names = {str(one["document"]) for one in shown}
    known = {passage.id: passage for name in names for passage in library.passages(business, name)}
    return [
        (known[str(one["id"])], float(str(one["score"]))) for one in shown if one["id"] in known
    ]


def _guarded(
    question: str, reply: str | None, passages: list[tuple[Passage, float]]
) -> tuple[str, tuple[str, ...]]:
    """The reply after the guards that every reply passes, and the sentences that they cut."""
    if reply is None:
        return "", ()
    evidence = [f"{passage.heading}\n{passage.text}" for passage, _ in passages[:1]]
    checked = explain.guard({"draft": reply, "asked": question, "evidence": evidence})
    return checked["text"] or "", tuple(cut["sentence"] for cut in checked["removed"])


def _first(urgency: str, opt_out: str) -> str:
    if opt_out == OptOut.REVOKE:
        return "These words opt a caller out: no more texts would go to them."
    if urgency == Urgency.EMERGENCY:
        return "These words are an emergency: your on-call people would be alerted first."
    return ""


def _fit(score: float) -> str:
    return next((words for least, words in _FITS if score >= least), "Hardly fits")
