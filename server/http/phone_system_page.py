"""How another phone system reports its calls: the address, the secret, and what came of the last reports."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from server.http import call_views
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.phone_systems import router as calls_router
from server.http.twilio import TheHouse
from server.store import call_secrets, logged_calls
from server.store.accounts import Account
from server.wiring import House

router = APIRouter(prefix="/business/phone-system")

LAST = 10
"""Reports on the page."""


@router.get("")
def phone_system_page(request: Request, house: TheHouse, owner: Owner) -> HTMLResponse:
    return _page(request, house, owner)


@router.post("/secret", dependencies=[OwnForm])
def secret_page(
    request: Request,
    house: TheHouse,
    owner: Owner,
    wanted: Annotated[Literal["shown", "new"], Form()],
) -> HTMLResponse:
    """The page with the secret on it, a new one where that is wanted; no browser keeps it."""
    keeper = call_secrets.keeper(house.settings.session_key())
    give = call_secrets.change if wanted == "new" else call_secrets.current
    with house.database.begin() as connection:
        secret = give(connection, keeper, owner.business, house.clock.now())
    answer = _page(request, house, owner, secret=secret, is_new=wanted == "new")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(
    request: Request, house: House, owner: Account, secret: str = "", *, is_new: bool = False
) -> HTMLResponse:
    business = business_of(house, owner.business)
    with house.database.connect() as connection:
        changed_at = call_secrets.changed_at(connection, business.slug)
        told = logged_calls.reported(connection, business.slug, LAST)
    own_phone = next((one.phone for one in business.staff if one.phone), business.phone)
    return page(
        request,
        "phone_system.html",
        csrf=csrf_token(request),
        business=business,
        address=f"{house.settings.public_url}{calls_router.prefix}/{business.slug}",
        secret=secret,
        is_new=is_new,
        changed=f"{changed_at.astimezone(business.zone):%b %-d, %Y}" if changed_at else "",
        own_phone=own_phone,
        days=call_views.days(told, business.zone),
    )
