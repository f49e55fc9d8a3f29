"""The ways to ask for each entry of a document: its own, and those that the owner approves."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent.errors import NotFound
from agent.model import Passage
from knowledge.library import Document
from server.document_phrasings import approve, near_questions
from server.http.auth import Owner, OwnForm
from server.http.document_views import LIST, document_of, tell
from server.http.twilio import TheHouse
from server.wiring import House

router = APIRouter(prefix="/{name}/phrasings")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One passage, and how it may be asked for."""

    passage: Passage
    own: tuple[str, ...]
    """Other phrasings in the document itself."""
    approved: tuple[str, ...]
    proposed: tuple[str, ...]
    """What callers asked that came near it."""
    is_question: bool
    """It answers a question, so that there are other ways to ask it."""


def entries(
    house: House,
    business: str,
    document: Document,
    passages: Sequence[Passage],
    *,
    proposes: bool,
) -> list[Entry]:
    """The passages of a document with their phrasings; it takes a while to propose more."""
    approved: defaultdict[str, list[str]] = defaultdict(list)
    for one in house.shelf.phrasings(business):
        if one.document == document.name:
            approved[one.question].append(one.words)
    near = near_questions(house, business) if proposes else {}
    return [
        Entry(
            passage=passage,
            own=tuple(one for one in passage.phrasings if one not in approved[passage.heading]),
            approved=tuple(approved[passage.heading]),
            proposed=tuple(near.get(passage.id, ())),
            is_question=bool(passage.heading)
            and (document.kind == "csv" or passage.heading.endswith("?")),
        )
        for passage in passages
    ]


@router.post("", dependencies=[OwnForm])
def approve_phrasings(
    request: Request,
    house: TheHouse,
    owner: Owner,
    name: str,
    passage: Annotated[str, Form()] = "",
    words: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """What is ticked or typed counts from now on, and what is no longer ticked does not."""
    document = document_of(house, owner.business, name)
    meant = [one for one in house.library.passages(owner.business, name) if one.id == passage]
    if not meant:
        raise NotFound("This entry is not in the document any more. Reload the page.")
    count = approve(house, owner.business, document.name, meant[0].heading, words or [])
    kept = "One way" if count == 1 else f"{count} ways"
    tell(request, f"{kept} to ask approved for \u201c{meant[0].heading}\u201d.")
    return RedirectResponse(f"{LIST}/{quote(name)}?passage={quote(passage)}#{quote(passage)}", 303)
