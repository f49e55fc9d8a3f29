"""A missed call that the owner tries out on a phone of the staff: announced, told to our own public address, watched."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business, Staff
from agent.errors import BadInput, NotFound
from agent.model import MissReason
from server import knocking
from server.store import calls, texts, threads
from server.switchboard import IncomingCall
from server.wiring import House

_KNOCK = "knock"
"""In `call.raw`: what came of asking our own address."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How far a test has come."""

    caller: str
    began_at: datetime
    knocked_at: datetime | None
    knock_problem: str
    outcome: str
    decision: str | None
    settled_at: datetime | None
    text: texts.TextRow | None
    reply: str | None
    replied_at: datetime | None


def people(business: Business) -> list[Staff]:
    """Whose phone can be called from."""
    return [one for one in business.staff if one.phone]


def announce(connection: sa.Connection, business: Business, staff: str, now: datetime) -> str:
    """Note that the next call of this id is a test; returns the id.

    Raises:
        BadInput: nobody of the staff with a phone.
    """
    person = next((one for one in people(business) if one.id == staff), None)
    if person is None or person.phone is None:
        raise BadInput("Choose somebody who has a phone.")
    sid = f"CAtest{secrets.token_hex(13)}"
    if business.texting.missed_call == "webhook":
        sid = f"{business.slug}:{sid}"
    calls.announce_test(connection, business.slug, sid, person.phone, business.phone, now)
    return sid


def run(house: House, business: Business, sid: str) -> None:
    """Ask our own address; where that fails the call is taken all the same, so that the rest is seen too."""
    with house.database.begin() as connection:
        call = calls.get(connection, sid)
        knock = knocking.knock_of(connection, house, business, call)
    problem = knocking.asked(knock)
    with house.database.begin() as connection:
        now = house.clock.now()
        call = calls.get(connection, sid)
        if not problem and call.outcome == "ringing":
            problem = (
                f"{knock.url} answers, but no call has come here: another installation is there."
            )
        if call.outcome == "ringing":
            told_here = IncomingCall(sid=sid, caller=call.caller, dialled=call.dialled, raw={})
            house.switchboard.missed(connection, business, told_here, MissReason.UNKNOWN, now)
        noted = {_KNOCK: {"at": now.isoformat(), "problem": problem}}
        calls.update(connection, sid, raw=call.raw | noted)


def seen(connection: sa.Connection, business: Business, sid: str) -> Seen:
    """What is known of a test by now.

    Raises:
        NotFound: no test of this business.
    """
    call = calls.get(connection, sid)
    if call is None or call.business != business.slug or not call.is_test:
        raise NotFound("There is no such test call.")
    text = texts.get(connection, texts.first_key(sid))
    reply = _reply(connection, business, call.caller, text)
    knock = call.raw.get(_KNOCK) or {}
    return Seen(
        caller=call.caller,
        began_at=call.at,
        knocked_at=datetime.fromisoformat(knock["at"]) if knock else None,
        knock_problem=knock.get("problem", ""),
        outcome=call.outcome,
        decision=call.decision,
        settled_at=call.settled_at,
        text=text,
        reply=reply.body if reply else None,
        replied_at=reply.at if reply else None,
    )


def _reply(
    connection: sa.Connection, business: Business, caller: str, text: texts.TextRow | None
) -> texts.TextRow | None:
    """The first thing that the phone said after the text."""
    if text is None:
        return None
    said = texts.of_thread(connection, threads.thread_id(business.slug, caller))
    return next((one for one in said if one.is_callers and one.seq > text.seq), None)
