"""The business at a glance, for everyone who works there."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from agent.business import Business
from agent.errors import NotFound
from server import first_run
from server.http import glance, standing_notices
from server.http.auth import Viewer, csrf_token, is_owner
from server.http.pages import page
from server.http.twilio import TheHouse
from server.refusals import BLOCKED_FOR
from server.store import accounts, businesses
from server.wiring import House

router = APIRouter(prefix="/business")


@router.get("")
def business_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    business, now = business_of(house, viewer.business), house.clock.now()
    with house.database.connect() as connection:
        logins = accounts.of_business(connection, business.slug)
        blocked = businesses.blocked_numbers(connection, business.slug, now - BLOCKED_FOR)
        notices = standing_notices.of_business(connection, business, house.door.limits, now)
    return page(
        request,
        "business.html",
        csrf=csrf_token(request),
        business=business,
        door=glance.door(business, now),
        local_time=now.astimezone(business.zone).strftime("%a %-I:%M %p"),
        numbers=glance.numbers(business) if first_run.has_number(business) else [],
        week=glance.week(business, now),
        closures=glance.closures(business, now),
        offers=glance.offers(business),
        people=glance.people(business, logins),
        on_call=glance.on_call(business),
        calendars=glance.calendars(business),
        model=house.settings.model if house.ports.mind else "",
        blocked=blocked,
        notices=notices,
        is_draft=any(one.name == "draft" for one in notices),
        may_change=is_owner(viewer),
    )


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
