"""The installation: its businesses, and the way into one of them."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.errors import NotFound
from server.http import attempts, sessions
from server.http.auth import OwnForm, TheAdmin, csrf_token
from server.http.pages import page
from server.http.twilio import TheHouse
from server.refusals import BLOCKED_FOR
from server.store import audit, businesses, overview
from server.store.audit import Entry, Wanted

router = APIRouter(prefix="/admin")

_LATELY = 20


@router.get("")
def admin_page(request: Request, house: TheHouse, admin: TheAdmin) -> HTMLResponse:
    now = house.clock.now()
    with house.database.connect() as connection:
        lines = overview.lines(connection, now, now - BLOCKED_FOR)
        lately = audit.entries(connection, None, Wanted(), _LATELY)
    return page(
        request,
        "admin.html",
        csrf=csrf_token(request),
        admin=admin,
        lines=lines,
        lately=lately,
        now=now,
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
