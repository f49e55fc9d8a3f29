"""The phone page: two handsets in the browser, and the JSON they speak."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel, Field

from server.demo.simulator.calls import run_caller_call
from server.demo.simulator.carrier import Carrier
from server.demo.simulator.media import LARGEST_BYTES, MediaFile
from server.demo.simulator.records import FINISHED, Call, Media
from server.demo.simulator.rest import AnyCarrier
from server.demo.simulator.texts import bring_to_product, take_from_caller

WEB = Path(__file__).parents[2] / "web"
SHOWN_MESSAGES = 500
SHOWN_CALLS = 1_000

router = APIRouter()


def static_files() -> StaticFiles:
    return StaticFiles(directory=WEB / "static")


class PhoneCall(BaseModel):
    caller: str
    business: str


class PhoneText(BaseModel):
    caller: str
    business: str
    body: str = Field(default="", max_length=1600)
    media: list[str] = Field(default_factory=list[str])
    """Ids of uploaded pictures."""


class Keys(BaseModel):
    digits: str = Field(pattern=r"^[0-9*#]{1,20}$")


@router.get("/")
async def page(carrier: AnyCarrier) -> HTMLResponse:
    environment = Environment(loader=FileSystemLoader(WEB / "templates"), autoescape=True)
    settings = carrier.settings
    return HTMLResponse(
        environment.get_template("phone.html").render(
            numbers=settings.numbers, inbox_url=settings.webhook_url("/inbox")
        )
    )


@router.get("/phone/state")
async def state(caller: str, carrier: AnyCarrier) -> dict[str, object]:
    """Everything both handsets show when the page opens or comes back."""
    settings = carrier.settings
    return {
        "numbers": [asdict(number) for number in settings.numbers],
        "staff": [asdict(staff) for staff in settings.staff],
        "now": time.time(),
        "messages": _texts_of(carrier, {caller, *(staff.phone for staff in settings.staff)}),
        "calls": [call.as_json() for call in _calls_of(carrier, caller)],
    }


@router.get("/phone/events")
async def events(carrier: AnyCarrier) -> StreamingResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(carrier), media_type="text/event-stream", headers=headers)


@router.post("/phone/call")
async def start_call(wanted: PhoneCall, request: Request, carrier: AnyCarrier) -> dict[str, object]:
    call = Call(
        direction="inbound",
        sender=wanted.caller,
        recipient=wanted.business,
        live=True,
        base_url=str(request.base_url),
    )
    carrier.tasks.start(run_caller_call(carrier, call))
    return call.as_json()


@router.post("/phone/calls/{sid}/{act}")
async def act_on_call(sid: str, act: str, carrier: AnyCarrier) -> dict[str, object]:
    """A button on a handset: answer, decline or hangup."""
    call = _call(carrier, sid)
    match act:
        case "answer":
            call.picked_up.set()
        case "decline":
            call.declined.set()
        case "hangup":
            call.over.set()
        case _:
            raise HTTPException(404)
    return call.as_json()


@router.post("/phone/calls/{sid}/keys/press")
async def press(sid: str, keys: Keys, carrier: AnyCarrier) -> dict[str, object]:
    call = _call(carrier, sid)
    for key in keys.digits:
        call.keys.put_nowait(key)
    return call.as_json()


@router.post("/phone/text")
async def send_text(wanted: PhoneText, request: Request, carrier: AnyCarrier) -> dict[str, object]:
    message = take_from_caller(
        carrier,
        sender=wanted.caller,
        recipient=wanted.business,
        body=wanted.body,
        media=tuple(_media(carrier, request, media_id) for media_id in wanted.media),
    )

    async def bring() -> None:
        await bring_to_product(carrier, message)

    carrier.tasks.start(bring())
    return message.as_json()


@router.post("/phone/media")
async def upload(request: Request, carrier: AnyCarrier) -> dict[str, str]:
    """Take one picture, sent as the bare body with its content type."""
    media_type = request.headers.get("Content-Type", "")
    content = await request.body()
    if not media_type.startswith("image/") or len(content) > LARGEST_BYTES:
        raise HTTPException(422, "Send a picture of at most 5 MB.")
    return {"id": carrier.media.put(MediaFile(type=media_type, content=content))}


@router.get("/media/{media_id}")
async def media_file(media_id: str, carrier: AnyCarrier) -> Response:
    media = carrier.media.get(media_id)
    if media is None:
        raise HTTPException(404)
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    return Response(media.content, media_type=media.type, headers=headers)


def _call(carrier: Carrier, sid: str) -> Call:
    call = carrier.calls.get(sid)
    if call is None:
        raise HTTPException(404, "This call is over.")
    return call


def _media(carrier: Carrier, request: Request, media_id: str) -> Media:
    media = carrier.media.get(media_id)
    if media is None:
        raise HTTPException(422, "The picture is gone; attach it again.")
    return Media(type=media.type, url=f"{request.base_url}media/{media_id}")


def _texts_of(carrier: Carrier, phones: set[str]) -> list[dict[str, object]]:
    """The newest texts to and from those phones, oldest first."""
    found = [
        message
        for phone in phones
        for messages in (
            carrier.messages.newest_first(recipient=phone),
            carrier.messages.newest_first(sender=phone),
        )
        for message in islice(messages, SHOWN_MESSAGES)
    ]
    found.sort(key=lambda message: message.accepted_at)
    return [message.as_json() for message in found]


def _calls_of(carrier: Carrier, caller: str) -> list[Call]:
    """Calls that go on, and what has ended on these handsets, oldest first."""
    phones = {staff.phone for staff in carrier.settings.staff} | {caller}
    recent = islice(reversed(carrier.calls.values()), SHOWN_CALLS)
    shown = [
        call
        for call in recent
        if call.status not in FINISHED or phones & {call.sender, call.recipient}
    ]
    return shown[::-1]


async def _stream(carrier: Carrier) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async for event in carrier.bus.follow():
        if event is None:
            yield ": still here\n\n"
        else:
            kind, facts = event
            yield f"event: {kind}\ndata: {json.dumps(facts)}\n\n"
            await asyncio.sleep(0)
