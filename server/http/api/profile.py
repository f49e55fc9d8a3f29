"""The business's profile: what its owner has set, whole, read and replaced."""

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Response
from pydantic import ValidationError

from agent.business import Business
from agent.errors import BadInput
from server import profile_hangs
from server.http.api.access import Client, Reader, Writer
from server.http.api.problems import ApiRoute, documented
from server.http.twilio import TheHouse
from server.profile_changes import change

router = APIRouter(prefix="/businesses/{slug}/profile", route_class=ApiRoute, tags=["profile"])

KEPT = ("slug", "phone", "phones", "calendars", "twilio", "privacy")
"""What a business's own token does not change: whose number and which secrets are used is for the owner's pages or the installation. Nor who signs in, below."""

_ETAG = {"ETag": {"description": "Names this version.", "schema": {"type": "string"}}}
_OK: dict[int | str, dict[str, Any]] = {200: {"description": "The profile", "headers": _ETAG}}


@router.get("", responses=_OK | documented(), summary="Read the profile", response_model=Business)
def read_profile(client: Reader, response: Response) -> Business:
    """Times are wall time in `timezone`, durations minutes."""
    response.headers["ETag"] = version(client.business)
    return client.business


@router.put(
    "",
    responses=_OK | documented(409, 412, 428),
    summary="Replace the profile",
    response_model=Business,
)
def replace_profile(
    client: Writer,
    house: TheHouse,
    new: Business,
    response: Response,
    match: Annotated[
        str | None,
        Header(
            alias="If-Match", max_length=100, description="The `ETag` of the version that was read."
        ),
    ] = None,
) -> Business:
    """Checked and kept in the history like a change on the owner's pages."""
    if match is None:
        raise HTTPException(428, "Send the ETag of the version that you have read as If-Match.")

    def replaced(held: Business) -> Business:
        if match not in ("*", version(held)):
            raise HTTPException(412, "The profile has changed since you read it. Read it again.")
        _refuse_kept(client, held, new)
        if not client.is_installation:
            _refuse_losses(profile_hangs.refusals(connection, held, new, "", now))
        profile_hangs.settle(connection, held, new)
        return new

    now = house.clock.now()
    try:
        with house.database.begin() as connection:
            held = change(connection, client.slug, replaced, by=client.name, now=now)
    except ValidationError as error:
        raise BadInput("; ".join(one["msg"] for one in error.errors())) from error
    response.headers["ETag"] = version(held)
    return held


def version(business: Business) -> str:
    plain = json.dumps(business.model_dump(mode="json"), sort_keys=True)
    return f'"{hashlib.sha256(plain.encode()).hexdigest()[:32]}"'


def _refuse_kept(client: Client, held: Business, new: Business) -> None:
    kept = ("slug",) if client.is_installation else KEPT
    changed = [name for name in kept if getattr(held, name) != getattr(new, name)]
    if not client.is_installation and _logins(held) != _logins(new):
        changed.append("who signs in (staff.login)")
    if changed:
        raise BadInput(
            f"This token does not change {' and '.join(changed)}: leave it as it was read."
        )


def _refuse_losses(reasons: Sequence[str]) -> None:
    if reasons:
        raise BadInput(" ".join(reasons))


def _logins(business: Business) -> dict[str, str]:
    return {one.id: one.login for one in business.staff if one.login != "none"}
