"""Who has a conversation, whether it is done, put aside or unread: the buttons above it, each a form of its own."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.errors import BadInput, NotFound
from server import closing
from server.http.auth import OwnForm, Viewer
from server.http.inbox import the_business
from server.http.pages import page
from server.http.thread_address import thread_of_page
from server.http.thread_desk import Desk, back_to, told
from server.http.twilio import TheHouse
from server.store import inbox, presence, threads

router = APIRouter()
"""Part of the conversation's own: `thread` includes it."""


@router.post("/{digits}/claim", dependencies=[OwnForm])
def claim(house: TheHouse, viewer: Viewer, desk: Desk, digits: str) -> Response:
    thread_id = thread_of_page(viewer, digits)
    with house.database.begin() as connection:
        desk.claim(connection, thread_id, viewer.staff, house.clock.now())
    return back_to(digits)


@router.post("/{digits}/release", dependencies=[OwnForm])
def release(house: TheHouse, viewer: Viewer, desk: Desk, digits: str) -> Response:
    thread_id = thread_of_page(viewer, digits)
    with house.database.begin() as connection:
        desk.release(connection, thread_id, viewer.staff, house.clock.now())
    return back_to(digits)


@router.post("/{digits}/hand", dependencies=[OwnForm])
def hand_on(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    desk: Desk,
    digits: str,
    to: Annotated[str, Form()] = "",
) -> Response:
    """`to` is the colleague who has it from now on."""
    thread_id = thread_of_page(viewer, digits)
    try:
        with house.database.begin() as connection:
            desk.hand_on(connection, thread_id, viewer.staff, to, house.clock.now())
    except BadInput as error:
        return told(request, digits, str(error))
    return back_to(digits)


@router.post("/{digits}/done", dependencies=[OwnForm])
def done(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    digits: str,
    outcome: Annotated[str, Form()] = "",
    anyway: Annotated[bool, Form()] = False,
) -> Response:
    """Close the conversation; the page asks again where things are still to do."""
    thread_id, now = thread_of_page(viewer, digits), house.clock.now()
    try:
        with house.database.begin() as connection:
            owed = closing.resolve(
                connection, thread_id, viewer.staff, outcome, now,
                ladder=house.escalations, anyway=anyway,
            )  # fmt: skip
    except BadInput as error:
        return told(request, digits, str(error))
    return back_to(digits, f"?done={outcome}" if owed else "")


@router.post("/{digits}/reopen", dependencies=[OwnForm])
def reopen(house: TheHouse, viewer: Viewer, digits: str) -> Response:
    with house.database.begin() as connection:
        thread_id = thread_of_page(viewer, digits)
        closing.reopen(connection, thread_id, viewer.staff, house.clock.now())
    return back_to(digits)


@router.post("/{digits}/snooze", dependencies=[OwnForm])
def snooze(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    digits: str,
    until: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
) -> Response:
    """Put the conversation aside; `at` is wall time of the business, where `until` is `chosen`."""
    thread_id, now = thread_of_page(viewer, digits), house.clock.now()
    try:
        with house.database.begin() as connection:
            closing.snooze(connection, thread_id, viewer.staff, until, at, now)
    except BadInput as error:
        return told(request, digits, str(error))
    return back_to(digits)


@router.post("/{digits}/wake", dependencies=[OwnForm])
def wake(house: TheHouse, viewer: Viewer, digits: str) -> Response:
    with house.database.begin() as connection:
        thread_id = thread_of_page(viewer, digits)
        closing.wake(connection, thread_id, viewer.staff, house.clock.now())
    return back_to(digits)


@router.post("/{digits}/unread", dependencies=[OwnForm])
def mark_unread(house: TheHouse, viewer: Viewer, digits: str) -> Response:
    """Back to the list: whoever stays on the page has read it."""
    thread_id = thread_of_page(viewer, digits)
    with house.database.begin() as connection:
        if threads.lock(connection, thread_id) is None:
            raise NotFound("There is no such conversation.")
        inbox.unsee(connection, thread_id, viewer.staff)
    return RedirectResponse("/inbox", status_code=303)


@router.post("/{digits}/here", dependencies=[OwnForm])
def here(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    digits: str,
    types: Annotated[bool, Form()] = False,
    shown: Annotated[int, Form(ge=0)] = 0,
) -> HTMLResponse:
    """A page says that it is in view, and learns who else is there; `shown` is the newest text on it."""
    thread_id, now = thread_of_page(viewer, digits), house.clock.now()
    with house.database.begin() as connection:
        thread = threads.get(connection, thread_id)
        if thread is None:
            raise NotFound("There is no such conversation.")
        presence.note(connection, thread_id, viewer.staff, now, types=types)
        inbox.see(connection, thread_id, viewer.staff, min(shown, thread.last_text or 0))
        business = the_business(connection, viewer)
        others = presence.others(connection, thread_id, viewer.staff, now)
    people = [
        (person.name.split(maxsplit=1)[0], one.types)
        for one in others
        if (person := business.person(one.staff))
    ]
    return page(request, "_here.html", people=people)
