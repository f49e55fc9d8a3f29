"""Logins of a business: invitations, who may come in. For owners."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Staff
from agent.errors import BadInput
from server import inviting, second_factor
from server.http import sessions
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.inviting import Access
from server.store import accounts, invitations
from server.store.accounts import Account
from server.store.invitations import Invitation
from server.wiring import House

router = APIRouter(prefix="/business/people")

Typed = Annotated[str, Form()]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A person, and how they come in."""

    person: Staff
    account: Account | None
    invitation: Invitation | None


@router.get("")
def people_page(request: Request, house: TheHouse, owner: Owner) -> HTMLResponse:
    return _page(request, house, owner)


@router.post("/add", dependencies=[OwnForm])
def add(
    request: Request,
    house: TheHouse,
    owner: Owner,
    name: Typed = "",
    phone: Typed = "",
    role: Typed = "",
    access: Annotated[Access, Form()] = "staff",
) -> Response:
    typed = {"name": name, "phone": phone, "role": role, "access": access}
    try:
        with house.database.begin() as connection:
            person = inviting.add_person(
                connection, owner.business, name=name, phone=phone, role=role, access=access,
                by=owner.login, now=house.clock.now(),
            )  # fmt: skip
    except BadInput as error:
        return _page(request, house, owner, error=str(error), typed=typed)
    return _done(request, f"{person.name} is added.")


@router.post("/{staff}/invite", dependencies=[OwnForm])
def invite(
    request: Request,
    house: TheHouse,
    owner: Owner,
    staff: str,
    access: Annotated[Literal["owner", "staff"] | None, Form()] = None,
    send: Typed = "",
) -> Response:
    """A link that makes a login, or a new password for one; the only page that shows it.

    Args:
        send: not empty: the link goes to the person's phone too.
    """
    now = house.clock.now()
    try:
        with house.database.begin() as connection:
            own = inviting.phone_thread(connection, owner.business, staff, now) if send else None
            if access:
                inviting.give_access(connection, owner.business, staff, access, now, by=owner.login)
            token = inviting.invite(connection, owner.business, staff, owner.staff, now)
            link = f"{house.settings.public_url.rstrip('/')}/invitation/{token}"
            if own:
                inviting.text_link(connection, house.engine.jobs, own, link, now)
    except BadInput as error:
        return _page(request, house, owner, error=str(error))
    answer = _page(request, house, owner, link=link, link_of=staff, sent=bool(send))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/{staff}/revoke", dependencies=[OwnForm])
def revoke(request: Request, house: TheHouse, owner: Owner, staff: str) -> Response:
    with house.database.begin() as connection:
        _, person = inviting.person_of(connection, owner.business, staff)
        invitations.revoke(connection, owner.business, staff)
    return _done(request, f"The link for {person.name} does not work any more.")


@router.post("/{staff}/access", dependencies=[OwnForm])
def change_access(
    request: Request,
    house: TheHouse,
    owner: Owner,
    staff: str,
    access: Annotated[Literal["owner", "staff"], Form()],
) -> Response:
    try:
        with house.database.begin() as connection:
            now = house.clock.now()
            inviting.give_access(connection, owner.business, staff, access, now, by=owner.login)
    except BadInput as error:
        return _page(request, house, owner, error=str(error))
    return _done(request, "Saved. It counts at once.")


@router.post("/{staff}/remove", dependencies=[OwnForm])
def remove(request: Request, house: TheHouse, owner: Owner, staff: str) -> Response:
    """Takes the login away; the person stays in the profile, on call and in the calendars."""
    try:
        with house.database.begin() as connection:
            _, person = inviting.person_of(connection, owner.business, staff)
            inviting.remove_login(connection, owner.business, staff, owner.staff)
    except BadInput as error:
        return _page(request, house, owner, error=str(error))
    return _done(request, f"{person.name} cannot sign in any more, and is signed out everywhere.")


@router.post("/{staff}/second-factor-off", dependencies=[OwnForm])
def second_factor_off(request: Request, house: TheHouse, owner: Owner, staff: str) -> Response:
    """For a colleague who has lost the phone; one's own is switched off with the password."""
    try:
        with house.database.begin() as connection:
            _, person = inviting.person_of(connection, owner.business, staff)
            if staff == owner.staff:
                raise BadInput("Switch your own off under You, with your password.")  # noqa: TRY301 - all of them are said in one place
            key = accounts.key_of(owner.business, staff)
            second_factor.switch_off(connection, key)
    except BadInput as error:
        return _page(request, house, owner, error=str(error))
    return _done(request, f"{person.name} signs in with the password alone now.")


def _done(request: Request, words: str) -> Response:
    sessions.tell(request, words)
    return RedirectResponse("/business/people", status_code=303)


def _page(
    request: Request,
    house: House,
    owner: Account,
    *,
    error: str = "",
    link: str = "",
    link_of: str = "",
    sent: bool = False,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    business, now = business_of(house, owner.business), house.clock.now()

    def local(moment: datetime) -> str:
        return moment.astimezone(business.zone).strftime("%b %-d, %-I:%M %p")

    shown: dict[str, Any] = {
        "rows": _rows(house, business.staff, business.slug, now),
        "link_to": business.person(link_of),
        "typed": typed or {"name": "", "phone": "", "role": "", "access": "staff"},
    }
    return page(
        request,
        "people.html",
        status=400 if error else 200,
        csrf=csrf_token(request),
        business=business,
        viewer=owner,
        error=error,
        told=sessions.told(request),
        link=link,
        sent=sent,
        local=local,
        **shown,
    )


def _rows(house: House, staff: tuple[Staff, ...], slug: str, now: datetime) -> list[Row]:
    with house.database.connect() as connection:
        logins = {one.staff: one for one in accounts.of_business(connection, slug)}
        links = invitations.waiting(connection, slug, now)
    return [
        Row(person=one, account=logins.get(one.id), invitation=links.get(one.id)) for one in staff
    ]
