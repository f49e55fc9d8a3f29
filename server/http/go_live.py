"""What must work before callers are texted, tried out; then the switch."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import BadInput, NotFound
from agent.rules import wording
from agent.rules.phone import spoken
from server import go_live, profile_changes, trying_out
from server.go_live import Check
from server.http.auth import Owner, OwnForm, Viewer, csrf_token, is_owner
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.store import accounts, registrations, setups
from server.store.registrations import Status
from server.store.setups import Confirmed, Setup
from server.wiring import House

router = APIRouter(prefix="/business/go-live")

STATUS_WORDS: dict[Status, str] = {
    "none": "Not begun",
    "submitted": "Handed in, not approved yet",
    "approved": "Approved",
    "rejected": "Rejected",
}
MARKS = {"ok": ("✓", "works"), "todo": ("", "to do"), "bad": ("!", "does not work")}
"""What is drawn, and what is read out."""
_TOLD = "go_live_told"


@router.get("")
def list_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    return _page(request, house, viewer, told=request.session.pop(_TOLD, ""), looks=True)


@router.post("/check/{name}", dependencies=[OwnForm])
def check(request: Request, house: TheHouse, owner: Owner, name: str) -> Response:
    """Try one thing now; its line alone for a page that is open."""
    if name not in go_live.TRIED:
        raise NotFound("There is no such check.")
    business = business_of(house, owner.business)
    trying_out.try_out(trying_out.bench_of(house), business, name, house.clock.now())
    if "HX-Request" not in request.headers:
        return RedirectResponse(f"{router.prefix}#{name}", status_code=303)
    return _line(request, house, owner, name)


@router.post("/point", dependencies=[OwnForm])
def point(request: Request, house: TheHouse, owner: Owner) -> Response:
    """Have the carrier report the number's calls and texts here."""
    business = business_of(house, owner.business)
    try:
        trying_out.point_here(trying_out.bench_of(house), business, house.clock.now())
    except BadInput as error:
        return _page(request, house, owner, error=str(error))
    return _done(request, "The number's calls and texts come here now.", "number")


@router.post("/registration", dependencies=[OwnForm])
def enter_registration(
    request: Request,
    house: TheHouse,
    owner: Owner,
    number: Annotated[str, Form()] = "",
    status: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    known = next((one for one in registrations.STATUSES if one == status), None)
    if known is None:
        return _page(request, house, owner, error="Choose how far the registration is.")
    try:
        with house.database.begin() as connection:
            registrations.enter(connection, owner.business, number, known, note, house.clock.now())
    except BadInput as error:
        return _page(request, house, owner, error=str(error))
    return _done(request, f"Saved for {spoken(number)}.", "registration")


@router.post("/greeting", dependencies=[OwnForm])
def confirm_greeting(request: Request, house: TheHouse, owner: Owner) -> Response:
    """The owner says that callers are told of texts."""
    confirmed = Confirmed(by=owner.login, at=house.clock.now())

    def change(found: Setup) -> Setup:
        return found.model_copy(update={"greeting": confirmed})

    with house.database.begin() as connection:
        setups.change(connection, owner.business, change)
    return _done(request, "Thank you, that is noted.", "greeting")


@router.post("", dependencies=[OwnForm])
def switch(
    request: Request,
    house: TheHouse,
    owner: Owner,
    mode: Annotated[str, Form()] = "live",
    anyway: Annotated[bool, Form()] = False,
) -> Response:
    """Callers are texted from now on, or not any more; with something missing only when the owner says so."""
    business = business_of(house, owner.business)
    wanted = "live" if mode == "live" else "shadow"
    with house.database.connect() as connection:
        missing = go_live.missing(go_live.checks(connection, business))
    if wanted == "live" and missing and not anyway:
        names = ", ".join(one.title.lower() for one in missing)
        words = f"Not live yet. Still open: {names}. Tick the box to go live anyway."
        return _page(request, house, owner, error=words)

    def change(held: Business) -> Business:
        texting = held.texting.model_copy(update={"mode": wanted})
        return held.model_copy(update={"texting": texting})

    now = house.clock.now()
    with house.database.begin() as connection:
        profile_changes.change(connection, owner.business, change, by=owner.login, now=now)
        if wanted == "live":
            setups.finish(connection, owner.business, now)
    words = "You are live: who misses you gets a text from now on." if wanted == "live" else "Callers are not texted any more. Missed calls are still noted."  # fmt: skip
    return _done(request, words)


def _done(request: Request, words: str, place: str = "") -> Response:
    request.session[_TOLD] = words
    return RedirectResponse(f"{router.prefix}{'#' if place else ''}{place}", status_code=303)


def _line(request: Request, house: House, owner: accounts.Account, name: str) -> HTMLResponse:
    business = business_of(house, owner.business)
    with house.database.connect() as connection:
        found = go_live.checks(connection, business)
    return page(
        request,
        "_go_live_checked.html",
        csrf=csrf_token(request),
        business=business,
        one=next(one for one in found if one.name == name),
        missing=go_live.missing(found),
        looks=False,
        **_shown(house, owner, business),
    )


def _shown(house: House, viewer: accounts.Account, business: Business) -> dict[str, Any]:
    with house.database.connect() as connection:
        numbers = registrations.of_business(connection, business.slug)
    return {
        "may_change": is_owner(viewer) and not viewer.is_admin,
        "marks": MARKS,
        "numbers": [one for one in numbers if one.needs],
        "status_words": STATUS_WORDS,
        "script": wording.greeting(_as_live(business)),
        "for_website": wording.for_website(business),
        "tried": go_live.TRIED,
        "zone": business.zone,
    }


def _as_live(business: Business) -> Business:
    """The words for the voicemail once callers are texted."""
    texting = business.texting.model_copy(update={"mode": "live"})
    return business.model_copy(update={"texting": texting})


def _page(
    request: Request,
    house: House,
    viewer: accounts.Account,
    *,
    error: str = "",
    told: str = "",
    looks: bool = False,
) -> HTMLResponse:
    business = business_of(house, viewer.business)
    with house.database.connect() as connection:
        found: list[Check] = go_live.checks(connection, business)
        in_setup = setups.is_under_way(connection, business.slug)
    return page(
        request,
        "go_live.html",
        status=400 if error else 200,
        csrf=csrf_token(request),
        business=business,
        checks=found,
        missing=go_live.missing(found),
        in_setup=in_setup,
        error=error,
        told=told,
        looks=looks,
        **_shown(house, viewer, business),
    )
