"""A one-time link that makes a login, or a new password."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.errors import BadInput, NotFound
from server import inviting, passwords, quotas
from server.http import sessions
from server.http.pages import page
from server.http.sessions import OwnForm, csrf_token
from server.http.twilio import TheHouse
from server.inviting import Guest
from server.store import credentials
from server.wiring import House

router = APIRouter(prefix="/invitation")

_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_GONE = 410
_TAKEN = "Somebody else here signs in by that name. Choose another."


@router.get("/{token}")
def invitation_page(request: Request, house: TheHouse, token: str) -> HTMLResponse:
    """Looking spends nothing: programs that preview links look too."""
    found = _guest(house, token)
    return _over(request, found) if isinstance(found, str) else _form(request, token, found)


@router.post("/{token}", dependencies=[OwnForm])
def accept(
    request: Request,
    house: TheHouse,
    token: str,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Then the person signs in: a second factor is asked for as ever."""
    found = _guest(house, token)
    if isinstance(found, str):
        return _over(request, found)
    login = found.login or login.strip().lower()
    if problem := inviting.password_fault(found, login, password):
        return _form(request, token, found, login, problem)
    hashed = credentials.hashed(password)
    try:
        with house.database.begin() as connection:
            if not found.login:
                measure = house.door.limits.measure
                quotas.insist_on_room_for_login(connection, found.business.slug, measure)
            name = inviting.accept(connection, token, login, hashed, house.clock.now())
    except BadInput as error:
        return _form(request, token, found, login, str(error))
    except sa.exc.IntegrityError:  # two people took one name at the same time
        return _form(request, token, found, login, _TAKEN)
    sessions.tell(request, f"Your login is ready: {name}. Sign in with it.")
    return RedirectResponse("/login", status_code=303)


def _guest(house: House, token: str) -> Guest | str:
    with house.database.connect() as connection:
        try:
            return inviting.guest(connection, token, house.clock.now())
        except NotFound as error:
            return str(error)


def _form(
    request: Request, token: str, found: Guest, login: str = "", error: str = ""
) -> HTMLResponse:
    answer = page(
        request,
        "invitation.html",
        status=400 if error else 200,
        csrf=csrf_token(request),
        token=token,
        guest=found,
        login=login or found.login or found.suggested,
        shortest=passwords.SHORTEST,
        error=error,
    )
    answer.headers.update(_PRIVATE)
    return answer


def _over(request: Request, words: str) -> HTMLResponse:
    answer = page(request, "invitation_over.html", status=_GONE, words=words)
    answer.headers.update(_PRIVATE)
    return answer
