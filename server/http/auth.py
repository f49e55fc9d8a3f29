"""Who is looking: logins, sessions and the token that proves a form is ours."""

import hmac
import secrets
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from server.http.pages import page
from server.http.twilio import TheHouse, house_of
from server.store import accounts, questions
from server.wiring import House

router = APIRouter()


_WANTED = "wanted"
"""In a session without a login: the page that was asked for."""


class LoginNeeded(Exception):
    """Nobody is signed in; the app's error handler shows the way."""


def signed_in(request: Request, house: Annotated[House, Depends(house_of)]) -> accounts.Account:
    """The account of this session; everything it may see is scoped by its business.

    Raises:
        LoginNeeded: nobody is signed in, or the account is gone.
    """
    account_id = request.session.get("account")
    with house.database.connect() as connection:
        account = accounts.get(connection, account_id) if account_id else None
    if account is None:
        raise LoginNeeded
    request.state.open_questions = partial(_open_questions, house, account.business)
    return account


def _open_questions(house: House, business: str) -> int:
    """Counted by the pages that show it, and by none that ask every few seconds."""
    with house.database.connect() as connection:
        return questions.count_open(connection, business)


Viewer = Annotated[accounts.Account, Depends(signed_in)]


def is_owner(viewer: accounts.Account) -> bool:
    return viewer.role == "owner"


def owner_only(viewer: Viewer) -> accounts.Account:
    """The account of an owner.

    Raises:
        HTTPException: 403, somebody else is signed in.
    """
    if not is_owner(viewer):
        raise HTTPException(403, "Only an owner's login may change this. Ask the owner to do it.")
    return viewer


Owner = Annotated[accounts.Account, Depends(owner_only)]


def csrf_token(request: Request) -> str:
    """The session's token for forms, made on first use."""
    token: str = request.session.setdefault("csrf", secrets.token_urlsafe(24))
    return token


def own_form(request: Request, csrf: Annotated[str, Form()] = "") -> None:
    """Refuse a form that another site made the browser send."""
    prove_own(request, csrf)


def prove_own(request: Request, csrf: str) -> None:
    """The same for a form that its handler reads itself.

    Raises:
        HTTPException: 403.
    """
    if not hmac.compare_digest(
        csrf.encode(), request.session.get("csrf", secrets.token_hex()).encode()
    ):
        raise HTTPException(403, "This form is out of date. Reload the page and try again.")


OwnForm = Depends(own_form)


def to_login(request: Request) -> Response:
    """A page goes to the login, and back to itself after it; a live fragment tells the browser to go there."""
    if request.headers.get("HX-Request"):
        return Response(status_code=200, headers={"HX-Redirect": "/login"})
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        request.session[_WANTED] = request.url.path
    return RedirectResponse("/login", status_code=303)


@router.get("/login")
def login_page(request: Request) -> HTMLResponse:
    return page(request, "login.html", csrf=csrf_token(request), error="", login="")


@router.post("/login", dependencies=[OwnForm])
def log_in(
    request: Request,
    house: TheHouse,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    with house.database.connect() as connection:
        account = accounts.checked(connection, login.strip().lower(), password)
    if account is None:
        error = "That login and password do not fit. Check both and try again."
        return page(
            request, "login.html", status=401, csrf=csrf_token(request), error=error, login=login
        )
    wanted = request.session.get(_WANTED, "/inbox")
    request.session.clear()
    request.session["account"] = account.id
    return RedirectResponse(wanted, status_code=303)


@router.post("/logout", dependencies=[OwnForm])
def log_out(request: Request) -> Response:
    request.session.clear()
    return RedirectResponse("/login", status_code=303)
