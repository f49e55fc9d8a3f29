"""Another phone system reports its calls here, signed as Standard Webhooks with the business's own secret.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from agent.business import Business
from server.http.twilio import TheHouse
from server.store import businesses, call_secrets
from server.switchboard import ReportedCall
from server.wiring import House

router = APIRouter(prefix="/calls")

MOST_BYTES = 64 * 1024
_GIVEN_UP_AT = 16 * MOST_BYTES
"""So much is read to its end, so that who sends it reads our answer and no broken connection."""
LONG_AGO = timedelta(days=7)
AHEAD = timedelta(minutes=5)
"""So far may the other side's clock be ahead of ours, as with signatures."""

_NOT_BELIEVED = "This report is not signed with the secret of a business here, or its time is off."

_PRINTED = r"^[ -~]*$"


class Report(BaseModel):
    """One call, as the other phone system tells of it; what else it tells is not read."""

    id: str = Field(min_length=1, max_length=200, pattern=_PRINTED)
    caller: str | None = Field(alias="from", max_length=100, pattern=_PRINTED)
    """A number; None, nothing or any words where it is withheld."""
    dialled: str = Field(alias="to", min_length=1, max_length=100, pattern=_PRINTED)
    at: AwareDatetime
    """When the call began."""
    outcome: Literal["missed", "answered", "voicemail"]
    duration_s: float | None = Field(default=None, ge=0, le=24 * 3600)
    """How long it took in all; None: not told."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    body: bytes
    headers: dict[str, str]


async def posted(request: Request) -> Posted:
    """What was sent, not believed yet.

    Raises:
        HTTPException: 413.
    """
    body = bytearray()
    read = 0
    async for part in request.stream():
        read += len(part)
        body += part if read <= MOST_BYTES else b""
        if read > _GIVEN_UP_AT:
            break
    if read > MOST_BYTES:
        raise HTTPException(413, "A report of a call has at most 64 kB.")
    return Posted(body=bytes(body), headers=dict(request.headers))


@router.post("/{slug}")
def reported(
    house: TheHouse, slug: str, request: Annotated[Posted, Depends(posted)]
) -> JSONResponse:
    """Note the call, and enqueue what follows from it; the same report again changes nothing.

    Raises:
        HTTPException: 403 whether the business is unknown or the signature wrong; 422 in words that say what to mend.
    """
    now = house.clock.now()
    with house.database.begin() as connection:
        business = _signed_by(connection, house, slug, request, now)
        if business is None:
            raise HTTPException(403, _NOT_BELIEVED)
        told = _read(request.body, now)
        house.switchboard.reported(connection, business, told, now)
    return JSONResponse({"id": told.id, "taken": True}, status_code=202)


def _signed_by(
    connection: sa.Connection, house: House, slug: str, request: Posted, now: datetime
) -> Business | None:
    keeper = call_secrets.keeper(house.settings.session_key())
    business = businesses.get(connection, slug)
    known = call_secrets.accepted(connection, keeper, slug, now)
    return business if any(_is_signed(request, secret) for secret in known) else None


def _is_signed(request: Posted, secret: str) -> bool:
    try:
        Webhook(secret).verify(request.body, request.headers, json_parse=False)
    except (
        WebhookVerificationError,
        ValueError,
    ):  # the latter where a header or the body is garbled
        return False
    return True


def _read(body: bytes, now: datetime) -> ReportedCall:
    try:
        report = Report.model_validate_json(body)
    except ValidationError as error:
        raise HTTPException(422, _mends(error)) from error
    if report.at > now + AHEAD:
        raise HTTPException(422, "at: this is still to come; check the clock and the time zone.")
    if report.at < now - LONG_AGO:
        raise HTTPException(422, "at: this is more than a week ago; check the clock and the year.")
    return ReportedCall(
        id=report.id,
        caller=report.caller or "",
        dialled=report.dialled,
        at=report.at,
        outcome=report.outcome,
        duration_s=report.duration_s,
    )


_MENDS = {
    "json_invalid": "the body is no JSON",
    "missing": "is missing",
    "literal_error": "is to be missed, answered or voicemail",
    "timezone_aware": "needs an offset, as in 2026-11-22T14:03:00-07:00",
    "string_type": "is to be a text in quotes",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "holds something else than plain letters, digits and signs",
}


def _mends(error: ValidationError) -> str:
    """A sentence a field."""
    return "; ".join(
        ": ".join(
            filter(None, (".".join(map(str, one["loc"])), _MENDS.get(one["type"], one["msg"])))
        )
        for one in error.errors()
    )
