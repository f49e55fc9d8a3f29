"""An item of the profile goes, once nothing hangs on it that would be lost."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import NotFound
from server import profile_hangs
from server.http import sessions
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.profile_parts import PREFIX, TheForm, TheSection, address, refuse, title
from server.http.twilio import TheHouse
from server.profile_changes import change
from server.profile_drafts import Refused, part
from server.profile_sections import Section
from server.store import accounts
from server.wiring import House

router = APIRouter()

_GONE = "It is not there any more. Somebody else may have removed it."


@router.get("/{section}/remove")
def ask_to_remove(
    request: Request, house: TheHouse, owner: Owner, section: TheSection, name: str = ""
) -> HTMLResponse:
    """What hangs on an item, before it goes."""
    return _removal_page(request, house, owner, section, name)


@router.post("/{section}/remove", dependencies=[OwnForm])
def remove(
    request: Request, house: TheHouse, owner: Owner, section: TheSection, form: TheForm
) -> Response:
    try:
        with house.database.begin() as connection:
            now, gone = house.clock.now(), ""

            def without(held: Business) -> Business:
                nonlocal gone
                gone = title(section, held, form.item)
                changed = _without(section, held, form.item)
                refuse(connection, held, changed, owner, now)
                profile_hangs.settle(connection, held, changed)
                return changed

            change(connection, owner.business, without, by=owner.login, now=now)
    except Refused:
        return _removal_page(request, house, owner, section, form.item, status=400)
    sessions.tell(request, f"{gone} is removed.")
    return RedirectResponse(f"{PREFIX}/{section.name}", status_code=303)


def _removal_page(
    request: Request,
    house: House,
    owner: accounts.Account,
    section: Section,
    item: str,
    status: int = 200,
) -> HTMLResponse:
    business, now = business_of(house, owner.business), house.clock.now()
    if not section.is_list or part(section, business.model_dump(mode="json"), item) is None:
        raise NotFound(_GONE)
    parting = profile_hangs.without(business, section.name, item)
    kept_by = list(parting.kept_by)
    if not kept_by and section.name != "closures":
        with house.database.connect() as connection:
            kept_by = profile_hangs.refusals(
                connection, business, parting.business, owner.staff, now
            )
    return page(
        request,
        "profile_remove.html",
        status=status,
        csrf=csrf_token(request),
        business=business,
        section=section,
        item=item,
        title=title(section, business, item),
        kept_by=kept_by,
        goes_along=parting.goes_along,
        back=address(section, item),
    )


def _without(section: Section, held: Business, item: str) -> Business:
    """Raises Refused: it is the last of its kind for something; NotFound: it is gone already."""
    plain = held.model_dump(mode="json")
    found = part(section, plain, item) if section.is_list else None
    if found is None:
        raise NotFound(_GONE)
    if section.name == "closures":
        days = [one for one in plain["closures"] if one is not found]
        return Business.model_validate(plain | {"closures": days})
    parting = profile_hangs.without(held, section.name, item)
    if parting.kept_by:
        raise Refused({"": parting.kept_by})
    return parting.business
