"""Twilio's Messages resource."""

import asyncio
import calendar
from collections.abc import Iterator
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from server.demo.simulator.carrier import API_VERSION, Carrier
from server.demo.simulator.dropping import drop_connection
from server.demo.simulator.records import Media, Message
from server.demo.simulator.refusals import RefusedError
from server.demo.simulator.rest import (
    Account,
    Fields,
    first,
    is_phone,
    is_url,
    misbehave_before,
    page_of,
    read_form,
    read_number,
    read_query,
    resource_uri,
    rfc_2822,
)
from server.demo.simulator.segments import count_segments
from server.demo.simulator.texts import Order, accept

LONGEST_BODY = 1600
MOST_MEDIA = 10
LONGEST_VALIDITY_S = 36_000

router = APIRouter(prefix=f"/{API_VERSION}/Accounts/{{account_sid}}")


@router.post("/Messages.json")
async def create_message(request: Request, carrier: Account) -> Response:
    order = _read_order(carrier, await read_form(request))
    fault = carrier.faults.take(recipient=order.recipient, sender=order.sender, body=order.body)
    await misbehave_before(fault)
    if carrier.opt_outs.blocks(business=order.sender, caller=order.recipient):
        raise RefusedError(21610)
    message = accept(carrier, order, fault)
    if fault and fault.kind == "accept_then_drop":
        await asyncio.sleep(fault.delay_s or 0)
        return drop_connection(request)
    return JSONResponse(_render(carrier, message), status_code=201)


@router.get("/Messages.json")
async def list_messages(request: Request, carrier: Account) -> dict[str, object]:
    found = _find(carrier, read_query(request))
    return page_of(request, "messages", found, lambda message: _render(carrier, message))


@router.get("/Messages/{sid}.json")
async def fetch_message(sid: str, carrier: Account) -> dict[str, object]:
    return _render(carrier, _known(carrier, sid))


@router.post("/Messages/{sid}.json")
async def redact_message(sid: str, request: Request, carrier: Account) -> dict[str, object]:
    """Twilio's way to remove the words of a text: an update with an empty Body."""
    message = _known(carrier, sid)
    if (await read_form(request)).get("Body") == [""]:
        message.body = ""
        carrier.show(message)
    return _render(carrier, message)


def _known(carrier: Carrier, sid: str) -> Message:
    message = carrier.messages.get(sid)
    if message is None:
        raise RefusedError(20404)
    return message


def _read_order(carrier: Carrier, form: Fields) -> Order:
    body, media = form.get("Body", [""])[0], form.get("MediaUrl", [])
    order = Order(
        recipient=first(form, "To"),
        sender=first(form, "From"),
        body=body,
        media=tuple(Media(type="image/jpeg", url=url) for url in media),
        status_callback=first(form, "StatusCallback") or None,
    )
    _check_numbers(carrier, order)
    _check_content(order)
    if not 1 <= read_number(form, "ValidityPeriod", LONGEST_VALIDITY_S) <= LONGEST_VALIDITY_S:
        raise RefusedError(20001)
    return order


def _check_numbers(carrier: Carrier, order: Order) -> None:
    if not order.recipient:
        raise RefusedError(21604)
    if not order.sender:
        raise RefusedError(21603)
    if not is_phone(order.recipient):
        raise RefusedError(21211)
    if order.recipient == order.sender:
        raise RefusedError(21266)
    if not carrier.settings.owns(order.sender):
        raise RefusedError(21606)


def _check_content(order: Order) -> None:
    if not order.body and not order.media:
        raise RefusedError(21602)
    if len(order.body) > LONGEST_BODY:
        raise RefusedError(21617)
    if len(order.media) > MOST_MEDIA:
        raise RefusedError(21623)
    if order.status_callback and not is_url(order.status_callback):
        raise RefusedError(21609)


def _find(carrier: Carrier, query: Fields) -> Iterator[Message]:
    earliest, latest = _read_dates(query)
    for message in carrier.messages.newest_first(
        recipient=first(query, "To") or None,
        sender=first(query, "From") or None,
        since=earliest,
    ):
        if message.accepted_at < latest:
            yield message


def _read_dates(query: Fields) -> tuple[float, float]:
    """From (inclusive) and to (exclusive), epoch seconds.

    `DateSent=X` means the day of X. In a query string `DateSent>=X` is the field `DateSent>` with the value X, so both
    spellings of a bound, with and without its own `=`, mean the inclusive one.
    """
    earliest, latest = 0.0, float("inf")
    if text := first(query, "DateSent"):
        earliest, latest = _span(text[: len("YYYY-MM-DD")])
    for name in ("DateSent>", "DateSent>="):
        if text := first(query, name):
            earliest, _ = _span(text)
    for name in ("DateSent<", "DateSent<="):
        if text := first(query, name):
            _, latest = _span(text)
    return earliest, latest


def _span(text: str) -> tuple[float, float]:
    """The day or the second that a date parameter names; GMT."""
    try:
        start = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise RefusedError(20001) from None
    whole_day = "T" not in text and " " not in text
    end = start + (timedelta(days=1) if whole_day else timedelta(seconds=1))
    return calendar.timegm(start.utctimetuple()), calendar.timegm(end.utctimetuple())


def _render(carrier: Carrier, message: Message) -> dict[str, object]:
    uri = resource_uri(carrier, f"Messages/{message.sid}")
    sent = message.status not in {"queued", "sending"}
    return {
        "account_sid": carrier.settings.account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": rfc_2822(message.accepted_at),
        "date_sent": rfc_2822(message.accepted_at) if sent else None,
        "date_updated": rfc_2822(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": message.trouble,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": str(len(message.media)),
        "num_segments": str(count_segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": _status(message),
        "subresource_uris": {part: f"{uri}/{part.title()}.json" for part in ("media", "feedback")},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def _status(message: Message) -> str:
    return "received" if message.direction == "inbound" else message.status
