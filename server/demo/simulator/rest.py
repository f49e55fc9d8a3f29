"""What all of Twilio's REST routes share: credentials, forms, addresses and paging."""

import asyncio
import base64
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import islice
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl, urlencode

import phonenumbers
from fastapi import Depends, Request

from server.demo.simulator.carrier import API_VERSION, Carrier
from server.demo.simulator.faults import Fault
from server.demo.simulator.refusals import RefusedError

E164 = re.compile(r"\+[1-9]\d{6,14}")
DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 1000
HANG_S = 30.0

Row = TypeVar("Row")

Fields = dict[str, list[str]]
"""A form or query with every value of every name."""


async def carrier_of(request: Request) -> Carrier:
    # Async, as FastAPI runs plain dependencies in a thread, which costs more than the whole request.
    carrier = request.app.state.carrier
    assert isinstance(carrier, Carrier)  # noqa: S101  # create_simulator put it there
    return carrier


AnyCarrier = Annotated[Carrier, Depends(carrier_of)]


async def authorized(request: Request, account_sid: str, carrier: AnyCarrier) -> Carrier:
    """The carrier, for whoever proves to be its account."""
    await known_account(request, carrier)
    if account_sid != carrier.settings.account_sid:
        raise RefusedError(20404)
    return carrier


async def known_account(request: Request, carrier: AnyCarrier) -> Carrier:
    """The same where the address names no account."""
    settings = carrier.settings
    expected = base64.b64encode(f"{settings.account_sid}:{settings.auth_token}".encode())
    given = request.headers.get("Authorization", "").removeprefix("Basic ").encode()
    if not hmac.compare_digest(expected, given):
        raise RefusedError(20003)
    return carrier


Account = Annotated[Carrier, Depends(authorized)]
AnyAccount = Annotated[Carrier, Depends(known_account)]


async def read_form(request: Request) -> Fields:
    return _group(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def read_query(request: Request) -> Fields:
    return _group(request.query_params.multi_items())


def first(fields: Fields, name: str) -> str:
    """The value of a field, "" when it was not given."""
    return fields.get(name, [""])[0].strip()


async def misbehave_before(fault: Fault | None) -> None:
    """What goes wrong before a request is looked at.

    Raises:
        RefusedError: nothing is accepted.
    """
    if fault is None:
        return
    match fault.kind:
        case "500":
            raise RefusedError(20500)
        case "429":
            raise RefusedError(20429)
        case "21610":
            raise RefusedError(21610)
        case "refuse":
            raise RefusedError(fault.code, fault.status)
        case "hang":
            await asyncio.sleep(fault.delay_s if fault.delay_s is not None else HANG_S)
            raise RefusedError(20500)


def is_phone(text: str) -> bool:
    return E164.fullmatch(text) is not None


def national(phone: str) -> str:
    """As the people of its country write it; what is no number stays as it is."""
    if not is_phone(phone):
        return phone
    known = phonenumbers.parse(phone)
    return phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.NATIONAL)


def is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def read_number(fields: Fields, name: str, default: int) -> int:
    text = first(fields, name)
    if not text:
        return default
    if not text.isdecimal():
        raise RefusedError(20001)
    return int(text)


def rfc_2822(epoch_s: float | None) -> str | None:
    return None if epoch_s is None else format_datetime(datetime.fromtimestamp(int(epoch_s), UTC))


def resource_uri(carrier: Carrier, path: str) -> str:
    return f"/{API_VERSION}/Accounts/{carrier.settings.account_sid}/{path}"


def page_of(
    request: Request,
    name: str,
    found: Iterable[Row],
    render: Callable[[Row], Mapping[str, object]],
) -> dict[str, object]:
    """One page of a list resource, with Twilio's paging fields."""
    fields = read_query(request)
    size = min(max(read_number(fields, "PageSize", DEFAULT_PAGE_SIZE), 1), LARGEST_PAGE_SIZE)
    page = read_number(fields, "Page", 0)
    start = page * size
    rows = list(islice(found, start, start + size + 1))
    shown = rows[:size]
    return {
        name: [render(row) for row in shown],
        "page": page,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "uri": _page_uri(request, page, size),
        "first_page_uri": _page_uri(request, 0, size),
        "next_page_uri": _page_uri(request, page + 1, size) if len(rows) > size else None,
        "previous_page_uri": _page_uri(request, page - 1, size) if page else None,
    }


def _page_uri(request: Request, page: int, size: int) -> str:
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in {"Page", "PageSize"}
    ]
    return f"{request.url.path}?{urlencode([*kept, ('PageSize', size), ('Page', page)])}"


def _group(pairs: Iterable[tuple[str, str]]) -> Fields:
    fields: Fields = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields
