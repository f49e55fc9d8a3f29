"""The photos of callers, for signed-in staff of their business alone."""

import re

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from server.http.auth import Viewer
from server.http.twilio import TheHouse
from server.store import accounts, photos
from server.store.photos import Size
from server.wiring import House

router = APIRouter(prefix="/inbox/photos")

_HEADERS = {
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600",
}
"""A photo is a picture and nothing else; the style is the browser's own, around a picture in a tab."""


@router.get("/{photo_id}")
def picture(house: TheHouse, viewer: Viewer, photo_id: str) -> Response:
    return _jpeg(house, viewer, photo_id, "picture")


@router.get("/{photo_id}/small")
def small(house: TheHouse, viewer: Viewer, photo_id: str) -> Response:
    return _jpeg(house, viewer, photo_id, "small")


def _jpeg(house: House, viewer: accounts.Account, photo_id: str, size: Size) -> Response:
    """Another business's photo is as unknown as one that never was."""
    found = None
    if re.fullmatch(r"\d{1,15}", photo_id, re.ASCII):
        with house.database.connect() as connection:
            found = photos.get(connection, viewer.business, int(photo_id), size)
    if found is None:
        raise HTTPException(404, "There is no such photo.")
    return Response(found, media_type="image/jpeg", headers=_HEADERS)
