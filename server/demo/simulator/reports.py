"""Telling the product what became of a text it sent."""

import asyncio
from dataclasses import dataclass

from server.demo.simulator.carrier import API_VERSION, Carrier
from server.demo.simulator.faults import Fault
from server.demo.simulator.records import Message

RANKS = {"queued": 0, "sent": 1, "delivered": 2, "undelivered": 2, "failed": 2}
LATE_S = 5.0
UNDELIVERED = {
    30006: "this number cannot receive texts (landline, or the carrier cannot be reached)",
    30003: "the phone is switched off or out of reach",
    30005: "nobody has this number",
    30007: "the message was filtered as unwanted",
}


@dataclass(frozen=True, kw_only=True)
class Report:
    after_s: float
    """Wait before it, counted from the report before."""
    status: str
    error_code: int | None = None


def plan_reports(delay_s: float, fault: Fault | None) -> list[Report]:
    sent = Report(after_s=delay_s, status="sent")
    delivered = Report(after_s=delay_s, status="delivered")
    if fault is None:
        return [sent, delivered]
    match fault.kind:
        case "30006" | "30003" as code:
            return [sent, Report(after_s=delay_s, status="undelivered", error_code=int(code))]
        case "undelivered":
            return [sent, Report(after_s=delay_s, status="undelivered", error_code=fault.code)]
        case "failed":
            return [Report(after_s=delay_s, status="failed", error_code=fault.code)]
        case "late_status":
            late_s = fault.delay_s if fault.delay_s is not None else LATE_S
            return [Report(after_s=late_s, status="sent"), delivered]
        case "reordered_status":
            return [delivered, sent]
        case "duplicate_status":
            return [sent, sent, delivered, delivered]
    return [sent, delivered]


async def send_reports(carrier: Carrier, message: Message, plan: list[Report]) -> None:
    for report in plan:
        await asyncio.sleep(report.after_s)
        _record(message, report)
        carrier.show(message)
        if message.status_callback:
            await carrier.road.deliver(message.status_callback, _params(carrier, message, report))


def _record(message: Message, report: Report) -> None:
    outran = RANKS.get(report.status, 0) < RANKS.get(message.status, 0)
    final = message.status if outran else report.status
    message.move_to(report.status)
    message.status = final
    if report.error_code:
        message.error_code = report.error_code
        message.trouble = UNDELIVERED.get(report.error_code, f"error {report.error_code}")


def _params(carrier: Carrier, message: Message, report: Report) -> dict[str, str]:
    params = {
        "AccountSid": carrier.settings.account_sid,
        "ApiVersion": API_VERSION,
        "From": message.sender,
        "To": message.recipient,
        "MessageSid": message.sid,
        "MessageStatus": report.status,
        "SmsSid": message.sid,
        "SmsStatus": report.status,
    }
    if report.error_code:
        params["ErrorCode"] = str(report.error_code)
    return params
