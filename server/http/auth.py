"""Who is looking: the account of a session, and what it may see."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from server.http import sessions, signing_in
from server.http.sessions import OwnForm, csrf_token, own_form, prove_own
from server.http.twilio import house_of
from server.store import accounts, admins, businesses, questions, standings, tasks
from server.store.credentials import Key
from server.wiring import House

__all__ = [
    "LoginNeeded", "OwnForm", "Owner", "Somebody", "TheAdmin", "Viewer",
    "csrf_token", "is_owner", "own_form", "prove_own", "router", "to_login",
]  # fmt: skip

router = APIRouter()
router.include_router(signing_in.router)

_READS = {"GET", "HEAD"}
_SUSPENDED = (
    "Your business is suspended here{why} Your phone still rings, and what callers text is kept, but nothing is sent."
    " Ask whoever runs your Ringback."
)


class LoginNeeded(Exception):
    """Nobody is signed in, or not here; the app's error handler shows the way."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whoever is signed in: somebody of a business, or an admin."""

    key: Key
    login: str
    account: accounts.Account | None
    """None: an admin."""


def signed_in(request: Request, house: Annotated[House, Depends(house_of)]) -> accounts.Account:
    """The account of this session; everything it may see is scoped by its business.

    An admin who has opened a business reads it like an owner, and changes nothing.

    Raises:
        LoginNeeded: nobody is signed in, the account is gone, or its sessions were ended.
        HTTPException: 403, an admin sends a form of a business, or the business is suspended.
    """
    with house.database.connect() as connection:
        account = _account(connection, request)
        suspended = account and standings.suspension(connection, account.business)
    if account is None:
        raise LoginNeeded
    if suspended and not account.is_admin:
        raise HTTPException(403, _SUSPENDED.format(why=f": {suspended.why.rstrip('.')}." if suspended.why else "."))  # fmt: skip
    if account.is_admin and request.method not in _READS:
        words = "You look at this business as the installation's admin and can only read. Sign in with a login of the business to change something."
        raise HTTPException(403, words)
    request.state.viewer = account
    request.state.acts = (account.business, account.login)
    request.state.open_questions = partial(_open_questions, house, account.business)
    request.state.pressing_tasks = partial(_pressing_tasks, house, account.business)
    return account


def _account(connection: sa.Connection, request: Request) -> accounts.Account | None:
    signed = sessions.current(request)
    if signed is None:
        return None
    if signed.key.kind == "admin":
        return _opened_by(connection, request, signed)
    account = accounts.get(connection, signed.key.id)
    return account if account and account.stamp == signed.stamp else None


def _opened_by(
    connection: sa.Connection, request: Request, signed: sessions.Signed
) -> accounts.Account | None:
    """An admin as a login of the business that they have opened; nobody has such an account in the database."""
    admin, slug = _admin(connection, signed), sessions.opened_business(request)
    if admin is None or slug is None:
        return None
    name = f"admin:{admin.login}"  # no staff id has a colon
    business = businesses.get(connection, slug)
    return accounts.Account(
        id=name, business=slug, staff=name, login=name, role="owner", stamp=admin.stamp, is_admin=True,
        own_phones=accounts.own_phones(business) if business else frozenset(),
    )  # fmt: skip


def _admin(connection: sa.Connection, signed: sessions.Signed) -> admins.Admin | None:
    admin = admins.get(connection, signed.key.id)
    return admin if admin and admin.stamp == signed.stamp else None


def _open_questions(house: House, business: str) -> int:
    """Counted by the pages that show it, and by none that ask every few seconds."""
    with house.database.connect() as connection:
        return questions.count_open(connection, business)


def _pressing_tasks(house: House, business: str) -> int:
    with house.database.connect() as connection:
        return tasks.pressing(connection, business, house.clock.now())


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


def admin_only(request: Request, house: Annotated[House, Depends(house_of)]) -> admins.Admin:
    """The installation's admin.

    Raises:
        LoginNeeded: nobody is signed in, or their sessions were ended.
        HTTPException: 403, somebody of a business.
    """
    signed = sessions.current(request)
    if signed is not None and signed.key.kind == "account":
        signed_in(request, house)
        raise HTTPException(403, "This page is for the installation's admin.")
    with house.database.connect() as connection:
        admin = _admin(connection, signed) if signed else None
    if admin is None:
        raise LoginNeeded
    request.state.acts = (None, f"admin:{admin.login}")
    return admin


TheAdmin = Annotated[admins.Admin, Depends(admin_only)]


def somebody(request: Request, house: Annotated[House, Depends(house_of)]) -> Person:
    """Whoever is signed in, for pages about their own login.

    Raises:
        LoginNeeded: nobody is.
    """
    signed = sessions.current(request)
    if signed is not None and signed.key.kind == "admin":
        admin = admin_only(request, house)
        return Person(key=admin.key, login=admin.login, account=None)
    account = signed_in(request, house)
    return Person(key=account.key, login=account.login, account=account)


Somebody = Annotated[Person, Depends(somebody)]


def to_login(request: Request) -> Response:
    """A page goes to the login, and back to itself after it; a live fragment tells the browser to go there.

    An admin who has opened no business goes to the list of them.
    """
    signed = sessions.current(request)
    is_admin = signed is not None and signed.key.kind == "admin"
    place = "/admin" if is_admin and request.url.path != "/admin" else "/login"
    if place == "/login" and signed is not None:
        sessions.end(request)
    if request.headers.get("HX-Request"):
        return Response(status_code=200, headers={"HX-Redirect": place})
    if (
        place == "/login"
        and request.method == "GET"
        and "text/html" in request.headers.get("accept", "")
    ):
        sessions.want(request)
    return RedirectResponse(place, status_code=303)
