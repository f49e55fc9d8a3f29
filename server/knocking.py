"""Our own public address, asked from here as the carrier or another phone system would ask it."""

import json
from dataclasses import dataclass
from typing import Any

import httpx2
import sqlalchemy as sa
from standardwebhooks import Webhook
from twilio.request_validator import RequestValidator

from agent.business import Business
from server.store import call_secrets
from server.wiring import House

ANSWERS_WITHIN_S = 10.0
"""The carrier waits for 15."""

_NO_ACCOUNT = (
    "No account of the phone company is set up."
    " Whoever runs Ringback sets TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
)


@dataclass(frozen=True, kw_only=True)
class Knock:
    """One request to our own public address, as the carrier or the other phone system would send it."""

    url: str
    body: bytes
    headers: dict[str, str]
    is_signed: bool = True
    """False: there is no account whose token could sign it."""


def knock_of(connection: sa.Connection, house: House, business: Business, call: Any) -> Knock:
    if business.texting.missed_call == "webhook":
        return _report(connection, house, business, call)
    account = business.twilio.account_sid or house.settings.twilio_account_sid
    token = house.auth_token(business, account)
    url = f"{house.settings.public_url}/twilio/voice"
    form = {
        "AccountSid": account,
        "CallSid": call.sid,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": call.caller,
        "To": call.dialled,
    }
    body = str(httpx2.QueryParams(form)).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": RequestValidator(token).compute_signature(url, form),
    }
    return Knock(url=url, body=body, headers=headers, is_signed=bool(token))


def _report(connection: sa.Connection, house: House, business: Business, call: Any) -> Knock:
    now = house.clock.now()
    keeper = call_secrets.keeper(house.settings.session_key())
    secret = call_secrets.current(connection, keeper, business.slug, now)
    told = {
        "id": call.sid.removeprefix(f"{business.slug}:"),
        "from": call.caller,
        "to": call.dialled,
        "at": call.at.isoformat(),
        "outcome": "missed",
        "duration_s": 0,
    }
    body = json.dumps(told)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": told["id"],
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(told["id"], now, body),
    }
    url = f"{house.settings.public_url}/calls/{business.slug}"
    return Knock(url=url, body=body.encode(), headers=headers)


def asked(told: Knock) -> str:
    """What is wrong with our public address, in words; empty: it answers as it should."""
    if not told.is_signed:
        return _NO_ACCOUNT
    try:
        with httpx2.Client(timeout=ANSWERS_WITHIN_S, trust_env=False) as http:
            answer = http.post(told.url, content=told.body, headers=told.headers)
    except httpx2.TimeoutException:
        return f"{told.url} did not answer within {ANSWERS_WITHIN_S:.0f} seconds."
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return (
            f"{told.url} cannot be reached from here ({error}). Check RINGBACK_PUBLIC_URL, the name and the firewall."
            " Some routers do not let a machine call its own address: then only a real call can tell."
        )
    return "" if answer.is_success else _refused(told.url, answer)


def _refused(url: str, answer: httpx2.Response) -> str:
    if answer.is_redirect:
        there = answer.headers.get("location", "elsewhere")
        return (
            f"{url} leads to {there}. RINGBACK_PUBLIC_URL must be the address that answers itself."
        )
    if answer.status_code == httpx2.codes.FORBIDDEN:
        return (
            f"{url} answers, but does not believe the signature. Is another installation there, with another account,"
            " or does a proxy change the address on the way?"
        )
    if answer.status_code == httpx2.codes.NOT_FOUND:
        return f"At {url} is no Ringback that knows this business. Check RINGBACK_PUBLIC_URL and your proxy."
    return f"{url} answers with the error {answer.status_code}. Look at the log of `ringback serve` and at your proxy."


def probe_of(public_url: str, account: str, token: str, business: Business) -> Knock:
    """A delivery report about no text: whoever believes the signature answers, and nothing comes of it."""
    url = f"{public_url}/twilio/sms/status?key=go-live"
    form = {
        "AccountSid": account,
        "From": business.phone,
        "MessageSid": f"SM{'0' * 32}",
        "MessageStatus": "delivered",
        "To": business.phone,
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": RequestValidator(token).compute_signature(url, form),
    }
    body = str(httpx2.QueryParams(form)).encode()
    return Knock(url=url, body=body, headers=headers, is_signed=bool(token))
