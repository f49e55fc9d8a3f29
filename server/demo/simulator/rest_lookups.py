"""Twilio's Lookup v2: what kind of line a number has."""

from collections.abc import Mapping

import phonenumbers
from fastapi import APIRouter, Request

from server.demo.simulator.carrier import Carrier
from server.demo.simulator.faults import LOOKUP_PATH
from server.demo.simulator.refusals import RefusedError
from server.demo.simulator.rest import (
    AnyAccount,
    first,
    is_phone,
    misbehave_before,
    national,
    read_query,
)

NOT_APPROVED = 60601
PACKAGES = (
    "call_forwarding",
    "caller_name",
    "identity_match",
    "line_status",
    "line_type_intelligence",
    "phone_number_quality_score",
    "pre_fill",
    "reassigned_number",
    "sim_swap",
    "sms_pumping_risk",
)
"""What can be asked for; all but the line type is unknown here."""

router = APIRouter(prefix=LOOKUP_PATH)


@router.get("/{number}")
async def look_up(number: str, request: Request, carrier: AnyAccount) -> dict[str, object]:
    await misbehave_before(carrier.faults.take(recipient=number, path=LOOKUP_PATH))
    if not is_phone(number):
        raise RefusedError(20404)
    asked = first(read_query(request), "Fields").split(",")
    known = phonenumbers.parse(number)
    packages: dict[str, object] = dict.fromkeys(PACKAGES)
    if "line_type_intelligence" in asked:
        packages["line_type_intelligence"] = _line_type(carrier, number, known)
    return {
        "calling_country_code": str(known.country_code),
        "country_code": phonenumbers.region_code_for_number(known),
        "phone_number": number,
        "national_format": national(number),
        "valid": phonenumbers.is_valid_number(known),
        "validation_errors": [],
        "url": f"https://lookups.twilio.com{LOOKUP_PATH}/{number}",
        **packages,
    }


def _line_type(
    carrier: Carrier, number: str, known: phonenumbers.PhoneNumber
) -> Mapping[str, object]:
    """As scripted; else a mobile, but Canadian lines are shown to approved accounts only."""
    scripted = carrier.line_types.get(number)
    hidden = scripted is None and phonenumbers.region_code_for_number(known) == "CA"
    line_type = None if hidden else scripted or "mobile"
    return {
        "error_code": NOT_APPROVED if hidden else None,
        "mobile_country_code": "310" if line_type == "mobile" else None,
        "mobile_network_code": "456" if line_type == "mobile" else None,
        "carrier_name": None if hidden else "Simulated Wireless",
        "type": line_type,
    }
