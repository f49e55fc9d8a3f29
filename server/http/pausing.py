"""Everybody of a business may pause its agent, and let it answer again."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from server.http.auth import OwnForm, Viewer, csrf_token
from server.http.inbox import the_business
from server.http.pages import page
from server.http.pause_words import paused
from server.http.thread_desk import Desk
from server.http.twilio import TheHouse
from server.pausing import lift
from server.store import businesses, pauses

router = APIRouter(prefix="/pausing")


@router.get("")
def state(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    """The banner alone, for live updates."""
    with house.database.connect() as connection:
        business = the_business(connection, viewer)
        held = paused(connection, business, house.clock.now())
    return page(request, "_paused.html", csrf=csrf_token(request), paused=held)


@router.post("", dependencies=[OwnForm])
def pause(house: TheHouse, viewer: Viewer) -> RedirectResponse:
    """The agent says nothing from this commit on."""
    with house.database.begin() as connection:
        businesses.lock(connection, viewer.business)
        pauses.begin(connection, viewer.business, viewer.staff, house.clock.now())
    return RedirectResponse("/inbox", status_code=303)


@router.post("/resume", dependencies=[OwnForm])
def resume(house: TheHouse, viewer: Viewer, desk: Desk) -> RedirectResponse:
    """The agent answers again, also what nobody has taken meanwhile."""
    with house.database.begin() as connection:
        lift(connection, desk, viewer.business, viewer.staff, house.clock.now())
    return RedirectResponse("/inbox", status_code=303)
