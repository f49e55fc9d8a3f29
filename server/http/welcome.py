"""The first page of an empty installation: whoever has the server's link makes the business and their login."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.errors import BadInput
from server import first_run, passwords
from server.first_run import Wish
from server.http import sessions
from server.http.pages import page
from server.http.sessions import OwnForm, csrf_token
from server.http.twilio import TheHouse
from server.store import credentials
from server.wiring import House

router = APIRouter(prefix="/welcome")

_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@router.get("")
def welcome_page(request: Request, house: TheHouse, code: str = "") -> Response:
    with house.database.connect() as connection:
        if not first_run.is_open(connection):
            return RedirectResponse("/login", status_code=303)
        fits = first_run.fits(connection, house.settings.session_key(), code)
    if not fits:
        return _page(request, problem=first_run.WRONG_CODE if code else "")
    return _page(request, code=code)


@router.post("", dependencies=[OwnForm])
def begin(
    request: Request,
    house: TheHouse,
    code: Annotated[str, Form()] = "",
    business: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Make the draft and the login, sign in, and go on with the set-up."""
    wish = Wish(business=business.strip(), name=name.strip(), login=login.strip().lower(), password=password)  # fmt: skip
    if not _may_begin(house, code):
        return _page(request, status=403, problem=first_run.WRONG_CODE)
    if faults := first_run.faults(wish):
        return _page(request, status=400, code=code, wish=wish, faults=faults)
    hashed, now = credentials.hashed(password), house.clock.now()
    try:
        with house.database.begin() as connection:
            begun = first_run.begin(
                connection, wish, hashed, code, house.settings.session_key(), now
            )
            credentials.put(connection, begun.account.key, signed_in_at=now)
    except BadInput as error:
        return _page(request, status=400, code=code, wish=wish, faults={"login": str(error)})
    except sa.exc.IntegrityError:  # somebody else was quicker
        return _page(request, status=400, problem=first_run.SPENT)
    sessions.begin(request, begun.account.key, begun.account.stamp, begun.account.login)
    return RedirectResponse("/setup", status_code=303)


def _may_begin(house: House, code: str) -> bool:
    with house.database.connect() as connection:
        return first_run.fits(connection, house.settings.session_key(), code)


def _page(
    request: Request,
    *,
    status: int = 200,
    code: str = "",
    wish: Wish | None = None,
    faults: dict[str, str] | None = None,
    problem: str = "",
) -> HTMLResponse:
    answer = page(
        request,
        "welcome.html",
        status=status,
        csrf=csrf_token(request),
        code=code,
        wish=wish or Wish(business="", name="", login="", password=""),
        faults=faults or {},
        problem=problem,
        shortest=passwords.SHORTEST,
    )
    answer.headers.update(_PRIVATE)
    return answer
