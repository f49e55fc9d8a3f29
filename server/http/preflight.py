"""What a change would change, before it is published: begun from the page where it is made, watched, published."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import BadInput, NotFound
from server import preflight_changes
from server.http import preflight_views as views
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.preflight_form import TheChange
from server.http.twilio import TheHouse
from server.preflight_changes import (
    AnswerChange,
    Change,
    ModelChange,
    PhrasingsChange,
    ProfileChange,
    Wanted,
)
from server.store import accounts, document_drafts, preflights
from server.store.preflights import UNDER_WAY, PreflightRow, State
from server.wiring import House

router = APIRouter(prefix="/business/preflight")

LISTED = 20
_TOLD = "preflight_told"
"""Where the session keeps words for the next page."""


@router.get("")
def preflights_page(request: Request, house: TheHouse, owner: Owner) -> HTMLResponse:
    return _list_page(request, house, owner)


@router.post("", dependencies=[OwnForm])
def begin(request: Request, house: TheHouse, owner: Owner, asked: TheChange) -> Response:
    """Compare in the background what the form of another page says."""
    stored = business_of(house, owner.business)
    try:
        change = asked.change(stored)
        what = _what(house, stored, change)
        name = house.preflights.begin(owner.business, change, what, owner.staff)
    except BadInput as error:
        return _list_page(
            request, house, owner, problem=str(error), typed=asked.typed, back=asked.back
        )
    return RedirectResponse(f"{router.prefix}/{name}", status_code=303)


@router.get("/{name}")
def preflight_page(
    request: Request, house: TheHouse, owner: Owner, name: str, part: int = 1
) -> HTMLResponse:
    row = _row(house, owner, name)
    return _page(request, house, owner, row, part, told=request.session.pop(_TOLD, ""))


@router.get("/{name}/progress")
def progress(request: Request, house: TheHouse, owner: Owner, name: str) -> Response:
    """How far it is, for the page that is open; once it is over, that page is shown anew."""
    row = _row(house, owner, name)
    if row.state not in UNDER_WAY:
        return Response(status_code=200, headers={"HX-Refresh": "true"})
    return page(request, "preflight_progress.html", row=row)


@router.post("/{name}/stop", dependencies=[OwnForm])
def stop(house: TheHouse, owner: Owner, name: str) -> Response:
    row = _row(house, owner, name)
    with house.database.begin() as connection:
        preflights.stop(connection, row.id)
    return RedirectResponse(f"{router.prefix}/{name}", status_code=303)


@router.post("/{name}/again", dependencies=[OwnForm])
def again(
    request: Request,
    house: TheHouse,
    owner: Owner,
    name: str,
    with_model: Annotated[bool, Form()] = False,
) -> Response:
    """Compare the same change with how things stand now."""
    wanted = Wanted.of(_row(house, owner, name).change)
    try:
        change = preflight_changes.on_top(house, owner.business, wanted.change)
        change = change.model_copy(update={"with_model": with_model})
        what = _what(house, business_of(house, owner.business), change)
        begun = house.preflights.begin(owner.business, change, what, owner.staff)
    except BadInput as error:
        return _list_page(request, house, owner, problem=str(error), back=wanted.change.back)
    return RedirectResponse(f"{router.prefix}/{begun}", status_code=303)


@router.post("/{name}/publish", dependencies=[OwnForm])
def publish(request: Request, house: TheHouse, owner: Owner, name: str) -> Response:
    """Do what the page where the change was made would do; nothing, where anything has changed since."""
    row = _row(house, owner, name)
    if row.state != State.DONE:
        return _page(request, house, owner, row, problem="This is not ready to be published.")
    try:
        with request.app.state.answering:
            request.session[_TOLD] = preflight_changes.publish(
                house, owner.business, Wanted.of(row.change), owner.staff, owner.login
            )
    except BadInput as error:
        return _page(request, house, owner, row, problem=str(error))
    with house.database.begin() as connection:
        preflights.publish(connection, row.id)
    return RedirectResponse(f"{router.prefix}/{name}", status_code=303)


def _row(house: House, owner: accounts.Account, name: str) -> PreflightRow:
    """One of this business.

    Raises:
        NotFound: it has none of this id, or has it no more.
    """
    with house.database.connect() as connection:
        row = preflights.get(connection, owner.business, name)
    if row is None:
        raise NotFound("This comparison is not kept any more. Start it again.")
    return row


def _page(
    request: Request,
    house: House,
    owner: accounts.Account,
    row: PreflightRow,
    part: int = 1,
    *,
    told: str = "",
    problem: str = "",
) -> HTMLResponse:
    business = business_of(house, owner.business)
    return page(
        request,
        "preflight.html",
        status=400 if problem else 200,
        csrf=csrf_token(request),
        business=business,
        row=row,
        change=Wanted.of(row.change).change,
        what=row.change["what"],
        is_under_way=row.state in UNDER_WAY,
        is_done=row.state in (State.DONE, State.PUBLISHED),
        result=views.result(row, business, part) if row.found and "why" not in row.found else None,
        why=row.found.get("why", ""),
        model=house.settings.model if house.ports.mind else "",
        told=told,
        problem=problem,
    )


def _list_page(
    request: Request,
    house: House,
    owner: accounts.Account,
    *,
    problem: str = "",
    typed: list[str] | None = None,
    back: str = "",
) -> HTMLResponse:
    business = business_of(house, owner.business)
    with house.database.connect() as connection:
        rows = preflights.of_business(connection, owner.business, LISTED)
        drafted = document_drafts.names(connection, owner.business, house.clock.now())
    return page(
        request,
        "preflights.html",
        status=400 if problem else 200,
        csrf=csrf_token(request),
        business=business,
        rows=[views.listed(row, business) for row in rows],
        drafted=drafted,
        model=house.settings.model if house.ports.mind else "",
        problem=problem,
        typed=typed or [],
        back=back,
    )


def _what(house: House, stored: Business, change: Change) -> list[str]:
    """The change in the owner's words."""
    if isinstance(change, ProfileChange):
        return views.of_profile(stored, change.profile)
    if isinstance(change, AnswerChange):
        return [f"Answer: {' '.join(change.question.split())}"]
    if isinstance(change, PhrasingsChange):
        ways = ", ".join(f'"{words}"' for words in change.words) or "none"
        return [f"Ways to ask {change.question} {ways}"]
    if isinstance(change, ModelChange):
        return ["The rules alone, without the language model"]
    with house.database.connect() as connection:
        return views.of_drafts(_drafts(connection, house, stored.slug))


def _drafts(connection: sa.Connection, house: House, slug: str) -> list[document_drafts.Draft]:
    return document_drafts.of_business(connection, slug, house.clock.now())
