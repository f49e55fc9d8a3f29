"""The business folder, down as one file, and up again after a look at what it would change."""

from datetime import datetime
from functools import partial
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import BadBusiness, BadInput
from server import folder_taking, profile_hangs
from server.folder_taking import Plan
from server.folder_zip import packed, unpacked
from server.http import sessions
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.profile_parts import refuse
from server.http.profile_words import said
from server.http.twilio import TheHouse
from server.http.uploads import Uploaded
from server.profile_changes import change
from server.profile_drafts import Refused
from server.store import accounts, business_versions, folder_uploads
from server.store.folder_uploads import FolderUpload
from server.wiring import House

router = APIRouter(prefix="/business/folder")

_GONE = "This upload is not here any more. Choose the file again."
_TAKEN = "Another business here has one of these numbers."
_MEANWHILE = "Somebody has changed the profile since you looked. Look again at what this folder would change."


@router.get("")
def folder_page(request: Request, house: TheHouse, owner: Owner) -> HTMLResponse:
    return _page(request, house, owner)


@router.get("/download")
def download(house: TheHouse, owner: Owner) -> Response:
    """`business.yaml` and the documents, as `ringback export` writes them."""
    business = business_of(house, owner.business)
    documents = [
        (one.name, house.shelf.content(business.slug, one.name))
        for one in house.library.documents(business.slug)
    ]
    named = f'attachment; filename="{business.slug}.zip"'
    return Response(
        packed(business, documents),
        media_type="application/zip",
        headers={"Content-Disposition": named, "Cache-Control": "no-store"},
    )


@router.post("")
def upload(request: Request, house: TheHouse, owner: Owner, upload: Uploaded) -> Response:
    """Look at a folder; nothing of it is taken yet."""
    if not upload.files:
        return _page(request, house, owner, problems=["Choose a file first."])
    file = upload.files[0]
    name, content = file.filename or "the file", file.file.read()
    try:
        unpacked(name, content)
    except BadBusiness as error:
        return _page(request, house, owner, problems=str(error).split("\n"))
    with house.database.begin() as connection:
        now = house.clock.now()
        token = folder_uploads.put(connection, owner.business, name, content, owner.login, now)
    return RedirectResponse(f"{router.prefix}/look?upload={token}", status_code=303)


@router.get("/look")
def look(request: Request, house: TheHouse, owner: Owner, upload: str = "") -> HTMLResponse:
    """What an uploaded folder would change."""
    held = _held(house, owner, upload)
    if held is None:
        return _page(request, house, owner, problems=[_GONE])
    return _look(request, house, owner, held)


@router.post("/take", dependencies=[OwnForm])
def take(
    request: Request,
    house: TheHouse,
    owner: Owner,
    upload: Annotated[str, Form()] = "",
    seen: Annotated[int, Form()] = -1,
) -> Response:
    """Bring the business to what the folder says, if it is still the one that was looked at."""
    held = _held(house, owner, upload)
    if held is None:
        return _page(request, house, owner, problems=[_GONE])
    plan = _plan(house, owner, held)
    if plan.problems:
        return _look(request, house, owner, held)
    try:
        with house.database.begin() as connection:
            now = house.clock.now()
            business = partial(_taken, connection, plan, seen, owner, now)
            change(connection, owner.business, business, by=owner.login, now=now)
            folder_uploads.delete(connection, owner.business)
    except BadBusiness:
        return _look(request, house, owner, held, problem=_TAKEN)
    except Refused:
        return _look(request, house, owner, held)
    except BadInput as error:
        return _look(request, house, owner, held, problem=str(error))
    outcomes = folder_taking.take_documents(house.library, owner.business, plan.steps, owner.staff)
    sessions.tell(request, " ".join(["The folder is taken.", *(one.words for one in outcomes)]))
    return RedirectResponse(router.prefix, status_code=303)


@router.post("/discard", dependencies=[OwnForm])
def discard(request: Request, house: TheHouse, owner: Owner) -> Response:
    with house.database.begin() as connection:
        folder_uploads.delete(connection, owner.business)
    sessions.tell(request, "Nothing was changed.")
    return RedirectResponse(router.prefix, status_code=303)


def _taken(
    connection: sa.Connection,
    plan: Plan,
    seen: int,
    owner: accounts.Account,
    now: datetime,
    stored: Business,
) -> Business:
    """Raises BadInput: it is not what was looked at, or something hangs on what would go."""
    if (business_versions.newest_id(connection, stored.slug) or 0) != seen:
        raise BadInput(_MEANWHILE)
    refuse(connection, stored, plan.business, owner, now)
    profile_hangs.settle(connection, stored, plan.business)
    return plan.business


def _held(house: House, owner: accounts.Account, token: str) -> FolderUpload | None:
    with house.database.connect() as connection:
        return folder_uploads.get(connection, owner.business, token, house.clock.now())


def _plan(house: House, owner: accounts.Account, upload: FolderUpload) -> Plan:
    """Whatever keeps it from being taken is among its problems."""
    folder, is_whole = unpacked(upload.name, upload.content)
    business = business_of(house, owner.business)
    documents = house.library.documents(business.slug)
    plan = folder_taking.plan(business, folder, documents, is_whole=is_whole)
    if plan.problems:
        return plan
    with house.database.connect() as connection:
        now = house.clock.now()
        reasons = profile_hangs.refusals(connection, business, plan.business, owner.staff, now)
    return Plan(**vars(plan) | {"problems": tuple(reasons)})


def _look(
    request: Request,
    house: House,
    owner: accounts.Account,
    upload: FolderUpload,
    problem: str = "",
) -> HTMLResponse:
    with (
        house.database.connect() as connection
    ):  # before the profile: the page may not claim to know more
        seen = business_versions.newest_id(connection, owner.business) or 0
    plan = _plan(house, owner, upload)
    before, after = (one.model_dump(mode="json") for one in (plan.held, plan.business))
    problems = [problem, *plan.problems] if problem else list(plan.problems)
    return page(
        request,
        "folder_look.html",
        status=400 if problem else 200,
        csrf=csrf_token(request),
        business=plan.held,
        name=upload.name,
        upload=upload.token,
        seen=seen,
        changes=[said(one, before, after) for one in plan.changes]
        if before["slug"] == after["slug"]
        else [],
        steps=[one for one in plan.steps if one.what != "same"],
        same=sum(one.what == "same" for one in plan.steps),
        problems=problems,
        may_take=not plan.problems and not plan.does_nothing,
        does_nothing=plan.does_nothing,
        leaves_places=plan.leaves_places,
    )


def _page(
    request: Request, house: House, owner: accounts.Account, problems: list[str] | None = None
) -> HTMLResponse:
    business = business_of(house, owner.business)
    return page(
        request,
        "folder.html",
        status=400 if problems else 200,
        csrf=csrf_token(request),
        business=business,
        documents=len(house.library.documents(business.slug)),
        problems=problems or [],
        told=sessions.told(request),
    )
