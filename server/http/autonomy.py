"""How freely the agent sends: the owner's choice by topic, and what staff do with a reply that was kept back."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, get_args

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Autonomous, Autonomy, Business, Topic
from agent.errors import BadInput
from agent.rules.autonomy import TOPICS
from server.autonomy import ReplyDesk
from server.http.auth import Owner, OwnForm, Viewer, csrf_token, is_owner
from server.http.owner import business_of
from server.http.pages import page
from server.http.thread_address import thread_of_page
from server.http.thread_desk import Desk, back_to, told
from server.http.twilio import TheHouse
from server.profile_changes import change
from server.store import accounts, texts
from server.threads import first_name
from server.wiring import House

router = APIRouter()

LEVELS: dict[Autonomous, str] = {
    "send": "Send at once",
    "wait": "Wait, then send",
    "suggest": "Only suggest",
}
ABOUT: dict[Topic, tuple[str, str]] = {
    "answers": ("Questions", "Do you work on Saturdays?"),
    "prices": ("Prices", "How much is a drain cleaning?"),
    "booking": ("Booking a visit", "Can somebody come on Tuesday?"),
    "changes": ("Changing or canceling a visit", "Can we move it to Friday?"),
    "other": ("Everything else", "Thanks, talk soon!"),
}
"""What callers ask of, and an example."""
LONGEST_WAIT_S, SHORTEST_WAIT_S = 3600, 10
_SAVED = "autonomy_saved"
_OTHERS = "Somebody else has saved this page since you opened it. Look at what they chose, then save yours again."


@dataclass(frozen=True, kw_only=True)
class KeptReply:
    """A reply of the agent that has not left, as the conversation shows it."""

    seq: int
    body: str
    is_suggested: bool
    left_s: int
    """Seconds until it leaves by itself; 0 where it only waits for a person."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One topic on the page."""

    topic: Topic
    title: str
    example: str
    level: Autonomous


def kept_replies(connection: sa.Connection, thread_id: str, now: datetime) -> list[KeptReply]:
    """What the agent would say on a thread, for `_waiting_reply.html`."""
    return [
        KeptReply(
            seq=row.seq,
            body=row.body,
            is_suggested=row.status == texts.SUGGESTED,
            left_s=max(0, round((row.waits_until - now).total_seconds())) if row.waits_until else 0,
        )
        for row in texts.kept_back(connection, thread_id)
    ]


@router.post("/inbox/{digits}/reply/{seq}/send", dependencies=[OwnForm])
def send_reply(
    request: Request, house: TheHouse, viewer: Viewer, desk: Desk, digits: str, seq: int
) -> Response:
    """Send the agent's reply as it is, now."""
    with house.database.begin() as connection:
        thread = thread_of_page(viewer, digits)
        now = house.clock.now()
        ended = _replies(house, desk).send(connection, thread, viewer.staff, seq, now)
    if ended == "again":
        words = "Something that the reply said does not hold any more. The agent thinks it over; a new reply follows."
        return told(request, digits, words)
    return back_to(digits)


@router.post("/inbox/{digits}/reply/{seq}/stop", dependencies=[OwnForm])
def stop_reply(house: TheHouse, viewer: Viewer, desk: Desk, digits: str, seq: int) -> Response:
    """Keep a reply from leaving; whoever stops it goes on with the caller."""
    business = business_of(house, viewer.business)
    with house.database.begin() as connection:
        thread, name = thread_of_page(viewer, digits), first_name(business, viewer.staff)
        now = house.clock.now()
        _replies(house, desk).stop(connection, thread, viewer.staff, name, seq, now)
    return back_to(digits)


@router.post("/inbox/{digits}/reply/{seq}/discard", dependencies=[OwnForm])
def discard_reply(house: TheHouse, viewer: Viewer, desk: Desk, digits: str, seq: int) -> Response:
    """Say nothing of it."""
    business = business_of(house, viewer.business)
    with house.database.begin() as connection:
        thread, name = thread_of_page(viewer, digits), first_name(business, viewer.staff)
        now = house.clock.now()
        _replies(house, desk).discard(connection, thread, viewer.staff, name, seq, now)
    return back_to(digits)


@router.get("/business/autonomy")
def autonomy_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    saved = bool(request.session.pop(_SAVED, False))
    return _page(request, viewer, business_of(house, viewer.business), saved=saved)


def chosen(
    answers: Annotated[str, Form()] = "",
    prices: Annotated[str, Form()] = "",
    booking: Annotated[str, Form()] = "",
    changes: Annotated[str, Form()] = "",
    other: Annotated[str, Form()] = "",
) -> dict[Topic, Autonomous]:
    """What the form says of each topic; what it does not say in our words stays as it is."""
    said: dict[Topic, str] = {
        "answers": answers,
        "prices": prices,
        "booking": booking,
        "changes": changes,
        "other": other,
    }
    known: tuple[Autonomous, ...] = get_args(Autonomous)
    return {topic: level for topic, words in said.items() for level in known if level == words}


@router.post("/business/autonomy", dependencies=[OwnForm])
def save(
    request: Request,
    house: TheHouse,
    owner: Owner,
    levels: Annotated[dict[Topic, Autonomous], Depends(chosen)],
    wait_s: Annotated[str, Form()] = "",
    seen: Annotated[str, Form()] = "",
) -> Response:
    """Keep the choice; it counts from the next reply on."""

    def with_choice(stored: Business) -> Business:
        if error := _refused(wait_s) or ("" if seen == _seen(stored) else _OTHERS):
            raise BadInput(error)
        asked = int(wait_s) if wait_s else stored.autonomy.wait_s
        return stored.model_copy(update={"autonomy": _into(stored.autonomy, levels, asked)})

    try:
        with house.database.begin() as connection:
            now = house.clock.now()
            change(connection, owner.business, with_choice, by=owner.login, now=now)
    except BadInput as error:
        return _page(request, owner, business_of(house, owner.business), error=str(error))
    request.session[_SAVED] = True
    return RedirectResponse("/business/autonomy", status_code=303)


def _replies(house: House, desk: Desk) -> ReplyDesk:
    return ReplyDesk(jobs=house.engine.jobs, desk=desk)


def _into(stored: Autonomy, levels: dict[Topic, Autonomous], wait_s: int) -> Autonomy:
    both = stored.topics | levels
    apart = {topic: level for topic, level in both.items() if level != stored.default}
    return Autonomy(default=stored.default, topics=apart, wait_s=wait_s)


def _refused(wait_s: str) -> str:
    if not wait_s:
        return ""
    if not wait_s.isdecimal() or not SHORTEST_WAIT_S <= int(wait_s[:6]) <= LONGEST_WAIT_S:
        return f"A reply can wait {SHORTEST_WAIT_S} to {LONGEST_WAIT_S} seconds. Write a whole number of seconds."
    return ""


def _seen(business: Business) -> str:
    """Names what is stored, so that a page that shows something older is noticed."""
    return hashlib.sha256(business.autonomy.model_dump_json().encode()).hexdigest()[:12]


def _page(
    request: Request,
    viewer: accounts.Account,
    business: Business,
    *,
    error: str = "",
    saved: bool = False,
) -> HTMLResponse:
    wanted = business.autonomy
    choices = [
        Choice(
            topic=topic,
            title=ABOUT[topic][0],
            example=ABOUT[topic][1],
            level=wanted.topics.get(topic, wanted.default),
        )
        for topic in TOPICS
    ]
    return page(
        request,
        "autonomy.html",
        status=400 if error else 200,
        csrf=csrf_token(request),
        business=business,
        viewer=viewer,
        choices=choices,
        levels=LEVELS,
        wait_s=wanted.wait_s,
        shortest=SHORTEST_WAIT_S,
        longest=LONGEST_WAIT_S,
        seen=_seen(business),
        may_change=is_owner(viewer),
        error=error,
        saved=saved,
    )
