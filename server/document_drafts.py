"""Changes of documents before they are published: what callers would be told otherwise."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from agent.business import Business
from agent.errors import BadInput, UnreadableDocument
from agent.model import Passage
from knowledge.library import passages_of
from knowledge.progress import Progress, Told, silent
from server.asking import Trial, ask, draft_answer
from server.documents import Outcome, counted, drop, refusal, take
from server.store import document_drafts, questions
from server.store.document_drafts import Draft
from server.wiring import Tools

ASKED_WITHIN = timedelta(days=90)
QUESTIONS_MAX = 200


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A caller's question that would be answered otherwise."""

    times: int
    """How often it was asked in these words."""
    now: Trial
    then: Trial


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the drafts of a business would change."""

    drafts: tuple[Draft, ...]
    questions: int
    """How many different ones were tried."""
    differences: tuple[Difference, ...]
    """Those that lose their answer first."""


def stage(
    tools: Tools, business: str, name: str, content: bytes | None, by: str, told: Told = silent
) -> Outcome:
    """Keep a change for a day without publishing it; None removes the document."""
    told(Progress(step="reading"))
    try:
        passages = () if content is None else passages_of(name, content)
        draft = Draft(name=name, at=tools.clock.now(), by=by, content=content, passages=passages)
        tools.library.prepare(business, _changes(_drafts(tools, business), draft), told=told)
        with tools.database.begin() as connection:
            document_drafts.put(connection, business, draft)
    except UnreadableDocument as error:
        return refusal(name, str(error))
    except BadInput as error:
        return refusal(name, f"{name}: {error}")
    what = "to be removed" if content is None else counted(len(passages))
    return Outcome(name=name, words=f"{name}: {what}, not published yet", is_taken=True)


def preview(tools: Tools, business: Business) -> Preview:
    """Ask the recent questions of callers twice: as things are, and as they would be."""
    drafts = _drafts(tools, business.slug)
    now = tools.clock.now()
    with tools.database.connect() as connection:
        asked = questions.recent(
            connection, business.slug, since=now - ASKED_WITHIN, limit=QUESTIONS_MAX
        )
    times = Counter(" ".join(one.words.split()) for one in asked)
    trial = tools.library.trial(business.slug, _changes(drafts))
    differences = [
        Difference(
            times=times[words],
            now=ask(tools.library, business, words, now, tools.embedder),
            then=ask(trial, business, words, now, tools.embedder),
        )
        for words in times
        if draft_answer(tools.library, business.slug, words)
        != draft_answer(trial, business.slug, words)
    ]
    different = [one for one in differences if one.now.reply != one.then.reply]
    different.sort(key=lambda one: (not one.then.handed_off, -one.times))
    return Preview(drafts=tuple(drafts), questions=len(times), differences=tuple(different))


def publish(tools: Tools, business: str, by: str) -> list[Outcome]:
    """Bring every draft into use; what cannot be read any more stays as it is and says why."""
    drafts = _drafts(tools, business)
    outcomes = [
        drop(tools.library, business, draft.name, by=by)
        if draft.content is None
        else take(tools.library, business, draft.name, draft.content, by=by)
        for draft in drafts
    ]
    done = [
        one.name
        for one, draft in zip(outcomes, drafts, strict=True)
        if one.is_taken or draft.content is None
    ]
    with tools.database.begin() as connection:
        document_drafts.discard(connection, business, done)
    return outcomes


def discard(tools: Tools, business: str) -> None:
    with tools.database.begin() as connection:
        document_drafts.discard(connection, business)


def _drafts(tools: Tools, business: str) -> list[Draft]:
    with tools.database.connect() as connection:
        return document_drafts.of_business(connection, business, tools.clock.now())


def _changes(drafts: list[Draft], *more: Draft) -> dict[str, tuple[Passage, ...]]:
    return {draft.name: draft.passages for draft in (*drafts, *more)}
