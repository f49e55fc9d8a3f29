"""`<Dial>`: ring the staff, screen, bridge, and say how it went."""

import asyncio
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from server.demo.simulator.handsets import react
from server.demo.simulator.hanging_up import HungUpError, wait_on
from server.demo.simulator.line import Line
from server.demo.simulator.records import Call
from server.demo.simulator.twiml import Ending, Page, Verb

DIAL_TIMEOUT_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Target:
    """One `<Number>`."""

    phone: str
    screen_url: str | None
    """TwiML that the one who answers hears first."""
    status_callback: str | None
    events: frozenset[str]


async def dial(line: Line, verb: Verb, base_url: str) -> Page | None:
    """Ring everybody the verb names; where to go on, None for the next verb.

    Raises:
        HungUpError: the caller left; the action has been told.
    """
    call, targets = line.call, _read_targets(verb, base_url)
    groups = [[target] for target in targets] if verb.flag("sequential") else [targets]
    winner, legs = None, list[Call]()
    for group in groups:
        legs = [_new_leg(line, target) for target in group]
        winner = await _ring_together(line, legs, group, _ring_s(line, verb))
        if winner or call.over.is_set():
            break
    if winner:
        await _bridge(line, winner)
    call.dial_status = _dial_status(call, legs, winner)
    page = _action(call, verb, base_url, winner or (legs[-1] if legs else None))
    if not call.over.is_set():
        return page
    if page:
        ended = "completed" if call.answered_at else "no-answer"
        await line.post(page.url, {**page.extra, "CallStatus": ended})
    raise HungUpError


def _ring_s(line: Line, verb: Verb) -> float:
    """How long an unanswered ring lasts: as the call's script, the settings or the document have it."""
    for ordered_s in (line.call.script.ring_s, line.carrier.settings.ring_s):
        if ordered_s is not None:
            return ordered_s
    return verb.seconds("timeout", DIAL_TIMEOUT_S)


async def _ring_together(
    line: Line, legs: list[Call], targets: list[Target], ring_s: float
) -> Call | None:
    """The first leg that is ready to talk; all others are given up."""
    rings = [
        asyncio.create_task(_ring(line.on(leg), target, ring_s))
        for leg, target in zip(legs, targets, strict=True)
    ]
    leaving = asyncio.create_task(_leave_together(line.call, legs))
    winner = None
    try:
        for ring in asyncio.as_completed(rings):
            winner = await ring
            if winner:
                break
    finally:
        leaving.cancel()
        for leg in legs:
            if leg is not winner:
                leg.over.set()
    await asyncio.gather(*rings)
    return winner


def _new_leg(line: Line, target: Target) -> Call:
    call = line.call
    reaction = call.script.staff or line.carrier.handsets.next_reaction(target.phone)
    leg = Call(
        direction="outbound-dial",
        sender=call.sender,
        recipient=target.phone,
        status="ringing",
        parent=call,
        live=reaction.action == "manual",
        digits=reaction.digits,
        script=replace(call.script, staff=reaction),
    )
    line.carrier.begin(leg)
    return leg


async def _ring(line: Line, target: Target, ring_s: float) -> Call | None:
    """The leg once it may be bridged; None when it came to nothing."""
    leg = line.call
    _report(line, target, "initiated", "ringing")
    if await _picked_up(leg, ring_s):
        leg.answer()
        line.carrier.show(leg)
        _report(line, target, "answered")
        if await _accepts(line, target):
            return leg
        leg.end("completed")
    line.carrier.show(leg)
    _report(line, target, "completed")
    return None


async def _picked_up(leg: Call, ring_s: float) -> bool:
    if leg.script.staff is None:
        return False
    try:
        decision = await wait_on(leg, react(leg, leg.script.staff), ring_s)
    except HungUpError:
        leg.end("canceled")
        return False
    if decision != "answer":
        leg.end("busy" if decision == "decline" else "no-answer")
    return decision == "answer"


async def _accepts(line: Line, target: Target) -> bool:
    """Run the screening document; hanging up in it turns the call down."""
    if target.screen_url is None:
        return True
    try:
        ending = await line.follow(Page(url=target.screen_url))
    except HungUpError:
        return False
    return ending is Ending.RAN_OUT


async def _leave_together(call: Call, legs: list[Call]) -> None:
    await call.over.wait()
    for leg in legs:
        leg.over.set()


async def _bridge(line: Line, leg: Call) -> None:
    """Let them talk until one hangs up."""
    call = line.call
    call.answer()
    call.bridged = leg.bridged = True
    line.carrier.show(call)
    timeout_s = None if call.live or leg.live else call.script.talk_s
    leaving = [asyncio.create_task(party.over.wait()) for party in (call, leg)]
    await asyncio.wait(leaving, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    for party in leaving:
        party.cancel()
    leg.end("completed")
    line.carrier.show(leg)


def _dial_status(call: Call, legs: list[Call], winner: Call | None) -> str:
    """An answered but unaccepted ring is `completed`, as on Twilio, with DialBridged false.

    Args:
        legs: of the phones that rang last, together.
    """
    statuses = {leg.status for leg in legs}
    if winner or "completed" in statuses:
        return "completed"
    if call.over.is_set():
        return "canceled"
    return "busy" if statuses == {"busy"} else "no-answer"


def _action(call: Call, verb: Verb, base_url: str, leg: Call | None) -> Page | None:
    if "action" not in verb.attributes:
        return None
    extra = {
        "DialCallStatus": call.dial_status or "failed",
        "DialBridged": "true" if leg and leg.bridged else "false",
    }
    if leg:
        extra |= {"DialCallSid": leg.sid, "DialCallDuration": str(leg.duration_s)}
    return Page(url=urljoin(base_url, verb.attributes["action"]), extra=extra)


def _read_targets(verb: Verb, base_url: str) -> list[Target]:
    numbers = [child for child in verb.children if child.name == "Number"] or [verb]
    return [_read_target(number, base_url) for number in numbers if number.text]


def _read_target(number: Verb, base_url: str) -> Target:
    attributes = number.attributes if number.name == "Number" else {}
    screen, callback = attributes.get("url"), attributes.get("statusCallback")
    return Target(
        phone=number.text,
        screen_url=urljoin(base_url, screen) if screen else None,
        status_callback=urljoin(base_url, callback) if callback else None,
        events=frozenset(attributes.get("statusCallbackEvent", "completed").split()),
    )


def _report(line: Line, target: Target, *events: str) -> None:
    if target.status_callback is None:
        return
    for event in events:
        if event in target.events:
            line.carrier.tasks.start(_post_report(line, target.status_callback))


async def _post_report(line: Line, url: str) -> None:
    await line.post(url, {"CallDuration": str(line.call.duration_s)})
