"""The staff inbox: threads, one thread, live; typing a reply takes over."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from agent.business import Business
from agent.errors import BadInput, NotFound
from agent.model import Reason
from server.http import model_words, timeline
from server.http.auth import OwnForm, Viewer, csrf_token
from server.http.pages import page
from server.http.twilio import TheHouse
from server.marketing_consent import Asking
from server.marketing_standing import standing
from server.store import accounts, businesses, model_calls, photos, tasks, threads
from server.suggesting import Suggestions, suggest
from server.threads import StaffDesk, finish_task
from server.wiring import House

router = APIRouter(prefix="/inbox")

LIVE_EVERY_S = 1.0
_SHORTEST_NUMBER = 7
"""Digits of the shortest E.164 number here; carriers' short codes have fewer."""
STREAM_S = 600
"""A page's live stream is renewed after this long, so that a closed laptop does not hold one for ever."""


def desk_of(house: TheHouse) -> StaffDesk:
    return StaffDesk(jobs=house.engine.jobs)


Desk = Annotated[StaffDesk, Depends(desk_of)]


@router.get("")
def inbox(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    return _page(request, house, viewer, "inbox.html")


@router.get("/list")
def thread_list(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    open: str = "",  # noqa: A002 - the query's name
) -> HTMLResponse:
    """The list alone, for live updates; `open` is the thread shown beside it."""
    return _page(request, house, viewer, "_threads.html", open=open)


@router.get("/live")
def live(request: Request, house: TheHouse, viewer: Viewer, since: int = 0) -> StreamingResponse:
    """Server-sent events: `changed` whenever any thread of the viewer's business does.

    `since` is the version that the page shows, so that nothing between page and stream is missed.
    """
    stream = _changes(request, house, viewer.business, since)
    return StreamingResponse(stream, media_type="text/event-stream")


@router.get("/model")
def model_state(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    """Why the model does not answer just now, for live updates; nothing where it does, or where there is none."""
    with house.database.connect() as connection:
        business = _business(businesses.get(connection, viewer.business))
        trouble = model_words.trouble(connection, house, business)
    return page(request, "_model_state.html", trouble=trouble)


@router.get("/{digits}")
def thread_page(request: Request, house: TheHouse, viewer: Viewer, digits: str) -> HTMLResponse:
    return _thread_page(request, house, viewer, digits)


@router.get("/{digits}/texts")
def thread_texts(request: Request, house: TheHouse, viewer: Viewer, digits: str) -> HTMLResponse:
    """The conversation alone, for live updates."""
    with house.database.connect() as connection:
        business = _business(businesses.get(connection, viewer.business))
        shown = _thread(connection, house, viewer, business, digits)
    return page(request, "_thread.html", csrf=csrf_token(request), **shown)


@router.post("/{digits}/send", dependencies=[OwnForm])
def send(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    desk: Desk,
    digits: str,
    body: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """Send a person's text; that takes the thread over."""
    thread_id = _thread_id(viewer, digits)
    try:
        with house.database.begin() as connection:
            desk.answer(
                connection,
                thread_id,
                viewer.staff,
                body,
                key or secrets.token_hex(8),
                house.clock.now(),
            )
    except BadInput as error:
        return _thread_page(request, house, viewer, digits, error=str(error), draft=body)
    return RedirectResponse(f"/inbox/{digits}", status_code=303)


@router.post("/{digits}/suggest", dependencies=[OwnForm])
def suggest_reply(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    digits: str,
    body: Annotated[str, Form()] = "",
    use: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Replies that could be sent, to choose from; nothing is sent.

    Args:
        body: what stands in the reply box.
        use: a suggestion to be put there, by a browser without scripts.
    """
    if use:
        draft = "\n".join(filter(None, [body.strip(), use.strip()]))
        return _thread_page(request, house, viewer, digits, draft=draft)
    suggestions = suggest(house, _thread_id(viewer, digits))
    if request.headers.get("HX-Request"):
        return page(request, "_suggestions.html", digits=digits, suggestions=suggestions)
    return _thread_page(request, house, viewer, digits, draft=body, suggestions=suggestions)


@router.post("/{digits}/claim", dependencies=[OwnForm])
def claim(house: TheHouse, viewer: Viewer, desk: Desk, digits: str) -> Response:
    thread_id = _thread_id(viewer, digits)
    with house.database.begin() as connection:
        desk.claim(connection, thread_id, viewer.staff, house.clock.now())
    return RedirectResponse(f"/inbox/{digits}", status_code=303)


@router.post("/{digits}/release", dependencies=[OwnForm])
def release(house: TheHouse, viewer: Viewer, desk: Desk, digits: str) -> Response:
    thread_id = _thread_id(viewer, digits)
    with house.database.begin() as connection:
        desk.release(connection, thread_id, viewer.staff, house.clock.now())
    return RedirectResponse(f"/inbox/{digits}", status_code=303)


@router.post("/{digits}/tasks/{task_id}/done", dependencies=[OwnForm])
def task_done(house: TheHouse, viewer: Viewer, digits: str, task_id: int) -> Response:
    with house.database.begin() as connection:
        threads.lock(connection, _thread_id(viewer, digits))
        finish_task(connection, viewer.business, task_id, viewer.staff, house.clock.now())
    return RedirectResponse(f"/inbox/{digits}", status_code=303)


@router.post("/{digits}/tasks/{task_id}/tell", dependencies=[OwnForm])
def tell(
    request: Request, house: TheHouse, viewer: Viewer, desk: Desk, digits: str, task_id: int
) -> Response:
    """Send the caller the text that a task proposes."""
    try:
        with house.database.begin() as connection:
            thread_id = _thread_id(viewer, digits)
            desk.tell(connection, thread_id, viewer.staff, task_id, house.clock.now())
    except BadInput as error:
        return _thread_page(request, house, viewer, digits, error=str(error))
    return RedirectResponse(f"/inbox/{digits}", status_code=303)


@router.post("/{digits}/subscribe", dependencies=[OwnForm])
def ask_to_subscribe(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    digits: str,
    words: Annotated[str, Form()] = "",
) -> Response:
    """Ask the caller, once, whether marketing is wanted; `words` is the text that the person has seen."""
    thread_id, asking = _thread_id(viewer, digits), Asking(jobs=house.engine.jobs)
    try:
        with house.database.begin() as connection:
            asking.ask(connection, thread_id, viewer.staff, words, house.clock.now())
    except BadInput as error:
        return _thread_page(request, house, viewer, digits, error=str(error))
    return RedirectResponse(f"/inbox/{digits}", status_code=303)


def _page(
    request: Request,
    house: House,
    viewer: accounts.Account,
    template: str,
    open: str = "",  # noqa: A002 - the page's own word
    *,
    with_thread: bool = False,
    **values: Any,
) -> HTMLResponse:
    with house.database.connect() as connection:
        business = _business(businesses.get(connection, viewer.business))
        # before anything else: never newer than what is shown
        version = threads.version(connection, business.slug)
        shown = {"thread": None} | values
        if with_thread:
            shown |= _thread(connection, house, viewer, business, open)
        rows = timeline.rows(connection, business, house.clock.now())
        trouble = model_words.trouble(connection, house, business)
    return page(
        request,
        template,
        csrf=csrf_token(request),
        business=business,
        viewer=viewer,
        rows=rows,
        version=version,
        queues=timeline.QUEUES,
        open=open,
        trouble=trouble,
        **shown,
    )


def _thread_page(
    request: Request,
    house: House,
    viewer: accounts.Account,
    digits: str,
    error: str = "",
    draft: str = "",
    suggestions: Suggestions | None = None,
) -> HTMLResponse:
    return _page(
        request,
        house,
        viewer,
        "inbox.html",
        digits,
        with_thread=True,
        error=error,
        draft=draft,
        suggestions=suggestions,
        key=secrets.token_hex(8),
    )


def _thread(
    connection: sa.Connection,
    house: House,
    viewer: accounts.Account,
    business: Business,
    digits: str,
) -> dict[str, Any]:
    """What the conversation's part of a page shows."""
    thread = threads.get(connection, _thread_id(viewer, digits))
    if thread is None:
        raise NotFound("There is no such conversation.")
    entries = timeline.entries(connection, thread, business)
    owed = tasks.open_of_thread(connection, thread.id)
    now = house.clock.now()
    visits = timeline.visits(connection, thread, business, now)
    said = next((one.body for one in reversed(entries) if one.side == "caller"), "")
    pressing = sum(tasks.presses(one, now) for one in owed)
    needed = timeline.needs_a_person(thread, pressing)
    return {
        "thread": thread,
        "digits": digits,
        "owner": timeline.owner_words(thread.owner, business),
        "is_emergency": thread.reason == Reason.EMERGENCY,
        "entries": entries,
        "photos": photos.of_thread(connection, thread.id),
        "tasks": owed,
        "visits": visits,
        "marketing": standing(connection, thread, business, house.clock.now()),
        "summary": timeline.handed_over(thread, business, owed, visits, said) if needed else None,
        **_asked_of_model(connection, house, thread.id),
    }


def _asked_of_model(connection: sa.Connection, house: House, thread_id: str) -> dict[str, Any]:
    """What the model had to do with a conversation."""
    rates = model_words.prices(house.settings)
    by_turn = model_calls.by_turn(connection, thread_id)
    return {
        "how": model_words.how,
        "prompt_words": model_words.prompt_words,
        "took": {turn: model_words.of_turn(spent, rates) for turn, spent in by_turn.items()},
        "took_in_all": model_words.of_thread(by_turn, rates),
    }


def _thread_id(viewer: accounts.Account, digits: str) -> str:
    """The thread of a number as the page's address has it: without +; short codes and words stay as they are."""
    is_number = digits.isdigit() and len(digits) >= _SHORTEST_NUMBER
    return threads.thread_id(viewer.business, f"+{digits}" if is_number else digits)


def _business(business: Business | None) -> Business:
    if business is None:
        raise NotFound("This business is not here any more.")
    return business


async def _changes(request: Request, house: House, slug: str, seen: int) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    for _ in range(int(STREAM_S / LIVE_EVERY_S)):
        version = await run_in_threadpool(_version, house, slug)
        if version != seen:
            seen = version
            yield f"event: changed\ndata: {version}\n\n"
        await asyncio.sleep(LIVE_EVERY_S)
        if request.app.state.closing or await request.is_disconnected():
            return


def _version(house: House, slug: str) -> int:
    with house.database.connect() as connection:
        return threads.version(connection, slug)
