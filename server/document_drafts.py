"""Changes of documents before they are published: what callers would be told otherwise."""

import hashlib
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
    overtaken: tuple[str, ...]
    """Names of drafts whose published document has changed since they were made."""
    seen: str
    """Says what this preview showed; `publish` takes it."""


def stage(
    tools: Tools, business: str, name: str, content: bytes | None, by: str, told: Told = silent
) -> Outcome:
    """Keep a change for a day without publishing it; None removes the document."""
    told(Progress(step="reading"))
    published = _published(tools, business)
    try:
        passages = () if content is None else passages_of(name, content)
        draft = Draft(
            name=name,
            at=tools.clock.now(),
            by=by,
            base=published.get(name, ""),
            is_removal=content is None,
            passages=passages,
        )
        tools.library.prepare(business, _changes(_drafts(tools, business), draft), told=told)
        with tools.database.begin() as connection:
            document_drafts.put(connection, business, draft, content)
    except UnreadableDocument as error:
        return refusal(name, str(error))
    except BadInput as error:
        return refusal(name, f"{name}: {error}")
    what = "to be removed" if content is None else counted(len(passages))
    return Outcome(name=name, words=f"{name}: {what}, not published yet", is_taken=True)


def preview(tools: Tools, business: Business) -> Preview:
    """Ask the recent questions of callers twice: as things are, and as they would be."""
    drafts, published = _drafts(tools, business.slug), _published(tools, business.slug)
    now = tools.clock.now()
    with tools.database.connect() as connection:
        asked = questions.recent(
            connection, business.slug, since=now - ASKED_WITHIN, limit=QUESTIONS_MAX
        )
    times = Counter(" ".join(one.words.split()) for one in asked)
    changes = _changes(drafts)
    tools.library.prepare(business.slug, changes)
    trial = tools.library.trial(business.slug, changes)
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
    return Preview(
        drafts=tuple(drafts),
        questions=len(times),
        differences=tuple(different),
        overtaken=tuple(one.name for one in drafts if one.base != published.get(one.name, "")),
        seen=_seen(drafts, published),
    )


def seen_now(tools: Tools, business: str) -> str:
    """What `publish` takes to publish the drafts as they wait just now."""
    return _seen(_drafts(tools, business), _published(tools, business))


def publish(tools: Tools, business: str, by: str, seen: str) -> list[Outcome] | None:
    """Bring every draft into use; what cannot be read any more stays as it is and says why.

    Args:
        seen: of the preview that the owner looked at.

    Returns:
        None: by now it would change something else than the owner has seen; nothing has changed.
    """
    drafts = _drafts(tools, business)
    if drafts and seen != _seen(drafts, _published(tools, business)):
        return None
    outcomes = [_bring(tools, business, draft, by) for draft in drafts]
    done = [
        draft
        for one, draft in zip(outcomes, drafts, strict=True)
        if one.is_taken or draft.is_removal
    ]
    with tools.database.begin() as connection:
        document_drafts.discard(connection, business, done)
    return outcomes


def drafted_content(tools: Tools, business: str, name: str) -> bytes | None:
    """The bytes of a document as its draft would have them; None: it has no draft, or is to be removed."""
    with tools.database.connect() as connection:
        at = document_drafts.waiting(connection, business, name, tools.clock.now())
        return document_drafts.content(connection, business, name, at) if at else None


def withdraw(tools: Tools, business: str, name: str) -> None:
    """Drop the draft of one document, if there is one."""
    drafts = [one for one in _drafts(tools, business) if one.name == name]
    with tools.database.begin() as connection:
        document_drafts.discard(connection, business, drafts)


def discard(tools: Tools, business: str, seen: str) -> bool:
    """Drop every draft; False: there are others than the owner has seen, and nothing has changed."""
    drafts = _drafts(tools, business)
    if drafts and seen != _seen(drafts, _published(tools, business)):
        return False
    with tools.database.begin() as connection:
        document_drafts.discard(connection, business, drafts)
    return True


def _bring(tools: Tools, business: str, draft: Draft, by: str) -> Outcome:
    if draft.is_removal:
        return drop(tools.library, business, draft.name, by=by)
    with tools.database.connect() as connection:
        content = document_drafts.content(connection, business, draft.name, draft.at)
    if content is None:
        return refusal(draft.name, f"{draft.name}: somebody has changed or discarded this draft.")
    return take(tools.library, business, draft.name, content, by=by)


def _published(tools: Tools, business: str) -> dict[str, str]:
    """SHA-256 by name of the documents in use."""
    return {one.name: one.bytes_sha256 for one in tools.library.documents(business)}


def _seen(drafts: list[Draft], published: dict[str, str]) -> str:
    """Equal as long as the same drafts would replace the same documents."""
    lines = [f"{one.at.isoformat()} {published.get(one.name, '')} {one.name}" for one in drafts]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _drafts(tools: Tools, business: str) -> list[Draft]:
    with tools.database.connect() as connection:
        return document_drafts.of_business(connection, business, tools.clock.now())


def _changes(drafts: list[Draft], *more: Draft) -> dict[str, tuple[Passage, ...]]:
    return {draft.name: draft.passages for draft in (*drafts, *more)}
