"""One conversation: its page, live, and what is still to do for its caller."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from agent.errors import BadInput, NotFound
from server.http import thread_moves, thread_sending
from server.http.auth import OwnForm, Viewer, csrf_token
from server.http.inbox import the_business
from server.http.pages import page
from server.http.thread_address import thread_of_page
from server.http.thread_desk import Desk, back_to
from server.http.thread_view import OUTCOMES, Composer, shown_of, thread_page
from server.http.twilio import TheHouse
from server.marketing_consent import Asking
from server.store import threads
from server.threads import finish_task

router = APIRouter(prefix="/inbox")
router.include_router(thread_moves.router)
router.include_router(thread_sending.router)


@router.get("/t/{seq}")
def of_text(house: TheHouse, viewer: Viewer, seq: int) -> Response:
    """The conversation in which a text stands: texts to staff lead here, since a caller's number is not written there."""
    with house.database.connect() as connection:
        caller = threads.caller_of_text(connection, viewer.business, seq)
    if caller is None:
        raise NotFound("There is no such conversation.")
    return back_to(caller.lstrip("+"))


@router.get("/{digits}")
def show(
    request: Request, house: TheHouse, viewer: Viewer, digits: str, done: str = ""
) -> HTMLResponse:
    """The page; `done` is the outcome that waits for a yes, since things are still to do."""
    asked = Composer(outcome=done) if done in OUTCOMES else None
    return thread_page(request, house, viewer, digits, asked)


@router.get("/{digits}/texts")
def texts_alone(
    request: Request, house: TheHouse, viewer: Viewer, digits: str, seen: int | None = None
) -> HTMLResponse:
    """The conversation alone, for live updates; `seen` is the newest text that was not new when the page was opened."""
    with house.database.connect() as connection:
        business = the_business(connection, viewer)
        shown = shown_of(connection, house, viewer, business, digits, seen)
    return page(request, "_thread.html", csrf=csrf_token(request), **shown)


@router.post("/{digits}/tasks/{task_id}/done", dependencies=[OwnForm])
def task_done(house: TheHouse, viewer: Viewer, digits: str, task_id: int) -> Response:
    with house.database.begin() as connection:
        threads.lock(connection, thread_of_page(viewer, digits))
        finish_task(connection, viewer.business, task_id, viewer.staff, house.clock.now())
    return back_to(digits)


@router.post("/{digits}/tasks/{task_id}/tell", dependencies=[OwnForm])
def tell(
    request: Request, house: TheHouse, viewer: Viewer, desk: Desk, digits: str, task_id: int
) -> Response:
    """Send the caller the text that a task proposes."""
    thread_id = thread_of_page(viewer, digits)
    try:
        with house.database.begin() as connection:
            desk.tell(connection, thread_id, viewer.staff, task_id, house.clock.now())
    except BadInput as error:
        return thread_page(request, house, viewer, digits, Composer(error=str(error)))
    return back_to(digits)


@router.post("/{digits}/subscribe", dependencies=[OwnForm])
def ask_to_subscribe(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    digits: str,
    words: Annotated[str, Form()] = "",
) -> Response:
    """Ask the caller, once, whether marketing is wanted; `words` is the text that the person has seen."""
    thread_id, asking = thread_of_page(viewer, digits), Asking(jobs=house.engine.jobs)
    try:
        with house.database.begin() as connection:
            asking.ask(connection, thread_id, viewer.staff, words, house.clock.now())
    except BadInput as error:
        return thread_page(request, house, viewer, digits, Composer(error=str(error)))
    return back_to(digits)
