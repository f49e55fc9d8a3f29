"""How one person is reached: browsers and channels, each with a test."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from agent.errors import BadInput, NotFound
from server import alert_kinds
from server.alert_kinds import BadField, Kind
from server.bell import BadChannel
from server.http import alert_views
from server.http.auth import OwnForm, Viewer, csrf_token, is_owner
from server.http.browser_names import browser_name
from server.http.owner import business_of
from server.http.pages import WEB, page
from server.http.twilio import TheHouse
from server.store import push_subscriptions
from server.store.accounts import Account
from server.store.alert_channels import Channel
from server.store.push_subscriptions import Subscription
from server.wiring import House

router = APIRouter()
_pages = APIRouter(prefix="/alerts")

MOST = 10
"""Browsers, and channels, of one person."""
_LONGEST = 1000
_TOLD = "told of alerts"
"""Where the session keeps words for the next page."""


def person(house: TheHouse, viewer: Viewer) -> Account:
    """The viewer as one of the shop's own people, who alone have alerts.

    Raises:
        HTTPException: 403, somebody else is looking.
    """
    if business_of(house, viewer.business).person(viewer.staff) is None:
        raise HTTPException(403, "Only people of the business have alerts. Sign in as one of them.")
    return viewer


Person = Annotated[Account, Depends(person)]


def wanted_kind(kind: str) -> Kind:
    """The kind of channel that the path names.

    Raises:
        NotFound: there is none.
    """
    if found := alert_kinds.kind(kind):
        return found
    raise NotFound("There is no such kind of channel.")


WantedKind = Annotated[Kind, Depends(wanted_kind)]


async def typed(request: Request, kind: WantedKind) -> dict[str, str]:
    """What was typed into the fields of a kind; nothing is missing, much may be empty."""
    form = await request.form()
    return {
        name: str(form.get(name, "")).strip()[:_LONGEST]
        for name in ("name", *(field.name for field in kind.fields))
    }


Typed = Annotated[dict[str, str], Depends(typed)]


def target(house: TheHouse, viewer: Viewer, place: str, one: int) -> Subscription | Channel:
    """The browser or channel that the path names: the viewer's own, or for an owner anybody's in the shop.

    Raises:
        NotFound: there is none.
    """
    found: Subscription | Channel | None = None
    with house.database.connect() as connection:
        if place == "browsers":
            found = push_subscriptions.get(connection, viewer.business, one)
        elif place == "channels":
            found = house.bell.kept.get(connection, viewer.business, one)
    if found is None or not (found.staff == viewer.staff or is_owner(viewer)):
        raise NotFound("It is not in the list any more.")
    return found


Target = Annotated[Subscription | Channel, Depends(target)]


@_pages.get("")
def alerts_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    business, now = business_of(house, viewer.business), house.clock.now()
    with house.database.connect() as connection:
        browsers = push_subscriptions.of_business(connection, viewer.business)
        channels = house.bell.kept.of_business(connection, viewer.business)
    own = [one for one in browsers if one.staff == viewer.staff]
    own_channels = [one for one in channels if one.staff == viewer.staff]
    is_person = business.person(viewer.staff) is not None
    return page(
        request,
        "my_alerts.html",
        csrf=csrf_token(request),
        business=business,
        key=house.bell.public_key() if is_person else "",
        mine=alert_views.rows(business, own, own_channels, now),
        others=alert_views.others(business, viewer.staff, browsers, channels, now)
        if is_owner(viewer)
        else [],
        kinds=alert_kinds.KINDS if is_person else (),
        told=request.session.pop(_TOLD, ""),
    )


@_pages.post("/browsers", dependencies=[OwnForm])
def add_browser(
    request: Request,
    house: TheHouse,
    viewer: Person,
    endpoint: Annotated[str, Form()] = "",
    p256dh: Annotated[str, Form()] = "",
    auth: Annotated[str, Form()] = "",
) -> Response:
    """This browser shows the viewer's alerts from now on; asked again, it changes nothing."""
    try:
        house.bell.browsers.check(endpoint, p256dh, auth)
    except BadChannel as error:
        raise BadInput(f"This browser cannot show alerts: {error}.") from error
    name, now = browser_name(request.headers.get("user-agent", "")), house.clock.now()
    with house.database.begin() as connection:
        known = push_subscriptions.of_person(connection, viewer.business, viewer.staff)
        if endpoint not in {one.endpoint for one in known}:
            _refuse_more(len(known))
        push_subscriptions.save(connection, viewer.id, name, endpoint, p256dh, auth, now)
    return _told(request, f"{name} shows your alerts now. Press Test to see one.")


@_pages.post("/browsers/forget", dependencies=[OwnForm])
def forget_browser(
    request: Request, house: TheHouse, viewer: Viewer, endpoint: Annotated[str, Form()] = ""
) -> Response:
    """The browser itself says that it was turned off."""
    with house.database.begin() as connection:
        push_subscriptions.forget(connection, viewer.id, endpoint)
    return _told(request, "Alerts are off on this device.")


@_pages.get("/add/{kind}")
def add_page(request: Request, house: TheHouse, viewer: Person, kind: WantedKind) -> HTMLResponse:
    return _add_page(request, house, viewer, kind, {})


@_pages.post("/add/{kind}", dependencies=[OwnForm])
def add_channel(
    request: Request, house: TheHouse, viewer: Person, kind: WantedKind, typed: Typed
) -> Response:
    try:
        url = _address(house, kind, typed)
    except BadField as error:
        return _add_page(request, house, viewer, kind, typed, error)
    with house.database.begin() as connection:
        _refuse_more(len(house.bell.kept.of_person(connection, viewer.business, viewer.staff)))
        name = typed["name"][:60] or kind.name
        now = house.clock.now()
        house.bell.kept.add(connection, viewer.business, viewer.staff, name, url, now)
    return _told(request, f"{name} is added. Press Test to see whether it works.")


@_pages.post("/{place}/{one}/test", dependencies=[OwnForm])
def test(request: Request, house: TheHouse, viewer: Viewer, found: Target) -> Response:
    if found.staff != viewer.staff:
        raise HTTPException(403, "Only the person whose it is can test it.")
    return _told(request, f"Test: {house.bell.test(found)}.")


@_pages.post("/{place}/{one}/remove", dependencies=[OwnForm])
def remove(request: Request, house: TheHouse, found: Target) -> Response:
    with house.database.begin() as connection:
        _remove(house, connection, found)
    return _told(request, f"{found.name} is removed.")


@router.get("/sw.js")
def worker() -> Response:
    """The script that shows alerts while no page is open; from here, because its place is how far it reaches."""
    return FileResponse(
        WEB / "static" / "sw.js",
        media_type="text/javascript",
        headers={"Cache-Control": "no-cache"},
    )


@router.get("/manifest.webmanifest")
def manifest() -> Response:
    return FileResponse(
        WEB / "static" / "manifest.webmanifest", media_type="application/manifest+json"
    )


def _add_page(
    request: Request,
    house: House,
    viewer: Account,
    kind: Kind,
    typed: dict[str, str],
    trouble: BadField | None = None,
) -> HTMLResponse:
    return page(
        request,
        "my_alerts_add.html",
        status=422 if trouble else 200,
        csrf=csrf_token(request),
        business=business_of(house, viewer.business),
        kind=kind,
        typed=typed,
        field_of_trouble=trouble.field if trouble else "",
        trouble=str(trouble or ""),
    )


def _address(house: House, kind: Kind, typed: dict[str, str]) -> str:
    """The channel's address, found fit.

    Raises:
        BadField: it is not.
    """
    for field in kind.fields:
        if field.is_needed and not typed[field.name]:
            raise BadField(field.name, "This is needed.")
    try:
        return house.bell.channels.checked(kind.address(typed))
    except BadChannel as error:
        names = [field.name for field in kind.fields]
        raise BadField("server" if "server" in names else names[0], str(error)) from error


def _refuse_more(there_are: int) -> None:
    if there_are >= MOST:
        raise BadInput(f"There are {MOST} already. Remove one that you no longer use first.")


def _remove(house: House, connection: sa.Connection, found: Subscription | Channel) -> None:
    if isinstance(found, Channel):
        house.bell.kept.remove(connection, found)
    else:
        push_subscriptions.remove(connection, found)


def _told(request: Request, words: str) -> RedirectResponse:
    """Back to the page, with words about what has been done."""
    request.session[_TOLD] = words
    return RedirectResponse("/alerts", status_code=303)


router.include_router(_pages)
