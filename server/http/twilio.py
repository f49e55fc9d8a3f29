"""Twilio's webhooks are believed only when their signature holds; everything else is refused."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.responses import Response
from twilio.request_validator import RequestValidator

from agent.business import Business
from server.store import businesses
from server.wiring import House


def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


@dataclass(kw_only=True)
class Webhook:
    """What the carrier tells. Nothing of it can be read before its signature has been found right."""

    house: House
    url: str
    signature: str
    _form: dict[str, str]

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields.

        Raises:
            HTTPException: 403, the signature does not fit the public URL and the account's token, or none is configured.
        """
        tokens = self.house.auth_tokens(self._business, self._form.get("AccountSid", ""))
        if not any(self._is_signed_with(one) for one in tokens):
            raise HTTPException(403, "This request is not signed by the carrier.")
        return self._form

    def _is_signed_with(self, token: str) -> bool:
        signed: bool = RequestValidator(token).validate(self.url, self._form, self.signature)
        return signed

    def known(self) -> Business:
        """Whose number was dialled or texted; of a delivery report, the one that sent.

        Raises:
            HTTPException: 403 as for `form`; 404: a number that no business here has.
        """
        if not self.form or self._business is None:
            raise HTTPException(404, "No business here has this number.")
        return self._business

    @cached_property
    def _business(self) -> Business | None:
        with self.house.database.connect() as connection:
            return businesses.by_number(
                connection, self._form.get("To", "")
            ) or businesses.by_number(connection, self._form.get("From", ""))


async def posted(request: Request, house: Annotated[House, Depends(house_of)]) -> Webhook:
    """Behind a proxy the Host header is not what was signed: the configured public URL is."""
    query = f"?{request.url.query}" if request.url.query else ""
    fields = (await request.form()).multi_items()
    return Webhook(
        house=house,
        url=f"{house.settings.public_url}{request.url.path}{query}",
        signature=request.headers.get("X-Twilio-Signature", ""),
        _form={name: str(value) for name, value in fields},
    )


Signed = Annotated[Webhook, Depends(posted)]
TheHouse = Annotated[House, Depends(house_of)]


def twiml(inside: str = "") -> Response:
    """An answer to the carrier; empty unless a call needs words."""
    body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'
    return Response(body, media_type="text/xml")
