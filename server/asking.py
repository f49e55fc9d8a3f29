"""A test question: what the agent would text to a caller who asks it. Nothing is sent or kept."""

from dataclasses import dataclass, replace
from datetime import datetime

from agent.business import Business
from agent.model import Booking, Fit, Offers, OptOut, Passage, Urgency, When
from agent.nodes.guard import guard
from agent.nodes.recall import PASSAGES_A_TURN, recall
from agent.nodes.triage import triage
from agent.nodes.understand import understand
from agent.ports import Knowledge, Mind, Ports
from agent.rules import answering
from agent.rules.answering import WORTH_SAYING
from agent.rules.phrases import phrase
from agent.rules.questions import questions
from agent.rules.segments import segments
from agent.rules.services import in_english
from agent.state import AGENT, Turn
from agent.telling import told_facts
from knowledge.embedding import Embedder

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
    """The answer that a first text with this question gets, by the very steps of a turn that read, answer and guard.

    Args:
        embedder: the one that turns are read and guarded with; None where they have none.
    """
    ports = without_diary(documents, embedder)
    turn = understood(_turn(business, question, now), ports)
    done = replace(turn, **told_facts(turn))
    done = replace(done, **guard(done, ports))
    said = " ".join(reply["body"] for reply in done.replies)
    said = said or phrase("unanswerable", business, now, turn.understood.language)
    sells = (cut["sentence"] for cut in done.removed if cut["why"].startswith(_SELLS))
    return Trial(
        question=question,
        reply=said,
        segments=segments(said),
        handed_off=not any(one["answered"] for one in done.answered),
        left_out=tuple(sells),
        first=_first(turn.understood.urgency, turn.understood.opt_out),
        found=tuple(
            Found(passage=passage, score=passage.score, fit=_fit(passage.score))
            for passage in turn.found[:_PASSAGES_SHOWN]
        ),
    )


def draft_answer(documents: Knowledge, business: str, text: str) -> tuple[object, ...]:
    """What the documents say before the guards look at it; where this is equal, so is the reply."""
    told = [
        answering.answer(one, documents.search(business, in_english(one), PASSAGES_A_TURN))
        for one in questions(text)
    ]
    return tuple((one.words, [passage.id for passage in one.alike]) for one in told)


def without_diary(
    documents: Knowledge, embedder: Embedder | None, mind: Mind | None = None
) -> Ports:
    """The ports of a turn that is only tried: it can neither book nor hold."""
    return Ports(knowledge=documents, diary=_NoDiary(), mind=mind, embedder=embedder)


def understood(turn: Turn, ports: Ports) -> Turn:
    """The turn after the steps that read and look up, before anything is said; danger waits for no model."""
    turn = replace(turn, **triage(turn, ports))
    if turn.reason:
        ports = replace(ports, mind=None)
    for step in (recall, understand):
        turn = replace(turn, **step(turn, ports))
    return turn


class _NoDiary:
    """A test question is never about a visit."""

    def offer(
        self,
        business: Business,
        caller: str,
        service: str,
        wish: When | None,
        moves: str | None = None,
    ) -> Offers:
        return Offers(fit=Fit.NOTHING)

    def book(self, business: Business, caller: str, hold: str) -> Booking:
        raise NotImplementedError("a test question books nothing")

    def cancel(self, business: Business, caller: str, visit: str) -> Booking:
        raise NotImplementedError("a test question cancels nothing")

    def release(self, business: Business, caller: str) -> None:
        """Nothing is on offer."""


def _turn(business: Business, question: str, now: datetime) -> Turn:
    text = {"seq": 1, "author": "caller", "body": question, "at": now.isoformat(), "kind": None}
    return Turn(
        key="test",
        now=now.isoformat(),
        business=business.model_dump_json(),
        caller="",
        owner=AGENT,
        opted_out=False,
        texts=[text | {"media": [], "carrier_acts": False}],
        history=[],
        memory={},
    )


def _first(urgency: str, opt_out: str) -> str:
    if opt_out == OptOut.REVOKE:
        return "These words opt a caller out: no more texts would go to them."
    if urgency == Urgency.EMERGENCY:
        return "These words are an emergency: your on-call people would be alerted first."
    return ""


def _fit(score: float) -> str:
    return next((words for least, words in _FITS if score >= least), "Hardly fits")
