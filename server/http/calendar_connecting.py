"""Connecting a calendar on another server: what an owner types, the calendars found there, the one that is chosen."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from agent.business import CalendarSource
from agent.errors import CalendarError
from agent.model import CalendarAddress
from server import calendar_providers
from server.calendar_discovery import Found, Trouble, discover
from server.calendar_switch import NEXT
from server.http.attempts import FailedLogins
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.calendar_ticket import Ticket, opened, sealed
from server.http.calendar_views import broken, host_of, provider_of, where
from server.http.calendars import Owned, booked_ahead, switch, to_list
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.store.accounts import Account
from server.store.calendar_secrets import same_url
from server.wiring import House

router = APIRouter(prefix="/business/calendars")

_AT_ONCE = 2
_LONGEST = 500
"""Letters of a field."""
_PRIVATE = {"Cache-Control": "no-store"}


class Lookups:
    """Other servers are asked for owners by few at once, and not hammered with wrong passwords."""

    def __init__(self) -> None:
        self.turn = asyncio.Semaphore(_AT_ONCE)
        self.attempts = FailedLogins()


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What stands in the form; the password is never put back."""

    provider: str = ""
    address: str = ""
    username: str = ""


@router.get("/{calendar}/connect")
def connect_page(
    request: Request, house: TheHouse, owner: Owner, source: Owned, provider: str = ""
) -> HTMLResponse:
    """Without a provider: choose one."""
    known = calendar_providers.provider(provider)
    address, username = known.address if known else "", ""
    if source.url and provider == provider_of(source):
        address, username = address or source.url, source.username or ""
    typed = Typed(provider=provider, address=address, username=username)
    return _form(request, house, owner, source, typed)


@router.post("/{calendar}/connect", dependencies=[OwnForm])
async def look_up(
    request: Request,
    house: TheHouse,
    owner: Owner,
    source: Owned,
    provider: Annotated[str, Form()] = "",
    address: Annotated[str, Form()] = "",
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Look for the calendars of the account; the page to choose from, or the form with what is wrong."""
    address, username = address.strip()[:_LONGEST], username.strip()[:_LONGEST]
    provider = provider if calendar_providers.provider(provider) else "other"
    typed = Typed(provider=provider, address=address, username=username)
    password = password[:_LONGEST]
    found = _missing(typed, password) or await _found(
        request.app.state.lookups, owner.business, typed, password, house.settings.reaches_inside
    )
    if isinstance(found, Trouble):
        return await to_thread.run_sync(_form, request, house, owner, source, typed, found)
    ticket = Ticket(
        account=owner.id,
        calendar=source.id,
        password=password,
        found=found.calendars,
        **vars(typed),
    )
    return await to_thread.run_sync(_choice, request, house, owner, source, ticket)


@router.post("/{calendar}/choose", dependencies=[OwnForm])
def choose(
    request: Request,
    house: TheHouse,
    owner: Owner,
    source: Owned,
    ticket: Annotated[str, Form()] = "",
    url: Annotated[str, Form()] = "",
    provider: Annotated[str, Form()] = "other",
    address: Annotated[str, Form()] = "",
    username: Annotated[str, Form()] = "",
) -> Response:
    """Connect one of the calendars that were found; when the ticket is too old, the password is asked for again."""
    key = house.settings.session_key()
    held = opened(ticket, key, owner.id, source.id)
    if held is None:
        words = "That took too long. Type the password again."
        typed = Typed(provider=provider, address=address, username=username)
        trouble = Trouble(field="password", words=words)
        return _form(request, house, owner, source, typed, trouble)
    chosen = next((one for one in held.found if one.url == url), None)
    if chosen is None or chosen.problem:
        words = "Choose one of these calendars."
        return _choice(request, house, owner, source, held, problem=words)
    at = CalendarAddress(
        business=owner.business, calendar=source.id, url=chosen.url, username=held.username
    )
    business = business_of(house, owner.business)
    try:
        switch(house).elsewhere(business, at, held.password, by=owner.login)
    except CalendarError as error:
        why = broken(business, f"{NEXT}{source.id}", str(error)).words
        words = f"Nothing has changed, because the visits ahead could not be written into it: {why}"
        return _choice(request, house, owner, source, held, problem=words)
    words = (
        f"{source.id} is now the calendar {chosen.name} at {host_of(chosen.url)}. What is busy there is not offered to "
        "callers, and new visits are written into it."
    )
    return to_list(request, words)


def _missing(typed: Typed, password: str) -> Trouble | None:
    if not typed.address:
        return Trouble(field="address", words="Type the address of the calendar server.")
    if not typed.username:
        return Trouble(field="username", words="Type your user name there.")
    return None if password else Trouble(field="password", words="Type the password.")


async def _found(
    lookups: Lookups, business: str, typed: Typed, password: str, inside: bool
) -> Found | Trouble:
    if lookups.attempts.too_many(business, ""):
        words = "Too many tries. Wait a minute, then try again."
        return Trouble(field="password", words=words)
    async with lookups.turn:
        ask = partial(discover, typed.address, typed.username, password, inside=inside)
        found = await to_thread.run_sync(ask)
    if isinstance(found, Trouble):
        lookups.attempts.failed(business, "")
    return found


def _form(
    request: Request,
    house: House,
    owner: Account,
    source: CalendarSource,
    typed: Typed,
    trouble: Trouble | None = None,
) -> HTMLResponse:
    answer = page(
        request,
        "calendar_connect.html",
        status=400 if trouble else 200,
        csrf=csrf_token(request),
        business=business_of(house, owner.business),
        calendar=source.id,
        is_ours=source.url is None,
        where=where(source),
        providers=calendar_providers.PROVIDERS,
        provider=calendar_providers.provider(typed.provider),
        typed=typed,
        trouble=trouble,
    )
    answer.headers.update(_PRIVATE)
    return answer


def _choice(
    request: Request,
    house: House,
    owner: Account,
    source: CalendarSource,
    ticket: Ticket,
    problem: str = "",
) -> HTMLResponse:
    business = business_of(house, owner.business)
    others = [one for one in business.calendars if one.url and one.id != source.id]
    answer = page(
        request,
        "calendar_choose.html",
        status=400 if problem else 200,
        csrf=csrf_token(request),
        business=business,
        calendar=source.id,
        host=host_of(ticket.found[0].url),
        where=where(source),
        stays=same_url(source.url),
        elsewhere={same_url(one.url): one.id for one in others},
        ahead=booked_ahead(house, business, source.id),
        ticket=sealed(ticket, house.settings.session_key()),
        typed=ticket,
        problem=problem,
    )
    answer.headers.update(_PRIVATE)
    return answer
