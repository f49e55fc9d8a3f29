"""Twilio's Calls resource, and the recordings of calls."""

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from server.demo.simulator.calls import Placement, run_placed_call
from server.demo.simulator.carrier import API_VERSION, Carrier
from server.demo.simulator.records import Call
from server.demo.simulator.refusals import RefusedError
from server.demo.simulator.rest import (
    Account,
    AnyCarrier,
    Fields,
    first,
    is_phone,
    is_url,
    national,
    page_of,
    read_form,
    read_number,
    read_query,
    resource_uri,
    rfc_2822,
)

RING_S = 60

router = APIRouter(prefix=f"/{API_VERSION}/Accounts/{{account_sid}}")


@router.post("/Calls.json")
async def create_call(request: Request, carrier: Account) -> Response:
    form = await read_form(request)
    placement = _read_placement(carrier, form)
    call = Call(
        direction="outbound-api",
        sender=first(form, "From"),
        recipient=first(form, "To"),
        base_url=str(request.base_url),
    )
    carrier.begin(call)
    answer = _render(carrier, call)
    carrier.tasks.start(run_placed_call(carrier, call, placement))
    return JSONResponse(answer, status_code=201)


@router.get("/Calls.json")
async def list_calls(request: Request, carrier: Account) -> dict[str, object]:
    found = _find(carrier, read_query(request))
    return page_of(request, "calls", found, lambda call: _render(carrier, call))


@router.get("/Calls/{sid}.json")
async def fetch_call(sid: str, carrier: Account) -> dict[str, object]:
    return _render(carrier, _known(carrier, sid))


@router.post("/Calls/{sid}.json")
async def end_call(sid: str, request: Request, carrier: Account) -> dict[str, object]:
    """Hang up a call that rings or talks: Status=canceled or completed."""
    call = _known(carrier, sid)
    if first(await read_form(request), "Status") in {"canceled", "completed"}:
        call.over.set()
    return _render(carrier, call)


@router.get("/Recordings/{name}")
async def fetch_recording(name: str, carrier: AnyCarrier) -> Response:
    recording = carrier.media.get(name.partition(".")[0])
    if recording is None:
        raise RefusedError(20404)
    return Response(recording.content, media_type=recording.type)


def _known(carrier: Carrier, sid: str) -> Call:
    call = carrier.calls.get(sid)
    if call is None:
        raise RefusedError(20404)
    return call


def _read_placement(carrier: Carrier, form: Fields) -> Placement:
    recipient, url, twiml = first(form, "To"), first(form, "Url"), first(form, "Twiml")
    if not recipient:
        raise RefusedError(21201)
    if not is_phone(recipient):
        raise RefusedError(21211)
    if not carrier.settings.owns(first(form, "From")):
        raise RefusedError(21210)
    if not twiml and not is_url(url):
        raise RefusedError(21205)
    ring_s = carrier.settings.ring_s
    return Placement(
        url=url or None,
        twiml=twiml or None,
        status_callback=first(form, "StatusCallback") or None,
        events=frozenset(form.get("StatusCallbackEvent", ["completed"])),
        ring_s=ring_s if ring_s is not None else read_number(form, "Timeout", RING_S),
    )


def _find(carrier: Carrier, query: Fields) -> Iterator[Call]:
    wanted = {name: first(query, name) for name in ("To", "From", "Status", "ParentCallSid")}
    for call in reversed(carrier.calls.values()):
        facts = {
            "To": call.recipient,
            "From": call.sender,
            "Status": call.status,
            "ParentCallSid": call.parent.sid if call.parent else "",
        }
        if all(not value or facts[name] == value for name, value in wanted.items()):
            yield call


def _render(carrier: Carrier, call: Call) -> dict[str, object]:
    uri = resource_uri(carrier, f"Calls/{call.sid}")
    parts = ("Notifications", "Recordings", "Payments", "Events", "Siprec", "Streams")
    return {
        "account_sid": carrier.settings.account_sid,
        "annotation": None,
        "answered_by": None,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": rfc_2822(call.created_at),
        "date_updated": rfc_2822(call.ended_at or call.answered_at or call.created_at),
        "direction": call.direction,
        "duration": str(call.duration_s) if call.ended_at else None,
        "end_time": rfc_2822(call.ended_at),
        "forwarded_from": call.forwarded_from,
        "from": call.sender,
        "from_formatted": national(call.sender),
        "group_sid": None,
        "parent_call_sid": call.parent.sid if call.parent else None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": rfc_2822(call.answered_at),
        "status": call.status,
        "subresource_uris": {part.lower(): f"{uri}/{part}.json" for part in parts},
        "to": call.recipient,
        "to_formatted": national(call.recipient),
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }
