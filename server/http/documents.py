"""What the agent knows: an owner's documents, their passages, and a test question."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from agent.errors import BadInput
from agent.model import Passage
from knowledge.progress import Progress
from server.asking import ask
from server.documents import Outcome, document_name, progress_words, refusal
from server.http import document_drafts, document_editing, document_history, document_phrasings
from server.http.auth import Owner, OwnForm, Viewer, is_owner
from server.http.document_phrasings import entries
from server.http.document_views import (
    DRAFT,
    LIST,
    change,
    changed,
    document_of,
    documents_page,
    drafted,
    editable_text,
    removed,
    row,
    versions,
)
from server.http.owner import business_of
from server.http.twilio import TheHouse
from server.http.uploads import (
    FILE_MAX,
    FILE_TOO_LARGE,
    BoardKey,
    Stage,
    Upload,
    UploadBoard,
    Uploaded,
)
from server.store import accounts
from server.wiring import House

router = APIRouter(prefix=LIST)

PASSAGES_A_PAGE = 100
_QUESTION_MAX = 1600


@router.get("")
def all_documents(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    return _page(request, house, viewer, "documents.html")


@router.get("/list")
def document_list(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    """The list alone, for a page whose uploads have changed it."""
    return _page(request, house, viewer, "_documents.html")


@router.get("/progress")
def progress(request: Request, key: BoardKey) -> JSONResponse:
    """How far an upload is that this process is busy with; empty words: not known here."""
    board: UploadBoard = request.app.state.upload_board
    return JSONResponse(vars(board.told(key)))


@router.post("")
def upload(request: Request, house: TheHouse, owner: Owner, upload: Uploaded) -> Response:
    """Add or replace documents; a program gets JSON, a form without script the page."""
    board: UploadBoard = request.app.state.upload_board
    outcomes = [_outcome(house, owner, board, upload, file) for file in upload.files]
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"outcomes": [vars(one) for one in outcomes]})
    if upload.looks_first and outcomes and all(one.is_taken for one in outcomes):
        return RedirectResponse(DRAFT, status_code=303)
    notice = "" if outcomes else "Choose a file first."
    return _page(request, house, owner, "documents.html", notice=notice, outcomes=outcomes)


@router.post("/ask", dependencies=[OwnForm])
def ask_question(
    request: Request, house: TheHouse, viewer: Viewer, question: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """Try a caller's question; nothing is sent."""
    question = question.strip()[:_QUESTION_MAX]
    if not question:
        raise BadInput("Type a question first.")
    business = business_of(house, viewer.business)
    trial = ask(house.library, business, question, house.clock.now(), house.embedder)
    template = "_answer.html" if request.headers.get("HX-Request") else "documents.html"
    return _page(request, house, viewer, template, trial=trial)


for _part in (document_drafts, document_editing, document_history, document_phrasings):
    router.include_router(_part.router)


@router.get("/{name}")
def document_page(
    request: Request, house: TheHouse, viewer: Viewer, name: str, part: int = 1, passage: str = ""
) -> HTMLResponse:
    """The passages of a document, a hundred a page; `passage` names the one to be seen."""
    document = document_of(house, viewer.business, name)
    found = house.library.passages(viewer.business, name)
    parts = -(-len(found) // PASSAGES_A_PAGE) or 1
    part = min(max(_part_of(found, passage) or part, 1), parts)
    first = (part - 1) * PASSAGES_A_PAGE
    business = business_of(house, viewer.business)
    return documents_page(
        request,
        house,
        viewer,
        "document.html",
        business=business,
        document=row(document, business),
        can_edit=editable_text(house, document, business.slug) is not None,
        entries=entries(
            house,
            business.slug,
            document,
            found[first : first + PASSAGES_A_PAGE],
            proposes=is_owner(viewer),
        ),
        versions=versions(house, business, name),
        first=first + 1,
        part=part,
        parts=parts,
    )


@router.post("/{name}/remove", dependencies=[OwnForm])
def remove(
    request: Request,
    house: TheHouse,
    owner: Owner,
    name: str,
    look: Annotated[bool, Form()] = False,
) -> Response:
    document_of(house, owner.business, name)
    return changed(request, change(house, owner, name, None, look=look), look=look)


def _page(
    request: Request, house: House, viewer: accounts.Account, template: str, **values: Any
) -> HTMLResponse:
    business = business_of(house, viewer.business)
    shown = {"notice": "", "outcomes": [], "trial": None} | values
    return documents_page(
        request,
        house,
        viewer,
        template,
        business=business,
        documents=[row(document, business) for document in house.library.documents(business.slug)],
        removed=removed(house, business),
        drafted=drafted(house, business.slug),
        has_model=house.ports.mind is not None,
        file_max=FILE_MAX,
        file_too_large=FILE_TOO_LARGE,
        **shown,
    )


def _outcome(
    house: House, owner: accounts.Account, board: UploadBoard, upload: Upload, file: UploadFile
) -> Outcome:
    """One file taken or refused; the others do not suffer from it."""
    given = file.filename or ""
    try:
        name = document_name(given)
    except BadInput as error:
        return refusal(given, str(error))
    if (file.size or 0) > FILE_MAX:
        return refusal(name, f"{name}: {FILE_TOO_LARGE}")
    return change(
        house,
        owner,
        name,
        file.file.read(),
        look=upload.looks_first,
        told=lambda progress: board.tell(upload.key, _stage(progress)),
    )


def _stage(progress: Progress) -> Stage:
    share = progress.done / progress.of if progress.of else None
    return Stage(words=progress_words(progress), share=share)


def _part_of(found: list[Passage], passage_id: str) -> int:
    """The page that a passage is on, from 1; 0: none."""
    ids = [passage.id for passage in found]
    return ids.index(passage_id) // PASSAGES_A_PAGE + 1 if passage_id in ids else 0
