"""What may be looked at before it is published: what it makes of a business, and how it is published then."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from agent.business import Business
from agent.errors import BadBusiness, BadInput, NotFound
from agent.model import Passage
from knowledge.library import passages_of
from knowledge.phrasings import Approved
from server import document_drafts, document_phrasings, profile_changes, profile_hangs, questions
from server.answers import NAME
from server.store import businesses
from server.store import document_drafts as drafts
from server.wiring import Tools

MOVED = "Something else has changed since you compared, so nothing was published. Compare again."
_NO_DRAFTS = "No changed documents wait to be published."
_TAKEN = "One of these numbers belongs to another business here."
_BOTH = "Somebody else has changed the same since. Go back to your change and make it once more."
_SAME = "This changes nothing: everything is as it stands already."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    with_model: bool = False
    """Both sides ask the language model; else the rules answer alone."""
    back: str = ""
    """The page where the change was made, to go on there."""


class DocumentsChange(_Part):
    """Every document that waits as a draft."""

    kind: Literal["documents"] = "documents"
    seen: str = ""
    """Names the drafts and what they replace, as `document_drafts.publish` takes it."""


class ProfileChange(_Part):
    """The whole profile as it shall be."""

    kind: Literal["profile"] = "profile"
    profile: Business
    made_from: Business | None = None
    """As it stood; None: not known yet."""


class PhrasingsChange(_Part):
    """The other ways to ask for an entry of a document, all of them."""

    kind: Literal["phrasings"] = "phrasings"
    document: str
    question: str
    """The entry's own, as it stands in the document."""
    words: tuple[str, ...]


class AnswerChange(_Part):
    """An answer to a question of callers."""

    kind: Literal["answer"] = "answer"
    question: str
    answer: str
    wordings: tuple[int, ...]


class ModelChange(_Part):
    """Nothing that is published: the rules alone beside the rules with the model."""

    kind: Literal["model"] = "model"


Change = Annotated[
    DocumentsChange | ProfileChange | PhrasingsChange | AnswerChange | ModelChange,
    Field(discriminator="kind"),
]
_CHANGE: TypeAdapter[Change] = TypeAdapter(Change)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A change, and what it was made from."""

    change: Change
    base: str
    """Names everything that a reply is made of, as it stood."""
    what: tuple[str, ...] = ()
    """The change in an owner's words, one line each."""

    def as_json(self) -> dict[str, Any]:
        change = self.change.model_dump(mode="json")
        return {"change": change, "base": self.base, "what": list(self.what)}

    @staticmethod
    def of(stored: Mapping[str, Any]) -> "Wanted":
        return Wanted(
            change=_CHANGE.validate_python(stored["change"]),
            base=stored["base"],
            what=tuple(stored["what"]),
        )


@dataclass(frozen=True, kw_only=True)
class Made:
    """A business as a change would make it."""

    business: Business
    documents: Mapping[str, tuple[Passage, ...]]
    """Passages of those that are new or replaced; none: it is removed."""
    approved: Sequence[Approved] | None = None
    """Every other way to ask; None: they stay."""


def wanted(
    tools: Tools, slug: str, change: Change, what: Sequence[str], by: str, now: datetime
) -> Wanted:
    """The change with what it is made from.

    Args:
        what: it in an owner's words, one line each.
        by: the staff id of whoever makes it.

    Raises:
        BadInput: it is none, or cannot be published as it is; the message says the mend.
    """
    made = make(tools, slug, change, now)
    if isinstance(change, ProfileChange):
        _check_profile(tools, slug, change.profile, by, now)
        change = change.model_copy(update={"made_from": _known(tools, slug)})
    if isinstance(change, DocumentsChange):
        if not made.documents:
            raise BadInput(_NO_DRAFTS)
        change = change.model_copy(update={"seen": document_drafts.seen_now(tools, slug)})
    return Wanted(change=change, base=base(tools, slug), what=tuple(what))


def make(tools: Tools, slug: str, change: Change, now: datetime) -> Made:
    """What the change would make of the business as it stands now; nothing changes.

    Raises:
        NotFound: the business is gone.
        BadInput: the change cannot be made any more.
    """
    business = _known(tools, slug)
    match change:
        case ProfileChange():
            return Made(business=change.profile, documents={})
        case DocumentsChange():
            with tools.database.connect() as connection:
                waiting = drafts.of_business(connection, slug, now)
            return Made(business=business, documents={one.name: one.passages for one in waiting})
        case PhrasingsChange():
            return Made(business=business, documents={}, approved=_approved(tools, slug, change))
        case AnswerChange():
            content = questions.drafted(tools, slug, _answer(change))
            return Made(business=business, documents={NAME: passages_of(NAME, content)})
        case ModelChange():
            return Made(business=business, documents={})


def base(tools: Tools, slug: str) -> str:
    """Equal as long as nothing has changed that replies are made of: profile, documents, other ways to ask."""
    with tools.database.connect() as connection:
        return _base(connection, slug)


def publish(tools: Tools, slug: str, one: Wanted, by: str, login: str) -> str:
    """Do what the form where it was made would do; what was done, in words.

    Args:
        by: staff id, for documents.
        login: for the history of the profile.

    Raises:
        BadInput: something else has changed since, or it may not be published; nothing has changed.
    """
    if isinstance(one.change, ModelChange):
        raise BadInput("There is nothing to publish: the model is set up with the server.")
    if one.base != base(tools, slug):
        raise BadInput(MOVED)
    match one.change:
        case DocumentsChange():
            return _publish_documents(tools, slug, by, one.change.seen)
        case PhrasingsChange(document=document, question=question, words=words):
            document_phrasings.approve(tools, slug, document, question, list(words))
            return "The ways to ask are published. They count from the next text on."
        case AnswerChange():
            questions.answer(tools, slug, by, _answer(one.change))
            return "The answer is published. Callers are told it from now on."
        case ProfileChange():
            _publish_profile(tools, slug, one.change.profile, one.base, by, login)
            return "The change is published. It counts from the next text on."


def on_top(tools: Tools, slug: str, change: Change) -> Change:
    """The change made anew on what stands now, so that it takes back nothing of what others have changed since.

    Raises:
        BadInput: others have changed the same.
    """
    if not isinstance(change, ProfileChange) or change.made_from is None:
        return change
    held, old, new = _known(tools, slug), change.made_from, change.profile
    ours = {key for key in Business.model_fields if getattr(new, key) != getattr(old, key)}
    theirs = {
        key for key in ours if getattr(held, key) not in (getattr(old, key), getattr(new, key))
    }
    if theirs:
        raise BadInput(_BOTH)
    profile = held.model_copy(update={key: getattr(new, key) for key in ours})
    return change.model_copy(update={"profile": profile, "made_from": held})


def _approved(tools: Tools, slug: str, change: PhrasingsChange) -> list[Approved]:
    others = [
        one
        for one in tools.shelf.phrasings(slug)
        if (one.document, one.question) != (change.document, change.question)
    ]
    mine = {"document": change.document, "question": change.question}
    return [*others, *(Approved(words=words, **mine) for words in change.words)]


def _publish_profile(
    tools: Tools, slug: str, profile: Business, base: str, by: str, login: str
) -> None:
    """With the business locked it is looked at once more: somebody may have been quicker by a moment."""
    now = tools.clock.now()
    with tools.database.begin() as connection:

        def made(held: Business) -> Business:
            if base != _base(connection, slug):
                raise BadInput(MOVED)
            _refuse(profile_hangs.refusals(connection, held, profile, by, now))
            profile_hangs.settle(connection, held, profile)
            return profile

        try:
            profile_changes.change(connection, slug, made, by=login, now=now)
        except BadBusiness as error:
            raise BadInput(_TAKEN) from error


def _publish_documents(tools: Tools, slug: str, by: str, seen: str) -> str:
    outcomes = document_drafts.publish(tools, slug, by, seen)
    if outcomes is None:
        raise BadInput(MOVED)
    refused = [one.words for one in outcomes if not one.is_taken]
    done = len(outcomes) - len(refused)
    counted = "1 document is" if done == 1 else f"{done} documents are"
    return " ".join([f"{counted} published.", *refused])


def _check_profile(tools: Tools, slug: str, profile: Business, by: str, now: datetime) -> None:
    """Raise for what the forms of the profile would refuse, too."""
    held = _known(tools, slug)
    if profile.slug != slug:
        raise BadInput("A business keeps its short name.")
    if profile == held:
        raise BadInput(_SAME)
    with tools.database.connect() as connection:
        _refuse(profile_hangs.refusals(connection, held, profile, by, now))


def _refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise BadInput(" ".join(reasons))


def _base(connection: sa.Connection, slug: str) -> str:
    profile = businesses.profile(connection, slug) or ""
    revision = businesses.documents_revision(connection, slug)
    return hashlib.sha256(f"{revision} {profile}".encode()).hexdigest()


def _answer(change: AnswerChange) -> questions.Answer:
    return questions.Answer(
        question=change.question, answer=change.answer, wordings=change.wordings
    )


def _known(tools: Tools, slug: str) -> Business:
    with tools.database.connect() as connection:
        business = businesses.get(connection, slug)
    if business is None:
        raise NotFound("This business is not here any more.")
    return business
