"""One's own login: password, second factor, sessions."""

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from server import passwords, second_factor
from server.http import attempts, sessions
from server.http.auth import OwnForm, Person, Somebody, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.second_factor import SecondFactors
from server.store import credentials
from server.wiring import House

router = APIRouter(prefix="/account")

_WRONG = "That is not your password of now. Nothing was changed."
_WRONG_CODE = "That code does not fit. Wait for the next one in the app and try again."
_TOO_OLD = "That took too long. Scan the new code below."
_AGAIN = "password again"
_QR_SCALE = 4

Typed = Annotated[str, Form()]


@router.get("")
def account_page(request: Request, house: TheHouse, person: Somebody) -> HTMLResponse:
    return _page(request, house, person)


@router.post("/password", dependencies=[OwnForm])
def change_password(
    request: Request, house: TheHouse, person: Somebody, old: Typed = "", new: Typed = ""
) -> Response:
    """Ends every other session of this login."""
    if problem := _not_proved(request, house, person, old) or passwords.fault(
        new, _names(house, person)
    ):
        return _page(request, house, person, error_of="password", error=problem)
    hashed = credentials.hashed(new)
    with house.database.begin() as connection:
        stamp = credentials.replace_password(connection, person.key, hashed)
    sessions.renew(request, stamp)
    return _done(request, "Your password is changed. Everywhere else you are signed out.")


@router.post("/sign-out-everywhere", dependencies=[OwnForm])
def sign_out_everywhere(request: Request, house: TheHouse, person: Somebody) -> Response:
    with house.database.begin() as connection:
        stamp = credentials.end_sessions(connection, person.key)
    sessions.renew(request, stamp)
    return _done(request, "You are signed out on every other device.")


@router.get("/second-factor")
def second_factor_page(request: Request, house: TheHouse, person: Somebody) -> Response:
    """A new secret to scan; in force once a code proves that the app has it."""
    return _setting_up(request, house, person)


@router.post("/second-factor", dependencies=[OwnForm])
def switch_on(
    request: Request,
    house: TheHouse,
    person: Somebody,
    draft: Typed = "",
    code: Typed = "",
    old: Typed = "",
) -> Response:
    """Ends every other session of this login: none of them has shown a code."""
    factors = _factors(house)
    secret = factors.drafted(person.key, draft)
    if secret is None:
        return _setting_up(request, house, person, error=_TOO_OLD)
    if problem := _not_proved(request, house, person, old):
        return _setting_up(request, house, person, secret=secret, error=problem)
    with house.database.begin() as connection:
        codes = factors.switch_on(connection, person.key, secret, code, house.clock.now())
        stamp = credentials.end_sessions(connection, person.key) if codes else ""
    if codes is None:
        return _setting_up(request, house, person, secret=secret, error=_WRONG_CODE)
    sessions.renew(request, stamp)
    return _shown_once(request, house, person, codes)


@router.post("/second-factor/recovery", dependencies=[OwnForm])
def new_recovery_codes(
    request: Request, house: TheHouse, person: Somebody, old: Typed = ""
) -> Response:
    if problem := _not_proved(request, house, person, old):
        return _page(request, house, person, error_of="factor", error=problem)
    with house.database.begin() as connection:
        kept = credentials.lock(connection, person.key)
        has_factor = kept is not None and kept.totp is not None
        codes = _factors(house).new_recovery_codes(connection, person.key) if has_factor else []
    if not codes:
        return RedirectResponse("/account", status_code=303)
    return _shown_once(request, house, person, codes)


@router.post("/second-factor/off", dependencies=[OwnForm])
def switch_off(request: Request, house: TheHouse, person: Somebody, old: Typed = "") -> Response:
    if problem := _not_proved(request, house, person, old):
        return _page(request, house, person, error_of="factor", error=problem)
    with house.database.begin() as connection:
        second_factor.switch_off(connection, person.key)
    return _done(request, "Signing in asks for no code any more.")


def _not_proved(request: Request, house: House, person: Person, password: str) -> str:
    """Why this is not the person's password; an open laptop is not enough to take a login over."""
    if wait := attempts.begin(request, house, person.login, _AGAIN):
        return wait
    with house.database.connect() as connection:
        kept = credentials.get(connection, person.key)
    if not credentials.fits(password, kept.password if kept else None):
        return _WRONG
    attempts.succeeded(request, house, person.login, _AGAIN)
    return ""


def _names(house: House, person: Person) -> list[str]:
    """What a stranger would try first."""
    business = _business(house, person)
    if person.account is None or business is None:
        return [person.login]
    staff = business.person(person.account.staff)
    return [person.login, business.name, business.slug, staff.name if staff else ""]


def _business(house: House, person: Person) -> Business | None:
    return business_of(house, person.account.business) if person.account else None


def _factors(house: House) -> SecondFactors:
    return SecondFactors.under(house.settings.session_key())


def _done(request: Request, words: str) -> Response:
    sessions.tell(request, words)
    return RedirectResponse("/account", status_code=303)


def _page(
    request: Request, house: House, person: Person, error_of: str = "", error: str = ""
) -> HTMLResponse:
    business = _business(house, person)
    staff = business.person(person.account.staff) if business and person.account else None
    with house.database.connect() as connection:
        kept = credentials.get(connection, person.key)
    return _shown(
        request,
        "account.html",
        person,
        business,
        status=400 if error else 200,
        staff=staff,
        has_factor=bool(kept and kept.totp),
        codes_left=len(kept.recovery) if kept else 0,
        told=sessions.told(request),
        error_of=error_of,
        error=error,
        shortest=passwords.SHORTEST,
    )


def _setting_up(
    request: Request, house: House, person: Person, secret: str = "", error: str = ""
) -> HTMLResponse:
    secret = secret or second_factor.new_secret()
    address = second_factor.app_address(secret, person.login)
    answer = _shown(
        request,
        "account_second_factor.html",
        person,
        _business(house, person),
        status=400 if error else 200,
        draft=_factors(house).draft(person.key, secret),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        qr=segno.make(address, error="m").svg_inline(scale=_QR_SCALE, light="#fff", omitsize=True),
        address=address,
        error=error,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _shown_once(request: Request, house: House, person: Person, codes: list[str]) -> HTMLResponse:
    business = _business(house, person)
    answer = _shown(request, "account_recovery.html", person, business, codes=codes)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _shown(
    request: Request, template: str, person: Person, business: Business | None, **values: Any
) -> HTMLResponse:
    return page(
        request, template, csrf=csrf_token(request), person=person, business=business, **values
    )
