"""The control API: lets tests and benchmarks play callers, staff and bad days. No login."""

from dataclasses import asdict, fields
from itertools import takewhile
from typing import Annotated, Literal

from fastapi import APIRouter, Body, HTTPException, Request
from pydantic import TypeAdapter, ValidationError

from server.demo.simulator.calls import run_caller_call
from server.demo.simulator.carrier import Carrier
from server.demo.simulator.faults import Fault
from server.demo.simulator.records import Call, Media, NumberSetting
from server.demo.simulator.rest import AnyCarrier
from server.demo.simulator.scripts import CallScript, Reaction
from server.demo.simulator.settings import SimulatorSettings
from server.demo.simulator.texts import bring_to_product, take_from_caller
from server.demo.simulator.wishes import (
    CallWish,
    FaultWish,
    LineWish,
    MediaWish,
    NumberWish,
    ReactionWish,
    StaffWish,
    TextWish,
    WebhookWish,
)

HANG_UP_AFTER_S = 0.1
SETTING_NAMES = frozenset(setting.name for setting in fields(SimulatorSettings))

router = APIRouter(prefix="/sim")


@router.get("/ready")
async def ready(carrier: AnyCarrier) -> dict[str, object]:
    """`pending` counts calls, reports and webhooks under way."""
    return {"ready": True, "pending": len(carrier.tasks)}


@router.post("/settings")
async def change_settings(
    change: Annotated[dict[str, object], Body()], carrier: AnyCarrier
) -> dict[str, object]:
    unknown = sorted(change.keys() - SETTING_NAMES)
    if unknown:
        raise HTTPException(422, f"unknown settings: {', '.join(unknown)}")
    try:
        carrier.settings = TypeAdapter(SimulatorSettings).validate_python(
            {**asdict(carrier.settings), **change}
        )
    except ValidationError as error:
        raise HTTPException(422, str(error)) from None
    carrier.bus.publish("settings", dict)
    return asdict(carrier.settings)


@router.post("/call")
async def call(wish: CallWish, request: Request, carrier: AnyCarrier) -> dict[str, object]:
    """Run one call to its end and return its record."""
    made = Call(
        direction="inbound",
        sender=wish.sender,
        recipient=wish.recipient,
        forwarded_from=wish.forwarded_from,
        stir_verstat=wish.stir_verstat,
        digits=wish.digits,
        script=_read_script(wish),
        base_url=str(request.base_url),
    )
    await run_caller_call(carrier, made)
    return made.as_json()


@router.post("/text")
async def text(wish: TextWish, request: Request, carrier: AnyCarrier) -> dict[str, object]:
    """Send a caller's text; the webhook's status is null when it was not waited for."""
    message = take_from_caller(
        carrier,
        sender=wish.sender,
        recipient=wish.recipient,
        body=wish.body,
        media=tuple(_attach(carrier, request, media) for media in wish.media),
        sid=wish.message_sid,
    )
    if wish.wait:
        delivery = await bring_to_product(carrier, message)
        return {"message_sid": message.sid, "webhook_status": delivery.answer.status}

    async def bring() -> None:
        await bring_to_product(carrier, message)

    carrier.tasks.start(bring())
    return {"message_sid": message.sid, "webhook_status": None}


@router.post("/staff")
async def script_staff(wish: StaffWish, carrier: AnyCarrier) -> dict[str, object]:
    match wish.script:
        case list(rings):
            reactions = [Reaction(**ring.model_dump()) for ring in rings]
        case ReactionWish() as ring:
            reactions = [Reaction(**ring.model_dump())]
        case action:
            reactions = [Reaction(action=action)]
    carrier.handsets.set_script(wish.phone, reactions)
    return {"phone": wish.phone, "script": [asdict(reaction) for reaction in reactions]}


@router.post("/line")
async def script_line(wish: LineWish, carrier: AnyCarrier) -> dict[str, object]:
    """What look-ups say of a number from now on."""
    carrier.line_types[wish.phone] = wish.type
    return {"phone": wish.phone, "type": wish.type}


@router.post("/number")
async def script_number(wish: NumberWish, carrier: AnyCarrier) -> dict[str, object]:
    """How a number of the account is set up from now on."""
    found = NumberSetting.pointed_at(
        "" if wish.points_elsewhere else carrier.settings.webhook_base_url
    )
    found.texts = wish.texts
    carrier.number_settings[wish.phone] = found
    return {"phone": wish.phone, **asdict(found)}


@router.get("/messages")
async def messages(
    request: Request,
    carrier: AnyCarrier,
    to: str | None = None,
    since: float = 0.0,
    direction: Literal["outbound", "inbound", "any"] = "outbound",
) -> list[dict[str, object]]:
    """Accepted texts, oldest first; callers' own texts only on demand."""
    sender = request.query_params.get("from")
    found = carrier.messages.newest_first(recipient=to, sender=sender, since=since)
    shown = [
        message.as_json()
        for message in found
        if direction == "any" or message.direction.startswith(direction)
    ]
    return shown[::-1]


@router.get("/calls")
async def calls(carrier: AnyCarrier) -> list[dict[str, object]]:
    """Calls, oldest first, each with its legs."""
    return [made.as_json() for made in carrier.calls.values() if made.parent is None]


@router.get("/webhooks")
async def webhooks(
    carrier: AnyCarrier, path: str | None = None, since: float = 0.0
) -> list[dict[str, object]]:
    """Finished webhook deliveries, oldest first."""
    recent = takewhile(lambda delivery: delivery.at >= since, reversed(carrier.webhooks.log))
    shown = [delivery.as_json() for delivery in recent if path in (None, delivery.path)]
    return shown[::-1]


@router.post("/webhook")
async def send_webhook(wish: WebhookWish, carrier: AnyCarrier) -> dict[str, object]:
    """Send any webhook: a replay, a forgery, an event this carrier does not make."""
    base_url = wish.base_url or carrier.settings.webhook_base_url
    delivery = await carrier.webhooks.deliver(
        base_url.rstrip("/") + wish.path, wish.params, sign=wish.sign, signed_for=wish.signed_for
    )
    return delivery.as_json()


@router.post("/faults")
async def add_faults(wishes: list[FaultWish], carrier: AnyCarrier) -> dict[str, object]:
    for wish in wishes:
        carrier.faults.add(
            Fault(
                kind=wish.kind,
                times=wish.times,
                delay_s=wish.delay_s,
                code=wish.code,
                status=wish.status,
                **wish.match.model_dump(),
            )
        )
    return {"added": len(wishes)}


@router.delete("/faults")
async def clear_faults(carrier: AnyCarrier) -> dict[str, object]:
    carrier.faults.clear()
    return {"cleared": True}


@router.post("/reset")
async def reset(carrier: AnyCarrier) -> dict[str, object]:
    await carrier.reset()
    return {"reset": True}


def _read_script(wish: CallWish) -> CallScript:
    hang_up_after_s = wish.hang_up_after_s
    if wish.answer == "hangup" and hang_up_after_s is None:
        hang_up_after_s = HANG_UP_AFTER_S
    return CallScript(
        staff=_read_staff(wish),
        ring_s=wish.ring_s,
        talk_s=wish.talk_s,
        hang_up_after_s=hang_up_after_s,
        voicemail_s=wish.voicemail_s,
        voicemail_words=wish.voicemail_words,
    )


def _read_staff(wish: CallWish) -> Reaction | None:
    match wish.answer:
        case "answered":
            return Reaction(action="answer", digits=wish.screen or "")
        case "busy":
            return Reaction(action="decline")
        case "no-answer" | "hangup":
            return Reaction(action="ignore")
    return None


def _attach(carrier: Carrier, request: Request, media: MediaWish) -> Media:
    url = media.url
    if url is None:
        url = f"{request.base_url}media/{carrier.media.put_sample(media.type)}"
    return Media(type=media.type, url=url)
