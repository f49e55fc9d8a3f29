"""A test missed call, step by step: what works, what is waited for, and how to mend what does not."""

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import BadInput
from server import test_call
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.test_call_steps import MARKS, is_over, steps
from server.http.twilio import TheHouse
from server.wiring import House

router = APIRouter(prefix="/business/test-call")


@router.get("")
def start_page(request: Request, house: TheHouse, owner: Owner) -> HTMLResponse:
    return _page(request, house, business_of(house, owner.business))


@router.post("", dependencies=[OwnForm])
def start(
    request: Request,
    house: TheHouse,
    owner: Owner,
    background: BackgroundTasks,
    staff: Annotated[str, Form()] = "",
) -> Response:
    """Announce the call, and ask our own address once this answer is out."""
    business = business_of(house, owner.business)
    try:
        with house.database.begin() as connection:
            sid = test_call.announce(connection, business, staff, house.clock.now())
    except BadInput as error:
        return _page(request, house, business, status=400, problem=str(error))
    background.add_task(test_call.run, house, business, sid)
    return RedirectResponse(f"{router.prefix}/{sid}", status_code=303)


@router.get("/{sid}")
def watch_page(request: Request, house: TheHouse, owner: Owner, sid: str) -> HTMLResponse:
    return _page(request, house, business_of(house, owner.business), sid=sid)


@router.get("/{sid}/steps")
def watched(request: Request, house: TheHouse, owner: Owner, sid: str) -> HTMLResponse:
    """The steps alone, for the page that is open."""
    business = business_of(house, owner.business)
    return page(request, "test_call_steps.html", **_watched(house, business, sid))


def _watched(house: House, business: Business, sid: str) -> dict[str, Any]:
    now = house.clock.now()
    with house.database.connect() as connection:
        seen = test_call.seen(connection, business, sid)
    found = steps(business, seen, house.settings.public_url, now)
    return {
        "sid": sid,
        "steps": found,
        "marks": MARKS,
        "goes_on": not is_over(found),
        "all_done": all(step.state == "done" for step in found),
        "zone": business.zone,
    }


def _page(
    request: Request,
    house: House,
    business: Business,
    *,
    sid: str = "",
    status: int = 200,
    problem: str = "",
) -> HTMLResponse:
    return page(
        request,
        "test_call.html",
        status=status,
        csrf=csrf_token(request),
        business=business,
        people=test_call.people(business),
        problem=problem,
        watched=_watched(house, business, sid) if sid else None,
    )
