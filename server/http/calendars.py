"""A business's calendars: where each lives, whether it can be read, and back to the built-in one."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business, CalendarSource
from agent.errors import CalendarError
from server.bookings import address
from server.calendar_sources import calendar_of, visits_ahead
from server.calendar_switch import Switch
from server.http.auth import Owner, OwnForm, Viewer, csrf_token, is_owner
from server.http.calendar_views import Ahead, State, ahead, broken, rows, where
from server.http.owner import business_of
from server.http.pages import page
from server.http.phone_calendars import phone_url, qr_code
from server.http.twilio import TheHouse
from server.store.accounts import Account
from server.wiring import House

router = APIRouter(prefix="/business/calendars")

_TOLD = "told of calendars"
"""Where the session keeps words for the next page."""


def owned(house: TheHouse, owner: Owner, calendar: str) -> CalendarSource:
    """The owner's own calendar that the path names.

    Raises:
        NotFound: the business has none of that id.
    """
    return calendar_of(business_of(house, owner.business), calendar)


Owned = Annotated[CalendarSource, Depends(owned)]


@router.get("")
def calendars_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    return _page(request, house, viewer, told=request.session.pop(_TOLD, ""))


@router.post("/{calendar}/check", dependencies=[OwnForm])
def check(request: Request, house: TheHouse, viewer: Viewer, calendar: str) -> HTMLResponse:
    """Ask the calendar itself, now; nothing is changed."""
    business = business_of(house, viewer.business)
    calendar_of(business, calendar)
    try:
        house.mirror.refresh(address(business, calendar))
        state = State(mark="works", words="Read just now.")
    except CalendarError as error:
        state = broken(business, calendar, str(error))
    return _page(request, house, viewer, checked={calendar: state})


@router.get("/{calendar}/built-in")
def built_in_page(request: Request, house: TheHouse, owner: Owner, source: Owned) -> HTMLResponse:
    """Ask before the other server's calendar is given up."""
    business = business_of(house, owner.business)
    return page(
        request,
        "calendar_built_in.html",
        csrf=csrf_token(request),
        business=business,
        calendar=source.id,
        where=where(source),
        ahead=booked_ahead(house, business, source.id),
    )


@router.post("/{calendar}/built-in", dependencies=[OwnForm])
def use_built_in(request: Request, house: TheHouse, owner: Owner, source: Owned) -> Response:
    business = business_of(house, owner.business)
    try:
        switch(house).here(business, source.id, by=owner.login)
    except CalendarError as error:
        why = broken(business, source.id, str(error)).words
        return to_list(
            request, f"Nothing has changed, because the visits ahead could not be written: {why}"
        )
    words = f"Ringback keeps {source.id} itself again. The password of the other server is deleted here."
    return to_list(request, words)


def switch(house: House) -> Switch:
    return Switch(
        calendar=house.calendar,
        database=house.database,
        secrets=house.calendar_secrets,
        clock=house.clock,
        public_url=house.settings.public_url,
    )


def to_list(request: Request, words: str) -> RedirectResponse:
    """Back to all calendars, with words about what has been done."""
    request.session[_TOLD] = words
    return RedirectResponse("/business/calendars", status_code=303)


def booked_ahead(house: House, business: Business, calendar: str) -> Ahead:
    with house.database.connect() as connection:
        visits = visits_ahead(connection, business, calendar, house.clock.now())
    return ahead(business, visits)


def _page(
    request: Request,
    house: House,
    viewer: Account,
    told: str = "",
    checked: Mapping[str, State] | None = None,
) -> HTMLResponse:
    business = business_of(house, viewer.business)
    url, states = phone_url(house), house.mirror.state(business.slug)
    return page(
        request,
        "calendars.html",
        csrf=csrf_token(request),
        business=business,
        may_change=is_owner(viewer),
        calendars=rows(business, states, checked or {}, house.clock.now()),
        told=told,
        url=url,
        qr=qr_code(url),
    )
