"""Webhooks as the carrier sends them, written out."""

from evals.product import SHOP


def text_form(product, sid, caller, body):
    return {
        "MessageSid": sid, "SmsMessageSid": sid, "AccountSid": product.environment["TWILIO_ACCOUNT_SID"],
        "From": caller, "To": SHOP, "Body": body, "NumMedia": "0",
    }  # fmt: skip


def call_form(product, sid, caller, **more):
    account = product.environment["TWILIO_ACCOUNT_SID"]
    return {"CallSid": sid, "AccountSid": account, "From": caller, "To": SHOP, "Direction": "inbound"} | more  # fmt: skip
