"""One business as whoever runs the installation sees it: begun, suspended, measured out, its numbers and its account."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from agent.business import Business
from agent.errors import BadInput
from agent.rules.phone import spoken
from server import business_removal, first_run, overview, provider, quotas
from server.http import sessions
from server.http.auth import OwnForm, TheAdmin, csrf_token
from server.http.pages import page
from server.http.twilio import TheHouse
from server.provider import By
from server.quotas import Quota
from server.store import (
    accounts,
    admins,
    carrier_credentials,
    number_health,
    registrations,
    standings,
    usage,
)
from server.store.registrations import Registration
from server.wiring import House

router = APIRouter(prefix="/admin/businesses")

Typed = Annotated[str, Form()]
_QUOTAS = ("segments_month", "tokens_day", "documents_mb", "logins")
_MONTHS = 6


@dataclass(frozen=True, kw_only=True)
class NumberRow:
    registration: Registration
    health: Any
    is_main: bool
    is_placeholder: bool
    """The owner has not said a number yet."""


@router.get("")
def list_page(_house: TheHouse, _admin: TheAdmin) -> Response:
    return RedirectResponse("/admin", status_code=303)


@router.post("", dependencies=[OwnForm])
def begin(
    request: Request,
    house: TheHouse,
    admin: TheAdmin,
    name: Typed = "",
    owner: Typed = "",
    slug: Typed = "",
) -> Response:
    """A draft, and the link with which its owner goes on."""
    by = _by(house, admin)
    try:
        with house.database.begin() as connection:
            made, is_new = provider.begin(connection, slug.strip(), name, owner, by)
            token = provider.invite_owner(connection, made.slug, by) if is_new else ""
    except BadInput as error:
        return _new_page(request, str(error), {"name": name, "owner": owner, "slug": slug})
    if not is_new:
        return RedirectResponse(f"/admin/businesses/{made.slug}", status_code=303)
    return _page(request, house, made.slug, link=_link(house, token))


@router.get("/new")
def new_page(request: Request, _house: TheHouse, _admin: TheAdmin) -> HTMLResponse:
    return _new_page(request, "", {"name": "", "owner": "", "slug": ""})


@router.get("/{slug}")
def business_page(request: Request, house: TheHouse, _admin: TheAdmin, slug: str) -> HTMLResponse:
    return _page(request, house, slug)


@router.post("/{slug}/suspend", dependencies=[OwnForm])
def suspend(
    request: Request, house: TheHouse, admin: TheAdmin, slug: str, why: Typed = ""
) -> Response:
    return _do(
        request, house, admin, slug, {"why": why},
        lambda connection, by: provider.suspend(connection, slug, why, by),
        "Suspended. Nothing leaves it now; its phone still rings.",
    )  # fmt: skip


@router.post("/{slug}/resume", dependencies=[OwnForm])
def resume(request: Request, house: TheHouse, admin: TheAdmin, slug: str) -> Response:
    return _do(
        request, house, admin, slug, {},
        lambda connection, by: provider.resume(connection, slug, by),
        "It works again. Nothing is sent late: who texted meanwhile stands under its to-dos.",
    )  # fmt: skip


@router.post("/{slug}/quota", dependencies=[OwnForm])
def set_quota(
    request: Request,
    house: TheHouse,
    admin: TheAdmin,
    slug: str,
    segments_month: Typed = "",
    tokens_day: Typed = "",
    documents_mb: Typed = "",
    logins: Typed = "",
    hard: Typed = "",
) -> Response:
    """Empty: as the installation allows."""
    given = dict(zip(_QUOTAS, (segments_month, tokens_day, documents_mb, logins), strict=True))
    return _do(
        request, house, admin, slug, given,
        lambda connection, by: provider.set_quota(connection, slug, _quota(given, hard), by),
        "Kept.",
    )  # fmt: skip


@router.post("/{slug}/numbers", dependencies=[OwnForm])
def add_number(
    request: Request,
    house: TheHouse,
    admin: TheAdmin,
    slug: str,
    number: Typed = "",
    main: Typed = "",
) -> Response:
    return _do(
        request, house, admin, slug, {"number": number},
        lambda connection, by: provider.add_number(connection, slug, number, by, main=bool(main)),
        "The number is here. Now enter what its registration has come to.",
    )  # fmt: skip


@router.post("/{slug}/numbers/register", dependencies=[OwnForm])
def register_number(
    request: Request,
    house: TheHouse,
    admin: TheAdmin,
    slug: str,
    number: Typed = "",
    status: Typed = "",
    note: Typed = "",
) -> Response:
    return _do(
        request, house, admin, slug, {},
        lambda connection, by: provider.enter_registration(
            connection, slug, number, registrations.status(status), note, by
        ),
        f"{spoken(number)}: kept.",
    )  # fmt: skip


@router.post("/{slug}/numbers/move", dependencies=[OwnForm])
def move_number(
    request: Request,
    house: TheHouse,
    admin: TheAdmin,
    slug: str,
    number: Typed = "",
    to: Typed = "",
) -> Response:
    return _do(
        request, house, admin, slug, {"to": to},
        lambda connection, by: provider.move_number(connection, number, slug, to.strip(), by),
        f"{spoken(number)} has moved. Its conversations stay here; enter its registration over there.",
    )  # fmt: skip


@router.post("/{slug}/numbers/remove", dependencies=[OwnForm])
def remove_number(
    request: Request, house: TheHouse, admin: TheAdmin, slug: str, number: Typed = ""
) -> Response:
    return _do(
        request, house, admin, slug, {},
        lambda connection, by: provider.remove_number(connection, slug, number, by),
        f"{spoken(number)} is removed.",
    )  # fmt: skip


@router.post("/{slug}/account", dependencies=[OwnForm])
def set_account(
    request: Request,
    house: TheHouse,
    admin: TheAdmin,
    slug: str,
    account_sid: Typed = "",
    token: Typed = "",
) -> Response:
    return _do(
        request, house, admin, slug, {"account_sid": account_sid},
        lambda connection, by: provider.set_account(
            connection, house.carrier_tokens, slug, account_sid, token, by
        ),
        "Kept. It is used from now on; the token before is believed for a day more.",
    )  # fmt: skip


@router.post("/{slug}/account/forget", dependencies=[OwnForm])
def forget_account(request: Request, house: TheHouse, admin: TheAdmin, slug: str) -> Response:
    return _do(
        request, house, admin, slug, {},
        lambda connection, by: provider.forget_account(connection, slug, by),
        "It sends from the installation's account again.",
    )  # fmt: skip


@router.post("/{slug}/invite", dependencies=[OwnForm])
def invite_owner(request: Request, house: TheHouse, admin: TheAdmin, slug: str) -> Response:
    """Shown once."""
    try:
        with house.database.begin() as connection:
            token = provider.invite_owner(connection, slug, _by(house, admin))
    except BadInput as error:
        return _page(request, house, slug, error=str(error))
    return _page(request, house, slug, link=_link(house, token))


@router.post("/{slug}/remove", dependencies=[OwnForm])
def remove(
    request: Request, house: TheHouse, admin: TheAdmin, slug: str, confirm: Typed = ""
) -> Response:
    """For ever; only a suspended one."""
    try:
        business_removal.remove(house, slug, confirm, _by(house, admin))
    except BadInput as error:
        return _page(request, house, slug, error=str(error), typed={"confirm": confirm})
    sessions.tell(request, f"{slug} is taken away with everything that was known of it.")
    return RedirectResponse("/admin", status_code=303)


def _do(
    request: Request,
    house: House,
    admin: admins.Admin,
    slug: str,
    typed: dict[str, str],
    act: Callable[[sa.Connection, By], object],
    told: str,
) -> Response:
    """One act in one transaction; what was typed stays where it cannot be done."""
    try:
        with house.database.begin() as connection:
            act(connection, _by(house, admin))
    except BadInput as error:
        return _page(request, house, slug, error=str(error), typed=typed)
    sessions.tell(request, told)
    return RedirectResponse(f"/admin/businesses/{slug}", status_code=303)


def _page(
    request: Request,
    house: House,
    slug: str,
    *,
    error: str = "",
    typed: dict[str, str] | None = None,
    link: str = "",
) -> HTMLResponse:
    now, measure = house.clock.now(), house.door.limits.measure
    with house.database.connect() as connection:
        business = provider.known(connection, slug)
        standing = standings.of(connection, slug, business.phone)
        own = Quota.model_validate(standing.quota or {})
        shown = {name: _shown(getattr(own, name)) for name in _QUOTAS}
        answer = page(
            request,
            "provider.html",
            status=400 if error else 200,
            csrf=csrf_token(request),
            told=sessions.told(request),
            error=error,
            typed={"why": "", "number": "", "to": "", "account_sid": "", "confirm": ""} | shown | (typed or {}),
            link=link,
            business=business,
            has_number=first_run.has_number(business),
            suspension=standing.suspension,
            is_hard=own.hard,
            measure=measure,
            spent=quotas.spent(connection, business, measure, now),
            months=list(usage.of_business(connection, slug).items())[:_MONTHS],
            numbers=_numbers(connection, house, business),
            statuses=registrations.STATUSES,
            logins=accounts.of_business(connection, slug),
            token_at=carrier_credentials.entered_at(connection, slug),
        )  # fmt: skip
    if link:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _new_page(request: Request, error: str, typed: dict[str, str]) -> HTMLResponse:
    status = 400 if error else 200
    return page(
        request, "provider_new.html", status=status, csrf=csrf_token(request), error=error, typed=typed
    )  # fmt: skip


def _numbers(connection: sa.Connection, house: House, business: Business) -> list[NumberRow]:
    sums = {one.number: one for one in number_health.of_business(connection, business.slug, house.clock.now())}  # fmt: skip
    return [
        NumberRow(
            registration=one,
            health=overview.health_of(sums[one.number]),
            is_main=one.number == business.phone,
            is_placeholder=one.number == business.phone and not first_run.has_number(business),
        )
        for one in registrations.of_business(connection, business.slug)
    ]


def _quota(given: dict[str, str], hard: str) -> Quota:
    """Raises: BadInput: one is no number."""
    typed = {name: value.replace(",", "").strip() or None for name, value in given.items()}
    try:
        return Quota.model_validate(typed | {"hard": bool(hard)})
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        words = f"{given[field]!r} is no whole number. Leave it empty for the installation's, or write 0 for no limit."
        raise BadInput(words) from error


def _shown(value: int | None) -> str:
    return "" if value is None else str(value)


def _link(house: House, token: str) -> str:
    return f"{house.settings.public_url}/invitation/{token}"


def _by(house: House, admin: admins.Admin) -> By:
    return By(who=f"admin:{admin.login}", now=house.clock.now())
