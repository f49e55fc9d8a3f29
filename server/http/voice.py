"""Calls: staff phones ring first, always; only a call that nobody took becomes a text."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import Response

from agent.business import Business
from agent.rules import phone
from server.http.twilio import Signed, TheHouse, twiml
from server.reception import IncomingCall
from server.store import businesses
from server.wiring import House

router = APIRouter(prefix="/twilio/voice")

_SCREEN_S = 8
"""How long a staff member has to press 1."""

_SORRY = {
    "first text": "Sorry, nobody can come to the phone. We are sending you a text message now, please reply to it.",
    "": "Sorry, nobody can come to the phone. Please call again later.",
}


@router.post("")
def arrives(house: TheHouse, webhook: Signed) -> Response:
    """Ring staff; where the carrier forwards only missed calls, the call is missed already."""
    business, form = webhook.known(), webhook.form
    with house.database.begin() as connection:
        house.reception.call_began(connection, business, _call(form), house.clock.now())
    phones = _phones_to_ring(business)
    if business.texting.missed_call != "dial" or not phones:
        return _missed(house, business, form)
    here = escape(house.settings.public_url)
    screen = f"{here}/twilio/voice/screen?business={business.slug}"
    rung = "".join(f'<Number url="{screen}">{escape(number)}</Number>' for number in phones)
    return twiml(
        f'<Dial timeout="{house.settings.dial_timeout_s}" answerOnBridge="true"'
        f' action="{here}/twilio/voice/dialed">{rung}</Dial>'
    )


@router.post("/screen")
def screen(house: TheHouse, webhook: Signed, business: str) -> Response:
    """A staff phone picked up: only a person presses 1, a voicemail greeting does not."""
    if webhook.form.get("Digits") == "1":
        return twiml()
    with house.database.connect() as connection:
        called = businesses.get(connection, business)
    name = escape(called.name if called else "the business")
    again = f"{escape(house.settings.public_url)}/twilio/voice/screen?business={escape(business)}"
    return twiml(
        f'<Gather numDigits="1" timeout="{_SCREEN_S}" action="{again}">'
        f"<Say>Call for {name}. Press 1 to take it.</Say></Gather><Hangup/>"
    )


@router.post("/dialed")
def dialed(house: TheHouse, webhook: Signed) -> Response:
    """How the ringing ended; only a bridged call counts as answered, never the parent's CallStatus."""
    business, form = webhook.known(), webhook.form
    taken = form.get("DialCallStatus") in ("completed", "answered")
    if taken and form.get("DialBridged", "true") != "false":
        with house.database.begin() as connection:
            call = _call(form)
            house.reception.call_answered(connection, business, call, house.clock.now())
        return twiml("<Hangup/>")
    return _missed(house, business, form)


@router.post("/status")
def ended(house: TheHouse, webhook: Signed) -> Response:
    """The call is over; a caller who hung up while it rang was missed too."""
    business, form = webhook.known(), webhook.form
    if form.get("CallStatus") in ("completed", "busy", "no-answer", "canceled", "failed"):
        _settle(house, business, form)
    return twiml()


def _missed(house: House, business: Business, form: dict[str, str]) -> Response:
    decision = _settle(house, business, form)
    return twiml(f"<Say>{_SORRY.get(decision, _SORRY[''])}</Say><Hangup/>")


def _settle(house: House, business: Business, form: dict[str, str]) -> str:
    with house.database.begin() as connection:
        return house.reception.call_missed(connection, business, _call(form), house.clock.now())


def _call(form: dict[str, str]) -> IncomingCall:
    return IncomingCall(
        sid=form["CallSid"],
        caller=phone.normalised(form.get("From")) or form.get("From", ""),
        dialled=form["To"],
        raw=form,
    )


def _phones_to_ring(business: Business) -> list[str]:
    """Everyone on call who has a phone, else everyone with a phone; rung together."""
    on_call = [business.person(rung.staff) for rung in business.on_call]
    people = [person for person in on_call if person] or list(business.staff)
    return list(dict.fromkeys(person.phone for person in people if person.phone))
