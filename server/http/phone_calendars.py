"""The built-in calendars on a person's own phone or computer: what to type in, and a password for it."""

import plistlib
import uuid
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from agent.business import Business
from server.http.auth import OwnForm, Viewer, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.store.accounts import Account
from server.store.calendar_passwords import (
    calendar_addresses,
    has_calendar_password,
    new_calendar_password,
)
from server.wiring import House

router = APIRouter(prefix="/business/calendars/phone")

_SCALE = 4
_PORTS = {"http": 80, "https": 443}


@router.get("")
def phone_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    return _page(request, house, viewer)


@router.post("/password", dependencies=[OwnForm])
def make_calendar_password(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    """A new one for the viewer's own phone, in place of the last; the only page that ever shows it."""
    with house.database.begin() as connection:
        password = new_calendar_password(connection, viewer, house.clock.now())
    answer = _page(request, house, viewer, password)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/ringback.mobileconfig")
def apple_profile(house: TheHouse, viewer: Viewer) -> Response:
    """The account for an iPhone, iPad or Mac, which asks for the password itself."""
    business = business_of(house, viewer.business)
    profile = _apple_profile(business, viewer.login, house.settings.public_url)
    return Response(plistlib.dumps(profile), media_type="application/x-apple-aspen-config")


def phone_url(house: House) -> str:
    """This page as a phone opens it."""
    return f"{house.settings.public_url.rstrip('/')}{router.prefix}"


def qr_code(url: str) -> str:
    """As SVG, dark on light in every theme."""
    code = segno.make(url, error="m")
    return code.svg_inline(scale=_SCALE, light="#fff", omitsize=True)


def _page(request: Request, house: House, viewer: Account, password: str = "") -> HTMLResponse:
    business, url = business_of(house, viewer.business), phone_url(house)
    public = house.settings.public_url
    with house.database.connect() as connection:
        has_password = has_calendar_password(connection, viewer)
    return page(
        request,
        "phone_calendars.html",
        csrf=csrf_token(request),
        business=business,
        viewer=viewer,
        server=f"{public.rstrip('/')}/dav/{business.slug}/",
        addresses=[one for one in calendar_addresses(business, public) if one.is_ours],
        is_safe=public.startswith("https:"),
        password=password,
        has_password=has_password,
        url=url,
        qr=qr_code(url),
    )


def _apple_profile(business: Business, login: str, public_url: str) -> dict[str, object]:
    """Keys of Apple's com.apple.caldav.account payload; a second download replaces the first account."""
    parts = urlsplit(public_url)
    prefix = parts.path.rstrip("/")
    account = f"{public_url}/{business.slug}/{login}"
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"ringback.calendars.{business.slug}",
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, account)).upper(),
        "PayloadDisplayName": f"{business.name}: calendars",
        "PayloadDescription": "Adds the calendars that Ringback keeps. The phone asks for the calendar password.",
        "PayloadContent": [
            {
                "PayloadType": "com.apple.caldav.account",
                "PayloadVersion": 1,
                "PayloadIdentifier": f"ringback.calendars.{business.slug}.caldav",
                "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{account}#caldav")).upper(),
                "CalDAVAccountDescription": business.name,
                "CalDAVHostName": parts.hostname or "",
                "CalDAVPort": parts.port or _PORTS.get(parts.scheme, 443),
                "CalDAVUseSSL": parts.scheme == "https",
                "CalDAVPrincipalURL": f"{prefix}/dav/{business.slug}/",
                "CalDAVUsername": login,
            }
        ],
    }
