"""Calls to staff on call: the gist, and press 1 to take it. Only a person presses 1; a voicemail greeting does not."""

from html import escape

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import Response

from agent.business import Business
from agent.rules import callers
from server import escalation_texts as tell
from server.escalations import Takes, name_of, of_step
from server.http.twilio import Signed, TheHouse, twiml
from server.outbox import number_used
from server.store import escalations as store
from server.store import handsets, threads
from server.store.escalations import BEFORE_END, EscalationRow, StepRow, StepState, Way
from server.switchboard import IncomingCall
from server.wiring import House

router = APIRouter(prefix="/twilio/voice/alert")

_PRESS_S = 10
"""How long a person has to press a key after the words."""
_CALLER_RINGS_S = 30

_PUT_THROUGH = "Press 1 again to be put through to the caller now."


@router.post("")
def picked_up(house: TheHouse, webhook: Signed, step: int) -> Response:
    """A phone of the staff was picked up: who, what, the gist twice."""
    business, form, now = webhook.known(), webhook.form, house.clock.now()
    with house.database.begin() as connection:
        found, row = of_step(connection, business, step)
        store.note_step(connection, found.id, now, sid=form["CallSid"])
        if taken := _has_it(business, found, row):
            return twiml(f"{_say(taken)}<Hangup/>")
    words = _spoken(row.words, found)
    return twiml(_ask(house, step, f"{_say(words)}<Pause/>{_say(words)}") + "<Hangup/>")


@router.post("/answer")
def answered(house: TheHouse, webhook: Signed, step: int, then: str = "") -> Response:
    """What was pressed: 1 takes it (and once more: be put through), 2 is for the next person."""
    business, digits = webhook.known(), webhook.form.get("Digits", "")
    with house.database.begin() as connection:
        found, row = of_step(connection, business, step)
        if then == "call" or (found.way == Way.CONNECT and digits == "1"):
            if digits == "1":
                return _put_through(connection, house, business, found, row)
            return twiml(f"{_say('Goodbye.')}<Hangup/>")
        if digits == "1":
            return _take(connection, house, business, found, row)
        if digits == "2":
            how, now = "pressed 2: cannot take it", house.clock.now()
            house.escalations.call_ended(connection, found.id, how, now)
            return twiml(f"{_say('All right. We try the next person.')}<Hangup/>")
    return twiml(f"{_say('Nothing was taken. Goodbye.')}<Hangup/>")


@router.post("/talked")
def talked(house: TheHouse, webhook: Signed, step: int) -> Response:
    """How putting through ended; a talk with the caller settles what a person owed them by phone."""
    business, form, now = webhook.known(), webhook.form, house.clock.now()
    joined = form.get("DialCallStatus") in {"completed", "answered"}
    joined = joined and form.get("DialBridged", "true") == "true"
    with house.database.begin() as connection:
        found, row = of_step(connection, business, step)
        if row.thread and (sid := form.get("DialCallSid")):
            call = IncomingCall(
                sid=sid,
                caller=row.thread.rpartition(":")[2],
                dialled=form["From"],
                raw={"Direction": "outbound-dial"},
            )
            house.switchboard.called_back(connection, business, call, now, connected=joined)
        how = "pressed 1, and spoke with the caller" if joined else "pressed 1; no answer there"
        store.note_step(connection, found.id, now, detail=how)
    return twiml("<Hangup/>" if joined else f"{_say('The caller did not pick up.')}<Hangup/>")


def _take(
    connection: sa.Connection, house: House, business: Business, found: StepRow, row: EscalationRow
) -> Response:
    now = house.clock.now()
    taken = house.escalations.accept(connection, business, row.id, found.staff, Way.CALL, now)
    if taken.how is Takes.NOTHING:
        store.move_step(connection, found.id, now, StepState.DONE, only_from=BEFORE_END,
                        detail="pressed 1: it was over")  # fmt: skip
        return twiml(f"{_say('It is settled already. Goodbye.')}<Hangup/>")
    if taken.how is Takes.OTHERS:
        store.move_step(connection, found.id, now, StepState.DONE, only_from=BEFORE_END,
                        detail=f"pressed 1: {taken.who} had it")  # fmt: skip
        return twiml(f"{_say(f'{taken.who} has it already. Goodbye.')}<Hangup/>")
    store.move_step(connection, found.id, now, StepState.DONE, only_from=tuple(StepState),
                    detail="pressed 1: took it")  # fmt: skip
    if row.thread:
        handsets.works_by_phone(connection, row.thread, found.staff, now)
    if not _number(row):
        return twiml(f"{_say('You have it. Goodbye.')}<Hangup/>")
    return twiml(
        _ask(house, found.id, _say(f"You have it. {_PUT_THROUGH}"), then="call")
        + f"{_say('Goodbye.')}<Hangup/>"
    )


def _put_through(
    connection: sa.Connection, house: House, business: Business, found: StepRow, row: EscalationRow
) -> Response:
    """Both see the business's number alone."""
    thread = threads.lock(connection, row.thread) if row.thread else None
    number = _number(row)
    if thread is None or thread.owner != found.staff or not number:
        return twiml(f"{_say('You do not have this conversation any more. Goodbye.')}<Hangup/>")
    now, ours = house.clock.now(), number_used(connection, thread)
    tell.calling(house.escalations, connection, row, thread, business, found.staff, now)
    store.note_step(connection, found.id, now, detail="pressed 1: put through to the caller")
    after = _here(house, "talked", found.id)
    return twiml(
        f"{_say('Connecting you.')}"
        f'<Dial callerId="{escape(ours)}" timeout="{_CALLER_RINGS_S}" action="{after}">'
        f"<Number>{escape(number)}</Number></Dial>"
    )


def _has_it(business: Business, found: StepRow, row: EscalationRow) -> str:
    """That nobody need take it; empty: somebody should, or this person has it and wants to talk."""
    if row.taken_by and found.staff != row.taken_by:
        return f"{business.name}. {name_of(business, row.taken_by)} has it already. Goodbye."
    return ""


def _ask(house: House, step: int, said: str, then: str = "") -> str:
    to = _here(house, "answer", step, then)
    return f'<Gather numDigits="1" timeout="{_PRESS_S}" action="{to}">{said}</Gather>'


def _spoken(gist: str, found: StepRow) -> str:
    if found.way == Way.CONNECT:
        return f"{gist} Press 1 to be put through to the caller."
    return f"{gist} Press 1 to take it, 2 if you cannot."


def _say(words: str) -> str:
    """XML has no control characters."""
    printable = "".join(sign for sign in words if sign.isprintable())
    return f'<Say language="en-US">{escape(printable)}</Say>'


def _here(house: House, path: str, step: int, then: str = "") -> str:
    more = f"&then={then}" if then else ""
    return escape(f"{house.settings.public_url}/twilio/voice/alert/{path}?step={step}{more}")


def _number(row: EscalationRow) -> str | None:
    """The caller's phone; None: a test, or a number that is hidden."""
    return callers.number_of(row.thread.rpartition(":")[2]) if row.thread else None
