"""The first texts: what callers read after a missed call, weighed while the owner writes it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import BadInput
from agent.rules import templates
from agent.rules.filling import VARIABLES
from server.http import first_text_views as views
from server.http.auth import Owner, OwnForm, Viewer, csrf_token, is_owner
from server.http.first_text_form import LONGEST, TheWords, picked, seen_now, without
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.profile_changes import change
from server.store import accounts
from server.wiring import House

router = APIRouter(prefix="/business/first-text")

_SAVED = "first_text_saved"
"""Where the session keeps that the next page says so."""
_OTHERS = "Somebody else has saved this page since you opened it. Your words are below, not saved; save again to replace theirs."


@router.get("")
def first_text_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    business = business_of(house, viewer.business)
    saved = bool(request.session.pop(_SAVED, False))
    return _page(request, house, viewer, business, seen=seen_now(business), saved=saved)


@router.post("/check", dependencies=[OwnForm])
def check(
    request: Request,
    house: TheHouse,
    owner: Owner,
    words: TheWords,
    text: str = "",
    seen: Annotated[str, Form()] = "",
    pick: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """What would be said of these words, and to whom; nothing is saved. `text` names the one that a script asks about."""
    stored = business_of(house, owner.business)
    draft = picked(words, pick, stored).into(stored)
    if "HX-Request" not in request.headers:
        return _page(request, house, owner, draft, seen=seen or seen_now(stored))
    asked = [one for one in views.panels(draft, house.clock.now()) if text in ("", one.name)]
    return page(request, "_first_text_checks.html", panels=asked)


@router.post("", dependencies=[OwnForm])
def save(
    request: Request,
    house: TheHouse,
    owner: Owner,
    words: TheWords,
    seen: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Keep the words, unless law or carriers forbid them or somebody else was quicker; `back` names one to give up."""
    words = without(words, back)

    def with_words(stored: Business) -> Business:
        draft = words.into(stored)
        if error := _refused(draft) or ("" if seen == seen_now(stored) else _OTHERS):
            raise BadInput(error)
        return draft

    try:
        with house.database.begin() as connection:
            now = house.clock.now()
            change(connection, owner.business, with_words, by=owner.login, now=now)
    except BadInput as error:
        stored = business_of(house, owner.business)
        draft = words.into(stored)
        return _page(request, house, owner, draft, seen=seen_now(stored), error=str(error))
    request.session[_SAVED] = True
    return RedirectResponse("/business/first-text", status_code=303)


def _refused(draft: Business) -> str:
    """Why the words may not be saved; empty: they may."""
    reasons = [
        f"{'After hours' if closed else 'While you are open'}: {finding.words}"
        for _, template, closed in templates.own_templates(draft)
        for finding in templates.lint(draft, template, closed=closed)
        if finding.blocks
    ]
    return "Not saved. " + " ".join(reasons) if reasons else ""


def _page(
    request: Request,
    house: House,
    viewer: accounts.Account,
    business: Business,
    *,
    seen: str,
    error: str = "",
    saved: bool = False,
) -> HTMLResponse:
    shown: dict[str, Any] = {
        "panels": views.panels(business, house.clock.now()),
        "choices": {
            name: views.choices(business, name) for name in ("first_text", "after_hours_text")
        },
        "copies": list(views.copies(business)),
        "variables": VARIABLES,
    }
    return page(
        request,
        "first_text.html",
        status=400 if error else 200,
        csrf=csrf_token(request),
        business=business,
        may_change=is_owner(viewer),
        longest=LONGEST,
        seen=seen,
        error=error,
        saved=saved,
        **shown,
    )
