"""The business's tokens for the JSON API."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.errors import BadInput
from server.api_tokens import LONGEST_NAME, checked_name
from server.http import sessions
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.store import accounts, api_tokens
from server.store.api_tokens import OF_BUSINESS, Scope, Token
from server.wiring import House

router = APIRouter(prefix="/business/api")

MOST = 50
"""Tokens that work at the same time."""
SCOPES: dict[Scope, str] = {
    "read": "Read everything: calls, conversations, visits, tasks, numbers",
    "write": "Text callers, book visits, add tasks and opt-outs, change documents and the profile",
    "erase": "Erase a caller for good",
}
_SHOWN_REVOKED = 10


@router.get("")
def tokens_page(request: Request, house: TheHouse, owner: Owner) -> HTMLResponse:
    return _page(request, house, owner, told=sessions.told(request))


@router.post("", dependencies=[OwnForm])
def make_token(
    request: Request,
    house: TheHouse,
    owner: Owner,
    name: Annotated[str, Form()] = "",
    scope: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """The page with the new token on it, this once; no browser keeps it."""
    scopes = [one for one in OF_BUSINESS if one in (scope or ())]
    try:
        given, token = _made(house, owner, name, scopes)
    except BadInput as error:
        return _page(request, house, owner, error=str(error), name=name, chosen=scopes)
    answer = _page(request, house, owner, token=token, named=given)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/{token_id}/revoke", dependencies=[OwnForm])
def revoke_token(request: Request, house: TheHouse, owner: Owner, token_id: str) -> Response:
    with house.database.begin() as connection:
        now = house.clock.now()
        if not api_tokens.revoke(connection, owner.business, token_id, now):
            raise HTTPException(404, "There is no such token, or it was revoked before.")
    sessions.tell(request, "Revoked. Whatever used it is shut out from now on.")
    return RedirectResponse(router.prefix, status_code=303)


def _page(
    request: Request,
    house: House,
    owner: accounts.Account,
    *,
    told: str = "",
    error: str = "",
    token: str = "",
    named: str = "",
    name: str = "",
    chosen: list[Scope] | None = None,
) -> HTMLResponse:
    business = business_of(house, owner.business)
    with house.database.connect() as connection:
        tokens = api_tokens.of(connection, owner.business)

    def day(at: datetime | None) -> str:
        return f"{at.astimezone(business.zone):%b %-d, %Y}" if at else ""

    return page(
        request,
        "api.html",
        status=400 if error else 200,
        csrf=csrf_token(request),
        business=business,
        address=f"{house.settings.public_url}/api/v1/businesses/{business.slug}",
        described=f"{house.settings.public_url}/api/v1/openapi.json",
        tokens=[one for one in tokens if not one.revoked_at],
        revoked=_last_revoked(tokens),
        scopes=SCOPES,
        chosen=["read"] if chosen is None else chosen,
        longest=LONGEST_NAME,
        day=day,
        told=told,
        error=error,
        token=token,
        named=named,
        name=name,
    )


def _made(house: House, owner: accounts.Account, name: str, scopes: list[Scope]) -> tuple[str, str]:
    """The token's name, and itself.

    Raises:
        BadInput: it has no name, may do nothing, or there are too many.
    """
    given, now = checked_name(name), house.clock.now()
    if not scopes:
        raise BadInput("Choose what the token may do.")
    with house.database.begin() as connection:
        working = [one for one in api_tokens.of(connection, owner.business) if not one.revoked_at]
        if len(working) >= MOST:
            raise BadInput(f"{MOST} tokens work at most. Revoke one first.")
        return given, api_tokens.make(connection, owner.business, given, scopes, owner.login, now)


def _last_revoked(tokens: list[Token]) -> list[Token]:
    return [one for one in tokens if one.revoked_at][:_SHOWN_REVOKED]
