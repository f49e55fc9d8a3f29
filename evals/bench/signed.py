"""Webhooks as the carrier makes them, ready to be written to a socket."""

import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator


@dataclass(frozen=True, kw_only=True)
class Account:
    sid: str
    token: str


def text(account: Account, url: str, caller: str, to: str, body: str) -> bytes:
    """A caller's text; its id holds the caller's number, so that rows can be multiplied by number."""
    sid = f"SM{caller.lstrip('+')}{time.time_ns():021x}"
    place = {"Country": "US", "State": "CO", "City": "BOULDER", "Zip": "80302"}
    form = {
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "MessageSid": sid,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": "1",
        "Body": body,
        "From": caller,
        "To": to,
        "AccountSid": account.sid,
        "ApiVersion": "2010-04-01",
    }
    places = {f"{end}{name}": value for end in ("From", "To") for name, value in place.items()}
    return _request(account, url, form | places)


def report(account: Account, url: str, message: dict[str, str], status: str) -> bytes:
    """What became of a text of ours."""
    form = {
        "MessageSid": message["sid"],
        "SmsSid": message["sid"],
        "MessageStatus": status,
        "SmsStatus": status,
        "From": message["from"],
        "To": message["to"],
        "AccountSid": account.sid,
        "ApiVersion": "2010-04-01",
    }
    return _request(account, url, form)


def _request(account: Account, url: str, form: dict[str, str]) -> bytes:
    signature = RequestValidator(account.token).compute_signature(url, form)
    body, asked = urlencode(form).encode(), urlsplit(url)
    query = f"?{asked.query}" if asked.query else ""
    head = (
        f"POST {asked.path}{query} HTTP/1.1\r\nHost: {asked.netloc}\r\n"
        f"X-Twilio-Signature: {signature}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
