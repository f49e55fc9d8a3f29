"""Twilio's IncomingPhoneNumbers: the account's own numbers, what they can, and where their webhooks go."""

import hashlib
from collections.abc import Iterator

from fastapi import APIRouter, Request

from server.demo.simulator.carrier import API_VERSION, Carrier
from server.demo.simulator.faults import NUMBERS_PATH
from server.demo.simulator.records import NumberSetting
from server.demo.simulator.refusals import RefusedError
from server.demo.simulator.rest import (
    Account,
    Fields,
    first,
    misbehave_before,
    national,
    page_of,
    read_form,
    read_query,
    resource_uri,
)

_URLS = {
    "VoiceUrl": "voice_url",
    "StatusCallback": "status_callback",
    "SmsUrl": "sms_url",
    "SmsFallbackUrl": "sms_fallback_url",
}
_METHODS = ("voice_method", "voice_fallback_method", "sms_method", "sms_fallback_method", "status_callback_method")  # fmt: skip
_BOUGHT = "Sat, 21 Nov 2026 12:00:00 +0000"

router = APIRouter(prefix=f"/{API_VERSION}/Accounts/{{account_sid}}")


@router.get("/IncomingPhoneNumbers.json")
async def list_numbers(request: Request, carrier: Account) -> dict[str, object]:
    query = read_query(request)
    await misbehave_before(carrier.faults.take(recipient=first(query, "PhoneNumber"), path=NUMBERS_PATH))  # fmt: skip
    return page_of(request, "incoming_phone_numbers", _find(carrier, query), lambda one: _render(carrier, one))  # fmt: skip


@router.post("/IncomingPhoneNumbers/{sid}.json")
async def change_number(sid: str, request: Request, carrier: Account) -> dict[str, object]:
    number = next((one for one in _all(carrier) if _sid(one) == sid), None)
    if number is None:
        raise RefusedError(20404)
    form = await read_form(request)
    _setting(carrier, number).urls.update(
        {name: first(form, given) for given, name in _URLS.items() if given in form}
    )
    return _render(carrier, number)


def _find(carrier: Carrier, query: Fields) -> Iterator[str]:
    wanted = first(query, "PhoneNumber").lstrip("+")
    return (one for one in _all(carrier) if wanted in one)


def _all(carrier: Carrier) -> list[str]:
    return [one.phone for one in carrier.settings.numbers]


def _setting(carrier: Carrier, number: str) -> NumberSetting:
    """A number that nobody has set up yet reports to the product, as every number of this simulator does."""
    known = carrier.number_settings
    if number not in known:
        known[number] = NumberSetting.pointed_at(carrier.settings.webhook_base_url)
    return known[number]


def _sid(number: str) -> str:
    return f"PN{hashlib.sha256(number.encode()).hexdigest()[:32]}"


def _render(carrier: Carrier, number: str) -> dict[str, object]:
    found, sid = _setting(carrier, number), _sid(number)
    uri = resource_uri(carrier, f"IncomingPhoneNumbers/{sid}.json")
    return {
        "account_sid": carrier.settings.account_sid,
        "address_sid": None,
        "address_requirements": "none",
        "api_version": API_VERSION,
        "beta": False,
        "bundle_sid": None,
        "capabilities": {"voice": True, "sms": found.texts, "mms": found.texts, "fax": False},
        "date_created": _BOUGHT,
        "date_updated": _BOUGHT,
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": national(number),
        "identity_sid": None,
        "origin": "twilio",
        "phone_number": number,
        "sid": sid,
        "sms_application_sid": None,
        "status": "in-use",
        "status_callback": found.urls.get("status_callback") or None,
        "sms_url": found.urls.get("sms_url") or None,
        "sms_fallback_url": found.urls.get("sms_fallback_url") or None,
        "trunk_sid": None,
        "type": "local",
        "uri": uri,
        "voice_application_sid": None,
        "voice_caller_id_lookup": False,
        "voice_fallback_url": None,
        "voice_receive_mode": "voice",
        "voice_url": found.urls.get("voice_url") or None,
        "subresource_uris": {"assigned_add_ons": resource_uri(carrier, f"IncomingPhoneNumbers/{sid}/AssignedAddOns.json")},
        **dict.fromkeys(_METHODS, "POST"),
    }  # fmt: skip
