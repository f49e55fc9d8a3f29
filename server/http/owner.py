"""The business at a glance, for everyone who works there, and its calendars on their phones."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from agent.business import Business
from agent.errors import NotFound
from server.http import glance
from server.http.auth import OwnForm, Viewer, csrf_token
from server.http.pages import page
from server.http.twilio import TheHouse
from server.store import accounts, businesses
from server.store.calendar_passwords import (
    calendar_addresses,
    has_calendar_password,
    new_calendar_password,
)
from server.wiring import House

router = APIRouter(prefix="/business")


@router.get("")
def business_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    return _page(request, house, viewer)


@router.post("/calendar-password", dependencies=[OwnForm])
def make_calendar_password(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    """A new one for the viewer's own phone, in place of the last; the only page that ever shows it."""
    with house.database.begin() as connection:
        password = new_calendar_password(connection, viewer, house.clock.now())
    answer = _page(request, house, viewer, password)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def business_of(house: House, slug: str) -> Business:
    """The viewer's business as it is now.

    Raises:
        NotFound: it was taken away since they signed in.
    """
    with house.database.connect() as connection:
        business = businesses.get(connection, slug)
    if business is None:
        raise NotFound("This business is not here any more.")
    return business


def _page(
    request: Request, house: House, viewer: accounts.Account, password: str = ""
) -> HTMLResponse:
    business, now = business_of(house, viewer.business), house.clock.now()
    with house.database.connect() as connection:
        logins = accounts.of_business(connection, business.slug)
        has_password = has_calendar_password(connection, viewer)
    return page(
        request,
        "business.html",
        csrf=csrf_token(request),
        business=business,
        viewer=viewer,
        door=glance.door(business, now),
        local_time=now.astimezone(business.zone).strftime("%a %-I:%M %p"),
        numbers=glance.numbers(business),
        week=glance.week(business, now),
        closures=glance.closures(business, now),
        offers=glance.offers(business),
        people=glance.people(business, logins),
        on_call=glance.on_call(business),
        calendars=glance.calendars(business),
        addresses=calendar_addresses(business, house.settings.public_url),
        password=password,
        has_password=has_password,
    )
