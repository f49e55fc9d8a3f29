"""Texts in both directions: taken from the product, and brought to it."""

import time
from dataclasses import dataclass

from server.demo.simulator.carrier import API_VERSION, Carrier
from server.demo.simulator.faults import Fault
from server.demo.simulator.opt_outs import read_keyword
from server.demo.simulator.records import Media, Message, new_sid
from server.demo.simulator.reports import plan_reports, send_reports
from server.demo.simulator.segments import count_segments
from server.demo.simulator.webhooks import Answer, Delivery

SMS_PATH = "/twilio/sms"
DENVER = {"City": "DENVER", "State": "CO", "Zip": "80202", "Country": "US"}


@dataclass(frozen=True, kw_only=True)
class Order:
    """A text the product wants sent, already found valid."""

    recipient: str
    sender: str
    body: str
    media: tuple[Media, ...] = ()
    status_callback: str | None = None


def accept(carrier: Carrier, order: Order, fault: Fault | None) -> Message:
    """Take a text for delivery; its reports follow in the background."""
    message = Message(
        sid=new_sid("MM" if order.media else "SM"),
        direction="outbound-api",
        sender=order.sender,
        recipient=order.recipient,
        body=order.body,
        media=order.media,
        status_callback=order.status_callback,
    )
    message.move_to("queued")
    carrier.keep(message)
    plan = plan_reports(carrier.settings.delivery_delay_s, fault)
    carrier.tasks.start(send_reports(carrier, message, plan))
    return message


def take_from_caller(
    carrier: Carrier,
    *,
    sender: str,
    recipient: str,
    body: str,
    media: tuple[Media, ...] = (),
    sid: str | None = None,
) -> Message:
    """Keep a caller's text and let the carrier act on its keyword; a known sid is a replay."""
    known = carrier.messages.get(sid) if sid else None
    if known:
        return known
    message = Message(
        sid=sid or new_sid("MM" if media else "SM"),
        direction="inbound",
        sender=sender,
        recipient=recipient,
        body=body,
        media=media,
        status="sending",
    )
    carrier.keep(message)
    _act_on_keyword(carrier, message)
    return message


async def bring_to_product(carrier: Carrier, message: Message) -> Delivery:
    """Deliver a caller's text as a webhook, with retries."""

    def tell(answer: Answer) -> None:
        message.trouble = f"{answer.trouble} Trying again."
        carrier.show(message)

    url = carrier.settings.webhook_url(SMS_PATH)
    delivery = await carrier.road.deliver(url, _params(carrier, message), on_trouble=tell)
    message.trouble = delivery.answer.trouble
    message.move_to("delivered" if delivery.answer.good else "failed")
    carrier.show(message)
    return delivery


def _act_on_keyword(carrier: Carrier, message: Message) -> None:
    keyword = read_keyword(message.body)
    if keyword is None:
        return
    reply = carrier.opt_outs.apply(
        keyword,
        business=message.recipient,
        caller=message.sender,
        answers_help=carrier.settings.advanced_opt_out,
    )
    if reply is None:
        return
    confirmation = Message(
        sid=new_sid("SM"),
        direction="outbound-reply",
        sender=message.recipient,
        recipient=message.sender,
        body=reply,
        by_carrier=True,
        accepted_at=time.time(),
    )
    confirmation.move_to("delivered")
    carrier.keep(confirmation)


def _params(carrier: Carrier, message: Message) -> dict[str, str]:
    params = {
        "ToCountry": "US",
        "SmsMessageSid": message.sid,
        "NumMedia": str(len(message.media)),
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "Body": message.body,
        "To": message.recipient,
        "NumSegments": str(count_segments(message.body)),
        "MessageSid": message.sid,
        "AccountSid": carrier.settings.account_sid,
        "From": message.sender,
        "ApiVersion": API_VERSION,
    }
    params |= {f"From{part}": value for part, value in DENVER.items()}
    for place, media in enumerate(message.media):
        params[f"MediaUrl{place}"] = media.url
        params[f"MediaContentType{place}"] = media.type
    keyword = read_keyword(message.body)
    if keyword and carrier.settings.advanced_opt_out:
        params["OptOutType"] = keyword
    return params
