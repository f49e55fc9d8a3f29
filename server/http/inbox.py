"""The staff inbox: the list of conversations, live."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from agent.business import Business
from agent.errors import NotFound
from server.http import model_words
from server.http.auth import Viewer, csrf_token
from server.http.pages import page
from server.http.pause_words import paused
from server.http.queues import Shown, shelf
from server.http.twilio import TheHouse
from server.store import accounts, businesses, threads
from server.wiring import House

router = APIRouter(prefix="/inbox")

LIVE_EVERY_S = 1.0
STREAM_S = 600
"""A page's live stream is renewed after this long, so that a closed laptop does not hold one for ever."""
RENEWED_EVERY_S = 60
"""Pages are shown anew after so long though nothing has changed: snoozes end, and what is quiet is done."""


@router.get("")
def inbox(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    return inbox_page(request, house, viewer, "inbox.html")


@router.get("/list")
def thread_list(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    open: str = "",  # noqa: A002 - the query's name
) -> HTMLResponse:
    """The list alone, for live updates; `open` is the thread shown beside it."""
    return inbox_page(request, house, viewer, "_threads.html", open=open)


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
        business = the_business(connection, viewer)
        trouble = model_words.trouble(connection, house, business)
    return page(request, "_model_state.html", trouble=trouble)


def inbox_page(
    request: Request,
    house: House,
    viewer: accounts.Account,
    template: str,
    open: str = "",  # noqa: A002 - the page's own word
    **values: Any,
) -> HTMLResponse:
    """The list, and beside it one conversation where `values` hold one."""
    with house.database.connect() as connection:
        business = the_business(connection, viewer)
        # before anything else: never newer than what is shown
        shown = {"thread": None, "version": threads.version(connection, business.slug)} | values
        shown_list = _shown(request, business)
        listed = shelf(connection, business, viewer, house.clock.now(), shown_list, beside=open)
        trouble = model_words.trouble(connection, house, business)
        held = paused(connection, business, house.clock.now())
    return page(
        request,
        template,
        csrf=csrf_token(request),
        business=business,
        viewer=viewer,
        listed=listed,
        open=open,
        trouble=trouble,
        paused=held,
        **shown,
    )


def the_business(connection: sa.Connection, viewer: accounts.Account) -> Business:
    """The viewer's business as it is now.

    Raises:
        NotFound: it was taken away since they signed in.
    """
    business = businesses.get(connection, viewer.business)
    if business is None:
        raise NotFound("This business is not here any more.")
    return business


async def _changes(request: Request, house: House, slug: str, seen: int) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    for beat in range(1, int(STREAM_S / LIVE_EVERY_S) + 1):
        version = await run_in_threadpool(_version, house, slug)
        if version != seen or beat % RENEWED_EVERY_S == 0:
            seen = version
            yield f"event: changed\ndata: {version}\n\n"
        await asyncio.sleep(LIVE_EVERY_S)
        if request.app.state.closing or await request.is_disconnected():
            return


def _shown(request: Request, business: Business) -> Shown:
    """As the address asks; a conversation that comes back from a form of its own keeps the list as it was."""
    query = dict(request.query_params)
    came_from = urlsplit(request.headers.get("referer", ""))
    is_conversation = came_from.path.startswith("/inbox/")
    if not query and is_conversation and request.url.path.startswith(came_from.path):
        query = dict(parse_qsl(came_from.query))
    return Shown.of(query, business)


def _version(house: House, slug: str) -> int:
    with house.database.connect() as connection:
        return threads.version(connection, slug)
