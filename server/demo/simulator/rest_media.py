"""Media of callers' texts as the carrier gives them out: for the account's login, by way of a file store.

Tests put files of any kind here, and say how the first requests for them go wrong: an HTTP status (`404`), `hang`,
`drip` (a byte now and then), or an address to be led to instead of the file store.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from server.demo.simulator.carrier import API_VERSION
from server.demo.simulator.media import MediaFile
from server.demo.simulator.rest import Account, AnyCarrier

HANG_S, DRIP_S = 60.0, 0.2

router = APIRouter()


@router.post("/sim/media")
async def put(
    request: Request,
    carrier: AnyCarrier,
    media_type: Annotated[str, Query(alias="type")] = "image/jpeg",
    mishap: Annotated[list[str] | None, Query()] = None,
) -> dict[str, str]:
    """Keep the body as a medium; its address goes into a text's `media`."""
    media_id = carrier.media.put(MediaFile(type=media_type, content=await request.body()))
    carrier.media.plan(media_id, mishap or [])
    account = carrier.settings.account_sid
    path = f"{API_VERSION}/Accounts/{account}/Messages/MM{'0' * 32}/Media/{media_id}"
    return {"id": media_id, "url": f"{request.base_url}{path}"}


@router.get("/sim/media/{media_id}")
async def asked(media_id: str, carrier: AnyCarrier) -> dict[str, int]:
    """How often the product has asked for it."""
    return {"asked": carrier.media.asked[media_id]}


@router.get(f"/{API_VERSION}/Accounts/{{account_sid}}/Messages/{{message_sid}}/Media/{{media_id}}")
async def lead_on(media_id: str, carrier: Account) -> Response:
    mishap = carrier.media.mishap(media_id)
    if mishap == "hang":
        await asyncio.sleep(HANG_S)
    if mishap == "drip":
        return StreamingResponse(_drip(), media_type="image/jpeg")
    if mishap.isdigit():
        return Response(status_code=int(mishap))
    where = mishap if mishap.startswith("http") else f"/store/{media_id}"
    return RedirectResponse(where, status_code=307)


@router.get("/store/{media_id}")
async def from_store(media_id: str, request: Request, carrier: AnyCarrier) -> Response:
    """As file stores do, whoever also brings a login is refused."""
    media = carrier.media.get(media_id)
    if media is None:
        raise HTTPException(404)
    if "Authorization" in request.headers:
        raise HTTPException(400, "Only one auth mechanism allowed.")
    return Response(media.content, media_type=media.type)


async def _drip() -> AsyncIterator[bytes]:
    for _ in range(int(HANG_S / DRIP_S)):
        yield b"\xff"
        await asyncio.sleep(DRIP_S)
