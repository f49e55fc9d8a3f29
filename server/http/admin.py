"""The installation: its businesses, its numbers, and the way into one of them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.errors import NotFound
from server import overview
from server.http import attempts, sessions
from server.http.auth import OwnForm, TheAdmin, csrf_token
from server.http.pages import page
from server.http.twilio import TheHouse
from server.refusals import BLOCKED_FOR
from server.store import audit, businesses
from server.store.audit import Entry, Wanted

router = APIRouter(prefix="/admin")

AT_ONCE = 25
"""Businesses of one page."""
NUMBERS_AT_ONCE = 100
_LATELY = 20


@router.get("")
def admin_page(
    request: Request,
    house: TheHouse,
    admin: TheAdmin,
    q: Annotated[str, Query(max_length=100)] = "",
    at: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """Args: at: the page, from 1 on."""
    now = house.clock.now()
    with house.database.connect() as connection:
        slugs, total = overview.found(connection, q, AT_ONCE, (at - 1) * AT_ONCE)
        lines = overview.lines(connection, slugs, house.door.limits.measure, now, now - BLOCKED_FOR)
        lately = audit.entries(connection, None, Wanted(), _LATELY)
    return page(
        request,
        "admin.html",
        csrf=csrf_token(request),
        told=sessions.told(request),
        admin=admin,
        lines=lines,
        total=total,
        q=q,
        at=at,
        pages=max(1, -(-total // AT_ONCE)),
        lately=lately,
    )


@router.get("/numbers")
def numbers_page(
    request: Request,
    house: TheHouse,
    admin: TheAdmin,
    at: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """How the texts of every number fare, the worst first."""
    with house.database.connect() as connection:
        found = overview.numbers(connection, house.clock.now())
    first = (at - 1) * NUMBERS_AT_ONCE
    return page(
        request,
        "provider_numbers.html",
        lines=found[first : first + NUMBERS_AT_ONCE],
        total=len(found),
        at=at,
        pages=max(1, -(-len(found) // NUMBERS_AT_ONCE)),
    )


@router.post("/{slug}/open", dependencies=[OwnForm])
def open_business(request: Request, house: TheHouse, admin: TheAdmin, slug: str) -> Response:
    """Go into a business and read it; that stands in the business's own log."""
    with house.database.begin() as connection:
        if businesses.get(connection, slug) is None:
            raise NotFound("There is no such business.")
        entry = Entry(
            business=slug,
            who=f"admin:{admin.login}",
            did="opened",
            what="The installation's admin opened the business",
            address=attempts.address_of(request),
        )
        audit.add(connection, entry, house.clock.now())
    sessions.open_business(request, slug)
    return RedirectResponse("/inbox", status_code=303)
