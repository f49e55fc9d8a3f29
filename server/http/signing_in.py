"""Signing in and out: the password, and the second factor where a person has one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from server import first_run
from server.http import attempts, sessions
from server.http.pages import page
from server.http.sessions import OwnForm, csrf_token
from server.http.twilio import TheHouse
from server.second_factor import SecondFactors
from server.store import accounts, admins, audit, credentials, setups
from server.store.audit import Did, Entry
from server.store.credentials import Credentials, Key
from server.store.failed_logins import OF_CODES
from server.wiring import House

router = APIRouter()

_CODE = "code"
_REFUSED = "A wrong code for the second factor"
_WRONG = "That login and password do not fit. Check both and try again."
_WRONG_CODE = (
    "That code does not fit, or was used already. Wait for the next one in the app and try again."
)


@router.get("/login")
def login_page(request: Request, house: TheHouse) -> Response:
    with house.database.connect() as connection:
        is_first = first_run.is_open(connection) and not admins.exist(connection)
    return RedirectResponse("/welcome", status_code=303) if is_first else _login_page(request)


@router.post("/login", dependencies=[OwnForm])
def log_in(
    request: Request,
    house: TheHouse,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    login = login.strip().lower()
    if wait := attempts.begin(request, house, login):
        return _login_page(request, login, wait, status=429)
    key, kept = _found(house, login)
    if not credentials.fits(password, kept.password if kept else None) or not key or not kept:
        return _login_page(request, login, _WRONG, status=401)
    attempts.succeeded(request, house, login)
    _strengthen(house, key, kept, password)
    if kept.totp:
        sessions.begin_half(request, key, kept.stamp, login, house.clock.now())
        return RedirectResponse("/login/code", status_code=303)
    return _enter(request, house, key, kept.stamp, login, "with the password")


@router.get("/login/code")
def code_page(request: Request, house: TheHouse) -> Response:
    if sessions.half(request, house.clock.now()) is None:
        return RedirectResponse("/login", status_code=303)
    return _code_page(request)


@router.post("/login/code", dependencies=[OwnForm])
def second_factor(request: Request, house: TheHouse, code: Annotated[str, Form()] = "") -> Response:
    """A code of the app, or a recovery code."""
    now = house.clock.now()
    if (found := sessions.half(request, now)) is None:
        return RedirectResponse("/login", status_code=303)
    signed, login = found
    if wait := attempts.begin(request, house, login, _CODE, OF_CODES):
        return _code_page(request, wait, status=429)
    factors = SecondFactors.under(house.settings.session_key())
    with house.database.begin() as connection:
        kept = credentials.get(connection, signed.key)
        if kept is None or kept.stamp != signed.stamp:
            sessions.end(request)
            return RedirectResponse("/login", status_code=303)
        way = factors.passes(connection, signed.key, code, now) if kept.totp else "password"
        if way is None:
            audit.add(connection, _entry(request, signed.key, login, "was refused", _REFUSED), now)
    if way is None:
        return _code_page(request, _WRONG_CODE, status=401)
    attempts.succeeded(request, house, login, _CODE)
    return _enter(request, house, signed.key, signed.stamp, login, f"with password and {way}")


@router.post("/logout", dependencies=[OwnForm])
def log_out(request: Request) -> Response:
    sessions.end(request)
    return RedirectResponse("/login", status_code=303)


def _found(house: House, login: str) -> tuple[Key | None, Credentials | None]:
    """Whose login it is; nobody's where the person has left the business."""
    with house.database.connect() as connection:
        account = accounts.by_login(connection, login)
        admin = None if account else admins.get(connection, login)
        key = account.key if account else admin.key if admin else None
        return key, credentials.get(connection, key) if key else None


def _strengthen(house: House, key: Key, kept: Credentials, password: str) -> None:
    """Keep the password with the parameters of now; sessions go on."""
    if credentials.is_outdated(kept.password):
        anew = credentials.hashed(password)
        with house.database.begin() as connection:
            credentials.put(connection, key, password=anew)


def _enter(request: Request, house: House, key: Key, stamp: str, login: str, how: str) -> Response:
    """A session of a new name, so that one that was planted before is worth nothing."""
    now = house.clock.now()
    with house.database.begin() as connection:
        credentials.put(connection, key, signed_in_at=now)
        audit.add(connection, _entry(request, key, login, "signed in", f"Signed in {how}"), now)
    target = sessions.wanted(request, "/admin" if key.kind == "admin" else _first_page(house, key))
    sessions.begin(request, key, stamp, login)
    return RedirectResponse(target, status_code=303)


def _first_page(house: House, key: Key) -> str:
    """An owner whose set-up is not finished goes on with it."""
    with house.database.connect() as connection:
        account = accounts.get(connection, key.id)
        is_draft = account and account.role == "owner" and setups.is_under_way(connection, account.business)  # fmt: skip
    return "/setup" if is_draft else "/inbox"


def _entry(request: Request, key: Key, login: str, did: Did, what: str) -> Entry:
    is_admin = key.kind == "admin"
    return Entry(
        business=None if is_admin else key.id.partition(":")[0],
        who=f"admin:{login}" if is_admin else login,
        did=did,
        what=what,
        address=attempts.address_of(request),
    )


def _login_page(
    request: Request, login: str = "", error: str = "", status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "login.html",
        status=status,
        csrf=csrf_token(request),
        error=error,
        told=sessions.told(request),
        login=login,
    )


def _code_page(request: Request, error: str = "", status: int = 200) -> HTMLResponse:
    return page(request, "login_code.html", status=status, csrf=csrf_token(request), error=error)
