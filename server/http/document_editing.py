"""Text pasted into a form, and small documents edited in place."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from agent.errors import BadInput, NotFound
from server.document_drafts import drafted_content, withdraw
from server.documents import PASTED_MAX, pasted_content, pasted_name, refusal
from server.http.auth import Owner, OwnForm
from server.http.document_turns import BUSY, HasTurn
from server.http.document_views import change, changed, document_of, documents_page, editable_text
from server.http.twilio import TheHouse
from server.store import accounts
from server.wiring import House

router = APIRouter()

_Text = Annotated[str, Form()]
_Look = Annotated[bool, Form()]


@router.get("/paste")
def paste_form(request: Request, house: TheHouse, owner: Owner) -> HTMLResponse:
    return _form(request, house, owner)


@router.post("/paste", dependencies=[OwnForm])
def paste(
    request: Request,
    house: TheHouse,
    owner: Owner,
    name: _Text = "",
    text: _Text = "",
    look: _Look = False,
    has_turn: bool = HasTurn,
) -> Response:
    """A new document of what was pasted; on any problem the form comes back as it was sent."""
    try:
        full = _new_name(house, owner.business, pasted_name(name, text))
        _wait_no_more(has_turn=has_turn)
        outcome = change(house, owner, full, pasted_content(text), look=look)
    except BadInput as error:
        outcome = refusal(name, str(error))
    if not outcome.is_taken:
        return _form(request, house, owner, name=name, text=text, problem=outcome.words)
    return changed(request, outcome, look=look)


@router.get("/{name}/edit")
def edit_form(request: Request, house: TheHouse, owner: Owner, name: str) -> HTMLResponse:
    text = _editable(house, owner.business, name)
    is_draft = drafted_content(house, owner.business, name) is not None
    shown = {"editing": name, "name": name, "text": text, "base": _digest(text)}
    return _form(request, house, owner, is_draft=is_draft, **shown)


@router.post("/{name}/edit", dependencies=[OwnForm])
def edit(
    request: Request,
    house: TheHouse,
    owner: Owner,
    name: str,
    text: _Text = "",
    base: _Text = "",
    look: _Look = False,
    has_turn: bool = HasTurn,
) -> Response:
    """Replace a document by its edited text; on any problem the form comes back as it was sent."""
    now = _digest(_editable(house, owner.business, name))
    try:
        _wait_no_more(has_turn=has_turn)
        _check_fresh(base, now)
        outcome = change(house, owner, name, pasted_content(text), look=look)
    except BadInput as error:
        outcome = refusal(name, str(error))
    if outcome.is_taken and not look:
        withdraw(house, owner.business, name)  # its text is what was edited
    if not outcome.is_taken:
        sent = {"editing": name, "name": name, "text": text, "base": now}
        return _form(request, house, owner, problem=outcome.words, **sent)
    return changed(request, outcome, look=look)


def _new_name(house: House, business: str, name: str) -> str:
    if any(document.name == name for document in house.library.documents(business)):
        raise BadInput(
            f"There is a document {name} already. Edit that one, or choose another name."
        )
    return name


def _wait_no_more(*, has_turn: bool) -> None:
    if not has_turn:
        raise BadInput(BUSY)


def _check_fresh(base: str, now: str) -> None:
    if base != now:
        words = "Somebody has changed this document since you opened it. Your text is still here: save again to replace theirs."
        raise BadInput(words)


def _form(request: Request, house: House, owner: accounts.Account, **values: Any) -> HTMLResponse:
    blank = {"editing": "", "name": "", "text": "", "base": "", "problem": "", "is_draft": False}
    return documents_page(
        request, house, owner, "document_text.html", text_max=PASTED_MAX, **blank | values
    )


def _editable(house: House, business: str, name: str) -> str:
    text = editable_text(house, document_of(house, business, name), business)
    if text is None:
        raise NotFound(f"{name} cannot be edited here. Change the file and add it again.")
    return text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
