"""Texts from the carrier, and what became of ours."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from agent.rules import phone
from server.delivery import CarrierReport
from server.http.twilio import Signed, TheHouse, twiml
from server.reception import IncomingText

router = APIRouter(prefix="/twilio")

MOST_MEDIA = 10


@router.post("/sms")
def receive(house: TheHouse, webhook: Signed) -> Response:
    """Store the text and its turn, then answer at once; the reply goes out by the one door."""
    business, form = webhook.known(), webhook.form
    caller = phone.normalised(form.get("From")) or form.get("From", "")
    if not form.get("MessageSid") or not caller:
        raise HTTPException(400, "A text needs MessageSid and From.")
    text = IncomingText(
        sid=form["MessageSid"],
        caller=caller,
        to=form["To"],
        body=form.get("Body", ""),
        media=_media(form),
        carrier_said=form.get("OptOutType", ""),
        raw=form,
    )
    house.reception.receive(house.database, house.clock, business, text)
    return twiml()


@router.post("/sms/status")
def report(house: TheHouse, webhook: Signed, key: str) -> Response:
    """A delivery report; `key` is our own id of the text, in the URL that we gave the carrier."""
    form = webhook.form
    report = CarrierReport(
        business=webhook.known().slug,
        sid=form.get("MessageSid", ""),
        status=form.get("MessageStatus") or form.get("SmsStatus", ""),
        code=form.get("ErrorCode"),
    )
    with house.database.begin() as connection:
        house.door.report(connection, key, report, house.clock.now())
    return twiml()


def _media(form: dict[str, str]) -> list[dict[str, str]]:
    count = form.get("NumMedia", "0")
    places = range(min(int(count) if count.isdecimal() else 0, MOST_MEDIA))
    return [
        {"type": form.get(f"MediaContentType{place}", ""), "name": form[f"MediaUrl{place}"]}
        for place in places
        if f"MediaUrl{place}" in form
    ]
