"""A test question: what the agent would text to a caller who asks it. Nothing is sent or kept."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from agent.business import Business
from agent.model import OptOut, Passage, Urgency
from agent.ports import Knowledge
from agent.rules import answering
from agent.rules.answering import WORTH_SAYING
from agent.rules.phrases import phrase
from agent.rules.segments import segments
from knowledge.embedding import Embedder
from server import explain

_PASSAGES_SHOWN = 3
_SELLS = "marketing"
"""How the guard's reason begins for what is cut as advertising."""
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
    segments: int
    """How many SMS the reply takes."""
    handed_off: bool
    """A person would be asked; the reply says so."""
    left_out: tuple[str, ...]
    """The owner's sentences that are never texted, since they sell."""
    first: str
    """What comes before any answer to such a text; empty for plain questions."""
    found: tuple[Found, ...]


def ask(
    documents: Knowledge,
    business: Business,
    question: str,
    now: datetime,
    embedder: Embedder | None = None,
) -> Trial:
    """The answer from these documents, by the rules that read and guard a turn.

    Args:
        embedder: the one that turns are read and guarded with; None where they have none.
    """
    found = documents.search(business.slug, question, _PASSAGES_SHOWN)
    told = answering.answer(question, found)
    read = explain.reading({"text": question}, embedder)
    say = partial(phrase, business=business, now=now, language=read["language"])
    local = now.astimezone(business.zone)
    reply, left_out = _guarded(question, told, local, embedder)
    if told.asks_which:
        *others, last = (answering.label(passage) for passage in told.alike)
        reply = say("which_answer", options=f"{', '.join(others)} {say('or')} {last}")
    said = reply or say("unanswerable")
    return Trial(
        question=question,
        reply=said,
        segments=segments(said),
        handed_off=not reply,
        left_out=left_out,
        first=_first(read["urgency"], read["opt_out"]),
        found=tuple(
            Found(passage=passage, score=passage.score, fit=_fit(passage.score))
            for passage in found
        ),
    )


def draft_answer(documents: Knowledge, business: str, question: str) -> tuple[object, ...]:
    """What the documents say before the guards look at it; where this is equal, so is the reply."""
    told = answering.answer(question, documents.search(business, question, _PASSAGES_SHOWN))
    return told.words, [passage.id for passage in told.alike] if told.asks_which else []


def _guarded(
    question: str, told: answering.Answer, now: datetime, embedder: Embedder | None
) -> tuple[str, tuple[str, ...]]:
    """The reply after the guards that every reply passes, and the sentences of it that sell."""
    if not told.words:
        return "", ()
    evidence = [vars(one) for one in told.evidence]
    line = {
        "draft": told.words,
        "asked": question,
        "evidence": evidence,
        "now": now.isoformat(),
    }
    checked = explain.guard(line, embedder)
    sells = (cut["sentence"] for cut in checked["removed"] if cut["why"].startswith(_SELLS))
    return checked["text"] or "", tuple(sells)


def _first(urgency: str, opt_out: str) -> str:
    if opt_out == OptOut.REVOKE:
        return "These words opt a caller out: no more texts would go to them."
    if urgency == Urgency.EMERGENCY:
        return "These words are an emergency: your on-call people would be alerted first."
    return ""


def _fit(score: float) -> str:
    return next((words for least, words in _FITS if score >= least), "Hardly fits")
