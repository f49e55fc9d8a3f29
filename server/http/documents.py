"""What the agent knows: an owner's documents, their passages, and a test question."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from agent.errors import BadInput, NotFound
from agent.model import Passage
from knowledge.library import Document
from server.asking import ask
from server.documents import Outcome, counted, document_name, refusal, take
from server.http.auth import Owner, OwnForm, Viewer, csrf_token, is_owner
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.http.uploads import FILE_MAX, FILE_TOO_LARGE, Uploaded
from server.store import accounts
from server.wiring import House

router = APIRouter(prefix="/business/documents")

PASSAGES_A_PAGE = 100
_QUESTION_MAX = 1600
_KINDS = {"csv": "FAQ table", "markdown": "Markdown", "text": "Plain text", "html": "Web page"}
_TOLD = "told"
"""Where the session keeps words for the next page."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One document in the list."""

    name: str
    kind: str
    passages: str
    added: str


@router.get("")
def documents_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    told = request.session.pop(_TOLD, "")
    return _page(request, house, viewer, "documents.html", told=told)


@router.get("/list")
def document_list(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    """The list alone, for a page whose uploads have changed it."""
    return _page(request, house, viewer, "_documents.html")


@router.post("")
def upload(request: Request, house: TheHouse, owner: Owner, files: Uploaded) -> Response:
    """Add or replace documents; a program gets JSON, a form without script the page."""
    outcomes = [_outcome(house, owner.business, file) for file in files]
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"outcomes": [vars(one) for one in outcomes]})
    told = "" if outcomes else "Choose a file first."
    return _page(request, house, owner, "documents.html", told=told, outcomes=outcomes)


@router.post("/ask", dependencies=[OwnForm])
def ask_question(
    request: Request, house: TheHouse, viewer: Viewer, question: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """Try a caller's question; nothing is sent."""
    question = question.strip()[:_QUESTION_MAX]
    if not question:
        raise BadInput("Type a question first.")
    business = business_of(house, viewer.business)
    trial = ask(house.library, business, question, house.clock.now())
    template = "_answer.html" if request.headers.get("HX-Request") else "documents.html"
    return _page(request, house, viewer, template, trial=trial)


@router.get("/{name}")
def document_page(
    request: Request, house: TheHouse, viewer: Viewer, name: str, part: int = 1, passage: str = ""
) -> HTMLResponse:
    """The passages of a document, a hundred a page; `passage` names the one to be seen."""
    document = _document(house, viewer.business, name)
    found = house.library.passages(viewer.business, name)
    parts = -(-len(found) // PASSAGES_A_PAGE) or 1
    part = min(max(_part_of(found, passage) or part, 1), parts)
    first = (part - 1) * PASSAGES_A_PAGE
    business = business_of(house, viewer.business)
    return page(
        request,
        "document.html",
        csrf=csrf_token(request),
        business=business,
        may_change=is_owner(viewer),
        document=_row(document, business.zone),
        passages=found[first : first + PASSAGES_A_PAGE],
        first=first + 1,
        part=part,
        parts=parts,
    )


@router.post("/{name}/remove", dependencies=[OwnForm])
def remove(request: Request, house: TheHouse, owner: Owner, name: str) -> Response:
    if not house.library.remove(owner.business, name):
        raise _no_such(name)
    request.session[_TOLD] = f"{name} is removed. Callers are no longer answered from it."
    return RedirectResponse("/business/documents", status_code=303)


def _page(
    request: Request, house: House, viewer: accounts.Account, template: str, **values: Any
) -> HTMLResponse:
    business = business_of(house, viewer.business)
    documents = house.library.documents(business.slug)
    shown = {"told": "", "outcomes": [], "trial": None} | values
    return page(
        request,
        template,
        csrf=csrf_token(request),
        business=business,
        may_change=is_owner(viewer),
        documents=[_row(document, business.zone) for document in documents],
        has_model=house.ports.mind is not None,
        file_max=FILE_MAX,
        file_too_large=FILE_TOO_LARGE,
        **shown,
    )


def _outcome(house: House, business: str, file: UploadFile) -> Outcome:
    """One file taken or refused; the others do not suffer from it."""
    given = file.filename or ""
    try:
        name = document_name(given)
    except BadInput as error:
        return refusal(given, str(error))
    if (file.size or 0) > FILE_MAX:
        return refusal(name, f"{name}: {FILE_TOO_LARGE}")
    return take(house.library, business, name, file.file.read())


def _document(house: House, business: str, name: str) -> Document:
    for document in house.library.documents(business):
        if document.name == name:
            return document
    raise _no_such(name)


def _no_such(name: str) -> NotFound:
    return NotFound(f"There is no document {name!r} here.")


def _part_of(found: list[Passage], passage_id: str) -> int:
    """The page that a passage is on, from 1; 0: none."""
    ids = [passage.id for passage in found]
    return ids.index(passage_id) // PASSAGES_A_PAGE + 1 if passage_id in ids else 0


def _row(document: Document, zone: ZoneInfo) -> Row:
    added = datetime.fromisoformat(document.added_at).astimezone(zone)
    return Row(
        name=document.name,
        kind=_KINDS.get(document.kind, document.kind),
        passages=counted(document.passages),
        added=added.strftime("%b %-d, %Y, %-I:%M %p"),
    )
