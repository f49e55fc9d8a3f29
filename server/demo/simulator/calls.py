"""Whole calls: a caller's to the business, and the product's to a member of staff."""

import asyncio
from dataclasses import dataclass

from server.demo.simulator.carrier import Carrier
from server.demo.simulator.handsets import react
from server.demo.simulator.hanging_up import HungUpError, wait_on
from server.demo.simulator.records import Call, CallStatus
from server.demo.simulator.rest import rfc_2822
from server.demo.simulator.scripts import Reaction
from server.demo.simulator.twiml import Ending, Page, read_twiml
from server.demo.simulator.voice import Conversation

VOICE_PATH = "/twilio/voice"
STATUS_PATH = "/twilio/voice/status"


@dataclass(frozen=True, kw_only=True)
class Placement:
    """How a call placed by REST is to go."""

    url: str | None
    twiml: str | None
    status_callback: str | None
    events: frozenset[str]
    ring_s: float


async def run_caller_call(carrier: Carrier, call: Call) -> None:
    """Lead a caller through the product's TwiML, from ringing to the final status webhook."""
    call.status = "ringing"
    carrier.begin(call)
    if call.script.hang_up_after_s is not None:
        carrier.tasks.start(_hang_up_later(call, call.script.hang_up_after_s))
    line = Conversation(carrier=carrier, call=call)
    try:
        ending = await line.follow(Page(url=carrier.settings.webhook_url(VOICE_PATH)))
    except HungUpError:
        ending = Ending.RAN_OUT
    unanswered: CallStatus = "no-answer" if ending is Ending.RAN_OUT else "failed"
    call.end("completed" if call.answered_at else unanswered)
    carrier.show(call)
    await _report(line, carrier.settings.webhook_url(STATUS_PATH))


async def run_placed_call(carrier: Carrier, call: Call, placement: Placement) -> None:
    """Ring one handset and, when it answers, lead it through the given TwiML."""
    line = Conversation(carrier=carrier, call=call)
    reaction = carrier.handsets.next_reaction(call.recipient)
    call.live, call.digits = reaction.action == "manual", reaction.digits
    await _report_event(line, placement, "initiated")
    call.status = "ringing"
    carrier.show(call)
    await _report_event(line, placement, "ringing")
    try:
        if await _picked_up(call, reaction, placement.ring_s):
            call.answer()
            carrier.show(call)
            await _report_event(line, placement, "answered")
            await _talk(line, placement)
            call.end("completed")
    except HungUpError:
        call.end("completed" if call.answered_at else "canceled")
    carrier.show(call)
    await _report_event(line, placement, "completed")


async def _picked_up(call: Call, reaction: Reaction, ring_s: float) -> bool:
    decision = await wait_on(call, react(call, reaction), ring_s)
    if decision != "answer":
        call.end("busy" if decision == "decline" else "no-answer")
    return decision == "answer"


async def _talk(line: Conversation, placement: Placement) -> None:
    if placement.url:
        await line.follow(Page(url=placement.url))
        return
    outcome = await line.carry_out(read_twiml(placement.twiml or "") or (), "")
    if isinstance(outcome, Page):
        await line.follow(outcome)


async def _hang_up_later(call: Call, seconds: float) -> None:
    await asyncio.sleep(seconds)
    call.over.set()


async def _report_event(line: Conversation, placement: Placement, event: str) -> None:
    if placement.status_callback and event in placement.events:
        await _report(line, placement.status_callback)


async def _report(line: Conversation, url: str) -> None:
    call = line.call
    extra = {
        "Timestamp": rfc_2822(call.ended_at or call.created_at) or "",
        "CallbackSource": "call-progress-events",
    }
    if call.ended_at:
        extra |= {"CallDuration": str(call.duration_s), "Duration": str(-(-call.duration_s // 60))}
    await line.post(url, extra)
