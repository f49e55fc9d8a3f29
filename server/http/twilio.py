"""Twilio's webhooks are believed only when their signature holds; everything else is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from twilio.request_validator import RequestValidator

from agent.business import Business
from server.store import businesses
from server.wiring import House


def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """What the carrier tells, signed."""

    form: dict[str, str]
    business: Business | None
    """Whose number was dialled or texted; of a delivery report, the one that sent."""

    def known(self) -> Business:
        """The business, or 404: a number that no business here has."""
        if self.business is None:
            raise HTTPException(404, "No business here has this number.")
        return self.business


async def signed(request: Request, house: Annotated[House, Depends(house_of)]) -> Webhook:
    """A webhook whose signature fits the public URL and the account's token.

    Raises:
        HTTPException: 403, also when no token is configured.
    """
    form = {name: str(value) for name, value in (await request.form()).multi_items()}
    business = await run_in_threadpool(_business_called, house, form)
    token = house.auth_token(business, form.get("AccountSid", ""))
    if not token or not _is_signed(request, house.settings.public_url, form, token):
        raise HTTPException(403, "This request is not signed by the carrier.")
    return Webhook(form=form, business=business)


Signed = Annotated[Webhook, Depends(signed)]
TheHouse = Annotated[House, Depends(house_of)]


def twiml(inside: str = "") -> Response:
    """An answer to the carrier; empty unless a call needs words."""
    body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'
    return Response(body, media_type="text/xml")


def _business_called(house: House, form: Mapping[str, str]) -> Business | None:
    with house.database.connect() as connection:
        return businesses.by_number(connection, form.get("To", "")) or businesses.by_number(
            connection, form.get("From", "")
        )


def _is_signed(request: Request, public_url: str, form: dict[str, str], token: str) -> bool:
    """Validate against the configured public URL: behind a proxy the Host header is not the signed one."""
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{public_url.rstrip('/')}{request.url.path}{query}"
    signature = request.headers.get("X-Twilio-Signature", "")
    return bool(RequestValidator(token).validate(url, form, signature))
