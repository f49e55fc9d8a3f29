"""Calls: staff phones ring first, always; only a call that nobody took becomes a text."""

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from html import escape
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from agent.business import Business
from agent.model import MissReason
from agent.rules import hours, phone, wording
from server.escalations import of_step
from server.http.twilio import Signed, TheHouse, twiml
from server.store import businesses, calls
from server.switchboard import IncomingCall
from server.voicemail import Recorded
from server.wiring import House

router = APIRouter(prefix="/twilio/voice")

_SCREEN_S = 8
"""How long a staff member has to press 1."""
_LATE_S = 55
"""What a call may take beyond its ringing: to press 1, and callbacks that come late."""
_SILENCE_S = 5
"""Who says nothing for so long has no message to leave."""

_TAKEN = ("completed", "answered")
_OVER = {"completed", "busy", "no-answer", "canceled", "failed"}
_ENDS = {
    "busy": MissReason.BUSY,
    "no-answer": MissReason.NO_ANSWER,
    "failed": MissReason.FAILED,
    "canceled": MissReason.HUNG_UP,
    "completed": MissReason.NOT_ACCEPTED,
    "answered": MissReason.NOT_ACCEPTED,
}
"""Of the ringing: what the Dial verb reports where nobody was joined with the caller."""
_CALL_ENDS = _ENDS | {"no-answer": MissReason.HUNG_UP, "completed": MissReason.UNKNOWN}
"""Of the whole call, without a word of how the ringing ended: a call that was never picked up was given up."""
_ALERT_ENDS = {
    "busy": "busy, or turned down",
    "no-answer": "no answer",
    "failed": "the call did not go through",
    "canceled": "called off",
    "completed": "picked up, but nobody pressed 1",
}
"""Of a call to staff on call."""


@router.post("")
def arrives(house: TheHouse, webhook: Signed) -> Response:
    """Ring staff; where the carrier forwards only missed calls, the call is missed already."""
    business, form = webhook.known(), webhook.form
    call, now, phones = _call(form), house.clock.now(), _phones_to_ring(business)
    with house.database.begin() as connection:
        known = house.switchboard.began(connection, business, call, now)
        taken = _taken_at_once(business, phones, now, is_test=known.is_test)
        if taken is None:
            return _ring(connection, house, business, call.sid, phones, 0)
    return _missed(house, business, form, taken)


@router.post("/screen")
def screen(house: TheHouse, webhook: Signed, business: str, call: str = "") -> Response:
    """A staff phone picked up: only a person presses 1, a voicemail greeting does not."""
    sid = _sid(webhook.form.get("ParentCallSid") or call)
    pressed = webhook.form.get("Digits") == "1"
    with house.database.begin() as connection:
        house.switchboard.picked_up(connection, business, sid, house.clock.now(), pressed=pressed)
    if pressed:
        return twiml()
    with house.database.connect() as connection:
        called = businesses.get(connection, business)
    name = escape(called.name if called else "the business")
    again = _here(house, "screen", business=business, call=sid)
    return twiml(
        f'<Gather numDigits="1" timeout="{_SCREEN_S}" action="{again}">'
        f"<Say>Call for {name}. Press 1 to take it.</Say></Gather><Hangup/>"
    )


@router.post("/dialed")
def dialed(house: TheHouse, webhook: Signed, place: int = 0) -> Response:
    """How the ringing ended; only a bridged call counts as answered, never the parent's CallStatus."""
    business, form = webhook.known(), webhook.form
    status = form.get("DialCallStatus", "")
    if status in _TAKEN:
        with house.database.begin() as connection:
            if _is_joined(connection, form):
                house.switchboard.answered(connection, business, _call(form), house.clock.now())
                return twiml("<Hangup/>")
    gave_up = status == "canceled" or (status == "no-answer" and form.get("CallStatus") in _OVER)
    phones = _phones_to_ring(business)
    if business.calls.ring == "in_order" and not gave_up and place + 1 < len(phones):
        with house.database.begin() as connection:
            return _ring(connection, house, business, _sid(form["CallSid"]), phones, place + 1)
    reason = MissReason.HUNG_UP if gave_up else _ENDS.get(status, MissReason.UNKNOWN)
    return _missed(house, business, form, reason)


@router.post("/status")
def ended(house: TheHouse, webhook: Signed, step: int = 0) -> Response:
    """A caller's call is over, perhaps while it rang; or how one of ours goes, to a caller or (`step`) to staff on call."""
    business, form = webhook.known(), webhook.form
    status = form.get("CallStatus", "")
    with house.database.begin() as connection:
        if form.get("Direction", "").startswith("outbound"):
            _called_back(connection, house, business, form)
            if step and status in _OVER:
                _alert_ended(connection, house, business, step, form)
        elif status in _OVER:
            _settle_ended(connection, house, business, form, _CALL_ENDS[status])
    return twiml()


@router.post("/recording")
def recorded(house: TheHouse, webhook: Signed) -> Response:
    """A message was left, or its words were written down; the two come apart and in any order."""
    business, form = webhook.known(), webhook.form
    told = Recorded(
        sid=form["CallSid"],
        recording=form.get("RecordingUrl", ""),
        duration_s=int(seconds) if (seconds := form.get("RecordingDuration", "")).isdigit() else None,
        transcript=" ".join(form.get("TranscriptionText", "").split()),
    )  # fmt: skip
    house.voicemail.recorded(house.database, house.clock, business, told)
    return twiml("<Hangup/>")


def _taken_at_once(
    business: Business, phones: list[str], now: datetime, *, is_test: bool
) -> MissReason | None:
    """Why no phone rings for a call; None: staff phones ring."""
    if business.texting.missed_call != "dial" or is_test:
        return MissReason.FORWARDED
    if business.calls.when_closed == "take" and not hours.is_open(business, now):
        return MissReason.CLOSED
    return None if phones else MissReason.NO_ANSWER


def _ring(
    connection: sa.Connection,
    house: House,
    business: Business,
    sid: str,
    phones: list[str],
    place: int,
) -> Response:
    """Ring everyone at once, or the one in turn; the carrier keeps ringing the caller meanwhile."""
    in_order = business.calls.ring == "in_order"
    rung = phones[place : place + 1] if in_order else phones
    ask = f' url="{_here(house, "screen", business=business.slug, call=sid)}"'
    numbers = "".join(
        f"<Number{ask if business.calls.screen else ''}>{escape(number)}</Number>"
        for number in rung
    )
    ring_s = business.calls.ring_s or house.settings.dial_timeout_s
    rings_until = house.clock.now() + timedelta(seconds=ring_s + _LATE_S)
    calls.update(connection, sid, rings_until=rings_until)
    told = {"place": str(place)} if in_order else {}
    return twiml(
        f'<Dial timeout="{ring_s}" answerOnBridge="true" action="{_here(house, "dialed", **told)}">'
        f"{numbers}</Dial>"
    )


def _missed(house: House, business: Business, form: dict[str, str], reason: MissReason) -> Response:
    with house.database.begin() as connection:
        hears = form.get("CallStatus") not in _OVER
        heard = wording.greeting_id(business) if hears else None
        decision = house.switchboard.missed(
            connection, business, _call(form), reason, house.clock.now(), heard=heard
        )
    said = wording.heard(business, text_comes=decision in ("first text", "held"))
    said = "".join(sign for sign in said if sign.isprintable())  # XML has no control characters
    language = "es-US" if business.languages[0] == "es" else "en-US"
    return twiml(f'<Say language="{language}">{escape(said)}</Say>{_voicemail(house, business)}')


def _voicemail(house: House, business: Business) -> str:
    if not business.calls.voicemail.enabled:
        return "<Hangup/>"
    to = _here(house, "recording")
    return (
        f'<Record action="{to}" maxLength="{business.calls.voicemail.longest_s}" timeout="{_SILENCE_S}"'
        f' playBeep="true" transcribe="true" transcribeCallback="{to}"/><Hangup/>'
    )


def _settle_ended(
    connection: sa.Connection,
    house: House,
    business: Business,
    form: dict[str, str],
    reason: MissReason,
) -> None:
    call, now = _call(form), house.clock.now()
    known = calls.get(connection, call.sid)
    if reason is MissReason.UNKNOWN and known is not None and known.accepted_at is not None:
        if known.outcome == "ringing":  # that the two were not joined may still be told
            calls.update(connection, call.sid, looked_at=now)
            house.switchboard.answered(connection, business, call, now, _ended_at(form))
        return
    house.switchboard.missed(connection, business, call, reason, now, _duration_s(form))


def _is_joined(connection: sa.Connection, form: dict[str, str]) -> bool:
    """Has a person been joined with the caller? Where the carrier does not say, it is so unless somebody was asked and pressed nothing."""
    said = form.get("DialBridged")
    if said is not None:
        return said == "true"
    known = calls.get(connection, form["CallSid"])
    return known is None or known.asked_at is None or known.accepted_at is not None


def _called_back(
    connection: sa.Connection, house: House, business: Business, form: dict[str, str]
) -> None:
    """A call from the business's number: to a caller it is a call back, to staff it is none."""
    theirs, status, now = (
        phone.normalised(form.get("To")),
        form.get("CallStatus"),
        house.clock.now(),
    )
    staff = {person.phone for person in business.staff}
    if theirs in {None, *staff, *business.numbers} or form.get("From") not in business.numbers:
        return
    call = IncomingCall(
        sid=_sid(form["CallSid"]), caller=str(theirs), dialled=form["From"], raw=form
    )
    connected = status == "in-progress" or (status == "completed" and _duration_s(form) != 0)
    if connected or status in _OVER:
        ended_at = _ended_at(form)
        house.switchboard.called_back(
            connection, business, call, now, connected=connected, ended_at=ended_at
        )
    else:
        house.switchboard.began(connection, business, call, now)


def _alert_ended(
    connection: sa.Connection, house: House, business: Business, step: int, form: dict[str, str]
) -> None:
    """A call to staff on call is over; whoever pressed 1 has the conversation already."""
    found, _ = of_step(connection, business, step)
    how = _ALERT_ENDS[form["CallStatus"]]
    if form["CallStatus"] == "no-answer":
        how += f" after {(house.clock.now() - found.at).total_seconds():.0f} s"
    house.escalations.call_ended(connection, found.id, how, house.clock.now())


def _call(form: dict[str, str]) -> IncomingCall:
    return IncomingCall(
        sid=_sid(form["CallSid"]),
        caller=phone.normalised(form.get("From")) or form.get("From", ""),
        dialled=form["To"],
        told_as=phone.normalised(form.get("ForwardedFrom")),
        raw=form,
        at=_began_at(form),
    )


def _sid(given: str) -> str:
    """As the carrier writes ids; those of other phone systems have a colon in them.

    Raises:
        HTTPException: 404.
    """
    if not re.fullmatch(r"\w{1,64}", given, re.ASCII):
        raise HTTPException(404, "There is no such call.")
    return given


def _began_at(form: dict[str, str]) -> datetime | None:
    ended_at = _ended_at(form)
    return ended_at and ended_at - timedelta(seconds=_duration_s(form) or 0)


def _ended_at(form: dict[str, str]) -> datetime | None:
    """Of a call that is over, where the carrier dates its end; None: it does not, or the call goes on."""
    try:
        ended_at = parsedate_to_datetime(form["Timestamp"])
    except (KeyError, ValueError):
        return None
    is_dated = ended_at.tzinfo is not None and form.get("CallStatus") in _OVER
    return ended_at if is_dated else None


def _duration_s(form: dict[str, str]) -> float | None:
    seconds = form.get("CallDuration", "")
    return float(seconds) if seconds.isdigit() else None


def _here(house: House, path: str, **query: str) -> str:
    """A webhook of ours as an attribute of TwiML."""
    asked = f"?{urlencode(query)}" if query else ""
    return escape(f"{house.settings.public_url}/twilio/voice/{path}{asked}")


def _phones_to_ring(business: Business) -> list[str]:
    """Everyone on call who has a phone, else everyone with a phone; in this order."""
    on_call = [business.person(rung.staff) for rung in business.on_call]
    people = [person for person in on_call if person] or list(business.staff)
    return list(dict.fromkeys(person.phone for person in people if person.phone))
