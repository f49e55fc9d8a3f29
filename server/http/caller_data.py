"""How long things are kept, and one caller's record: shown, exported, erased."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import BadInput
from agent.rules.phone import normalised
from server import receipts
from server.erasure import erase, is_on_record, told
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.caller_data_views import Days, changed, held, kept, story
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.profile_changes import change
from server.record_commands import as_json, packed
from server.store import accounts
from server.wiring import House

router = APIRouter(prefix="/business/data")

_TOLD = "told of data"
"""Where the session keeps words for the next page."""
_DIGITS = re.compile(r"\d{7,15}")
_UNKNOWN = "Nothing is held of {number}: no text, no call. Look at the number once more; whoever was erased is not found either."


@router.get("")
def data_page(request: Request, house: TheHouse, owner: Owner, number: str = "") -> Response:
    business = business_of(house, owner.business)
    if not number.strip():
        return _overview(request, house, owner)
    caller = normalised(number)
    if caller is None:
        words = "This is no phone number. Write it like (303) 555-0199 or +13035550199."
        return _overview(request, house, owner, number=number, problem=words)
    if not _is_known(house, business, caller):
        words = _UNKNOWN.format(number=number.strip())
        return _overview(request, house, owner, number=number, problem=words)
    return RedirectResponse(f"{router.prefix}/{caller.lstrip('+')}", status_code=303)


@router.post("/kept", dependencies=[OwnForm])
def set_days(
    request: Request, house: TheHouse, owner: Owner, days: Annotated[Days, Form()]
) -> Response:
    """How long each kind is kept from now on; what is too old goes in the next night."""
    if wrong := days.problems():
        return _overview(request, house, owner, days=days, wrong=wrong)
    with house.database.begin() as connection:
        change(
            connection,
            owner.business,
            lambda held: changed(held, days),
            by=owner.login,
            now=house.clock.now(),
        )
    request.session[_TOLD] = "Saved. What is older than that goes in the next night."
    return RedirectResponse(router.prefix, status_code=303)


@router.get("/{digits}")
def caller_page(request: Request, house: TheHouse, owner: Owner, digits: str) -> HTMLResponse:
    return _caller(request, house, owner, _caller_of(house, owner, digits))


@router.get("/{digits}/record.zip")
def record_zip(house: TheHouse, owner: Owner, digits: str) -> Response:
    """The record for programs, and a page to print."""
    return _file(house, owner, digits, "zip")


@router.get("/{digits}/record.json")
def record_json(house: TheHouse, owner: Owner, digits: str) -> Response:
    return _file(house, owner, digits, "json")


@router.post("/{digits}/erase", dependencies=[OwnForm])
def erase_page(
    request: Request,
    house: TheHouse,
    owner: Owner,
    digits: str,
    typed: Annotated[str, Form()] = "",
) -> Response:
    """Erase a caller whose number was typed once more."""
    caller = _caller_of(house, owner, digits)
    if normalised(typed) != caller:
        words = "This is not the number of this caller. Type it once more; nothing was erased."
        return _caller(request, house, owner, caller, typed=typed, problem=words)
    try:
        gone = erase(
            house,
            house.engine.jobs.client,
            owner.business,
            caller,
            house.clock.now(),
            by=owner.login,
        )
    except BadInput as error:
        return _caller(request, house, owner, caller, typed=typed, problem=str(error))
    request.session[_TOLD] = f"Erased: {told(gone)}. The log says how much it was, and not of whom."
    return RedirectResponse(router.prefix, status_code=303)


def _overview(
    request: Request,
    house: House,
    owner: accounts.Account,
    *,
    number: str = "",
    problem: str = "",
    days: Days | None = None,
    wrong: dict[str, str] | None = None,
) -> HTMLResponse:
    business, now = business_of(house, owner.business), house.clock.now()
    with house.database.connect() as connection:
        shown = kept(connection, business, now, days)
    return page(
        request,
        "data.html",
        csrf=csrf_token(request),
        business=business,
        told=request.session.pop(_TOLD, ""),
        number=number,
        problem=problem,
        wrong=wrong or {},
        kept=shown,
        status=422 if problem or wrong else 200,
    )


def _caller(
    request: Request,
    house: House,
    owner: accounts.Account,
    caller: str,
    *,
    typed: str = "",
    problem: str = "",
) -> HTMLResponse:
    business, now = business_of(house, owner.business), house.clock.now()
    with house.database.connect() as connection:
        shown = held(connection, business, caller, now)
        record = story(connection, business, caller, now)
    return page(
        request,
        "data_caller.html",
        csrf=csrf_token(request),
        business=business,
        caller=caller,
        digits=caller.lstrip("+"),
        held=shown,
        record=record,
        typed=typed,
        problem=problem,
        status=422 if problem else 200,
    )


def _file(house: House, owner: accounts.Account, digits: str, ending: str) -> Response:
    caller, key = _caller_of(house, owner, digits), house.settings.session_key()
    with house.database.begin() as connection:
        made = receipts.receipt(
            connection, owner.business, caller, by=owner.login, key=key, now=house.clock.now()
        )
    content = packed(made) if ending == "zip" else as_json(made)
    named = f'attachment; filename="record-{digits}.{ending}"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return Response(content, media_type=f"application/{ending}", headers=headers)


def _caller_of(house: House, owner: accounts.Account, digits: str) -> str:
    """The caller of an address, if this business holds something of them."""
    caller = f"+{digits}" if _DIGITS.fullmatch(digits) else digits
    if not _is_known(house, business_of(house, owner.business), caller):
        raise HTTPException(404, "Nothing is held of this number.")
    return caller


def _is_known(house: House, business: Business, caller: str) -> bool:
    """Not of its own people's phones: links to sign in are texted there."""
    if caller in accounts.own_phones(business):
        return False
    with house.database.connect() as connection:
        return is_on_record(connection, business.slug, caller)
