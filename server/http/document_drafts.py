"""See what would change: callers' questions answered as now and as they would be; then publish or discard."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from server.document_drafts import discard, preview, publish
from server.documents import Outcome, counted
from server.http.auth import Owner, OwnForm
from server.http.document_turns import InTurn
from server.http.document_views import DRAFT, LIST, documents_page, moment, tell
from server.http.owner import business_of
from server.http.twilio import TheHouse
from server.store.document_drafts import KEPT_FOR

router = APIRouter(prefix="/draft")

_TOLD_MAX = 5


@router.get("", dependencies=[InTurn])
def draft_page(request: Request, house: TheHouse, owner: Owner) -> Response:
    business = business_of(house, owner.business)
    seen = preview(house, business)
    if not seen.drafts:
        tell(request, "No changes wait to be published.")
        return RedirectResponse(LIST, status_code=303)
    in_use = {document.name for document in house.library.documents(business.slug)}
    drafts = [
        {
            "name": draft.name,
            "what": _what(draft.is_removal, draft.name in in_use),
            "passages": counted(len(draft.passages)),
            "is_overtaken": draft.name in seen.overtaken,
        }
        for draft in seen.drafts
    ]
    ends = min(draft.at for draft in seen.drafts) + KEPT_FOR
    return documents_page(
        request,
        house,
        owner,
        "document_draft.html",
        business=business,
        drafts=drafts,
        preview=seen,
        lost=sum(one.then.handed_off for one in seen.differences),
        gained=sum(one.now.handed_off for one in seen.differences),
        ends=moment(ends, business),
    )


@router.post("/publish", dependencies=[OwnForm, InTurn])
def publish_drafts(
    request: Request, house: TheHouse, owner: Owner, seen: Annotated[str, Form()] = ""
) -> Response:
    outcomes = publish(house, owner.business, owner.staff, seen)
    if outcomes is None:
        return _look_again(request)
    tell(request, _published(outcomes))
    return RedirectResponse(LIST, status_code=303)


@router.post("/discard", dependencies=[OwnForm])
def discard_drafts(
    request: Request, house: TheHouse, owner: Owner, seen: Annotated[str, Form()] = ""
) -> Response:
    if not discard(house, owner.business, seen):
        return _look_again(request)
    tell(request, "The changes are discarded. Everything is as it was.")
    return RedirectResponse(LIST, status_code=303)


def _look_again(request: Request) -> Response:
    tell(request, "Something has changed since you looked, so nothing was done. Look again.")
    return RedirectResponse(DRAFT, status_code=303)


def _published(outcomes: list[Outcome]) -> str:
    """What became of each, or of all together where a cookie could not hold it."""
    told = [f"{one.words.rstrip('.')}." for one in outcomes]
    if len(told) <= _TOLD_MAX:
        return " ".join(told)
    refused = [words for words, one in zip(told, outcomes, strict=True) if not one.is_taken]
    done = f"{len(outcomes) - len(refused)} changes are published."
    return " ".join([done, *refused[:_TOLD_MAX]])


def _what(is_removal: bool, is_in_use: bool) -> str:
    if is_removal:
        return "Remove"
    return "Replace" if is_in_use else "Add"
