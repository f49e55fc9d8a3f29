"""Words that staff send often: kept, changed and removed by whoever answers callers."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business, CannedReply
from agent.errors import BadInput
from agent.rules import canned, marketing
from agent.rules.segments import plain, segments
from server.http.auth import OwnForm, Viewer, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.profile_changes import change
from server.store import accounts
from server.threads import LONGEST_TEXT
from server.wiring import House

router = APIRouter(prefix="/business/replies")

MOST = 100
LONGEST_NAME = 60
_SAVED = "reply_saved"
"""Where the session keeps what the next page says was done."""
_GONE = "Somebody else has changed or removed this reply since you opened the page. Your words are below, not saved."


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One reply on the page, or the one that could not be saved."""

    was: str
    """Its name as it is kept; empty: it is new."""
    name: str
    text: str
    error: str = ""

    @property
    def selling(self) -> list[str]:
        return marketing.selling_in(canned.fill(self.text, {}))

    @property
    def segments(self) -> int:
        return segments(self.text)


@router.get("")
def replies_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    return _page(request, house, viewer, saved=str(request.session.pop(_SAVED, "")))


@router.post("", dependencies=[OwnForm])
def save(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    name: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    was: Annotated[str, Form()] = "",
    before: Annotated[str, Form()] = "",
) -> Response:
    """Keep a reply.

    Args:
        was: the name of the one that is changed; empty: a new one.
        before: its words when the page was opened.
    """
    reply = CannedReply.model_construct(name=" ".join(name.split()), text=_tidy(text))

    def with_it(stored: Business) -> Business:
        kept = _with(stored.canned_replies, reply, was, _tidy(before))
        return stored.model_copy(update={"canned_replies": kept})

    try:
        with house.database.begin() as connection:
            now = house.clock.now()
            change(connection, viewer.business, with_it, by=viewer.login, now=now)
    except BadInput as error:
        held = Shown(was=was, name=reply.name, text=reply.text, error=str(error))
        return _page(request, house, viewer, held=held)
    request.session[_SAVED] = f"Saved: {reply.name}"
    return RedirectResponse("/business/replies", status_code=303)


@router.post("/remove", dependencies=[OwnForm])
def remove(
    request: Request, house: TheHouse, viewer: Viewer, was: Annotated[str, Form()] = ""
) -> Response:

    def without_it(stored: Business) -> Business:
        left = tuple(one for one in stored.canned_replies if one.name != was)
        return stored.model_copy(update={"canned_replies": left})

    with house.database.begin() as connection:
        change(connection, viewer.business, without_it, by=viewer.login, now=house.clock.now())
    request.session[_SAVED] = f"Removed: {was}"
    return RedirectResponse("/business/replies", status_code=303)


def _with(
    kept: tuple[CannedReply, ...], reply: CannedReply, was: str, before: str
) -> tuple[CannedReply, ...]:
    """The replies with this one, in its place or at the end.

    Raises:
        BadInput: it may not be kept so; says why.
    """
    _check(reply)
    others = [one.name.casefold() for one in kept if one.name != was]
    if reply.name.casefold() in others:
        raise BadInput(f"There is a reply called {reply.name} already. Give this one another name.")
    if not was:
        if len(kept) >= MOST:
            raise BadInput(f"{MOST} replies are kept at most. Remove one first.")
        return (*kept, reply)
    if not any(one.name == was and one.text == before for one in kept):
        raise BadInput(_GONE)
    return tuple(reply if one.name == was else one for one in kept)


def _check(reply: CannedReply) -> None:
    if not reply.name or not reply.text:
        raise BadInput("Give it a name and the words to send.")
    if len(reply.name) > LONGEST_NAME:
        raise BadInput(f"Make the name shorter: {LONGEST_NAME} characters at most.")
    if len(reply.text) > LONGEST_TEXT:
        raise BadInput(f"That is {len(reply.text)} characters; the carrier takes {LONGEST_TEXT}.")
    if strange := canned.unknown(reply.text):
        known = ", ".join(f"{{{one}}}" for one in canned.VARIABLES)
        raise BadInput(f"{strange[0]} is not filled in by anything. What is: {known}.")


def _tidy(words: str) -> str:
    """As it would be sent, without signs that no phone shows."""
    shown = "".join(sign for sign in words if sign.isprintable() or sign in "\n\t ")
    return plain(shown.strip())


def _page(
    request: Request,
    house: House,
    viewer: accounts.Account,
    *,
    held: Shown | None = None,
    saved: str = "",
) -> HTMLResponse:
    """With the words that could not be saved in their place."""
    business = business_of(house, viewer.business)
    kept = [Shown(was=one.name, name=one.name, text=one.text) for one in business.canned_replies]
    is_there = held is not None and any(one.was == held.was for one in kept)
    return page(
        request,
        "canned_replies.html",
        status=400 if held else 200,
        csrf=csrf_token(request),
        business=business,
        replies=[held if held and held.was == one.was else one for one in kept],
        before={one.name: one.text for one in business.canned_replies},
        new=held if held and not is_there else Shown(was="", name="", text=""),
        variables=canned.VARIABLES,
        longest=LONGEST_TEXT,
        longest_name=LONGEST_NAME,
        saved=saved,
    )
