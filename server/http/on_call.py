"""Who is on call and when, what was escalated and how it went, and a test."""

from collections import Counter
from functools import partial
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import BadInput, NotFound
from server import trial_alert
from server.http import on_call_views as views
from server.http.auth import Owner, OwnForm, Viewer, csrf_token, is_owner
from server.http.on_call_form import TheLadder, Written, seen_now
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.profile_changes import change
from server.store import accounts, push_subscriptions
from server.wiring import House

router = APIRouter(prefix="/business/on-call")

_LOGGED = 20
_SAVED = "on_call_saved"
"""Where the session keeps that the next page says so."""
_OTHERS = "Somebody else has saved this page since you opened it. Look at it again, and change it once more."


@router.get("")
def on_call_page(request: Request, house: TheHouse, viewer: Viewer, test: int = 0) -> HTMLResponse:
    saved = bool(request.session.pop(_SAVED, False))
    return _page(request, house, viewer, test=test, saved=saved)


@router.post("", dependencies=[OwnForm])
def save(request: Request, house: TheHouse, owner: Owner, ladder: TheLadder) -> Response:
    """Keep the ladder, whichever button was pressed."""
    try:
        with house.database.begin() as connection:
            ladder_of = partial(_with_ladder, ladder)
            now = house.clock.now()
            change(connection, owner.business, ladder_of, by=owner.login, now=now)
    except BadInput as error:
        return _page(request, house, owner, error=str(error))
    request.session[_SAVED] = True
    return RedirectResponse(f"{router.prefix}#ladder", status_code=303)


@router.post("/test", dependencies=[OwnForm])
def start_test(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    staff: Annotated[str, Form()] = "",
    text: Annotated[bool, Form()] = False,
    call: Annotated[bool, Form()] = False,
    bell: Annotated[bool, Form()] = False,
) -> Response:
    """Reach one person for real; who is no owner tries it on themselves."""
    business = business_of(house, viewer.business)
    staff = staff if is_owner(viewer) else viewer.staff
    asked = {"text": text, "call": call, "bell": bell}
    ways = [name for name, wanted in asked.items() if wanted]
    try:
        with house.database.begin() as connection:
            name = trial_alert.begin(
                connection,
                house.engine.jobs,
                business,
                staff,
                viewer.staff,
                ways,
                house.clock.now(),
            )
    except BadInput as error:
        return _page(request, house, viewer, error=str(error))
    return RedirectResponse(f"{router.prefix}?test={name}#test", status_code=303)


@router.get("/tests/{escalation_id}")
def watched(request: Request, house: TheHouse, viewer: Viewer, escalation_id: int) -> HTMLResponse:
    """The steps of a test alone, for the page that is open."""
    business, now = business_of(house, viewer.business), house.clock.now()
    with house.database.connect() as connection:
        shown = views.shown_test(connection, business, escalation_id, now)
    if shown is None:
        raise NotFound("There is no such test.")
    return page(request, "on_call_test.html", one=shown)


def _with_ladder(ladder: Written, stored: Business) -> Business:
    """Raises BadInput: it cannot be kept, or somebody else was quicker."""
    if ladder.seen != seen_now(stored):
        raise BadInput(_OTHERS)
    return ladder.into(stored)


def _page(
    request: Request,
    house: House,
    viewer: accounts.Account,
    *,
    test: int = 0,
    error: str = "",
    saved: bool = False,
) -> HTMLResponse:
    business, now = business_of(house, viewer.business), house.clock.now()
    with house.database.connect() as connection:
        rungs = views.rungs(connection, business, _channels(connection, house, business), now)
        log = views.log(connection, business, _LOGGED, now)
        shown = views.shown_test(connection, business, test, now) if test else None
    listed = {rung.staff for rung in rungs}
    return page(
        request,
        "on_call.html",
        status=400 if error else 200,
        csrf=csrf_token(request),
        business=business,
        viewer=viewer,
        may_change=is_owner(viewer),
        rungs=rungs,
        others=[one for one in business.staff if one.id not in listed],
        log=log,
        test=shown,
        seen=seen_now(business),
        error=error,
        saved=saved,
    )


def _channels(connection: sa.Connection, house: House, business: Business) -> dict[str, int]:
    """How many browsers and channels each person has."""
    browsers = push_subscriptions.of_business(connection, business.slug)
    channels = house.bell.kept.of_business(connection, business.slug)
    return Counter([one.staff for one in browsers] + [one.staff for one in channels])
