"""What callers said on the tape, for signed-in staff of their business alone; the carrier keeps it."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from agent.business import TwilioAccount
from server.http.auth import Viewer
from server.http.owner import business_of
from server.http.twilio import TheHouse
from server.photos import NotFetched, TooLarge
from server.store import calls
from server.wiring import House

router = APIRouter(prefix="/inbox/voicemail")

_WAV = b"RIFF"
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}


@router.get("/{sid}")
def listen(house: TheHouse, viewer: Viewer, sid: str) -> Response:
    """Another business's call is as unknown as one that never was."""
    with house.database.connect() as connection:
        call = calls.get(connection, sid)
    mine = call is not None and call.business == viewer.business
    recording = (call.voicemail or {}).get("recording") if mine else None
    if not recording:
        raise HTTPException(404, "There is no such voicemail.")
    sound = _fetched(house, recording, business_of(house, viewer.business).twilio)
    kind = "audio/wav" if sound.startswith(_WAV) else "audio/mpeg"
    return Response(sound, media_type=kind, headers=_HEADERS)


def _fetched(house: House, recording: str, account: TwilioAccount) -> bytes:
    try:
        return house.media.fetch(f"{recording}.mp3", account)
    except (NotFetched, TooLarge) as error:
        raise HTTPException(502, f"The voicemail cannot be played: {error}.") from error
